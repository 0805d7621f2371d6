// What guarding one object in so many costs acquire and release: none, one in 10000, 1000, 100,
// all.
#include <cstdint>
#include <utility>

#include "escrow/guarded.h"
#include "subject.hpp"
#include "work.hpp"

namespace bench {
namespace {

void set_guarded(escrow::pool &pool, std::uint32_t rate) {
  if (escrow_pool_set_guarded(pool.id(), rate) != ESCROW_OK) refused("escrow_pool_set_guarded");
}

void rates(session &s) {
  constexpr u64 bytes = 64;
  contest c(s, "Guarded/AcquireRelease/bytes:64", sum_of_marks);
  // Each its own pool, as a rate that is changed within a round would be noise; two that are off
  // say how much of that there is.
  escrow::pool pools[] = {open_pool(), open_pool(), open_pool(),
                          open_pool(), open_pool(), open_pool()};
  escrow_raw raw[] = {escrow_raw(pools[0]), escrow_raw(pools[1]), escrow_raw(pools[2]),
                      escrow_raw(pools[3]), escrow_raw(pools[4]), escrow_raw(pools[5])};
  std::pair<char const *, std::uint32_t> const entries[] = {{"off", 0},          {"off again", 0},
                                                            {"1/10000", 10'000}, {"1/1000", 1000},
                                                            {"1/100", 100},      {"all", 1}};
  for (std::size_t i = 0; i < std::size(entries); ++i) {
    set_guarded(pools[i], entries[i].second);
    c.enter(entries[i].first, "inlined", [&, i](u64 n) { return one_by_one(raw[i], bytes, n); });
  }
  c.run();
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) {
  bench::session s(bench::parse(argc, argv));
  bench::rates(s);
  return 0;
}
