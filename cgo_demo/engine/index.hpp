// index.hpp: which files can match: lists of files by trigram, and plans evaluated over them.
#ifndef CGO_DEMO_ENGINE_INDEX_HPP
#define CGO_DEMO_ENGINE_INDEX_HPP

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "postings.hpp"

namespace code_search {

using file_list = std::vector<std::uint32_t>;  // ascending

/// Buckets are built one by one, by any threads, each by one; then immutable.
class index {
 public:
  void build(std::size_t first_byte, std::span<bucket const *const> buckets) {
    buckets_[first_byte] = postings(buckets);
  }
  void set_files(file_list all) { all_ = std::move(all); }

  /// The files that hold every trigram of `text`; all files when it has none.
  [[nodiscard]] file_list containing(std::string_view text) const;

  /// Evaluates a plan of engine.h. False: not a well-formed tree.
  [[nodiscard]] bool evaluate(std::span<std::uint32_t const> plan, file_list &out) const;

  [[nodiscard]] file_list const &files() const { return all_; }
  [[nodiscard]] std::uint64_t trigrams() const;
  [[nodiscard]] std::uint64_t bytes() const;

 private:
  friend class evaluation;
  [[nodiscard]] postings::list find(std::uint32_t trigram) const {
    return buckets_[trigram >> 16].find(static_cast<std::uint16_t>(trigram));
  }
  [[nodiscard]] file_list intersection(std::vector<postings::list> lists) const;

  std::array<postings, bucket_count> buckets_;
  file_list all_;
};

}  // namespace code_search

#endif
