// Pools that open, fill, trim, close and die while others still call on their names; slabs move
// from pool to pool all the time.
//
// Oracle: memory handed out is zero and nobody else's (each holder writes its own stamp and reads
// it back); after close returns no acquire, dup or move begun later succeeds; a destroyed pool
// owned nothing; misuse of a dead pool's name is a code.
//
// Found red with the fix removed: no second look at the pool word in acquire (an object escapes
// close), no owner check in claim_one (memory of two holders), generation kept in open_slots (the
// same).
// Guarantees E, I of docs/trust.md.
#include "escrow/escrow.h"
#include "options.hpp"

namespace {

constexpr unsigned places = 6;
std::atomic<std::uint64_t> names[places];   // the pool of each place, possibly dead
std::atomic<std::uint64_t> closed_name{0};  // a pool whose close has returned
std::atomic<std::uint64_t> handed_out{0}, opened{0};

std::uint64_t open_one(std::uint64_t r) {
  escrow_pool_options o{};
  o.struct_size = sizeof o;
  o.fixed_size = (r & 1) != 0 ? 64 : 0;
  o.limit_bytes = (r & 6) == 0 ? 64 * 1024 : 0;
  escrow_pool pool = 0;
  STRESS_EXPECT(escrow_pool_open(&o, &pool) == ESCROW_OK);
  opened.fetch_add(1);
  return pool;
}

template <class Random>
void use(std::uint64_t pool, unsigned thread, Random &random) {
  constexpr unsigned most = 200;
  escrow_handle held[most];
  std::atomic<std::uint64_t> *memory[most];
  unsigned n = 0;
  unsigned const want = 1 + static_cast<unsigned>(random() % most);
  for (; n < want; ++n) {
    std::uint64_t const r = random();
    std::uint64_t const bytes = (r & 1023) == 0 ? 66'000 + random() % 200'000  // a block of its own
                                : (r & 15) == 0 ? 8 + random() % 5000
                                                : 8 + random() % 57;
    void *p = nullptr;
    escrow_status const s = escrow_acquire(pool, bytes, &held[n], &p);
    STRESS_EXPECT(s == ESCROW_OK || s == ESCROW_E_CLOSED || s == ESCROW_E_STALE ||
                  s == ESCROW_E_FULL || s == ESCROW_E_SIZE);
    if (s == ESCROW_E_SIZE) {
      --n;
      continue;
    }
    if (s != ESCROW_OK) break;
    memory[n] = static_cast<std::atomic<std::uint64_t> *>(p);
    STRESS_EXPECT(memory[n]->load() == 0);
    memory[n]->store(held[n] ^ thread);
  }
  handed_out.fetch_add(n);
  while (n-- > 0) {
    STRESS_EXPECT(memory[n]->load() == (held[n] ^ thread));
    STRESS_EXPECT(escrow_release(held[n]) == ESCROW_FREED);
    STRESS_EXPECT(escrow_release(held[n]) == ESCROW_E_STALE);
  }
}

/// Closes the pool at a place, opens another there, and destroys the first once it is empty.
void replace(std::atomic<std::uint64_t> &place, std::uint64_t r) {
  std::uint64_t const pool = place.exchange(0);
  if (pool == 0) return;
  escrow_status s = escrow_pool_close(pool, 0, nullptr);
  STRESS_EXPECT(s == ESCROW_OK);
  closed_name.store(pool);
  escrow_handle h = 0;
  STRESS_EXPECT(escrow_acquire(pool, 8, &h, nullptr) == ESCROW_E_CLOSED);
  place.store(open_one(r));
  for (unsigned tries = 0; (s = escrow_pool_destroy(pool)) == ESCROW_E_LEAK; ++tries)
    std::this_thread::yield();
  STRESS_EXPECT(s == ESCROW_OK);
  STRESS_EXPECT(escrow_pool_destroy(pool) == ESCROW_E_STALE);
}

}  // namespace

int main(int argc, char **argv) {
  auto const options = stress_options::parse(argc, argv);
  for (auto &n : names) n = open_one(3);
  options.run([&](unsigned thread, auto &random) {
    std::uint64_t const r = random();
    std::uint64_t const pool = names[r % places].load();
    switch (r >> 32 & 15) {
      case 0:
        replace(names[r % places], r >> 40);
        break;
      case 1:
        if (pool != 0) (void)escrow_pool_trim(pool, nullptr);
        break;
      case 2: {
        escrow_pool_stats stats{};
        stats.struct_size = sizeof stats;
        if (pool != 0) (void)escrow_pool_read_stats(pool, &stats);
        break;
      }
      case 3: {  // nothing begins on a closed pool
        std::uint64_t const dead = closed_name.load();
        escrow_handle h = 0;
        if (dead != 0) STRESS_EXPECT(escrow_acquire(dead, 8, &h, nullptr) != ESCROW_OK);
        break;
      }
      default:
        if (pool != 0) use(pool, thread, random);
        break;
    }
  });
  for (auto &n : names) {
    std::uint64_t live = 0;
    STRESS_EXPECT(escrow_pool_close(n, 0, &live) == ESCROW_OK);
    STRESS_EXPECT(live == 0);
    STRESS_EXPECT(escrow_pool_destroy(n) == ESCROW_OK);
  }
  std::printf("%llu objects in %llu pools, %u failures\n",
              static_cast<unsigned long long>(handed_out.load()),
              static_cast<unsigned long long>(opened.load()), stress_failures.load());
  return stress_failures.load() == 0 && handed_out.load() != 0 ? 0 : 1;
}
