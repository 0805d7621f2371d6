// escrow/record_sink.hpp: where a scan puts entries that are bytes. [L3]
#ifndef ESCROW_RECORD_SINK_HPP
#define ESCROW_RECORD_SINK_HPP

#include <cstring>

#include "index_walk.hpp"
#include "platform.hpp"
#include "record.hpp"

namespace escrow::inline ESCROW_ABI {

/// Where a scan puts entries: each as a header (key bytes << 32 | value bytes), the key, the value,
/// both padded to 8. A word is 8 bytes.
struct record_sink {
  char *out;
  u64 capacity;
  u64 used = 0;
  u64 count = 0;
  u64 marked = 0;
  u64 marked_count = 0;

  void mark() noexcept {
    marked = used;
    marked_count = count;
  }
  void rewind() noexcept {
    used = marked;
    count = marked_count;
  }
  [[nodiscard]] bool empty() const noexcept { return marked == 0; }
  /// Room for one more entry; NULL: none.
  [[nodiscard]] char *room(u64 bytes) noexcept {
    if (capacity - used < bytes) return nullptr;
    char *const at = out + used;
    used += bytes;
    ++count;
    return at;
  }
};

/// A sink as index_walk wants it, for an index with these rules.
template <class Rules>
struct record_scan {
  record_sink &to;
  Rules const &rules;

  void mark() noexcept { to.mark(); }
  void rewind() noexcept { to.rewind(); }
  [[nodiscard]] bool empty() const noexcept { return to.empty(); }

  template <class Look>
  [[nodiscard]] scan_result add(u64 key, u64 value, Look const &look) noexcept {
    u64 h = 0;
    if constexpr (Rules::has_records) {
      h = rules.record_of(key, value).header();
      if (!look()) return scan_result::torn;
    }
    u64 const key_bytes = Rules::byte_keys ? record::key_bytes(h) : sizeof key;
    u64 const value_bytes = Rules::byte_values ? record::value_bytes(h) : sizeof value;
    char *at = to.room(record::bytes_for(key_bytes, value_bytes));
    if (at == nullptr) return scan_result::full;
    u64 const shown = key_bytes << 32 | value_bytes;
    at = put(at, shown);
    if constexpr (Rules::byte_keys) {
      rules.record_of(key, value).copy_padded_key(at, h);
      at += align_up(key_bytes, 8);
    } else {
      at = put(at, key);
    }
    if constexpr (Rules::byte_values) {
      rules.record_of(key, value).copy_padded_value(at, h);
    } else {
      (void)put(at, value);
    }
    return scan_result::taken;
  }

 private:
  [[nodiscard]] static char *put(char *at, u64 word) noexcept {
    std::memcpy(at, &word, sizeof word);
    return at + sizeof word;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
