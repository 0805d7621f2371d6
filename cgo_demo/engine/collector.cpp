#include "collector.hpp"

namespace code_search {

namespace {
constexpr std::size_t words_per_bucket = tail_count / 64;
}

collector::collector() : seen_(bucket_count * words_per_bucket) {}

void collector::add(std::uint32_t file, std::span<std::byte const> bytes) {
  if (bytes.size() < 3) return;
  std::array<std::size_t, bucket_count> before;
  for (std::size_t b = 0; b < bucket_count; ++b) before[b] = buckets_[b].tails.size();

  auto const *const data = reinterpret_cast<unsigned char const *>(bytes.data());
  std::uint32_t trigram = std::uint32_t{data[0]} << 8 | data[1];
  for (std::size_t i = 2; i < bytes.size(); ++i) {
    trigram = (trigram << 8 | data[i]) & 0xffffff;
    std::uint64_t const bit = std::uint64_t{1} << (trigram & 63);
    std::uint64_t &word = seen_[trigram >> 6];
    if ((word & bit) != 0) continue;
    word |= bit;
    buckets_[trigram >> 16].tails.push_back(static_cast<std::uint16_t>(trigram));
  }

  for (std::size_t b = 0; b < bucket_count; ++b) {
    auto &[tails, runs] = buckets_[b];
    if (tails.size() == before[b]) continue;
    for (std::size_t i = before[b]; i < tails.size(); ++i) {
      seen_[b * words_per_bucket + tails[i] / 64] = 0;  // whole words: all their bits are ours
    }
    runs.push_back({file, static_cast<std::uint32_t>(tails.size() - before[b])});
  }
}

}  // namespace code_search
