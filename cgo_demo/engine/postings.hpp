// postings.hpp: for each trigram of one bucket the files that hold it.
//
// A list is the file numbers in ascending order, each as the difference from the one before in
// 7-bit groups, low group first, high bit set on all but the last.
#ifndef CGO_DEMO_ENGINE_POSTINGS_HPP
#define CGO_DEMO_ENGINE_POSTINGS_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "collector.hpp"

namespace code_search {

/// Immutable once built; any number of threads may read.
class postings {
 public:
  struct list {
    std::span<std::uint8_t const> bytes;
    std::uint32_t count = 0;
  };

  postings() = default;
  /// Builds from the same bucket of every worker. A file occurs in one worker's runs only.
  explicit postings(std::span<bucket const *const> buckets);

  [[nodiscard]] list find(std::uint16_t tail) const;
  [[nodiscard]] std::size_t trigrams() const { return tails_.size(); }
  [[nodiscard]] std::size_t bytes() const;

 private:
  std::vector<std::uint16_t> tails_;  // ascending
  std::vector<std::uint64_t> begin_;  // of the list of tails_[i]; one more at the end
  std::vector<std::uint32_t> counts_;
  std::vector<std::uint8_t> data_;
};

/// Walks a list: `for (posting_reader r(list); r.next();) use(r.file());`
class posting_reader {
 public:
  explicit posting_reader(postings::list const &list) : bytes_(list.bytes) {}

  bool next() {
    if (at_ == bytes_.size()) return false;
    std::uint32_t delta = 0;
    for (unsigned shift = 0;; shift += 7) {
      std::uint8_t const group = bytes_[at_++];
      delta |= std::uint32_t{group & 0x7fu} << shift;
      if (group < 0x80) break;
    }
    file_ += delta;
    return true;
  }
  [[nodiscard]] std::uint32_t file() const { return file_; }

 private:
  std::span<std::uint8_t const> bytes_;
  std::size_t at_ = 0;
  std::uint32_t file_ = 0;
};

}  // namespace code_search

#endif
