// escrow/trace.hpp: the life of some objects, operation by operation. [L3]
#ifndef ESCROW_TRACE_HPP
#define ESCROW_TRACE_HPP

#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

#include "call_stack.hpp"
#include "clock.hpp"
#include "control.hpp"
#include "handle.hpp"
#include "ledger.hpp"
#include "ledger_entry.hpp"
#include "lock.hpp"
#include "operation.h"
#include "platform.hpp"
#include "slab.hpp"
#include "table.hpp"
#include "trace_ring.hpp"

namespace escrow::inline ESCROW_ABI {

/// A traced object: the handle that it was acquired under, which names it in all its events, and
/// its pool. `root` 0: not traced.
struct traced_object {
  u64 root = 0;
  u64 pool = 0;
};

/// An object is chosen when it is acquired, by the mixture of its handle by which the ledger
/// chooses, and marked in its ledger entry. The mark goes along with the entry when the object
/// moves, and duplicates and loans know their root; so every handle, ticket and loan of it leads to
/// the mark, and to the handle under which it was acquired. It matches nobody once the object has
/// ended, as the entry does, but is readable until the slot's next: a use after the end is shown.
///
/// Off it costs an acquire nothing, since the limit lies in the word that the ledger reads, and
/// every other operation the load of one word that changes when a pool is switched on or off. As
/// the ledger, it is kept at the edges of the library and never in a leaf.
struct trace {
  /// Traces one in `rate` objects that are acquired from an open pool from now on: 1 all, 0 none,
  /// and then none of those that were chosen before.
  /// @return ESCROW_OK | as find_pool | ESCROW_E_CLOSED | ESCROW_E_STALE | ESCROW_E_NOMEM
  [[nodiscard]] static escrow_status set(u64 pool, u32 rate) noexcept {
    pool_control *c = nullptr;
    if (auto const s = find_pool(pool, c); s != ESCROW_OK) return s;
    if (rate != 0 && (ledger::stacks() == nullptr || ring() == nullptr)) return ESCROW_E_NOMEM;
    lock_hold const hold(c->guard);
    if (auto const s = pool_status(*c, pool); s != ESCROW_OK) return s;
    if (rate != 0 && !ledger::prepare(*c)) return ESCROW_E_NOMEM;
    limit(*c, ledger::limit_of(rate));
    return ESCROW_OK;
  }
  /// Is any pool traced?
  [[nodiscard, gnu::always_inline]] static inline bool is_on() noexcept {
    return table().tracing.load(std::memory_order_relaxed) != 0;  // relaxed: a switch
  }

  /// The traced object that a handle, ticket or loan leads to, or led to a moment ago.
  [[nodiscard, gnu::noinline]] static traced_object find(u64 bits) noexcept {
    if (!handle::names_slot(bits)) return {};
    slot at = slot::at(bits);
    if (at.header == nullptr || at.home->index >= table().slabs()) return {};
    u64 name = bits;
    u64 key = at.home->owner.load(std::memory_order_acquire);  // acquire: the slab is set up [B1]
    if (slab::class_of(key) == reference_class && key != 0) {
      // The root is what the reference held at the second look. [S1]
      if (!held(at, bits)) return {};
      name = at.header->payload.load(std::memory_order_acquire);
      if (!held(at, bits) || !handle::names_slot(name)) return {};
      at = slot::at(name);
      if (at.header == nullptr) return {};
      key = at.home->owner.load(std::memory_order_acquire);  // acquire: as above
    }
    pool_control *c = nullptr;
    if (key == 0 || find_pool(slab::pool_of(key), c) != ESCROW_OK) return {};
    ledger_entry const *const e = ledger_entry::of(at, name);
    if (e == nullptr || c->traced() == 0) return {};
    u64 const born = e->birth(*at.header, name);
    if (born == 0) return {};
    return {handle::pack(handle::tag(name), handle::index(name), born), slab::pool_of(key)};
  }

  /// Chooses an object that was just acquired, which the caller alone holds; false: it could not be
  /// marked.
  static bool choose(u64 name) noexcept {
    slot const at = slot::at(name);
    ledger_entry *const e = ledger_entry::of(at, name);
    return e != nullptr && e->mark(*at.header, name);
  }

  /// Enters an event; sequence, time, thread and site are set here. False: no pool was ever traced.
  static bool append(escrow_trace_event e, call_stack const &stack) noexcept {
    // acquire: the zero pages; pairs with ring() and ledger::stacks() [Q2] [F2]
    trace_ring *const events = table().events.load(std::memory_order_acquire);
    fingerprints *const known = table().sites.load(std::memory_order_acquire);
    if (events == nullptr || known == nullptr) return false;
    e.when = now();
    e.thread = thread_number();
    e.site = known->find(stack);
    events->append(e);
    return true;
  }
  /// An operation on a traced object, called from `site` in a function with this `frame`.
  [[gnu::cold, gnu::noinline]] static void happened(traced_object const &object, u32 operation,
                                                    u64 bits, u64 peer, escrow_status status,
                                                    void const *site, void const *frame) noexcept {
    escrow_trace_event e{};
    e.operation = operation;
    e.handle = bits;
    e.root = object.root;
    e.peer = peer;
    e.pool = object.pool;
    e.status = status;
    pool_control *c = nullptr;
    bool const further = find_pool(object.pool, c) == ESCROW_OK && ledger::follows_frames(*c);
    call_stack stack;
    ledger::look(stack, site, frame, further);
    (void)append(e, stack);
  }

  /// The destructor of what was in `h` is about to run: its function is the site, a byte on as a
  /// return address is.
  [[gnu::cold, gnu::noinline]] static void destroyed(slab const &s, slot_header const &h,
                                                     void const *function) noexcept {
    u64 const k = static_cast<u64>(&h - &s.header(0));
    // acquire: [B1] [S1]; the word is one generation on
    u64 const name = s.name.load(std::memory_order_acquire) + (k << handle::index_shift) +
                     word::generation(h.word.load(std::memory_order_acquire)) - 1;
    if (traced_object const object = find(name); object.root != 0)
      happened(object, ESCROW_OPERATION_DESTROY, name, 0, ESCROW_OK,
               static_cast<char const *>(function) + 1, nullptr);
  }

  /// Lists kept events of `root`, of all objects for 0, whose number is at least `cursor`.
  static void list(u64 root, u64 &cursor, escrow_trace_event *out, u32 capacity,
                   u32 &out_count) noexcept {
    // acquire: the zero pages [Q2]
    trace_ring const *const events = table().events.load(std::memory_order_acquire);
    out_count = 0;
    if (events == nullptr) return;
    u64 const last = events->last();
    u64 n = cursor;
    if (last >= trace_ring::places && n <= last - trace_ring::places)
      n = last - trace_ring::places + 1;
    if (n == 0) n = 1;
    for (; n <= last && out_count < capacity; ++n) {
      escrow_trace_event &e = out[out_count];
      if (events->read(n, e) && (root == 0 || e.root == root)) ++out_count;
    }
    cursor = n;
  }

  /// A pool gives its block back: it is traced no longer. The guard of its table is held.
  static void end(pool_control &c) noexcept {
    lock_hold const hold(c.guard);
    limit(c, 0);
  }

  /// Nanoseconds of the clock of events. Fine, unlike that of notes: it tells what came first.
  [[nodiscard]] static u64 now() noexcept { return read_clock(CLOCK_MONOTONIC); }

 private:
  /// Under the guard of `c`.
  static void limit(pool_control &c, u32 traced) noexcept {
    u32 const was = c.traced() != 0, is = traced != 0;
    c.watch(c.noted(), traced);
    table().tracing.fetch_add(is - was, std::memory_order_relaxed);  // relaxed: a switch
  }
  /// Is the duplicate or loan there, or in flight under its next handle?
  [[nodiscard]] static bool held(slot const &at, u64 bits) noexcept {
    // acquire: the fields of the slot [S1]
    u64 const w = at.header->word.load(std::memory_order_acquire);
    return protocol::match(w, handle::generation(bits)) != ESCROW_E_STALE;
  }
  /// The events of the process, reserved on first use; nullptr: no memory.
  [[nodiscard]] static trace_ring *ring() noexcept {
    auto &place = table().events;
    trace_ring *there = place.load(std::memory_order_acquire);  // acquire: zero pages [Q2]
    if (there != nullptr) return there;
    lock_hold const hold(table().pools.guard);
    there = place.load(std::memory_order_relaxed);  // relaxed: under guard
    if (there != nullptr) return there;
    there = trace_ring::reserve();
    place.store(there, std::memory_order_release);  // release: pairs with the loads of events [Q2]
    return there;
  }
  /// The number by which the system's tools know the thread; elsewhere its token, cut.
  [[nodiscard]] static u32 thread_number() noexcept {
#if defined(__linux__)
    return static_cast<u32>(::syscall(SYS_gettid));
#else
    return static_cast<u32>(thread_token() >> 4);
#endif
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
