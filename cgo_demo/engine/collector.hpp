// collector.hpp: the trigrams one worker has seen, file by file, before the index is built.
//
// A trigram is cut into its first byte, which names a bucket, and a 16-bit tail. A bucket keeps the
// tails of all files one after another and a run (file, count) for each file, so that the
// index of a bucket can later be built from all workers' runs without sorting trigrams.
#ifndef CGO_DEMO_ENGINE_COLLECTOR_HPP
#define CGO_DEMO_ENGINE_COLLECTOR_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace code_search {

inline constexpr std::size_t bucket_count = 256;
inline constexpr std::size_t tail_count = 65536;

/// `count` tails of one file, different from each other, in no order.
struct run {
  std::uint32_t file;
  std::uint32_t count;
};

struct bucket {
  std::vector<std::uint16_t> tails;
  std::vector<run> runs;  // their counts add up to tails.size()
};

/// Used by one thread; read by others once that thread has handed it over.
class collector {
 public:
  collector();

  /// Adds the trigrams of one file. The buckets keep nothing of `bytes`.
  void add(std::uint32_t file, std::span<std::byte const> bytes);

  [[nodiscard]] bucket const &at(std::size_t first_byte) const { return buckets_[first_byte]; }
  void drop(std::size_t first_byte) { buckets_[first_byte] = bucket{}; }

 private:
  std::array<bucket, bucket_count> buckets_;
  std::vector<std::uint64_t> seen_;  // a bit a trigram, set only while its file is being added
};

}  // namespace code_search

#endif
