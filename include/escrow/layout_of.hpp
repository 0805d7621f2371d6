// escrow/layout_of.hpp: the layout of a C++ type: a number, an array, or what ESCROW_LAYOUT
// declared. [L1]
#ifndef ESCROW_LAYOUT_OF_HPP
#define ESCROW_LAYOUT_OF_HPP

#include <type_traits>

#include "layout.hpp"
#include "layout_declaration.hpp"
#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// Fields of a type and the walk that lists them.
template <class F>
struct layout_walk {
  using array = layout_array<F>;

  /// How many fields F is; an array of what is one field is one.
  [[nodiscard]] static constexpr u64 count() noexcept {
    if constexpr (layout_number<F>::kind != 0) {
      return 1;
    } else if constexpr (array::count != 0) {
      using inner = layout_walk<std::remove_cv_t<typename array::element>>;
      return inner::fills() ? 1 : array::count * inner::count();
    } else {
      return of_members(declaration_of<F>());
    }
  }
  /// Is F one field and nothing else?
  [[nodiscard]] static constexpr bool fills() noexcept {
    if constexpr (count() != 1) {
      return false;
    } else {
      escrow_field f{};
      escrow_field *next = &f;
      put(next, 0);
      return u64{f.width} * f.count == sizeof(F);
    }
  }
  /// Writes the fields of an F that stands at `offset`, and moves `next` past them.
  static constexpr void put(escrow_field *&next, u64 offset) noexcept {
    if constexpr (layout_number<F>::kind != 0) {
      *next++ = {layout_number<F>::kind, static_cast<u32>(offset), sizeof(F), 1};
    } else if constexpr (array::count != 0) {
      using element = std::remove_cv_t<typename array::element>;
      if constexpr (layout_walk<element>::fills()) {
        layout_walk<element>::put(next, offset);
        next[-1].count *= static_cast<u32>(array::count);
      } else {
        for (u64 i = 0; i < array::count; ++i)
          layout_walk<element>::put(next, offset + i * sizeof(element));
      }
    } else {
      put_members(declaration_of<F>(), next, offset);
    }
  }

 private:
  template <class Member>
  struct member;
  template <class M, bool gap>
  struct member<layout_member<M, gap>> {
    using walk = layout_walk<std::remove_cv_t<M>>;
    static constexpr u64 count() noexcept {
      if constexpr (gap) {
        return 0;
      } else {
        return walk::count();
      }
    }
    static constexpr void put(escrow_field *&next, u64 offset) noexcept {
      if constexpr (!gap) walk::put(next, offset);
    }
  };
  template <class T, class... Member>
  static constexpr u64 of_members(layout_declaration<T, Member...> const &) noexcept {
    return (member<Member>::count() + ...);
  }
  template <class T, class... Member>
  static constexpr void put_members(layout_declaration<T, Member...> const &d, escrow_field *&next,
                                    u64 offset) noexcept {
    u32 i = 0;
    (member<Member>::put(next, offset + d.begin[i++]), ...);
  }
};

/// The layout of a number, an array of what has one, or a type declared by ESCROW_LAYOUT. As a
/// constexpr variable it lies, list and all, in constant memory. Cost: none at run time.
template <class T>
[[nodiscard]] constexpr auto layout_of() noexcept {
  static_assert(
      has_layout<T>,
      "layout_of<T>(): T has no layout here: put ESCROW_LAYOUT(T, field, ...) below it, in "
      "its namespace");
  using walk = layout_walk<std::remove_cv_t<T>>;
  static_assert(alignof(T) <= ESCROW_LAYOUT_ALIGNMENT, "layout_of<T>(): T is aligned above 4096");
  static_assert(walk::count() <= ESCROW_LAYOUT_FIELDS, "layout_of<T>(): more than 1024 fields");
  layout<static_cast<u32>(walk::count())> made;
  made.size = sizeof(T);
  made.alignment = alignof(T);
  escrow_field *next = made.fields;
  walk::put(next, 0);
  made.fingerprint =
      layout_rules::fingerprint(made.size, made.alignment, made.fields, made.count());
  return made;
}

/// The layout of T where it has one, for who carries it then.
template <class T>
class layout_if_known {
 public:
  /// This object's own; nullptr: T has none.
  [[nodiscard]] constexpr escrow_layout const *get() const noexcept { return nullptr; }
};
template <has_layout T>
class layout_if_known<T> {
 public:
  layout_if_known() noexcept = default;
  layout_if_known(layout_if_known const &) = delete;
  layout_if_known &operator=(layout_if_known const &) = delete;
  [[nodiscard]] constexpr escrow_layout const *get() const noexcept { return &view_; }

 private:
  layout<layout_of<T>().count()> of_ = layout_of<T>();
  escrow_layout view_ = of_.view();
};

}  // namespace escrow::inline ESCROW_ABI

#endif
