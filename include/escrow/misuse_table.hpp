// escrow/misuse_table.hpp: refused calls, each kind of them once, with a count. [L2]
#ifndef ESCROW_MISUSE_TABLE_HPP
#define ESCROW_MISUSE_TABLE_HPP

#include "keyed_places.hpp"
#include "misuse_types.h"
#include "pages.hpp"
#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// What tells one kind of refusal from another.
struct refusal {
  u32 site;  // number of its fingerprint; 0: none
  u32 operation;
  u64 pool;  // 0: none
  escrow_status status;

  /// As of call_stack::key(). Never 0. Refusals that differ in one field have different keys for
  /// certain.
  [[nodiscard]] u64 key() const noexcept {
    u64 hash = 0xCBF29CE484222325ull;
    for (u64 const word : {u64{site} << 32 | operation, pool, u64{static_cast<u32>(status)}})
      hash = (hash ^ word) * 0x100000001B3ull;
    return hash != 0 ? hash : 1;
  }
};

/// One kind. In zero pages it is a place that nobody uses; as a fingerprint it is
///
///     empty     key 0
///     claimed   key of the refusal, outcome 0: the words are being written by who claimed it
///     ready     outcome the code, as 32 bits: what tells it apart never changes again
///
/// Who meets a claimed place with its own key counts there at once, and who reads waits for nobody:
/// it passes over what is not ready. [V1]
struct alignas(cache_line) refusal_place {
  std::atomic<u64> key;
  std::atomic<u64> where;  // site | operation
  std::atomic<u64> pool;
  std::atomic<u64> outcome;
  std::atomic<u64> count;
  std::atomic<u64> last;
};
static_assert(sizeof(refusal_place) == cache_line);

/// All kinds of refusals of a process: open addressing by their key, nothing ever leaves. Two kinds
/// whose keys are equal share a place; of 1024 that takes odds of 2^-44.
/// Progress: enter() is wait-free, at most `probes` places.
class misuse_table {
 public:
  static constexpr u32 places = ESCROW_MISUSE_SITES_MOST;
  static constexpr u32 probes = 32;

  /// Zero pages for all of them, never given back. nullptr: the system has none.
  [[nodiscard]] static misuse_table *reserve() noexcept {
    return pages::reserve_for<misuse_table>();
  }

  /// Counts one at `now`. Where no place is left that is counted instead.
  void enter(refusal const &r, u64 now) noexcept {
    bool fresh;
    u32 const at = keyed_places::claim<probes>(places_, r.key(), fresh);
    if (at == keyed_places::none) {
      lost_.fetch_add(1, std::memory_order_relaxed);  // relaxed: counter only
      return;
    }
    refusal_place &p = places_[at];
    if (fresh) {
      // relaxed: before publication
      p.where.store(u64{r.site} << 32 | r.operation, std::memory_order_relaxed);
      p.pool.store(r.pool, std::memory_order_relaxed);
      // release: publishes the two; pairs with read() [V1]
      p.outcome.store(static_cast<u32>(r.status), std::memory_order_release);
    }
    p.count.fetch_add(1, std::memory_order_relaxed);  // relaxed: counter only
    p.last.store(now, std::memory_order_relaxed);     // relaxed: a number for a report
  }
  /// What is in a place, below `places`; false: nothing, or not yet.
  [[nodiscard]] bool read(u32 place, escrow_misuse_site &out) const noexcept {
    refusal_place const &p = places_[place];
    u64 const outcome = p.outcome.load(std::memory_order_acquire);  // acquire: the words [V1]
    if (outcome == 0) return false;
    out = {};
    u64 const where = p.where.load(std::memory_order_relaxed);  // relaxed: behind outcome
    out.site = static_cast<u32>(where >> 32);
    out.operation = static_cast<u32>(where);
    out.status = static_cast<escrow_status>(static_cast<u32>(outcome));
    out.pool = p.pool.load(std::memory_order_relaxed);    // relaxed: behind outcome
    out.count = p.count.load(std::memory_order_relaxed);  // relaxed: numbers for a report
    out.last = p.last.load(std::memory_order_relaxed);
    return out.count != 0;
  }
  /// Refusals that found no place.
  [[nodiscard]] u64 lost() const noexcept { return lost_.load(std::memory_order_relaxed); }

 private:
  refusal_place places_[places];
  std::atomic<u64> lost_;
};

}  // namespace escrow::inline ESCROW_ABI

#endif
