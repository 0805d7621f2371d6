// escrow/layout_declaration.hpp: which fields a C++ type has, declared once and checked by the
// compiler. [L1]
#ifndef ESCROW_LAYOUT_DECLARATION_HPP
#define ESCROW_LAYOUT_DECLARATION_HPP

#include <cstddef>
#include <type_traits>
#include <utility>

#include "field.h"
#include "platform.hpp"

/// Declares the layout of T, a struct, union or class of standard layout, in T's own namespace
/// below T: `ESCROW_LAYOUT(frame, id, size, (reserved), weight)`. The fields stand in their order
/// in memory; one in parentheses is filler that nobody reads, a gap. Of fields that share their
/// bytes, as in a union, one is listed. Kind, offset and width are the compiler's.
///
/// Refused, with the field's name: pointers, references, types that have no layout of their own,
/// fields that overlap or stand in another order. Forgetting a field is refused where the compiler
/// can see it: bytes that no field covers and no alignment asks for; and, if T is an aggregate of
/// at most 256 values, any number of fields but all. Up to 256 fields. A T whose name has a comma
/// needs an alias.
#define ESCROW_LAYOUT(T, ...)                                                                   \
  static_assert(!std::is_polymorphic_v<T>,                                                      \
                "ESCROW_LAYOUT(" #T                                                             \
                "): it has virtual functions, so its memory holds a pointer of this program");  \
  static_assert(                                                                                \
      std::is_polymorphic_v<T> || std::is_standard_layout_v<T>,                                 \
      "ESCROW_LAYOUT(" #T                                                                       \
      "): no standard layout: make its fields public, in one class, without references");       \
  ESCROW_EACH_(ESCROW_LAYOUT_TYPE_, T, __VA_ARGS__)                                             \
  [[maybe_unused]] constexpr auto escrow_declared_layout(T const *) noexcept {                  \
    return escrow::declare_layout<T>(                                                           \
        escrow::layout_begin {} ESCROW_EACH_(ESCROW_LAYOUT_MEMBER_, T, __VA_ARGS__));           \
  }                                                                                             \
  ESCROW_EACH_(ESCROW_LAYOUT_PLACE_, T, __VA_ARGS__)                                            \
  static_assert(escrow::declaration_of<T>().covers_the_end(),                                   \
                "ESCROW_LAYOUT(" #T "): no field covers its last bytes: list the field there"); \
  static_assert(                                                                                \
      escrow::declaration_of<T>().has_every_member(),                                           \
      "ESCROW_LAYOUT(" #T                                                                       \
      "): it has more fields, or fewer, than are listed: list all, filler in parentheses")

// What ESCROW_LAYOUT says of each field. A field in parentheses goes by the names that end in 1.
#define ESCROW_LAYOUT_TYPE_(T, f) ESCROW_BY_(ESCROW_LAYOUT_TYPE_, f)(T, f)
#define ESCROW_LAYOUT_TYPE_0(T, f)                                                               \
  static_assert(!std::is_reference_v<decltype(T::f)>,                                            \
                "ESCROW_LAYOUT(" #T "): field " #f " is a reference, which no memory can hold"); \
  static_assert(                                                                                 \
      !escrow::holds_pointer<decltype(T::f)>,                                                    \
      "ESCROW_LAYOUT(" #T "): field " #f                                                         \
      " is a pointer, which means nothing elsewhere: keep an index, an offset, a handle");       \
  static_assert(                                                                                 \
      std::is_reference_v<decltype(T::f)> || escrow::holds_pointer<decltype(T::f)> ||            \
          escrow::has_layout<decltype(T::f)>,                                                    \
      "ESCROW_LAYOUT(" #T "): the type of field " #f                                             \
      " has no layout: use a number of fixed width, or declare it by ESCROW_LAYOUT, too");
#define ESCROW_LAYOUT_TYPE_1(T, f)
#define ESCROW_LAYOUT_MEMBER_(T, f) ESCROW_BY_(ESCROW_LAYOUT_MEMBER_, f)(T, f)
#define ESCROW_LAYOUT_MEMBER_0(T, f) ESCROW_LAYOUT_MEMBER_AS_(T, f, false)
#define ESCROW_LAYOUT_MEMBER_1(T, f) ESCROW_LAYOUT_MEMBER_AS_(T, ESCROW_BARE_ f, true)
#define ESCROW_LAYOUT_MEMBER_AS_(T, f, gap)                   \
  , escrow::layout_member<decltype(T::f), gap> {              \
    offsetof(T, f), __alignof__(static_cast<T *>(nullptr)->f) \
  }
#define ESCROW_LAYOUT_PLACE_(T, f) ESCROW_BY_(ESCROW_LAYOUT_PLACE_, f)(T, f)
#define ESCROW_LAYOUT_PLACE_0(T, f) ESCROW_LAYOUT_PLACE_AS_(T, f)
#define ESCROW_LAYOUT_PLACE_1(T, f) ESCROW_LAYOUT_PLACE_AS_(T, ESCROW_BARE_ f)
#define ESCROW_LAYOUT_PLACE_AS_(T, f) ESCROW_LAYOUT_PLACE_OF_(T, f)
#define ESCROW_LAYOUT_PLACE_OF_(T, f)                                                       \
  static_assert(escrow::declaration_of<T>().in_order_at(offsetof(T, f)),                    \
                "ESCROW_LAYOUT(" #T "): field " #f                                          \
                " overlaps the field before it, or they stand in another order in memory"); \
  static_assert(!escrow::declaration_of<T>().in_order_at(offsetof(T, f)) ||                 \
                    escrow::declaration_of<T>().no_hole_at(offsetof(T, f)),                 \
                "ESCROW_LAYOUT(" #T "): no field covers the bytes before field " #f         \
                ", and its alignment does not ask for them: list what lies there");

// macro(T, argument) for each argument; macro0 or macro1 by whether an argument is in parentheses.
#define ESCROW_EACH_(macro, T, ...) \
  __VA_OPT__(ESCROW_EXPAND_(ESCROW_EACH_NEXT_(macro, T, __VA_ARGS__)))
#define ESCROW_EACH_NEXT_(macro, T, f, ...) \
  macro(T, f) __VA_OPT__(ESCROW_EACH_AGAIN_ ESCROW_NOTHING_(macro, T, __VA_ARGS__))
#define ESCROW_EACH_AGAIN_() ESCROW_EACH_NEXT_
#define ESCROW_NOTHING_ ()
#define ESCROW_EXPAND_(...) \
  ESCROW_EXPAND4_(ESCROW_EXPAND4_(ESCROW_EXPAND4_(ESCROW_EXPAND4_(__VA_ARGS__))))
#define ESCROW_EXPAND4_(...) \
  ESCROW_EXPAND3_(ESCROW_EXPAND3_(ESCROW_EXPAND3_(ESCROW_EXPAND3_(__VA_ARGS__))))
#define ESCROW_EXPAND3_(...) \
  ESCROW_EXPAND2_(ESCROW_EXPAND2_(ESCROW_EXPAND2_(ESCROW_EXPAND2_(__VA_ARGS__))))
#define ESCROW_EXPAND2_(...) \
  ESCROW_EXPAND1_(ESCROW_EXPAND1_(ESCROW_EXPAND1_(ESCROW_EXPAND1_(__VA_ARGS__))))
#define ESCROW_EXPAND1_(...) __VA_ARGS__
#define ESCROW_BARE_(f) f
#define ESCROW_BY_(macro, f) ESCROW_JOIN_(macro, ESCROW_SECOND_(ESCROW_IN_PARENTHESES_ f, 0, ))
#define ESCROW_IN_PARENTHESES_(f) , 1
#define ESCROW_SECOND_(...) ESCROW_SECOND_OF_(__VA_ARGS__)
#define ESCROW_SECOND_OF_(first, second, ...) second
#define ESCROW_JOIN_(a, b) ESCROW_JOIN_AS_(a, b)
#define ESCROW_JOIN_AS_(a, b) a##b

namespace escrow::inline ESCROW_ABI {

/// What a type is to a layout, once const, enum and atomic are taken off. `kind` is 0 for no
/// number.
template <class F>
struct layout_number {
  static constexpr u32 kind = std::is_same_v<F, bool>     ? ESCROW_FIELD_BOOL
                              : std::is_same_v<F, char>   ? ESCROW_FIELD_UNSIGNED
                              : std::is_same_v<F, float>  ? ESCROW_FIELD_FLOAT
                              : std::is_same_v<F, double> ? ESCROW_FIELD_FLOAT
                              : !std::is_integral_v<F> || sizeof(F) > sizeof(u64) ? 0
                              : std::is_signed_v<F> ? ESCROW_FIELD_SIGNED
                                                    : ESCROW_FIELD_UNSIGNED;
};
template <class F>
requires std::is_enum_v<F>
struct layout_number<F> : layout_number<std::underlying_type_t<F>> {
};
template <class F>
struct layout_number<F const> : layout_number<F> {};
template <class F>
struct layout_number<F volatile> : layout_number<F> {};
template <class F>
struct layout_number<F const volatile> : layout_number<F> {};
/// An atomic lies like its number where it needs no lock.
template <class F>
requires(sizeof(std::atomic<F>) == sizeof(F)) struct layout_number<std::atomic<F>>
    : layout_number<F> {
};
template <class F>
requires(std::is_void_v<F> || std::is_function_v<F> || std::is_reference_v<F> ||
         std::is_unbounded_array_v<F>) struct layout_number<F> {
  static constexpr u32 kind = 0;
};

/// Arrays, and what is one by another name: std::array, without including it.
template <class F>
struct layout_array {
  static constexpr u64 count = 0;
};
template <class F, std::size_t n>
struct layout_array<F[n]> {
  using element = F;
  static constexpr u64 count = n;
};
template <class F>
requires std::is_class_v<F> && requires {
  typename F::value_type;
  {std::tuple_size<F>::value};
} &&(sizeof(F) ==
     std::tuple_size<F>::value * sizeof(typename F::value_type)) struct layout_array<F> {
  using element = typename F::value_type;
  static constexpr u64 count = std::tuple_size<F>::value;
};

/// One argument of ESCROW_LAYOUT.
template <class F, bool gap>
struct layout_member {
  u64 offset;
  u64 alignment;  // of the field, alignas included
};
struct layout_begin {};

/// What ESCROW_LAYOUT said of T.
template <class T, class... Member>
struct layout_declaration;

template <class T, class... F, bool... gap>
struct layout_declaration<T, layout_member<F, gap>...> {
  static constexpr u32 count = sizeof...(F);
  static_assert(count > 0 && !(gap && ...),
                "ESCROW_LAYOUT: list at least one field that is no gap");
  using type = T;

  u64 begin[count];
  u64 alignment[count];

  [[nodiscard]] static constexpr u64 bytes(u32 i) noexcept {
    constexpr u64 of[] = {sizeof(F)...};
    return of[i];
  }
  [[nodiscard]] static constexpr bool is_gap(u32 i) noexcept {
    constexpr bool of[] = {gap...};
    return of[i];
  }
  [[nodiscard]] constexpr u64 end_before(u32 i) const noexcept {
    return i == 0 ? 0 : begin[i - 1] + bytes(i - 1);
  }
  /// Does every field at `offset` begin where, or after, the one before it ends?
  [[nodiscard]] constexpr bool in_order_at(u64 offset) const noexcept {
    for (u32 i = 0; i < count; ++i)
      if (begin[i] == offset && begin[i] < end_before(i)) return false;
    return true;
  }
  [[nodiscard]] constexpr bool no_hole_at(u64 offset) const noexcept {
    for (u32 i = 0; i < count; ++i)
      if (begin[i] == offset && begin[i] != align_up(end_before(i), alignment[i])) return false;
    return true;
  }
  [[nodiscard]] constexpr bool covers_the_end() const noexcept {
    return align_up(end_before(count), alignof(T)) == sizeof(T);
  }
  /// An aggregate takes as many initialisers as it has members, each element of an array counted.
  [[nodiscard]] static constexpr bool has_every_member() noexcept;
};

template <class T, class... Member>
[[nodiscard]] constexpr auto declare_layout(layout_begin, Member... member) noexcept {
  return layout_declaration<T, Member...>{{member.offset...}, {member.alignment...}};
}

/// The declaration of T itself; that of a class it derives from does not count.
template <class T>
concept declared_layout = requires(T const *none) {
  requires std::is_same_v<typename decltype(escrow_declared_layout(none))::type, T>;
};
template <declared_layout T>
[[nodiscard]] constexpr auto declaration_of() noexcept {
  return escrow_declared_layout(static_cast<T const *>(nullptr));
}

/// Can layout_of<F>() say what F looks like?
template <class F>
[[nodiscard]] constexpr bool can_lay_out() noexcept {
  using bare = std::remove_cv_t<F>;
  if constexpr (layout_number<bare>::kind != 0 || declared_layout<bare>) {
    return true;
  } else if constexpr (layout_array<bare>::count != 0) {
    return can_lay_out<typename layout_array<bare>::element>();
  } else {
    return false;
  }
}
template <class F>
concept has_layout = can_lay_out<F>();

template <class F>
[[nodiscard]] constexpr bool is_pointer_inside() noexcept {
  using bare = std::remove_cv_t<F>;
  if constexpr (layout_array<bare>::count != 0) {
    return is_pointer_inside<typename layout_array<bare>::element>();
  } else {
    return std::is_pointer_v<bare> || std::is_member_pointer_v<bare> ||
           std::is_null_pointer_v<bare>;
  }
}
template <class F>
concept holds_pointer = is_pointer_inside<F>();

/// Converts to whatever a member is.
struct layout_any {
  template <class F>
  operator F() const noexcept;  // declared only: nobody converts in fact
};
template <class T, std::size_t... i>
[[nodiscard]] constexpr bool takes_initialisers(std::index_sequence<i...>) noexcept {
  return requires {
    T{(static_cast<void>(i), layout_any{})...};
  };
}
/// Initialisers that a member of type F takes; braces around an array may be left out.
template <class F>
[[nodiscard]] constexpr u64 initialisers_of() noexcept {
  if constexpr (std::is_bounded_array_v<F>) {
    return std::extent_v<F> * initialisers_of<std::remove_extent_t<F>>();
  } else {
    return 1;
  }
}
template <class T, class... F, bool... gap>
constexpr bool layout_declaration<T, layout_member<F, gap>...>::has_every_member() noexcept {
  constexpr u64 most_counted = 256;
  constexpr u64 listed = (initialisers_of<F>() + ...);
  if constexpr (std::is_aggregate_v<T> && std::is_class_v<T> && listed <= most_counted) {
    return takes_initialisers<T>(std::make_index_sequence<listed>{}) &&
           !takes_initialisers<T>(std::make_index_sequence<listed + 1>{});
  } else {
    return true;
  }
}

}  // namespace escrow::inline ESCROW_ABI

#endif
