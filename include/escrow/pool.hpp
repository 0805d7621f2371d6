// escrow/pool.hpp: a pool that closes itself, for bytes and for objects of one type. [L4]
#ifndef ESCROW_POOL_HPP
#define ESCROW_POOL_HPP

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include "census.hpp"
#include "control.hpp"
#include "destruction.hpp"
#include "guard.hpp"
#include "layout_of.hpp"
#include "lifecycle.hpp"
#include "object.hpp"
#include "platform.hpp"
#include "supply.hpp"
#include "types.h"
#include "watch.hpp"

namespace escrow::inline ESCROW_ABI {

/// Owner of a pool. Any thread may acquire; open, move and close belong to one thread at a time.
class pool {
 public:
  pool() noexcept = default;
  pool(pool &&other) noexcept
      : bits_(std::exchange(other.bits_, 0)), control_(std::exchange(other.control_, nullptr)) {}
  pool &operator=(pool &&other) noexcept {
    if (this == &other) return *this;
    end();
    bits_ = std::exchange(other.bits_, 0);
    control_ = std::exchange(other.control_, nullptr);
    return *this;
  }
  pool(pool const &) = delete;
  pool &operator=(pool const &) = delete;
  /// Closes and destroys. References that are out stay valid; then the memory stays, too.
  ~pool() { end(); }

  /// Default options: classes from 16 B, no limit.
  [[nodiscard]] static escrow_pool_options options() noexcept {
    escrow_pool_options o{};
    o.struct_size = sizeof o;
    return o;
  }
  /// @return as escrow_pool_open
  [[nodiscard]] static escrow_status open(escrow_pool_options const &o, pool &out) noexcept {
    u64 bits = 0;
    if (auto const s = lifecycle::open(o, bits); s != ESCROW_OK) return s;
    out.end();
    out.bits_ = bits;
    (void)find_pool(bits, out.control_);
    return ESCROW_OK;
  }

  [[nodiscard]] escrow_pool id() const noexcept { return bits_; }
  [[nodiscard]] explicit operator bool() const noexcept { return bits_ != 0; }

  // What acquires is always in line: the site that a ledger notes is then the caller's.

  /// A zeroed object of `bytes` bytes. @return as escrow_acquire
  template <class T>
  [[nodiscard, gnu::always_inline]] inline escrow_status acquire(u64 bytes,
                                                                 owned<T> &out) noexcept {
    return from(bits_, control_, bytes, out);
  }
  /// The same from a pool that somebody else owns, Go for example. @return as escrow_acquire
  template <class T>
  [[nodiscard, gnu::always_inline]] static inline escrow_status acquire_from(
      escrow_pool id, u64 bytes, owned<T> &out) noexcept {
    pool_control *c = nullptr;
    if (auto const s = find_pool(id, c); s != ESCROW_OK) return s;
    return from(id, c, bytes, out);
  }
  /// The same without a guard: (transfer full) handle and its memory.
  [[nodiscard, gnu::always_inline]] inline escrow_status acquire_raw(u64 bytes, u64 &out_handle,
                                                                     char *&out_payload) noexcept {
    return raw(bits_, control_, bytes, out_handle, out_payload);
  }

  /// @return as escrow_pool_close
  escrow_status close(u32 flags = 0, u64 *out_live = nullptr) noexcept {
    u64 live = 0;
    auto const s = lifecycle::close(bits_, flags, live);
    if (out_live != nullptr) *out_live = live;
    return s;
  }
  /// On ESCROW_OK this object is empty. @return as escrow_pool_destroy
  [[nodiscard]] escrow_status destroy() noexcept {
    auto const s = lifecycle::destroy(bits_);
    if (s != ESCROW_OK) return s;
    bits_ = 0;
    control_ = nullptr;
    return s;
  }
  /// @return as escrow_pool_drain
  escrow_status drain(u64 max = 0, u64 *out_ran = nullptr) noexcept {
    u64 ran = 0;
    auto const s = control_ == nullptr ? escrow_status{ESCROW_E_NULL}
                                       : destruction::drain(*control_, max, ran);
    if (out_ran != nullptr) *out_ran = ran;
    return s;
  }
  /// Bytes given back to the system; 0 for an empty pool.
  u64 trim() noexcept { return control_ == nullptr ? 0 : supply::trim(*control_); }
  /// @return as escrow_pool_read_stats
  [[nodiscard]] escrow_status read_stats(escrow_pool_stats &out) const noexcept {
    out.struct_size = sizeof out;
    return census::stats(bits_, out);
  }

 private:
  [[nodiscard, gnu::always_inline]] static inline escrow_status raw(u64 id, pool_control *c,
                                                                    u64 bytes, u64 &out_handle,
                                                                    char *&out_payload) noexcept {
    if (c == nullptr) [[unlikely]]
      return ESCROW_E_NULL;
    // acquire: the options; re-checked after the claim [P1]
    if (c->word.load(std::memory_order_acquire) != block_word::open_at(id)) [[unlikely]]
      return pool_status(*c, id) == ESCROW_E_STALE ? ESCROW_E_STALE : ESCROW_E_CLOSED;
    auto const s = acquisition::object(*c, id, bytes, out_handle, out_payload);
    if (s == ESCROW_OK) [[likely]]
      watch::acquired(*c, out_handle);
    return s;
  }
  template <class T>
  [[nodiscard, gnu::always_inline]] static inline escrow_status from(u64 id, pool_control *c,
                                                                     u64 bytes,
                                                                     owned<T> &out) noexcept {
    static_assert(
        std::is_trivially_default_constructible_v<T> && std::is_trivially_destructible_v<T>,
        "pool::acquire(): zeroed bytes are no T; use pool_of<T>::make()");
    if (bytes < sizeof(T)) return ESCROW_E_SIZE;
    u64 bits = 0;
    char *payload = nullptr;
    auto const s = raw(id, c, bytes, bits, payload);
    if (s == ESCROW_OK) out = owned<T>::adopt(bits);
    return s;
  }
  void end() noexcept {
    if (bits_ == 0) return;
    (void)close();
    (void)lifecycle::destroy(bits_);
    bits_ = 0;
    control_ = nullptr;
  }

  u64 bits_ = 0;
  pool_control *control_ = nullptr;  // of bits_; immortal
};

/// A pool of objects of one type. T crosses languages and images, so it has a plain layout: no
/// virtual functions, no references. Its destructor, where it has one, runs as protocol 7 allows:
/// in the release that freed the object, in drain and in close. Where T is declared by
/// ESCROW_LAYOUT the pool carries its layout, so that others can bind() to it.
template <class T>
class pool_of {
 public:
  static_assert(std::is_object_v<T> && std::is_standard_layout_v<T>,
                "pool_of<T>: T must have a standard layout (no virtual functions, no references)");
  static_assert(std::is_nothrow_destructible_v<T>,
                "pool_of<T>: the destructor of T must not throw");
  static_assert(alignof(T) <= lifecycle::most_alignment, "pool_of<T>: T is aligned above 4096");

  /// `name` as in escrow_pool_options, `type_id` for escrow_validate, `limit_bytes` 0 = none.
  /// @return as escrow_pool_open
  [[nodiscard]] static escrow_status open(char const *name, pool_of &out, u32 type_id = 0,
                                          u64 limit_bytes = 0) noexcept {
    auto o = pool::options();
    o.name = name;
    o.fixed_size = sizeof(T);
    o.alignment = static_cast<u32>(alignof(T));
    o.type_id = type_id;
    o.limit_bytes = limit_bytes;
    if constexpr (!std::is_trivially_destructible_v<T>) o.destructor = &destroy_object;
    layout_if_known<T> const layout;
    o.layout = layout.get();
    return pool::open(o, out.pool_);
  }

  /// Acquires and constructs. @return as escrow_acquire
  template <class... Arguments>
  [[nodiscard, gnu::always_inline]] inline escrow_status make(owned<T> &out,
                                                              Arguments &&...arguments) noexcept {
    static_assert(std::is_nothrow_constructible_v<T, Arguments...>,
                  "pool_of<T>::make(): the constructor of T must be noexcept");
    u64 bits = 0;
    char *payload = nullptr;
    if (auto const s = pool_.acquire_raw(sizeof(T), bits, payload); s != ESCROW_OK) return s;
    ::new (static_cast<void *>(payload)) T(std::forward<Arguments>(arguments)...);
    out = owned<T>::adopt(bits);
    return ESCROW_OK;
  }

  /// The untyped pool: close, drain, trim, statistics.
  [[nodiscard]] pool &untyped() noexcept { return pool_; }

 private:
  static void destroy_object(void *payload, u64, void *) { static_cast<T *>(payload)->~T(); }

  pool pool_;
};

}  // namespace escrow::inline ESCROW_ABI

#endif
