// escrow/etag.hpp: the ETag of a content, for who has none of its own. [L1]
#ifndef ESCROW_ETAG_HPP
#define ESCROW_ETAG_HPP

#include "bytes.hpp"
#include "hash.hpp"
#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// 128 bits of the content in quotes, as a header of HTTP has them: hash_bytes (hash.hpp) under the
/// functions numbered 1 and 2, each as 16 hexadecimal digits. Equal content has equal ETags, in
/// every process on every machine; different content has different ones but for a chance of 2^-128.
/// Not cryptographic: who chooses both contents can make them collide.
struct etag {
  static constexpr u64 size = 34;
  static constexpr u64 most = 255;  // of a caller's own

  static void of(bytes const &content, char *out) noexcept {
    *out++ = '"';
    for (u64 number = 1; number <= 2; ++number) {
      u64 const hash = hash_bytes(content.data, content.size, hash_seed::from(number));
      for (u32 digit = 16; digit-- != 0;) *out++ = "0123456789abcdef"[hash >> (4 * digit) & 15];
    }
    *out = '"';
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
