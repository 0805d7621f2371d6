// escrow/watch.hpp: what the edges of the library do beside an operation: note, trace, count. [L3]
#ifndef ESCROW_WATCH_HPP
#define ESCROW_WATCH_HPP

#include "control.hpp"
#include "ledger.hpp"
#include "misuse.hpp"
#include "operation.h"
#include "platform.hpp"
#include "trace.hpp"

namespace escrow::inline ESCROW_ABI {

/// An edge is where a caller's call site is known: the functions of the C facade, with the return
/// address as `site`, and the inline functions of the C++ one, whose site is where their caller was
/// compiled in. Never a leaf.
struct watch {
  /// An object was acquired from `c` by inline code.
  [[gnu::always_inline]] static inline void acquired(pool_control &c, u64 name) noexcept {
    u64 const limit = ledger::watched(c);
    if (limit != 0) [[unlikely]] {
      if (ledger::concerns(limit, name)) acquired_here(c, name);
    }
  }
  [[gnu::always_inline]] static inline void acquired_at(pool_control &c, u64 name,
                                                        void const *site) noexcept {
    u64 const limit = ledger::watched(c);
    if (limit != 0) [[unlikely]] {
      if (ledger::concerns(limit, name)) look(c, name, site, nullptr);
    }
  }

  /// What an operation of inline code says: in registers, so that the caller's variables stay
  /// there, too. `peer`: the handle that came of it; 0: none.
  struct outcome {
    escrow_status status;
    u64 peer;
  };

  /// Does `act`, an operation on `bits`, and what is due beside it. `act` says an outcome, or has
  /// at least its members, and is passed by value, which keeps it out of memory.
  template <class Act>
  [[gnu::always_inline]] static inline auto here(u32 operation, u64 bits, Act act) noexcept {
    if (trace::is_on()) [[unlikely]]
      return traced_here(operation, bits, act);
    auto const done = act();
    if (done.status < 0) [[unlikely]]
      (void)misuse::refused_here(bits, done.status, operation);
    return done;
  }
  /// The same in the C facade, while any pool is traced, for an operation that puts what came of it
  /// at `peer`; NULL: nothing.
  template <class Act>
  [[gnu::cold, gnu::noinline]] static escrow_status traced_at(u32 operation, u64 bits,
                                                              u64 const *peer, void const *site,
                                                              Act act) noexcept {
    return traced(operation, bits, site, nullptr,
                  [=]() noexcept {
                    escrow_status const s = act();
                    return outcome{s, s < 0 || peer == nullptr ? 0 : *peer};
                  })
        .status;
  }

 private:
  // Cold, so that what they are inlined into keeps its registers.
  [[gnu::cold, gnu::noinline]] static void acquired_here(pool_control &c, u64 name) noexcept {
    look(c, name, __builtin_return_address(0), __builtin_frame_address(0));
  }
  [[gnu::cold, gnu::noinline]] static void look(pool_control &c, u64 name, void const *site,
                                                void const *frame) noexcept {
    if (ledger::notes(c, name)) ledger::note_at(c, name, holder::owner, site, frame);
    if (!ledger::traces(c, name) || !trace::choose(name)) return;
    trace::happened(trace::find(name), ESCROW_OPERATION_ACQUIRE, name, 0, ESCROW_OK, site, frame);
  }
  template <class Act>
  [[gnu::cold, gnu::noinline]] static auto traced_here(u32 operation, u64 bits, Act act) noexcept {
    return traced(operation, bits, __builtin_return_address(0), __builtin_frame_address(0), act);
  }
  /// The object is asked for before the operation, which may end it.
  template <class Act>
  static auto traced(u32 operation, u64 bits, void const *site, void const *frame,
                     Act const &act) noexcept {
    traced_object const object = trace::find(bits);
    auto const done = act();
    if (object.root != 0)
      trace::happened(object, operation, bits, done.status < 0 ? 0 : done.peer, done.status, site,
                      frame);
    if (done.status < 0) (void)misuse::refused(bits, done.status, operation, site, frame);
    return done;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
