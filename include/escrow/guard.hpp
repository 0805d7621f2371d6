// escrow/guard.hpp: references that end themselves: owned, borrowed, ticket, scope. [L4]
//
// Move-only, so that a reference cannot be shared or ended twice by construction. Operations that
// can fail return a status and leave every argument as it was.
#ifndef ESCROW_GUARD_HPP
#define ESCROW_GUARD_HPP

#include <cstddef>
#include <type_traits>
#include <utility>

#include "backoff.hpp"
#include "check.hpp"
#include "ledger.hpp"
#include "operation.h"
#include "platform.hpp"
#include "reference.hpp"
#include "types.h"
#include "watch.hpp"

namespace escrow::inline ESCROW_ABI {

template <class T>
class borrowed;
class ticket;

/// Ends the reference that a guard held. By value: a guard whose address nobody takes stays in a
/// register, and one that is empty costs a comparison.
inline escrow_status end_guarded(u64 bits) noexcept {
  // A guard holds exactly one reference; only a handle adopted twice can be refused here.
  return watch::here(ESCROW_OPERATION_RELEASE, bits,
                     [=]() noexcept -> watch::outcome {
                       return {patiently([=] { return reference::release(bits, false); }), 0};
                     })
      .status;
}

/// One reference to an object of type T, or to `size()` bytes. Eight bytes; may be handed from
/// thread to thread, used by one at a time.
template <class T = std::byte>
class owned {
 public:
  static_assert(std::is_object_v<T>, "owned<T>: T must be an object type");

  owned() noexcept = default;
  owned(owned &&other) noexcept : bits_(std::exchange(other.bits_, 0)) {}
  owned &operator=(owned &&other) noexcept {
    if (this == &other) return *this;
    (void)reset();
    bits_ = std::exchange(other.bits_, 0);
    return *this;
  }
  owned(owned const &) = delete;
  owned &operator=(owned const &) = delete;
  ~owned() { (void)reset(); }

  /// Takes over a handle (transfer full), as it comes from C or Go.
  [[nodiscard]] static owned adopt(escrow_handle handle) noexcept { return owned(handle); }
  /// Gives the handle up (transfer full); the caller ends it.
  [[nodiscard]] escrow_handle detach() noexcept { return std::exchange(bits_, 0); }

  [[nodiscard]] explicit operator bool() const noexcept { return bits_ != 0; }
  [[nodiscard]] escrow_handle handle() const noexcept { return bits_; }

  /// The object's memory, valid while this guard holds it; NULL when empty. Two dependent loads.
  [[nodiscard]] T *get() const noexcept { return static_cast<T *>(view().payload); }
  [[nodiscard]] T &operator*() const noexcept { return *get(); }
  [[nodiscard]] T *operator->() const noexcept { return get(); }
  /// Bytes asked for at acquire; 0 when empty.
  [[nodiscard]] u64 size() const noexcept { return view().size; }

  /// Memory and size in one look; all zero when empty.
  [[nodiscard]] escrow_view view() const noexcept {
    escrow_view v{};
    if (bits_ != 0) (void)reference::read(bits_, v);
    return v;
  }

  /// A second reference. @return as escrow_dup; ESCROW_E_NULL when empty
  [[nodiscard, gnu::always_inline]] inline escrow_status dup(owned &out) const noexcept {
    auto const done =
        watch::here(ESCROW_OPERATION_DUP, bits_, [bits = bits_]() noexcept -> watch::outcome {
          u64 second = 0;
          auto const s = reference::dup(bits, second);
          return {s, second};
        });
    if (done.status != ESCROW_OK) return done.status;
    ledger::attached(done.peer);
    out = owned(done.peer);
    return ESCROW_OK;
  }
  /// A view that keeps the object alive. @return as escrow_borrow; ESCROW_E_NULL when empty
  [[nodiscard, gnu::always_inline]] inline escrow_status lend(borrowed<T> &out) const noexcept {
    return borrowed<T>::of(bits_, out);
  }
  /// Moves the reference into `out`; this guard is empty afterwards.
  /// @return as escrow_move_out; on any error this guard keeps it
  [[nodiscard]] escrow_status move_out(ticket &out) noexcept;

  /// Ends the reference, empty or not. Runs the payload's destructor where this freed the object.
  /// @return as escrow_release; ESCROW_ALREADY when empty
  [[gnu::always_inline]] inline escrow_status reset() noexcept {
    return bits_ == 0 ? escrow_status{ESCROW_ALREADY} : end_guarded(std::exchange(bits_, 0));
  }

 private:
  explicit owned(u64 bits) noexcept : bits_(bits) {}

  u64 bits_ = 0;
};

class scope;

/// A view of somebody else's object, which lives at least as long as the view.
template <class T = std::byte>
class borrowed {
 public:
  borrowed() noexcept = default;
  borrowed(borrowed &&other) noexcept
      : view_(std::exchange(other.view_, {})), counter_(std::exchange(other.counter_, nullptr)) {}
  borrowed &operator=(borrowed &&other) noexcept {
    if (this == &other) return *this;
    (void)reset();
    view_ = std::exchange(other.view_, {});
    counter_ = std::exchange(other.counter_, nullptr);
    return *this;
  }
  borrowed(borrowed const &) = delete;
  borrowed &operator=(borrowed const &) = delete;
  ~borrowed() { (void)reset(); }

  /// Borrows through a handle the caller does not own. @return as escrow_borrow
  [[nodiscard, gnu::always_inline]] static inline escrow_status of(escrow_handle handle,
                                                                   borrowed &out) noexcept {
    // Not through the caller's variables, nor through one for both: they stay in registers.
    if (trace::is_on()) [[unlikely]] {
      escrow_view seen{};
      auto const s = borrow_traced(handle, seen);
      if (s == ESCROW_OK) out.hold({seen.payload, seen.size, seen.root});
      return s;
    }
    escrow_view view{};
    auto const s = patiently([&] { return reference::borrow(handle, view); });
    if (s != ESCROW_OK) [[unlikely]]
      return misuse::refused_here(handle, s, ESCROW_OPERATION_BORROW);
    out.hold(view);
    return s;
  }

  [[nodiscard]] explicit operator bool() const noexcept { return view_.root != 0; }
  /// Valid while this view lives; NULL when empty.
  [[nodiscard]] T *get() const noexcept { return static_cast<T *>(view_.payload); }
  [[nodiscard]] T &operator*() const noexcept { return *get(); }
  [[nodiscard]] T *operator->() const noexcept { return get(); }
  [[nodiscard]] u64 size() const noexcept { return view_.size; }

  /// Gives back. @return as escrow_return; ESCROW_ALREADY when empty
  [[gnu::always_inline]] inline escrow_status reset() noexcept {
    if (view_.root == 0) return ESCROW_ALREADY;
    return end(std::exchange(view_, {}).root, std::exchange(counter_, nullptr));
  }

 private:
  /// By value, as end_guarded().
  static escrow_status end(u64 root, std::atomic<u32> *counter) noexcept {
    auto const done = watch::here(ESCROW_OPERATION_RETURN, root, [=]() noexcept -> watch::outcome {
      return {patiently([=] { return reference::give_back_anonymous(root); }), 0};
    });
    // release: our use of the object; pairs with the load in scope::end() [G1]
    if (counter != nullptr) counter->fetch_sub(1, std::memory_order_release);
    return done.status;
  }
  [[gnu::cold, gnu::noinline]] static escrow_status borrow_traced(escrow_handle handle,
                                                                  escrow_view &view) noexcept {
    return watch::traced_at(ESCROW_OPERATION_BORROW, handle, nullptr, __builtin_return_address(0),
                            [=, &view]() noexcept {
                              return patiently([&] { return reference::borrow(handle, view); });
                            });
  }
  [[gnu::always_inline]] inline void hold(escrow_view const &view) noexcept {
    (void)reset();
    view_ = view;
  }

  friend class scope;
  escrow_view view_{};
  std::atomic<u32> *counter_ = nullptr;  // of the scope it was borrowed in
};

/// A reference in flight: between sender and receiver nobody can use the object. Dropped, it frees.
class ticket {
 public:
  ticket() noexcept = default;
  ticket(ticket &&other) noexcept : bits_(std::exchange(other.bits_, 0)) {}
  ticket &operator=(ticket &&other) noexcept {
    if (this == &other) return *this;
    (void)reset();
    bits_ = std::exchange(other.bits_, 0);
    return *this;
  }
  ticket(ticket const &) = delete;
  ticket &operator=(ticket const &) = delete;
  ~ticket() { (void)reset(); }

  /// Takes over a ticket (transfer full), as it comes from C or Go.
  [[nodiscard]] static ticket adopt(escrow_ticket bits) noexcept { return ticket(bits); }
  /// Gives the ticket up (transfer full); the caller ends it.
  [[nodiscard]] escrow_ticket detach() noexcept { return std::exchange(bits_, 0); }
  [[nodiscard]] explicit operator bool() const noexcept { return bits_ != 0; }

  /// Takes the reference out; this ticket is empty afterwards.
  /// @return as escrow_move_in; on any error this ticket keeps it
  template <class T>
  [[nodiscard, gnu::always_inline]] inline escrow_status move_in(owned<T> &out) noexcept {
    auto const done =
        watch::here(ESCROW_OPERATION_MOVE_IN, bits_, [bits = bits_]() noexcept -> watch::outcome {
          u64 taken = 0;
          auto const s = patiently([&] { return reference::move_in(bits, taken); });
          return {s, taken};
        });
    if (done.status != ESCROW_OK) return done.status;
    bits_ = 0;
    out = owned<T>::adopt(done.peer);
    return ESCROW_OK;
  }

  /// Ends the reference. @return as escrow_release; ESCROW_ALREADY when empty
  [[gnu::always_inline]] inline escrow_status reset() noexcept {
    return bits_ == 0 ? escrow_status{ESCROW_ALREADY} : end_guarded(std::exchange(bits_, 0));
  }

 private:
  template <class T>
  friend class owned;
  explicit ticket(u64 bits) noexcept : bits_(bits) {}
  u64 bits_ = 0;
};

template <class T>
[[gnu::always_inline]] inline escrow_status owned<T>::move_out(ticket &out) noexcept {
  auto const done =
      watch::here(ESCROW_OPERATION_MOVE_OUT, bits_, [bits = bits_]() noexcept -> watch::outcome {
        u64 moved = 0;
        auto const s = patiently([&] { return reference::move_out(bits, moved); });
        return {s, moved};
      });
  if (done.status != ESCROW_OK) return done.status;
  bits_ = 0;
  out = ticket(done.peer);
  return ESCROW_OK;
}

/// One call's borrows: end() says whether any outlived it. Stays where it was made, since its
/// borrows point to it.
class scope {
 public:
  scope() noexcept = default;
  scope(scope const &) = delete;
  scope &operator=(scope const &) = delete;
  /// Every borrow made here must be gone.
  ~scope() {
    ESCROW_CHECK(
        outstanding() == 0,
        "scope::~scope(): borrows outlive their scope; call end() first and mind its code");
  }

  /// Borrows and counts. @return as escrow_borrow
  template <class T>
  [[nodiscard]] escrow_status lend(owned<T> const &from, borrowed<T> &out) noexcept {
    auto const s = from.lend(out);
    if (s != ESCROW_OK) return s;
    out.counter_ = &outstanding_;
    outstanding_.fetch_add(1, std::memory_order_relaxed);  // relaxed: counter only
    return s;
  }
  [[nodiscard]] u32 outstanding() const noexcept {
    // acquire: the borrowers' use; pairs with borrowed::reset() [G1]
    return outstanding_.load(std::memory_order_acquire);
  }
  /// @return ESCROW_OK | ESCROW_E_SCOPE borrows are still alive; the objects live on until they end
  [[nodiscard]] escrow_status end() const noexcept {
    return outstanding() == 0 ? ESCROW_OK : ESCROW_E_SCOPE;
  }

 private:
  std::atomic<u32> outstanding_{0};
};

}  // namespace escrow::inline ESCROW_ABI

#endif
