#include "postings.hpp"

#include <algorithm>

namespace code_search {

namespace {

struct source {
  run which;
  std::uint16_t const *tails;
};

std::vector<source> in_file_order(std::span<bucket const *const> buckets) {
  std::vector<source> sources;
  std::size_t total = 0;
  for (bucket const *const b : buckets) total += b->runs.size();
  sources.reserve(total);
  for (bucket const *const b : buckets) {
    std::uint16_t const *tails = b->tails.data();
    for (run const &r : b->runs) {
      sources.push_back({r, tails});
      tails += r.count;
    }
  }
  std::ranges::sort(sources, {}, [](source const &s) { return s.which.file; });
  return sources;
}

std::uint32_t group_count(std::uint32_t delta) {
  std::uint32_t groups = 1;
  while ((delta >>= 7) != 0) ++groups;
  return groups;
}

std::uint8_t *put(std::uint8_t *out, std::uint32_t delta) {
  while (delta >= 0x80) {
    *out++ = static_cast<std::uint8_t>(delta | 0x80);
    delta >>= 7;
  }
  *out++ = static_cast<std::uint8_t>(delta);
  return out;
}

}  // namespace

postings::postings(std::span<bucket const *const> buckets) {
  std::vector<source> const sources = in_file_order(buckets);
  if (sources.empty()) return;

  // First pass: how long each list becomes. Second: write. Both in file order, so that `last` holds
  // the file a tail occurred in before; file 0 is its own difference from nothing.
  std::vector<std::uint32_t> last(tail_count), counts(tail_count);
  std::vector<std::uint64_t> place(tail_count);
  for (source const &s : sources) {
    for (std::uint32_t i = 0; i < s.which.count; ++i) {
      std::uint16_t const tail = s.tails[i];
      place[tail] += group_count(s.which.file - last[tail]);
      last[tail] = s.which.file;
      ++counts[tail];
    }
  }

  std::uint64_t total = 0;
  for (std::size_t tail = 0; tail < tail_count; ++tail) {
    if (counts[tail] == 0) continue;
    tails_.push_back(static_cast<std::uint16_t>(tail));
    counts_.push_back(counts[tail]);
    begin_.push_back(total);
    std::uint64_t const length = place[tail];
    place[tail] = total;
    total += length;
  }
  begin_.push_back(total);
  data_.resize(total);

  std::ranges::fill(last, 0u);
  for (source const &s : sources) {
    for (std::uint32_t i = 0; i < s.which.count; ++i) {
      std::uint16_t const tail = s.tails[i];
      std::uint8_t *const from = data_.data() + place[tail];
      place[tail] += static_cast<std::uint64_t>(put(from, s.which.file - last[tail]) - from);
      last[tail] = s.which.file;
    }
  }
}

postings::list postings::find(std::uint16_t tail) const {
  auto const at = std::ranges::lower_bound(tails_, tail);
  if (at == tails_.end() || *at != tail) return {};
  auto const i = static_cast<std::size_t>(at - tails_.begin());
  return {std::span(data_).subspan(begin_[i], begin_[i + 1] - begin_[i]), counts_[i]};
}

std::size_t postings::bytes() const {
  return data_.size() +
         tails_.size() * (sizeof(tails_[0]) + sizeof(begin_[0]) + sizeof(counts_[0]));
}

}  // namespace code_search
