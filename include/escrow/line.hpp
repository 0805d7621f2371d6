// escrow/line.hpp: a line of text for a place where nothing may be allocated. [L1]
#ifndef ESCROW_LINE_HPP
#define ESCROW_LINE_HPP

#include <unistd.h>

#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// Up to `most` bytes; what does not fit is cut. Async-signal-safe: no lock, no allocation, no
/// stdio. Small, as the unit of a Go program bounds the frames of all its functions.
class line {
 public:
  static constexpr u32 most = 240;

  line &add(char const *text) noexcept {
    for (; *text != '\0' && length_ < most; ++text) text_[length_++] = *text;
    return *this;
  }
  line &number(u64 n) noexcept { return digits(n, 10); }
  line &hex(u64 n) noexcept { return add("0x").digits(n, 16); }
  [[nodiscard]] char const *text() noexcept {
    text_[length_] = '\0';
    return text_;
  }

  /// Writes it and a newline, and begins anew. What the descriptor does not take is lost.
  void write(int fd) noexcept {
    text_[length_++] = '\n';
    (void)!::write(fd, text_, length_);
    length_ = 0;
  }

 private:
  line &digits(u64 n, u64 base) noexcept {
    char reversed[20];
    u32 count = 0;
    do {
      reversed[count++] = "0123456789abcdef"[n % base];
      n /= base;
    } while (n != 0);
    while (count != 0 && length_ < most) text_[length_++] = reversed[--count];
    return *this;
  }

  u32 length_ = 0;
  char text_[most + 1];
};

}  // namespace escrow::inline ESCROW_ABI

#endif
