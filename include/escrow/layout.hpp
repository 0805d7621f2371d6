// escrow/layout.hpp: layouts as values: the fingerprint, what is well formed, the first difference.
// [L1]
#ifndef ESCROW_LAYOUT_HPP
#define ESCROW_LAYOUT_HPP

#include "field.h"
#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// FNV-1a of 64 bits, a byte at a time: the simplest hash that any language can compute the same
/// way, and here it runs once a type, mostly in the compiler. Two layouts that nobody chose for it
/// meet by chance of one in 2^64, and whoever binds first compares the lists, too.
class layout_hash {
 public:
  constexpr void add(u32 word) noexcept {
    for (u32 byte = 0; byte < 4; ++byte)
      state_ = (state_ ^ (word >> (8 * byte) & 0xFF)) * 0x100000001B3ull;
  }
  [[nodiscard]] constexpr u64 value() const noexcept { return state_ != 0 ? state_ : 1; }

 private:
  u64 state_ = 0xCBF29CE484222325ull;
};

/// What can be asked of any layout. No allocation, no call, all usable in constant expressions.
struct layout_rules {
  /// The fingerprint as field.h defines it; the list is trusted.
  [[nodiscard]] static constexpr u64 fingerprint(u32 size, u32 alignment,
                                                 escrow_field const *fields, u32 count) noexcept {
    constexpr u32 version = 1;
    layout_hash hash;
    hash.add(version);
    hash.add(size);
    hash.add(alignment);
    hash.add(count);
    for (u32 i = 0; i < count; ++i) {
      hash.add(fields[i].kind);
      hash.add(fields[i].offset);
      hash.add(fields[i].width);
      hash.add(fields[i].count);
    }
    return hash.value();
  }

  [[nodiscard]] static constexpr bool is_power_of_two(u32 n) noexcept {
    return n != 0 && (n & (n - 1)) == 0;
  }

  /// Does the list keep what field.h says of it? A wrong fingerprint is no.
  [[nodiscard]] static constexpr bool well_formed(escrow_layout const &l) noexcept {
    if (l.struct_size != sizeof(escrow_layout) || l.fields == nullptr) return false;
    if (!is_power_of_two(l.alignment) || l.alignment > ESCROW_LAYOUT_ALIGNMENT) return false;
    if (l.size == 0 || l.size % l.alignment != 0) return false;
    if (l.field_count == 0 || l.field_count > ESCROW_LAYOUT_FIELDS) return false;
    u64 end = 0;
    for (u32 i = 0; i < l.field_count; ++i) {
      escrow_field const &f = l.fields[i];
      if (f.kind < ESCROW_FIELD_UNSIGNED || f.kind > ESCROW_FIELD_BOOL) return false;
      if (!is_power_of_two(f.width) || f.width > 8) return false;
      if (f.kind == ESCROW_FIELD_FLOAT && f.width < 4) return false;
      if (f.kind == ESCROW_FIELD_BOOL && f.width != 1) return false;
      if (f.count == 0 || f.offset < end) return false;
      end = f.offset + u64{f.width} * f.count;
      if (end > l.size) return false;
    }
    return l.fingerprint == 0 ||
           l.fingerprint == fingerprint(l.size, l.alignment, l.fields, l.field_count);
  }

  [[nodiscard]] static constexpr bool same(escrow_field const &a, escrow_field const &b) noexcept {
    return a.kind == b.kind && a.offset == b.offset && a.width == b.width && a.count == b.count;
  }
  /// Compares all of two well-formed layouts, not only their fingerprints.
  [[nodiscard]] static constexpr bool same(escrow_layout const &a,
                                           escrow_layout const &b) noexcept {
    if (a.size != b.size || a.alignment != b.alignment || a.field_count != b.field_count)
      return false;
    for (u32 i = 0; i < a.field_count; ++i)
      if (!same(a.fields[i], b.fields[i])) return false;
    return true;
  }
};

/// A layout that holds its own list.
template <u32 fields_count>
struct layout {
  static_assert(fields_count >= 1 && fields_count <= ESCROW_LAYOUT_FIELDS,
                "layout: 1 to 1024 fields, once arrays of structs are taken apart");

  u32 size = 0;
  u32 alignment = 0;
  u64 fingerprint = 0;
  escrow_field fields[fields_count]{};

  [[nodiscard]] static constexpr u32 count() noexcept { return fields_count; }
  /// The same as C sees it; its list is this object's, which stays where it is meanwhile.
  [[nodiscard]] constexpr escrow_layout view() const noexcept {
    return {sizeof(escrow_layout), size, alignment, fields_count, fingerprint, fields};
  }
};

/// Writes sentences into a buffer: zero terminated, cut where the room ends.
class difference_text {
 public:
  constexpr difference_text(char *out, u64 capacity) noexcept : out_(out), room_(capacity) {
    if (room_ != 0) out_[0] = 0;
  }
  constexpr difference_text &operator<<(char const *text) noexcept {
    for (; *text != 0; ++text) put(*text);
    return *this;
  }
  constexpr difference_text &operator<<(u32 number) noexcept {
    char digits[10]{};
    u32 n = 0;
    do {
      digits[n++] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    while (n > 0) put(digits[--n]);
    return *this;
  }

 private:
  constexpr void put(char c) noexcept {
    if (used_ + 1 >= room_) return;
    out_[used_++] = c;
    out_[used_] = 0;
  }

  char *out_;
  u64 room_;
  u64 used_ = 0;
};

/// One side of a comparison: a layout, and what people call the place it is from.
struct named_layout {
  escrow_layout const &of;
  char const *name;
};

/// The first thing in which two layouts differ, in words.
struct layout_difference {
  /// "field 3: offset 16 in C++, 12 in Go"; fields count from 0. Fields come first, because most
  /// differences of size follow from one of them. False, and no text: they do not differ.
  [[nodiscard]] static constexpr bool write(named_layout const &a, named_layout const &b, char *out,
                                            u64 capacity) noexcept {
    difference_text text(out, capacity);
    return write(text, a, b);
  }
  /// The same, at the end of a text.
  static constexpr bool write(difference_text &text, named_layout const &a,
                              named_layout const &b) noexcept {
    u32 const both = a.of.field_count < b.of.field_count ? a.of.field_count : b.of.field_count;
    for (u32 i = 0; i < both; ++i) {
      escrow_field const &f = a.of.fields[i];
      escrow_field const &g = b.of.fields[i];
      if (layout_rules::same(f, g)) continue;
      text << "field " << i << ": ";
      if (f.offset != g.offset) return number(text, "offset ", a, f.offset, b, g.offset);
      if (f.kind != g.kind) {
        text << "kind " << kind(f.kind) << " in " << a.name << ", " << kind(g.kind) << " in "
             << b.name;
        return true;
      }
      if (f.width != g.width) return number(text, "width ", a, f.width, b, g.width);
      return number(text, "count ", a, f.count, b, g.count);
    }
    if (a.of.field_count != b.of.field_count) {
      named_layout const &more = a.of.field_count > both ? a : b;
      named_layout const &less = a.of.field_count > both ? b : a;
      text << "field " << both << ": at offset " << more.of.fields[both].offset << " in "
           << more.name << ", missing in " << less.name;
      return true;
    }
    if (a.of.size != b.of.size) return number(text, "size ", a, a.of.size, b, b.of.size);
    if (a.of.alignment != b.of.alignment)
      return number(text, "alignment ", a, a.of.alignment, b, b.of.alignment);
    return false;
  }

  [[nodiscard]] static constexpr char const *kind(u32 of) noexcept {
    switch (of) {
      case ESCROW_FIELD_UNSIGNED:
        return "unsigned";
      case ESCROW_FIELD_SIGNED:
        return "signed";
      case ESCROW_FIELD_FLOAT:
        return "float";
      case ESCROW_FIELD_BOOL:
        return "bool";
      default:
        return "unknown";
    }
  }

 private:
  static constexpr bool number(difference_text &text, char const *what, named_layout const &a,
                               u32 in_a, named_layout const &b, u32 in_b) noexcept {
    text << what << in_a << " in " << a.name << ", " << in_b << " in " << b.name;
    return true;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
