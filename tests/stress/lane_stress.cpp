// Memory stays flat whoever frees: many threads on few lanes, and producers whose objects are freed
// by other threads, with thread churn.
//
// Oracle: at most `held` objects are live at any time, so after a warm-up bytes_committed may not
// grow with the number of operations: a bound in slabs, far below what one lost slot a slab sweep
// would cost in the time.
#include "escrow/escrow.h"
#include "options.hpp"

namespace {

constexpr unsigned held = 256;
std::atomic<std::uint64_t> box[held];
std::atomic<std::uint64_t> operations{0};

std::uint64_t committed(escrow_pool pool) {
  escrow_pool_stats stats{};
  stats.struct_size = sizeof stats;
  STRESS_EXPECT(escrow_pool_read_stats(pool, &stats) == ESCROW_OK);
  return stats.bytes_committed;
}

}  // namespace

int main(int argc, char **argv) {
  auto options = stress_options::parse(argc, argv);
  escrow_pool_options o{};
  o.struct_size = sizeof o;
  o.fixed_size = 64;
  escrow_pool pool = 0;
  if (escrow_pool_open(&o, &pool) != ESCROW_OK) return 2;
  options.threads *= 2;  // more threads than lanes have guards to themselves
  double const whole = options.seconds;
  constexpr unsigned rounds = 8;  // new threads each round
  options.seconds = whole / rounds;
  std::uint64_t most = 0;
  for (unsigned round = 0; round < rounds; ++round) {
    options.seed += 1;
    options.run([&](unsigned, auto &random) {
      for (unsigned i = 0; i < 64; ++i) {
        escrow_handle h = 0;
        STRESS_EXPECT(escrow_acquire(pool, 64, &h, nullptr) == ESCROW_OK);
        std::uint64_t const old = box[random() % held].exchange(h);
        if (old != 0) STRESS_EXPECT(escrow_release(old) == ESCROW_FREED);
      }
      operations.fetch_add(64);
    });
    std::uint64_t const now = committed(pool);
    if (now > most) most = now;
  }
  // held objects, a current slab and one being swept a lane, and twice that for hidden slots.
  constexpr std::uint64_t slab_bytes = 64 * 64;
  std::uint64_t const bound = 4 * (held / 64 + 2 * 64) * slab_bytes;
  STRESS_EXPECT(most <= bound);
  for (auto &b : box)
    if (std::uint64_t const h = b.exchange(0); h != 0)
      STRESS_EXPECT(escrow_release(h) == ESCROW_FREED);
  STRESS_EXPECT(escrow_pool_trim(pool, nullptr) == ESCROW_OK);
  STRESS_EXPECT(committed(pool) == 0);
  STRESS_EXPECT(escrow_pool_close(pool, 0, nullptr) == ESCROW_OK);
  STRESS_EXPECT(escrow_pool_destroy(pool) == ESCROW_OK);
  std::printf("%llu operations, most %llu KiB committed, bound %llu KiB, %u failures\n",
              static_cast<unsigned long long>(operations.load()),
              static_cast<unsigned long long>(most / 1024),
              static_cast<unsigned long long>(bound / 1024), stress_failures.load());
  return stress_failures.load() == 0 && operations.load() != 0 ? 0 : 1;
}
