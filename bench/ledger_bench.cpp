// What noting acquisitions costs, and tracing objects: off, one in 1000, one in 10, all; a call
// that is refused; and a walk beside other work.
#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "escrow/ledger.h"
#include "escrow/trace.h"
#include "subject.hpp"
#include "ticks.hpp"
#include "work.hpp"

namespace bench {
namespace {

/// What pool::acquire_raw and owned::reset do, but for what they watch: a pool of the same shape.
struct unwatched_pool {
  u64 id;
  escrow::pool_control *control;

  [[gnu::always_inline]] escrow_status acquire_raw(u64 bytes, u64 &handle, char *&memory) {
    if (control == nullptr) [[unlikely]]
      return ESCROW_E_NULL;
    if (control->word.load(std::memory_order_acquire) != escrow::block_word::open_at(id))
        [[unlikely]]
      return ESCROW_E_CLOSED;
    return escrow::acquisition::object(*control, id, bytes, handle, memory);
  }
  [[gnu::always_inline]] static escrow_status reset(u64 handle) {
    if (handle == 0) return ESCROW_ALREADY;
    escrow_status const s =
        escrow::patiently([=] { return escrow::reference::release(handle, false); });
    if (s < 0) [[unlikely]]
      (void)escrow::misuse::refused_here(handle, s, ESCROW_OPERATION_RELEASE);
    return s;
  }
};
class without_ledger {
 public:
  static constexpr bool zeroes = true;
  static constexpr bool shared = true;
  explicit without_ledger(unwatched_pool &pool) : pool_(pool) {}
  [[gnu::always_inline]] block acquire(u64 bytes) {
    block b{};
    if (pool_.acquire_raw(bytes, b.token, b.memory) != ESCROW_OK) [[unlikely]]
      refused("acquire_raw");
    return b;
  }
  [[gnu::always_inline]] void release(block b, u64) {
    if (unwatched_pool::reset(b.token) != ESCROW_FREED) [[unlikely]]
      refused("reset");
  }

 private:
  unwatched_pool &pool_;
};

void set_ledger(escrow::pool &pool, std::uint32_t rate) {
  auto const level = rate == 0 ? ESCROW_LEDGER_OFF : ESCROW_LEDGER_SAMPLED;
  if (escrow_pool_set_ledger(pool.id(), static_cast<std::uint32_t>(level), rate) != ESCROW_OK)
    refused("escrow_pool_set_ledger");
}

void levels(session &s) {
  constexpr u64 bytes = 64;
  contest c(s, "Ledger/AcquireRelease/bytes:64", sum_of_marks);
  // One pool: its slots lie where they lie for every entry.
  escrow::pool pool = open_pool();
  unwatched_pool same{pool.id(), nullptr};
  if (escrow::find_pool(same.id, same.control) != ESCROW_OK) refused("find_pool");
  without_ledger plain(same);
  escrow_raw raw(pool);
  c.enter("without", "inlined", [&](u64 n) { return one_by_one(plain, bytes, n); });
  for (auto const &[name, rate] :
       {std::pair{"off", 0u}, {"1/1000", 1000u}, {"1/10", 10u}, {"all", 1u}})
    c.enter(name, "inlined", [&, rate = rate](u64 n) {
      set_ledger(pool, rate);
      u64 const sum = one_by_one(raw, bytes, n);
      set_ledger(pool, 0);
      return sum;
    });
  c.run();
}

void traces(session &s) {
  constexpr u64 bytes = 64;
  contest c(s, "Ledger/Trace/bytes:64", sum_of_marks);
  escrow::pool pool = open_pool();
  escrow_raw raw(pool);
  for (auto const &[name, rate] : {std::pair{"off", 0u}, {"1/1000", 1000u}, {"all", 1u}})
    c.enter(name, "inlined", [&, rate = rate](u64 n) {
      if (escrow_pool_set_trace(pool.id(), rate) != ESCROW_OK) refused("escrow_pool_set_trace");
      u64 const sum = one_by_one(raw, bytes, n);
      (void)escrow_pool_set_trace(pool.id(), 0);
      return sum;
    });
  c.run();
}

/// A release of what was released, before any ledger was on and after. Call it first.
void refusals(session &s) {
  if (!s.wants("Ledger/Refused")) return;
  escrow::pool pool = open_pool();
  escrow_handle stale = 0;
  if (escrow_acquire(pool.id(), 64, &stale, nullptr) != ESCROW_OK) refused("escrow_acquire");
  (void)escrow_release(stale);
  std::printf("Ledger/Refused\n");
  auto const measure = [&](char const *who) {
    double best = 1e9;
    for (int round = 0; round < 1000; ++round) {
      double const begin = now_ns(CLOCK_MONOTONIC);
      for (int i = 0; i < 1000; ++i)
        if (escrow_release(stale) != ESCROW_E_STALE) refused("a stale handle");
      best = std::min(best, (now_ns(CLOCK_MONOTONIC) - begin) / 1000);
    }
    s.row("Ledger/Refused", who, "called", 0, "cpu_ns", best);
    std::printf("  %-28s %12.3f ns\n", who, best);
  };
  measure("counted");
  set_ledger(pool, 1);
  measure("counted and entered by site");
  set_ledger(pool, 0);
}

/// Microseconds of single pairs, the slowest 1 % left out, while `meanwhile` goes on or for 0.3 s.
struct tail {
  double median, p99, most;
};
template <class Going>
tail pairs_while(escrow::pool &pool, Going going) {
  std::vector<double> each;
  each.reserve(1 << 22);
  escrow_raw raw(pool);
  while (going() && each.size() < each.capacity()) {
    u64 const begin = ticks();
    raw.release(raw.acquire(64), 64);
    each.push_back(static_cast<double>(ticks() - begin) * tick_ns());
  }
  std::sort(each.begin(), each.end());
  return {each[each.size() / 2], each[each.size() / 100 * 99], each.back()};
}

void walks(session &s) {
  if (!s.wants("Ledger/Walk/live:1M")) return;
  constexpr u64 live = 1'000'000;
  escrow::pool pool = open_pool();
  escrow::pool others = open_pool();
  set_ledger(pool, 1);
  std::vector<escrow_handle> held(live);
  for (auto &h : held)
    if (escrow_acquire(pool.id(), 64, &h, nullptr) != ESCROW_OK) refused("escrow_acquire");
  auto const report = [&](char const *who, char const *unit, double value) {
    s.row("Ledger/Walk/live:1M", who, "called", 0, unit, value);
    std::printf("  %-28s %12.3f %s\n", who, value, unit);
  };
  std::printf("Ledger/Walk/live:1M\n");
  std::atomic<bool> done{false};
  double begin = now_ns(CLOCK_MONOTONIC);
  tail const alone = pairs_while(others, [&] { return now_ns(CLOCK_MONOTONIC) - begin < 3e8; });
  u64 seen = 0;
  double listed = 0, summed = 0;
  std::thread walker([&] {
    std::vector<escrow_ledger_entry> page(256);
    std::vector<escrow_ledger_site> sites(4096);
    double const first = now_ns(CLOCK_MONOTONIC);
    std::uint64_t cursor = 0;
    do {
      std::uint32_t n = 0;
      if (escrow_ledger_list(pool.id(), &cursor, page.data(), 256, &n) != ESCROW_OK)
        refused("escrow_ledger_list");
      seen += n;
    } while (cursor != 0);
    double const second = now_ns(CLOCK_MONOTONIC);
    std::uint32_t n = 0;
    if (escrow_ledger_list_sites(pool.id(), sites.data(), 4096, &n) != ESCROW_OK)
      refused("escrow_ledger_list_sites");
    listed = second - first;
    summed = now_ns(CLOCK_MONOTONIC) - second;
    done = true;
  });
  tail const beside = pairs_while(others, [&] { return !done.load(std::memory_order_relaxed); });
  walker.join();
  if (seen != live) refused("a walk that shows all");
  report("list", "wall_ms", listed / 1e6);
  report("list_sites", "wall_ms", summed / 1e6);
  report("others without a walk", "p50_ns", alone.median);
  report("others during the walk", "p50_ns", beside.median);
  report("others without a walk", "p99_ns", alone.p99);
  report("others during the walk", "p99_ns", beside.p99);
  for (auto const h : held) (void)escrow_release(h);
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) {
  bench::session s(bench::parse(argc, argv));
  bench::refusals(s);
  bench::levels(s);
  bench::traces(s);
  bench::walks(s);
  return 0;
}
