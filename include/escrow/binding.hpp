// escrow/binding.hpp: memory that others made, seen as a T after a look at its layout. [L4]
//
// A T here is a number, an array, or a type declared by ESCROW_LAYOUT; whoever opened the pool, in
// C++, C or Go, gave it the layout of a type of its own.
#ifndef ESCROW_BINDING_HPP
#define ESCROW_BINDING_HPP

#include <new>
#include <type_traits>
#include <utility>

#include "control.hpp"
#include "guard.hpp"
#include "handle.hpp"
#include "layout_of.hpp"
#include "lifecycle.hpp"
#include "object.hpp"
#include "platform.hpp"
#include "reference.hpp"
#include "table.hpp"
#include "types.h"
#include "watch.hpp"

namespace escrow::inline ESCROW_ABI {

/// What binding asks of any memory. The caller holds the references it names.
struct binding {
  /// The layout of the object of a handle, nullptr for none, and a view of the object.
  /// @return ESCROW_OK | as escrow_read
  [[nodiscard]] static escrow_status of_object(u64 bits, escrow_view &view,
                                               escrow_layout const *&out) noexcept {
    if (auto const s = reference::read(bits, view); s != ESCROW_OK) return s;
    pool_control const *const c = owner_of(*slot::at(view.root).home);
    out = c != nullptr ? c->layout.get() : nullptr;
    return ESCROW_OK;
  }
  /// The layout of an object's pool, or of a pool. @return ESCROW_OK | as of_object, or
  /// lifecycle::layout
  [[nodiscard]] static escrow_status of(u64 bits, escrow_layout const *&out) noexcept {
    escrow_view view{};
    return handle::names_slot(bits) ? of_object(bits, view, out) : lifecycle::layout(bits, out);
  }
  [[nodiscard]] static bool is(escrow_layout const *carried, u64 fingerprint) noexcept {
    return carried != nullptr && carried->fingerprint == fingerprint;
  }
  /// Is the object one of `size` bytes with this fingerprint? @return ESCROW_OK | as escrow_read |
  /// ESCROW_E_LAYOUT | ESCROW_E_SIZE of a pool of any sizes, and too small
  [[nodiscard]] static escrow_status check(u64 bits, u64 fingerprint, u64 size,
                                           escrow_view &view) noexcept {
    escrow_layout const *carried = nullptr;
    if (auto const s = of_object(bits, view, carried); s != ESCROW_OK) return s;
    if (!is(carried, fingerprint)) return ESCROW_E_LAYOUT;
    return view.size >= size ? ESCROW_OK : ESCROW_E_SIZE;
  }
};

/// Takes over a handle (transfer full), as it comes from C or Go, as one of a T. On any error the
/// caller keeps the handle, and `out` what it held. Cost: some loads and one compare.
/// @return ESCROW_OK | as escrow_read | ESCROW_E_LAYOUT the object's pool carries another layout,
/// or none; difference_to() says which | ESCROW_E_SIZE of a pool of any sizes, and too small
template <class T>
[[nodiscard]] escrow_status bind(escrow_handle handle, owned<T> &out) noexcept {
  constexpr u64 fingerprint = layout_of<T>().fingerprint;
  escrow_view view{};
  auto const s = binding::check(handle, fingerprint, sizeof(T), view);
  if (s == ESCROW_OK) out = owned<T>::adopt(handle);
  return s;
}

/// Borrows through a handle that the caller does not own, as a T. @return as escrow_borrow, and as
/// bind for owned; `out` keeps what it held on an error
template <class T>
[[nodiscard]] escrow_status bind(escrow_handle handle, borrowed<T> &out) noexcept {
  constexpr u64 fingerprint = layout_of<T>().fingerprint;
  borrowed<T> lent;  // first: what is looked at cannot end meanwhile
  if (auto const s = borrowed<T>::of(handle, lent); s != ESCROW_OK) return s;
  escrow_view view{};
  auto const s = binding::check(handle, fingerprint, sizeof(T), view);
  if (s == ESCROW_OK) out = std::move(lent);
  return s;
}

/// A pool that somebody else owns, Go for example, whose objects are Ts. Two words; copies are the
/// same pool. Any thread; calls after its owner closed it get a code.
template <class T>
class bound_pool {
 public:
  bound_pool() noexcept = default;

  [[nodiscard]] escrow_pool id() const noexcept { return bits_; }
  [[nodiscard]] explicit operator bool() const noexcept { return bits_ != 0; }

  /// Acquires and constructs. @return as escrow_acquire
  template <class... Arguments>
  [[nodiscard, gnu::always_inline]] inline escrow_status make(
      owned<T> &out, Arguments &&...arguments) const noexcept {
    static_assert(std::is_nothrow_constructible_v<T, Arguments...>,
                  "bound_pool<T>::make(): the constructor of T must be noexcept");
    static_assert(std::is_trivially_destructible_v<T>,
                  "bound_pool<T>::make(): nobody would run T's destructor, as pool_of<T> does");
    if (control_ == nullptr) return ESCROW_E_NULL;
    // acquire: the options; re-checked after the claim [P1]
    if (control_->word.load(std::memory_order_acquire) != block_word::open_at(bits_)) [[unlikely]]
      return pool_status(*control_, bits_) == ESCROW_E_STALE ? ESCROW_E_STALE : ESCROW_E_CLOSED;
    u64 handle = 0;
    char *payload = nullptr;
    auto const s = acquisition::object(*control_, bits_, sizeof(T), handle, payload);
    if (s != ESCROW_OK) return s;
    watch::acquired(*control_, handle);
    ::new (static_cast<void *>(payload)) T(std::forward<Arguments>(arguments)...);
    out = owned<T>::adopt(handle);
    return s;
  }

 private:
  template <class U>
  friend escrow_status bind(escrow_pool pool, bound_pool<U> &out) noexcept;

  u64 bits_ = 0;
  pool_control *control_ = nullptr;  // of bits_; immortal
};

/// Sees a pool as one of T. Cost: a lock and one compare, once; what comes of it needs no look.
/// @return ESCROW_OK | ESCROW_E_LAYOUT as above | ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE |
/// ESCROW_E_STALE
template <class T>
[[nodiscard]] escrow_status bind(escrow_pool pool, bound_pool<T> &out) noexcept {
  constexpr u64 fingerprint = layout_of<T>().fingerprint;
  escrow_layout const *carried = nullptr;
  if (auto const s = lifecycle::layout(pool, carried); s != ESCROW_OK) return s;
  if (!binding::is(carried, fingerprint)) return ESCROW_E_LAYOUT;
  out.bits_ = pool;
  return find_pool(pool, out.control_);
}

/// Writes why a pool, or the pool of an object, does not bind as T, zero terminated and cut at
/// `capacity`: "field 3: offset 12 in the pool, 16 in this type". No text, and false: it does bind.
/// @param bits  a pool, or a handle that the caller holds
template <class T>
bool difference_to(u64 bits, char *out, u64 capacity) noexcept {
  auto const mine = layout_of<T>();
  escrow_layout const *carried = nullptr;
  if (auto const s = binding::of(bits, carried); s != ESCROW_OK || carried == nullptr) {
    difference_text text(out, capacity);
    text << (s == ESCROW_OK ? "the pool carries no layout" : "no pool or object can be asked");
    return true;
  }
  escrow_layout const own = mine.view();
  return layout_difference::write({*carried, "the pool"}, {own, "this type"}, out, capacity);
}

}  // namespace escrow::inline ESCROW_ABI

#endif
