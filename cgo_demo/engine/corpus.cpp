#include "corpus.hpp"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <new>
#include <numeric>
#include <system_error>

#include "line_scan.hpp"

namespace code_search {

namespace {
constexpr std::uint64_t page_bytes = std::uint64_t{16} << 20;

std::string_view text_of(held_file const &file) {
  return {reinterpret_cast<char const *>(file.memory.get()), file.memory.size()};
}
}  // namespace

escrow_status corpus::build(std::vector<std::unique_ptr<harvest>> &harvests) {
  std::size_t total = 0;
  for (auto const &h : harvests) total += h->files.size();
  files_.reserve(total);
  for (auto const &h : harvests) {
    std::ranges::move(h->files, std::back_inserter(files_));
    h->files.clear();
  }
  std::ranges::sort(files_, {}, &held_file::number);
  for (auto const &h : harvests) {
    if (h->failed != ESCROW_OK) return h->failed;
  }
  auto const twice = std::ranges::adjacent_find(files_, {}, &held_file::number);
  if (twice != files_.end()) return ESCROW_E_OPTION;

  file_list all;
  all.reserve(files_.size());
  for (held_file const &f : files_) all.push_back(f.number);
  index_.set_files(std::move(all));
  return build_index(harvests);
}

/// Buckets differ in size by orders of magnitude, so each thread takes the largest that is left.
escrow_status corpus::build_index(std::vector<std::unique_ptr<harvest>> &harvests) {
  std::array<std::size_t, bucket_count> sizes{};
  for (std::size_t b = 0; b < bucket_count; ++b) {
    for (auto const &h : harvests) sizes[b] += h->trigrams.at(b).tails.size();
  }
  std::array<std::size_t, bucket_count> order;
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, std::greater{}, [&](std::size_t b) { return sizes[b]; });

  std::atomic<std::size_t> next{0};
  std::atomic<bool> out_of_memory{false};
  auto const work = [&] {
    try {
      std::vector<bucket const *> sources(harvests.size());
      // relaxed: counter only; join orders the rest
      for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < order.size();) {
        for (std::size_t h = 0; h < harvests.size(); ++h) {
          sources[h] = &harvests[h]->trigrams.at(order[i]);
        }
        index_.build(order[i], sources);
        for (auto const &h : harvests) h->trigrams.drop(order[i]);
      }
    } catch (std::bad_alloc const &) {
      out_of_memory.store(true, std::memory_order_relaxed);  // read after the join
    }
  };
  std::vector<std::thread> threads;
  try {
    for (std::size_t i = 1; i < harvests.size(); ++i) threads.emplace_back(work);
  } catch (std::system_error const &) {
    // Fewer threads do the same work; this one is enough.
  } catch (std::bad_alloc const &) {
    out_of_memory.store(true, std::memory_order_relaxed);
  }
  work();
  for (std::thread &t : threads) t.join();
  return out_of_memory.load(std::memory_order_relaxed) ? ESCROW_E_NOMEM : ESCROW_OK;
}

void corpus::search(std::string_view text, std::size_t limit, engine_cursor &cursor,
                    std::vector<engine_match> &out) const {
  file_list const candidates = index_.containing(text);
  auto at = std::ranges::lower_bound(candidates, cursor.file);
  std::uint64_t scanned = 0;
  for (; at != candidates.end(); ++at) {
    if (scanned >= page_bytes) {
      cursor = {*at, 0, 0, 0};
      return;
    }
    line_position from;
    if (*at == cursor.file) from = {cursor.offset, cursor.line};
    std::string_view const bytes = text_of(*find(*at));
    if (from.offset > bytes.size()) continue;  // not a cursor of ours; nothing is left of this file
    if (!scan_lines(bytes, *at, text, limit, from, out)) {
      cursor = {*at, from.line, from.offset, 0};
      return;
    }
    scanned += bytes.size();
  }
  cursor.done = 1;
}

held_file const *corpus::find(std::uint32_t number) const {
  auto const at = std::ranges::lower_bound(files_, number, {}, &held_file::number);
  return at == files_.end() || at->number != number ? nullptr : &*at;
}

engine_counts corpus::counts() const {
  engine_counts counts{};
  counts.files = files_.size();
  for (held_file const &f : files_) counts.bytes += f.memory.size();
  counts.trigrams = index_.trigrams();
  counts.posting_bytes = index_.bytes();
  return counts;
}

std::uint64_t corpus::clear() {
  std::uint64_t refused = 0;
  for (held_file &f : files_) {
    if (f.memory && f.memory.reset() < 0) ++refused;
  }
  files_.clear();
  return refused;
}

}  // namespace code_search
