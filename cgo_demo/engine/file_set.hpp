// file_set.hpp: which of the files of one span there are, and how a posting list spells that.
//
// File numbers are cut into spans of 16,384. A list is either the numbers within a span, ascending,
// each as the difference from the one before in 7-bit groups, low group first, high bit set on all
// but the last; or, where that would not be shorter, a bit for each number of the span.
#ifndef CGO_DEMO_ENGINE_FILE_SET_HPP
#define CGO_DEMO_ENGINE_FILE_SET_HPP

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace code_search {

inline constexpr std::uint32_t span_bits = 14;
inline constexpr std::uint32_t span_files = 1u << span_bits;

/// The place of a file within its span.
[[nodiscard]] constexpr std::uint16_t within_span(std::uint32_t number) {
  return static_cast<std::uint16_t>(number & (span_files - 1));
}

/// A list as it is stored: at most as long as a bit a file.
struct posting_list {
  static constexpr std::size_t longest = span_files / 8;

  std::array<char, longest> data;
  std::size_t size = 0;

  [[nodiscard]] bool empty() const { return size == 0; }

  /// Appends a number above all others. False: it would not be shorter than bits.
  [[nodiscard]] bool append(std::uint32_t delta) {
    while (size < longest - 1) {
      if (delta < 0x80) {
        data[size++] = static_cast<char>(delta);
        return true;
      }
      data[size++] = static_cast<char>(delta | 0x80);
      delta >>= 7;
    }
    return false;
  }
};

/// A bit a file of one span.
class file_set {
 public:
  void insert(std::uint16_t file) { words_[file / 64] |= bit(file); }
  void erase(std::uint16_t file) { words_[file / 64] &= ~bit(file); }
  [[nodiscard]] bool contains(std::uint16_t file) const {
    return (words_[file / 64] & bit(file)) != 0;
  }
  [[nodiscard]] bool empty() const {
    std::uint64_t any = 0;
    for (std::uint64_t const w : words_) any |= w;
    return any == 0;
  }
  file_set &operator&=(file_set const &other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
    return *this;
  }
  file_set &operator|=(file_set const &other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    return *this;
  }
  /// Adds the files of a list.
  void insert(posting_list const &list) {
    if (list.size == posting_list::longest) {
      for (std::size_t i = 0; i < words_.size(); ++i) {
        std::uint64_t w;
        std::memcpy(&w, list.data.data() + 8 * i, sizeof w);
        words_[i] |= w;
      }
      return;
    }
    std::uint32_t file = 0;
    for (std::size_t at = 0; at < list.size;) {
      std::uint32_t delta = 0;
      for (unsigned shift = 0; at < list.size; shift += 7) {
        auto const group = static_cast<unsigned char>(list.data[at++]);
        delta |= std::uint32_t{group & 0x7fu} << shift;
        if (group < 0x80) break;
      }
      file += delta;
      insert(within_span(file));
    }
  }
  /// Calls f with each file, ascending.
  template <class F>
  void each(F const &f) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t w = words_[i]; w != 0; w &= w - 1) {
        f(static_cast<std::uint16_t>(64 * i + static_cast<unsigned>(std::countr_zero(w))));
      }
    }
  }
  void write(posting_list &out) const {
    out.size = 0;
    std::uint32_t last = 0;
    bool fits = true;
    for (std::size_t i = 0; fits && i < words_.size(); ++i) {
      for (std::uint64_t w = words_[i]; fits && w != 0; w &= w - 1) {
        auto const file =
            static_cast<std::uint32_t>(64 * i + static_cast<unsigned>(std::countr_zero(w)));
        fits = out.append(file - last);
        last = file;
      }
    }
    if (fits) return;
    static_assert(sizeof words_ == posting_list::longest);
    std::memcpy(out.data.data(), words_.data(), sizeof words_);
    out.size = posting_list::longest;
  }

 private:
  [[nodiscard]] static std::uint64_t bit(std::uint16_t file) {
    return std::uint64_t{1} << (file % 64);
  }
  std::array<std::uint64_t, span_files / 64> words_{};
};

}  // namespace code_search

#endif
