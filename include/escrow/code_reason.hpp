// escrow/code_reason.hpp: why code was refused, as a sentence of bounded length. [L1]
#ifndef ESCROW_CODE_REASON_HPP
#define ESCROW_CODE_REASON_HPP

#include "code_types.h"
#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// Text that ends with 0 and is cut where the room ends. Belongs to one thread.
class code_reason {
 public:
  static constexpr u64 capacity = sizeof(escrow_code_reason::text);

  [[nodiscard]] escrow_code_reason const &said() const noexcept { return said_; }
  [[nodiscard]] char const *text() const noexcept { return said_.text; }

  code_reason &add(char const *words) noexcept {
    while (*words != 0 && size_ + 1 < capacity) said_.text[size_++] = *words++;
    said_.text[size_] = 0;
    return *this;
  }
  code_reason &add(u64 number) noexcept {
    char digits[21];
    char *at = digits + sizeof digits - 1;
    *at = 0;
    do {
      *--at = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    return add(at);
  }
  /// What somebody else says, who is trusted with the room and not with the 0 at its end.
  template <class Speaker>
  auto ask(Speaker const &speaker) noexcept {
    escrow_code_reason other{};
    auto const answer = speaker(other);
    other.text[capacity - 1] = 0;
    add(other.text);
    return answer;
  }

 private:
  u64 size_ = 0;
  escrow_code_reason said_{};
};

}  // namespace escrow::inline ESCROW_ABI

#endif
