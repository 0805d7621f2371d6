// Ledgers under everything that a pool does: objects are noted, moved, duplicated and released
// while others walk, change levels, trim, and open and close pools, so that slots and slabs change
// hands.
//
// Oracle: whatever a walk shows belongs together. A thread notes each object with a label and a
// site that follow from the object's size, so an entry that mixes two objects shows; an object that
// its thread holds, noted, and does not touch is in every walk of that thread, once.
//
// Found red with the fix removed: no second look at `site` in ledger_entry::read (a torn note); no
// look at the word after the claim in ledger_entry::write (a note of another object); entries not
// prepared in supply::link (a held object is missed).
// Guarantee P of docs/trust.md.
#include "escrow/ledger.h"
#include "options.hpp"

namespace {

constexpr unsigned places = 3;
constexpr std::uint64_t base = 0x100000;   // of program counters that were made up
std::atomic<std::uint64_t> names[places];  // the pool of each place, possibly dead
std::atomic<std::uint64_t> noted{0}, shown{0}, walks{0};

std::uint64_t open_one(std::uint64_t r) {
  escrow_pool_options o{};
  o.struct_size = sizeof o;
  o.fixed_size = (r & 1) != 0 ? 64 : 0;
  escrow_pool pool = 0;
  STRESS_EXPECT(escrow_pool_open(&o, &pool) == ESCROW_OK);
  if ((r & 6) != 0) STRESS_EXPECT(escrow_pool_set_ledger(pool, ESCROW_LEDGER_FULL, 0) == ESCROW_OK);
  return pool;
}

void check(escrow_ledger_entry const &e) {
  shown.fetch_add(1, std::memory_order_relaxed);
  if (e.label == 0) return;  // by the facade, not by the caller
  bool const object = e.kind == ESCROW_KIND_OBJECT || e.kind == ESCROW_KIND_TICKET;
  STRESS_EXPECT(object && e.root == e.handle && e.size == e.label);
  escrow_ledger_site s;
  escrow_status const read = escrow_ledger_read_site(e.site, &s);
  STRESS_EXPECT(e.site == 0 || read == ESCROW_OK || read == ESCROW_E_RANGE);
  if (e.site != 0 && read == ESCROW_OK)
    STRESS_EXPECT(s.count == 2 && s.frames[0] == base + e.label && s.frames[1] == base - e.label);
}

/// All entries of a pool; how many are `mine`.
unsigned walk(std::uint64_t pool, escrow_handle mine) {
  unsigned found = 0;
  std::uint64_t cursor = 0;
  do {
    escrow_ledger_entry page[64];
    std::uint32_t n = 0;
    if (escrow_ledger_list(pool, &cursor, page, 64, &n) != ESCROW_OK) return found;
    for (std::uint32_t i = 0; i < n; ++i) {
      check(page[i]);
      found += page[i].handle == mine;
    }
  } while (cursor != 0);
  walks.fetch_add(1, std::memory_order_relaxed);
  return found;
}

template <class Random>
void use(std::uint64_t pool, Random &random) {
  constexpr unsigned most = 100;
  escrow_handle held[most];
  unsigned n = 0;
  for (unsigned const want = 1 + static_cast<unsigned>(random() % most); n < want; ++n) {
    auto const size = static_cast<std::uint32_t>(1 + random() % 64);
    if (escrow_acquire(pool, size, &held[n], nullptr) != ESCROW_OK) break;
    std::uint64_t const stack[] = {base + size, base - size};
    escrow_status const s = escrow_ledger_note(held[n], stack, 2, size);
    // No memory: a slab whose pool's ledger is off. Busy: a note of the slot's last object, late.
    STRESS_EXPECT(s == ESCROW_OK || s == ESCROW_E_NOMEM || s == ESCROW_E_BUSY);
    noted.fetch_add(s == ESCROW_OK, std::memory_order_relaxed);
    switch (random() & 7) {
      case 0: {
        escrow_ticket t = 0;
        if (escrow_move_out(held[n], &t) != ESCROW_OK) break;
        held[n] = t;
        escrow_handle in = 0;
        if (escrow_move_in(t, &in) != ESCROW_OK) break;  // revoked: the ticket stays
        held[n] = in;
        if (s == ESCROW_OK && (random() & 15) == 0) STRESS_EXPECT(walk(pool, held[n]) == 1);
        break;
      }
      case 1: {
        escrow_handle dup = 0;
        if (escrow_dup(held[n], &dup) == ESCROW_OK) STRESS_EXPECT(escrow_release(dup) == ESCROW_OK);
        break;
      }
      default:
        break;
    }
  }
  while (n-- > 0) {
    STRESS_EXPECT(escrow_release(held[n]) == ESCROW_FREED);
    std::uint64_t const stack[] = {1};
    STRESS_EXPECT(escrow_ledger_note(held[n], stack, 1, ~0u) == ESCROW_E_STALE);
  }
}

void replace(std::atomic<std::uint64_t> &place, std::uint64_t r) {
  std::uint64_t const pool = place.exchange(0);
  if (pool == 0) return;
  STRESS_EXPECT(escrow_pool_close(pool, 0, nullptr) == ESCROW_OK);
  STRESS_EXPECT(escrow_pool_set_ledger(pool, ESCROW_LEDGER_FULL, 0) == ESCROW_E_CLOSED);
  place.store(open_one(r));
  escrow_status s;
  while ((s = escrow_pool_destroy(pool)) == ESCROW_E_LEAK) std::this_thread::yield();
  STRESS_EXPECT(s == ESCROW_OK);
}

}  // namespace

int main(int argc, char **argv) {
  auto const options = stress_options::parse(argc, argv);
  for (auto &n : names) n = open_one(3);
  options.run([&](unsigned, auto &random) {
    std::uint64_t const r = random();
    std::uint64_t const pool = names[r % places].load();
    switch (r >> 32 & 63) {
      case 0:
        replace(names[r % places], r >> 40);
        break;
      case 1:
        (void)walk((r & 1) != 0 ? 0 : pool, 0);
        break;
      case 2:
        if (pool != 0) (void)escrow_pool_trim(pool, nullptr);
        break;
      case 3: {
        std::uint32_t const level = r >> 40 & 3;
        if (pool != 0) (void)escrow_pool_set_ledger(pool, level, 1 + (r >> 48 & 15));
        break;
      }
      case 4: {
        static thread_local escrow_ledger_site sites[4096];
        std::uint32_t n = 0;
        escrow_status const s = escrow_ledger_list_sites(0, sites, 4096, &n);
        STRESS_EXPECT(s == ESCROW_OK);
        for (std::uint32_t i = 0; i < n; ++i) STRESS_EXPECT(sites[i].live != 0);
        break;
      }
      default:
        if (pool != 0) use(pool, random);
        break;
    }
  });
  for (auto &n : names) {
    std::uint64_t live = 0;
    STRESS_EXPECT(escrow_pool_close(n, 0, &live) == ESCROW_OK);
    STRESS_EXPECT(live == 0);
    STRESS_EXPECT(walk(n, 0) == 0);
    STRESS_EXPECT(escrow_pool_destroy(n) == ESCROW_OK);
  }
  STRESS_EXPECT(noted.load() != 0 && shown.load() != 0);
  std::printf("%llu noted, %llu shown in %llu walks, %u failures\n",
              static_cast<unsigned long long>(noted.load()),
              static_cast<unsigned long long>(shown.load()),
              static_cast<unsigned long long>(walks.load()), stress_failures.load());
  return stress_failures.load() == 0 ? 0 : 1;
}
