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
struct alignas(2 * cache_line) trace_place {
  static constexpr u32 words_each = 9;
  std::atomic<u64> stamp;
  std::atomic<u64> words[words_each];
};
static_assert(sizeof(trace_place) == 2 * cache_line);

/// All places of a process. An event takes the next number, and the place that the number falls on.
/// Progress: append() and read() are wait-free. A writer that meets another in its place, which lags
/// by the whole ring, gives up: its event is lost, and counted.
class trace_ring {
 public:
  static constexpr u64 places = ESCROW_TRACE_EVENTS_MOST;

  /// Zero pages for all of them, never given back. nullptr: the system has none.
  [[nodiscard]] static trace_ring *reserve() noexcept {
    u64 const page = pages::size();
    return reinterpret_cast<trace_ring *>(pages::reserve(align_up(sizeof(trace_ring), page), page));
  }

  /// Keeps an event; its number is set here.
  void append(escrow_trace_event const &e) noexcept {
    // relaxed: only a number; who sees the event has it by the stamp
    write(head_.fetch_add(1, std::memory_order_relaxed) + 1, e);
  }
  /// Event `n`. False: it is not there yet, being written, lost, or overwritten.
  [[nodiscard]] bool read(u64 n, escrow_trace_event &out) const noexcept {
    return read_around(n, out, [] {});
  }
  /// The number of the last event that was begun; 0: none was.
  [[nodiscard]] u64 last() const noexcept {
    return head_.load(std::memory_order_relaxed);  // relaxed: a bound for a search
  }
  /// Events that found a writer in their place.
  [[nodiscard]] u64 lost() const noexcept { return lost_.load(std::memory_order_relaxed); }

  /// The parts, as tests take them: the event of a number; and a read, with `between` after the
  /// words and before the second look at the stamp.
  void write(u64 n, escrow_trace_event const &e) noexcept {
    trace_place &p = places_[n % places];
    u64 stamp = p.stamp.load(std::memory_order_relaxed);  // relaxed: re-checked by the CAS
    // acquire: the words of the event before, which ours must follow [Q1]
    if (stamp % 2 != 0 || stamp >= 2 * n ||
        !p.stamp.compare_exchange_strong(stamp, 2 * n - 1, std::memory_order_acquire,
                                         std::memory_order_relaxed)) {
      lost_.fetch_add(1, std::memory_order_relaxed);  // relaxed: counter only
      return;
    }
    u64 const words[trace_place::words_each] = {
        e.when,
        e.handle,
        e.root,
        e.peer,
        e.pool,
        e.goroutine,
        u64{e.operation} << 32 | static_cast<u32>(e.status),
        e.thread,
        e.site};
    for (u32 i = 0; i < trace_place::words_each; ++i)  // release: after 2n - 1; pairs with read()
      p.words[i].store(words[i], std::memory_order_release);
    p.stamp.store(2 * n, std::memory_order_release);  // release: the words; pairs with read() [Q1]
  }
  template <class Between>
  [[nodiscard]] bool read_around(u64 n, escrow_trace_event &out,
                                 Between const &between) const noexcept {
    trace_place const &p = places_[n % places];
    // acquire: the words; pairs with write() [Q1]
    if (n == 0 || p.stamp.load(std::memory_order_acquire) != 2 * n) return false;
    u64 words[trace_place::words_each];
    for (u32 i = 0; i < trace_place::words_each; ++i)
      words[i] = p.words[i].load(std::memory_order_acquire);  // acquire: before the second look [Q1]
    between();
    if (p.stamp.load(std::memory_order_relaxed) != 2 * n) return false;  // relaxed: ordered by [Q1]
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

 private:
  trace_place places_[places];
  alignas(2 * cache_line) std::atomic<u64> head_;
  std::atomic<u64> lost_;
};

}  // namespace escrow::inline ESCROW_ABI

#endif
