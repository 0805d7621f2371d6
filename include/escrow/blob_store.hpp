// escrow/blob_store.hpp: records of any size that stay readable until their store is destroyed.
// [L2]
//
// For a map's byte keys and values. A reader needs no hazard pointer and no registration: it may
// read a record that was released, finds other words or zeros there, and learns from the version it
// checks next that they mean nothing.
//
//   allocate   of the hinted lane, else of another: a free record of the class, or a cut off the
//              lane's chunk where pages are there; a patient caller maps more when no lane has any
//   release    onto the free list of a lane whose guard is free, else onto the store's own list of
//              that class; then live bytes of the chunk go down
//   shrink     begin_evacuation() marks sparse chunks as leaving; the owner moves the records for
//              which must_move(); end_evacuation() gives back the chunks that were emptied
//
// Nothing on a list lies in a chunk that is idle [E1]: (1) release links the record, (2) subtracts
// its bytes from live; end_evacuation() (3) loads live, (4) cleans all lists where (3) gave 0, (5)
// makes the chunk idle. (2) comes before (3), so (1) before (4). Nothing is allocated in a leaving
// chunk, so live stays 0; (4) empties the store's lists before the lanes', since a lane may take
// from them.
//
// Overhead. Held are the pages behind what was cut: the sum of live records rounded to their class
// (record_class), of free records, which serve their class only, of 64 KiB to 196 KiB touched ahead
// a lane, and of at most 196 KiB in 2 MiB where a record did not fit into the rest of a chunk.
// After an evacuation in which all that must_move() moved and nothing else changed: at most 4/3 of
// the live records as classes, and 256 KiB a lane. Tables: 24 B a chunk. Measured and checked by
// map_memory_bench; a million records of 24 to 2008 bytes took 1.04 times their keys and values at
// first, 1.05 times when each had been replaced ten times, and 1.04 times when nine of ten had been
// erased and the map shrunk.
#ifndef ESCROW_BLOB_STORE_HPP
#define ESCROW_BLOB_STORE_HPP

#include "blob_lane.hpp"
#include "budget.hpp"
#include "chunk_table.hpp"
#include "lane.hpp"
#include "lock.hpp"
#include "pages.hpp"
#include "platform.hpp"
#include "status.h"

namespace escrow::inline ESCROW_ABI {

/// Memory of a store; exact when nobody uses it meanwhile.
struct blob_stats {
  u64 bytes_live;  // of records not released, as classes
  u64 bytes_held;  // from the system
  u64 chunks;      // with pages
};

/// Zero-initialised is closed, so it may live in zero pages; it does not move. Progress: allocate
/// at once and release take a bounded number of steps whatever others do.
///
/// `Chunks` is chunk_table, and `Classes` record_class, or those of tests/model, where lanes are
/// few.
template <class Chunks, class Classes, u32 lane_count>
class basic_blob_store {
 public:
  using chunk_type = basic_chunk<typename Chunks::machine_type>;
  using lane_type = basic_blob_lane<Chunks, Classes>;
  template <class T>
  using atomic = typename lane_type::template atomic<T>;

  static constexpr u32 lanes = lane_count;
  static constexpr u64 largest = Classes::largest;
  static constexpr u32 touch_ahead = 64u << 10;

  /// `limit_bytes`: bound on bytes_held; 0 = none. Excludes all other calls.
  /// @return ESCROW_OK | ESCROW_E_NOMEM
  [[nodiscard]] escrow_status open(u64 limit_bytes) noexcept {
    own_.open(limit_bytes);
    return open(own_);
  }
  /// The same, bounded together with others by a budget that outlives the store.
  [[nodiscard]] escrow_status open(budget &shared) noexcept {
    memory_ = &shared;
    return chunks_.open();
  }

  /// Gives all memory back, and keeps the address space for the next store. Excludes all other
  /// calls; nobody reads a record any more. A closed store stays as it is.
  void destroy() noexcept {
    chunks_.close();
    // relaxed: the caller excludes all others
    for (auto &l : lanes_) {
      l.stop_cutting();
      for (auto &head : l.free) head.store(0, std::memory_order_relaxed);
    }
    for (auto &head : strays_) head.store(0, std::memory_order_relaxed);
    if (memory_ != nullptr) memory_->refund(held_.load(std::memory_order_relaxed));
    held_.store(0, std::memory_order_relaxed);
    memory_ = nullptr;
    evacuating_ = false;
  }

  /// The words of a record that was allocated at some time since open(); every access is atomic.
  /// The holder writes with release what readers load with acquire [V1].
  [[nodiscard, gnu::always_inline]] inline atomic<u64> *at(u64 reference) const noexcept {
    return chunks_.at(reference);
  }

  /// A record of at least `bytes`, at a 16-byte boundary, its words unspecified. References are not
  /// 0 and below 2^36. `AtOnce`: waits for nobody, enters no kernel and touches no page first; BUSY
  /// where it would have to, or where every lane is in use.
  /// @return ESCROW_OK | ESCROW_E_SIZE; at once ESCROW_E_BUSY, else ESCROW_E_FULL |
  ///         ESCROW_E_NOMEM | ESCROW_E_EXHAUSTED
  template <bool AtOnce>
  [[nodiscard, gnu::noinline]] escrow_status allocate(u64 bytes, u64 &out_reference) noexcept {
    out_reference = 0;
    if (bytes - 1 >= largest) return ESCROW_E_SIZE;
    u32 const record = Classes::of(bytes);
    u32 const first = lane_hint(lanes - 1);
    for (u32 i = 0; i < lanes; ++i) {
      lane_type &l = lanes_[(first + i) % lanes];
      if (!(l.may_have(record) || has_strays(record)) || !l.guard.try_acquire()) continue;
      out_reference = take(l, record);
      l.guard.release();
      if (out_reference != 0) return ESCROW_OK;
    }
    if constexpr (AtOnce) {
      return ESCROW_E_BUSY;
    } else {
      return allocate_slowly(lanes_[first], record, out_reference);
    }
  }

  /// Ends a record of `bytes`, as allocated. No reader that starts from now on may find it; one
  /// that found it before must see a version change after it reads words that are not the record's:
  /// the caller has made that change. Finalizer-safe.
  void release(u64 reference, u64 bytes) noexcept {
    u32 const record = Classes::of(bytes);
    chunk_type &home = chunks_.of(reference);
    if (!home.is_leaving() && !release_to_lane(reference, record)) stray(reference, record);
    // release: after the record is on its list; pairs with chunk::live_bytes() [E1]
    home.live.fetch_sub(Classes::bytes(record), std::memory_order_release);
  }

  /// Chooses the chunks of which less than 3/4 is live and lets nothing new into them. Returns how
  /// many; with 0 there is nothing to end. One evacuation at a time: 0 while another is under way.
  [[nodiscard, gnu::cold]] u64 begin_evacuation() noexcept {
    lock_hold const hold(evacuation_);
    if (evacuating_) return 0;
    for (auto &l : lanes_) l.guard.acquire();  // in this order; others hold one and wait for none
    for (auto &l : lanes_) close_if_sparse(l);
    u64 chosen = 0;
    u32 const made = chunks_.made();
    for (u32 i = 0; i < made; ++i) chosen += choose(i) ? 1 : 0;
    for (auto &l : lanes_) l.guard.release();
    evacuating_ = chosen != 0;
    if (evacuating_) forget_leaving();
    return chosen;
  }

  /// Does the record lie in a chunk that is being evacuated? Then its owner allocates a new one and
  /// releases this one.
  [[nodiscard]] bool must_move(u64 reference) const noexcept {
    return chunks_.of(reference).is_leaving();
  }

  /// Gives back the chunks that were emptied; the others are used again. Returns the bytes given
  /// back.
  [[gnu::cold]] u64 end_evacuation() noexcept {
    lock_hold const hold(evacuation_);
    if (!evacuating_) return 0;
    u32 const made = chunks_.made();
    for (u32 i = 0; i < made; ++i) {
      chunk_type &c = chunks_.numbered(i);
      // relaxed: only this thread changes it while it is leaving
      if (!c.is_leaving()) continue;
      c.state.store(c.live_bytes() == 0 ? chunk_type::emptied : chunk_type::held,
                    std::memory_order_relaxed);
    }
    forget_leaving();
    u64 given_back = 0;
    for (u32 i = 0; i < made; ++i)
      if (chunks_.numbered(i).is_leaving()) given_back += chunks_.decommit(i);
    held_.fetch_sub(given_back, std::memory_order_relaxed);  // relaxed: counter only
    memory_->refund(given_back);
    evacuating_ = false;
    return given_back;
  }

  /// A stripe, for tests: whoever holds its guard keeps it from all others.
  [[nodiscard]] lane_type &stripe(u32 i) noexcept { return lanes_[i]; }

  [[nodiscard]] blob_stats stats() const noexcept {
    // relaxed: counters only
    blob_stats s{0, held_.load(std::memory_order_relaxed), 0};
    u32 const made = chunks_.made();
    for (u32 i = 0; i < made; ++i) {
      chunk_type const &c = chunks_.numbered(i);
      s.bytes_live += c.live.load(std::memory_order_relaxed);
      s.chunks += c.state.load(std::memory_order_relaxed) >= chunk_type::held ? 1 : 0;
    }
    return s;
  }

 private:
  static constexpr u32 most_lost_races = 64;

  [[nodiscard]] bool has_strays(u32 record) const noexcept {
    return strays_[record].load(std::memory_order_relaxed) != 0;  // relaxed: a hint
  }

  /// A record from a lane whose guard is held; 0: it has none.
  [[nodiscard, gnu::always_inline]] inline u64 take(lane_type &l, u32 record) noexcept {
    u64 reference = l.pop(chunks_, record);
    if (reference == 0) reference = l.cut(record);
    if (reference == 0 && has_strays(record)) {
      // A list that pop() left unfinished is kept, and the strays wait.
      // relaxed: ordered by guard
      if (l.free[record].load(std::memory_order_relaxed) != 0) return 0;
      // acquire: the links; pairs with stray() [E2]
      l.free[record].store(strays_[record].exchange(0, std::memory_order_acquire),
                           std::memory_order_relaxed);
      reference = l.pop(chunks_, record);
    }
    // relaxed: a leaving chunk is chosen under all guards
    if (reference != 0)
      chunks_.of(reference).live.fetch_add(Classes::bytes(record), std::memory_order_relaxed);
    return reference;
  }

  [[nodiscard]] bool release_to_lane(u64 reference, u32 record) noexcept {
    u32 const first = lane_hint(lanes - 1);
    for (u32 i = 0; i < lanes; ++i) {
      lane_type &l = lanes_[(first + i) % lanes];
      if (!l.guard.try_acquire()) continue;
      if (!chunks_.of(reference).is_leaving()) l.push(chunks_, record, reference);
      l.guard.release();
      return true;
    }
    return false;
  }

  /// Push and take-all only, so a record that comes back is harmless. After most_lost_races the
  /// record is on no list: its chunk counts it as free, and the next evacuation finds that.
  [[gnu::cold, gnu::noinline]] void stray(u64 reference, u32 record) noexcept {
    u64 head = strays_[record].load(std::memory_order_relaxed);  // relaxed: re-checked by the CAS
    for (u32 lost = 0; lost < most_lost_races; ++lost) {
      free_record::link(chunks_.at(reference), head);
      // release: the link; pairs with take() and forget_leaving() [E2]
      if (strays_[record].compare_exchange_weak(head, reference, std::memory_order_release,
                                                std::memory_order_relaxed))
        return;
    }
  }

  [[nodiscard, gnu::cold, gnu::noinline]] escrow_status allocate_slowly(
      lane_type &mine, u32 record, u64 &out_reference) noexcept {
    escrow_status status = ESCROW_OK;
    {
      lock_hold const hold(mine.guard);
      do {
        out_reference = take(mine, record);
      } while (out_reference == 0 && (status = extend(mine, record)) == ESCROW_OK);
    }
    if (out_reference != 0) return ESCROW_OK;
    // No memory to be had: then what other lanes hold, also those that were in use at first.
    for (auto &l : lanes_) {
      lock_hold const hold(l.guard);
      do {  // again while there is a list: pop() forgets a bounded number of records a call
        out_reference = take(l, record);
        // relaxed: ordered by guard
      } while (out_reference == 0 && l.free[record].load(std::memory_order_relaxed) != 0);
      if (out_reference != 0) return ESCROW_OK;
    }
    return status;
  }

  /// Makes room for one record in a lane whose guard is held, and touches pages ahead of it.
  [[nodiscard]] escrow_status extend(lane_type &l, u32 record) noexcept {
    u32 const bytes = Classes::bytes(record);
    // relaxed: ordered by guard
    if (l.current.load(std::memory_order_relaxed) == 0 ||
        l.next.load(std::memory_order_relaxed) + bytes > chunk_type::bytes) {
      u32 number = 0;
      if (auto const s = chunks_.take(number); s != ESCROW_OK) return s;
      l.use(number, number == 0 ? Chunks::unit : 0);  // reference 0 is none
    }
    auto const page = static_cast<u32>(pages::size());
    u32 const begin = l.touched.load(std::memory_order_relaxed);
    u32 const needed = l.next.load(std::memory_order_relaxed) + bytes;
    auto const least = static_cast<u32>(align_up(needed, page));
    u32 end = least + touch_ahead < chunk_type::bytes ? least + touch_ahead : chunk_type::bytes;
    if (!charge(end - begin)) {
      end = least;
      if (!charge(end - begin)) return ESCROW_E_FULL;
    }
    u32 const number = l.current.load(std::memory_order_relaxed) - 1;
    for (u32 at = begin; at < end; at += page) {
      // release: like every store to what an old reference may name [V1]
      chunks_.at(Chunks::reference_to(number, at))->store(0, std::memory_order_release);
    }
    chunks_.numbered(number).touched = end;
    l.touched.store(end, std::memory_order_relaxed);
    return ESCROW_OK;
  }

  /// Counts bytes against the limit, or refuses.
  [[nodiscard]] bool charge(u64 bytes) noexcept {
    if (!memory_->charge(bytes)) return false;
    held_.fetch_add(bytes, std::memory_order_relaxed);  // relaxed: counter only
    return true;
  }

  [[nodiscard]] static bool is_sparse(chunk_type const &c) noexcept {
    return u64{c.live_bytes()} * 4 < u64{c.touched} * 3;
  }

  /// Stops a lane from cutting a chunk that is worth evacuating: what a new one costs is touched
  /// ahead again. All guards are held.
  void close_if_sparse(lane_type &l) noexcept {
    u32 const current = l.current.load(std::memory_order_relaxed);  // relaxed: ordered by guard
    if (current == 0) return;
    chunk_type const &c = chunks_.numbered(current - 1);
    u32 const live = c.live_bytes();
    if (is_sparse(c) && (live == 0 || c.touched - live > 2 * touch_ahead)) l.stop_cutting();
  }

  /// Marks a sparse chunk that no lane cuts. All guards are held.
  [[nodiscard]] bool choose(u32 number) noexcept {
    chunk_type &c = chunks_.numbered(number);
    // relaxed: ordered by the guards
    if (c.state.load(std::memory_order_relaxed) != chunk_type::held || !is_sparse(c)) return false;
    for (auto const &l : lanes_)
      if (l.current.load(std::memory_order_relaxed) == number + 1) return false;
    c.state.store(chunk_type::leaving, std::memory_order_relaxed);
    return true;
  }

  /// Takes what lies in leaving chunks off all lists, one guard at a time.
  void forget_leaving() noexcept {
    for (u32 record = 0; record < Classes::count; ++record) {
      if (!has_strays(record)) continue;
      lock_hold const hold(lanes_[0].guard);
      // acquire: the links; pairs with stray() [E2]
      u64 const strays = strays_[record].exchange(0, std::memory_order_acquire);
      lanes_[0].keep_staying(chunks_, record, strays);
    }
    for (auto &l : lanes_) {
      lock_hold const hold(l.guard);
      l.forget_leaving(chunks_);
    }
  }

  lane_type lanes_[lanes];
  atomic<u64> strays_[Classes::count];  // free records by class, of no lane
  Chunks chunks_;
  atomic<u64> held_{0};
  budget *memory_ = nullptr;
  budget own_;
  basic_lock<typename Chunks::machine_type> evacuation_;
  bool evacuating_ = false;  // under evacuation_
};
using blob_store = basic_blob_store<chunk_table, record_class, 16>;

}  // namespace escrow::inline ESCROW_ABI

#endif
