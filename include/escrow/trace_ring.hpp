// escrow/trace_ring.hpp: the last events of traced objects, in the order in which they came. [L2]
#ifndef ESCROW_TRACE_RING_HPP
#define ESCROW_TRACE_RING_HPP

#include "pages.hpp"
#include "platform.hpp"
#include "trace_types.h"

namespace escrow::inline ESCROW_ABI {

/// One event. In zero pages it is a place that nobody has used.
///
///     empty     stamp 0
///     writing   stamp 2n - 1: event n is being written
///     there     stamp 2n: the words are those of event n
///
///   write  (1) stamp -> 2n - 1, by compare-and-swap: one writer;  (2) the words;  (3) stamp = 2n
///   read   (a) stamp is 2n;  (b) the words;  (c) stamp again
///
/// The words are stored with release after (1) and loaded with acquire: a reader whose (b) sees a
/// word of a later event has that event's (1) behind it, so its (c) does not find 2n. Words of an
/// earlier event it cannot see: its (a) acquires (3), and the writer's (1) acquired the (3) of the
/// event before, so its words come after theirs. [Q1]
/// `Atomic`: std::atomic, or that of a model.
template <template <class> class Atomic, u32 count>
struct basic_trace_place {
  Atomic<u64> stamp;
  Atomic<u64> words[count];

  /// False: another writer is in here, or a later event was.
  [[nodiscard]] bool write(u64 n, u64 const (&in)[count]) noexcept {
    u64 before = stamp.load(std::memory_order_relaxed);  // relaxed: re-checked by the CAS
    // acquire: the words of the event before, which ours must follow [Q1]
    if (before % 2 != 0 || before >= 2 * n ||
        !stamp.compare_exchange_strong(before, 2 * n - 1, std::memory_order_acquire,
                                       std::memory_order_relaxed))
      return false;
    for (u32 i = 0; i < count; ++i)  // release: after 2n - 1; pairs with read() [Q1]
      words[i].store(in[i], std::memory_order_release);
    stamp.store(2 * n, std::memory_order_release);  // release: the words; pairs with read() [Q1]
    return true;
  }
  /// False: event n is not there, or no longer.
  [[nodiscard]] bool read(u64 n, u64 (&out)[count]) const noexcept {
    // acquire: the words; pairs with write() [Q1]
    if (stamp.load(std::memory_order_acquire) != 2 * n) return false;
    for (u32 i = 0; i < count; ++i)  // acquire: before the second look at the stamp [Q1]
      out[i] = words[i].load(std::memory_order_acquire);
    return stamp.load(std::memory_order_relaxed) == 2 * n;  // relaxed: ordered by [Q1]
  }
};
struct alignas(2 * cache_line) trace_place : basic_trace_place<std::atomic, 9> {
  static constexpr u32 words_each = 9;
};
static_assert(sizeof(trace_place) == 2 * cache_line);

/// All places of a process. An event takes the next number, and the place that the number falls on.
/// Progress: append() and read() are wait-free. A writer that meets another in its place, which
/// lags by the whole ring, gives up: its event is lost, and counted.
class trace_ring {
 public:
  static constexpr u64 places = ESCROW_TRACE_EVENTS_MOST;

  /// Zero pages for all of them, never given back. nullptr: the system has none.
  [[nodiscard]] static trace_ring *reserve() noexcept { return pages::reserve_for<trace_ring>(); }

  /// Keeps an event; its number is set here.
  void append(escrow_trace_event const &e) noexcept {
    // relaxed: only a number; who sees the event has it by the stamp
    u64 const n = head_.fetch_add(1, std::memory_order_relaxed) + 1;
    u64 const what = u64{e.operation} << 32 | static_cast<u32>(e.status);
    u64 const words[trace_place::words_each] = {e.when,      e.handle, e.root,   e.peer, e.pool,
                                                e.goroutine, what,     e.thread, e.site};
    if (!places_[n % places].write(n, words))
      lost_.fetch_add(1, std::memory_order_relaxed);  // relaxed: counter only
  }
  /// Event `n`. False: it is not there yet, being written, lost, or overwritten.
  [[nodiscard]] bool read(u64 n, escrow_trace_event &out) const noexcept {
    u64 words[trace_place::words_each];
    if (n == 0 || !places_[n % places].read(n, words)) return false;
    out = {};
    out.sequence = n;
    out.when = words[0];
    out.handle = words[1];
    out.root = words[2];
    out.peer = words[3];
    out.pool = words[4];
    out.goroutine = words[5];
    out.operation = static_cast<u32>(words[6] >> 32);
    out.status = static_cast<escrow_status>(static_cast<u32>(words[6]));
    out.thread = static_cast<u32>(words[7]);
    out.site = static_cast<u32>(words[8]);
    return true;
  }
  /// The number of the last event that was begun; 0: none was.
  [[nodiscard]] u64 last() const noexcept {
    return head_.load(std::memory_order_relaxed);  // relaxed: a bound for a search
  }
  /// Events that found a writer in their place.
  [[nodiscard]] u64 lost() const noexcept { return lost_.load(std::memory_order_relaxed); }

 private:
  trace_place places_[places];
  alignas(2 * cache_line) std::atomic<u64> head_;
  std::atomic<u64> lost_;
};

}  // namespace escrow::inline ESCROW_ABI

#endif
