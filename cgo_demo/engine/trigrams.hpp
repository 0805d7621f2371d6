// trigrams.hpp: the trigrams of texts, and the changes that many files make to posting lists.
//
// A trigram is cut into its first byte, which names a bucket, and a 16-bit tail. A bucket keeps the
// tails of all files one after another and a run (file, count) for each file, so that the changes
// of many files are grouped by trigram without sorting whole trigrams.
#ifndef CGO_DEMO_ENGINE_TRIGRAMS_HPP
#define CGO_DEMO_ENGINE_TRIGRAMS_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace code_search {

inline constexpr std::size_t bucket_count = 256;
inline constexpr std::size_t tail_count = 65536;

/// Calls f with each trigram, repetitions included.
template <class F>
void each_trigram(std::string_view text, F const &f) {
  if (text.size() < 3) return;
  auto const byte = [&](std::size_t i) {
    return std::uint32_t{static_cast<unsigned char>(text[i])};
  };
  std::uint32_t trigram = byte(0) << 8 | byte(1);
  for (std::size_t i = 2; i < text.size(); ++i) {
    trigram = (trigram << 8 | byte(i)) & 0xffffff;
    f(trigram);
  }
}

/// The different trigrams of one text, in no order. Made to be used again and again: 2 MB.
class trigram_set {
 public:
  trigram_set() : seen_(bucket_count * tail_count / 64) {}

  /// Becomes the set of this text. Throws std::bad_alloc; then only another assign is left.
  void assign(std::string_view text) {
    for (std::uint32_t const t : all_) seen_[t >> 6] = 0;  // whole words: all their bits are ours
    all_.clear();
    each_trigram(text, [this](std::uint32_t t) {
      std::uint64_t const bit = std::uint64_t{1} << (t & 63);
      if ((seen_[t >> 6] & bit) != 0) return;
      all_.push_back(t);
      seen_[t >> 6] |= bit;
    });
  }
  [[nodiscard]] bool contains(std::uint32_t t) const {
    return (seen_[t >> 6] >> (t & 63) & 1) != 0;
  }
  [[nodiscard]] std::vector<std::uint32_t> const &all() const { return all_; }

 private:
  std::vector<std::uint64_t> seen_;  // a bit a trigram
  std::vector<std::uint32_t> all_;
};

/// `count` tails of one file, different from each other, in no order.
struct run {
  std::uint32_t file;
  std::uint32_t count;
};

struct bucket {
  std::vector<std::uint16_t> tails;
  std::vector<run> runs;  // their counts add up to tails.size()
};

/// Trigrams by file, gathered by one thread.
class trigram_runs {
 public:
  /// Adds those of one file's trigrams for which keep(trigram).
  template <class Keep>
  void add(std::uint32_t file, trigram_set const &set, Keep const &keep) {
    std::array<std::size_t, bucket_count> before;
    for (std::size_t b = 0; b < bucket_count; ++b) before[b] = buckets_[b].tails.size();
    for (std::uint32_t const t : set.all()) {
      if (keep(t)) buckets_[t >> 16].tails.push_back(static_cast<std::uint16_t>(t));
    }
    for (std::size_t b = 0; b < bucket_count; ++b) {
      auto &[tails, runs] = buckets_[b];
      std::size_t const n = tails.size() - before[b];
      if (n != 0) runs.push_back({file, static_cast<std::uint32_t>(n)});
      total_ += n;
    }
  }
  [[nodiscard]] bucket const &at(std::size_t first_byte) const { return buckets_[first_byte]; }
  [[nodiscard]] std::size_t total() const { return total_; }
  void drop(std::size_t first_byte) { buckets_[first_byte] = bucket{}; }
  void clear() {
    for (bucket &b : buckets_) b = bucket{};
    total_ = 0;
  }

 private:
  std::array<bucket, bucket_count> buckets_;
  std::size_t total_ = 0;
};

}  // namespace code_search

#endif
