#include "postings.hpp"

#include <algorithm>
#include <atomic>
#include <new>
#include <numeric>
#include <system_error>
#include <thread>

namespace code_search {

namespace {

struct source {
  run which;
  std::uint16_t const *tails;
};

std::vector<source> in_file_order(std::span<trigram_runs *const> gathered, std::size_t bucket) {
  std::vector<source> sources;
  for (trigram_runs const *const g : gathered) {
    std::uint16_t const *tails = g->at(bucket).tails.data();
    for (run const &r : g->at(bucket).runs) {
      sources.push_back({r, tails});
      tails += r.count;
    }
  }
  std::ranges::sort(sources, {}, [](source const &s) { return s.which.file; });
  return sources;
}

/// Few: sorted by themselves. One word holds tail and file.
template <class F>
escrow_status group_few(std::span<source const> sources, std::size_t total, F const &f) {
  std::vector<std::uint32_t> pairs;
  pairs.reserve(total);
  for (source const &s : sources) {
    for (std::uint32_t i = 0; i < s.which.count; ++i) {
      pairs.push_back(std::uint32_t{s.tails[i]} << 16 | within_span(s.which.file));
    }
  }
  std::ranges::sort(pairs);
  std::vector<std::uint16_t> files;
  for (std::size_t i = 0; i < pairs.size();) {
    std::uint32_t const tail = pairs[i] >> 16;
    files.clear();
    for (; i < pairs.size() && pairs[i] >> 16 == tail; ++i) {
      files.push_back(static_cast<std::uint16_t>(pairs[i]));
    }
    if (auto const s = f(tail, files); s < 0) return s;
  }
  return ESCROW_OK;
}

/// Many: counted, then laid out, in file order both times.
template <class F>
escrow_status group_many(std::span<source const> sources, std::size_t total, F const &f) {
  std::vector<std::uint32_t> end(tail_count + 1);
  for (source const &s : sources) {
    for (std::uint32_t i = 0; i < s.which.count; ++i) ++end[s.tails[i] + 1u];
  }
  std::partial_sum(end.begin(), end.end(), end.begin());
  std::vector<std::uint16_t> files(total);
  for (source const &s : sources) {
    for (std::uint32_t i = 0; i < s.which.count; ++i) {
      files[end[s.tails[i]]++] = within_span(s.which.file);  // from a begin to the next one's
    }
  }
  for (std::uint32_t tail = 0, begin = 0; tail < tail_count; begin = end[tail++]) {
    if (begin == end[tail]) continue;
    auto const s = f(tail, std::span(files).subspan(begin, end[tail] - begin));
    if (s < 0) return s;
  }
  return ESCROW_OK;
}

constexpr std::size_t few = 8192;             // below, sorting beats 65,536 counters
constexpr std::size_t worth_threads = 65536;  // changes in all

}  // namespace

bool postings::find(std::uint32_t span, std::uint32_t trigram, posting_list &out) const {
  escrow::byte_buffer b{out.data.data(), out.data.size(), 0};
  out.size = lists_.get(key(span, trigram), b) == ESCROW_OK ? b.size : 0;
  return out.size != 0;
}

escrow_status postings::edit(change what, std::uint64_t key, std::span<std::uint16_t const> files) {
  posting_list list;
  escrow::byte_buffer b{list.data.data(), list.data.size(), 0};
  bool const found = lists_.get(key, b) == ESCROW_OK;
  list.size = found ? b.size : 0;
  if (!found && what == change::erase) return ESCROW_OK;
  bool written = false;
  if (!found) {
    std::uint32_t last = 0;
    written = true;
    for (std::uint16_t const file : files) {
      written = written && list.append(file - last);
      last = file;
    }
  }
  if (!written) {
    file_set set;
    if (found) set.insert(list);
    for (std::uint16_t const file : files) {
      what == change::insert ? set.insert(file) : set.erase(file);
    }
    set.write(list);
  }
  return list.empty() ? lists_.erase(key) : lists_.put(key, {list.data.data(), list.size});
}

escrow_status postings::apply_bucket(change what, std::size_t first_byte,
                                     std::span<trigram_runs *const> gathered) {
  std::vector<source> const sources = in_file_order(gathered, first_byte);
  for (std::size_t begin = 0; begin < sources.size();) {
    std::uint32_t const span = sources[begin].which.file >> span_bits;
    std::size_t end = begin;
    std::size_t total = 0;
    for (; end < sources.size() && sources[end].which.file >> span_bits == span; ++end) {
      total += sources[end].which.count;
    }
    auto const one = [&](std::uint32_t tail, std::span<std::uint16_t const> files) {
      return edit(what, key(span, static_cast<std::uint32_t>(first_byte << 16) | tail), files);
    };
    auto const these = std::span(sources).subspan(begin, end - begin);
    auto const s = total < few ? group_few(these, total, one) : group_many(these, total, one);
    if (s < 0) return s;
    begin = end;
  }
  return ESCROW_OK;
}

/// Buckets differ in size by orders of magnitude, so each thread takes the largest that is left.
escrow_status postings::apply(change what, std::span<trigram_runs *const> gathered,
                              std::size_t threads) {
  std::array<std::size_t, bucket_count> sizes{};
  std::size_t total = 0;
  for (std::size_t b = 0; b < bucket_count; ++b) {
    for (trigram_runs const *const g : gathered) sizes[b] += g->at(b).tails.size();
    total += sizes[b];
  }
  if (total == 0) return ESCROW_OK;
  std::array<std::size_t, bucket_count> order;
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, std::greater{}, [&](std::size_t b) { return sizes[b]; });

  std::atomic<std::size_t> next{0};
  std::atomic<escrow_status> failed{ESCROW_OK};
  auto const work = [&] {
    // relaxed, here and below: counter only; join orders the rest
    for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < order.size();) {
      if (sizes[order[i]] == 0) return;
      escrow_status s = ESCROW_E_NOMEM;
      try {
        s = apply_bucket(what, order[i], gathered);
      } catch (std::bad_alloc const &) {
      }
      if (s < 0) failed.store(s, std::memory_order_relaxed);
      for (trigram_runs *const g : gathered) g->drop(order[i]);
    }
  };
  std::vector<std::thread> others;
  try {
    for (std::size_t i = 1; total >= worth_threads && i < threads; ++i) others.emplace_back(work);
  } catch (std::system_error const &) {
    // Fewer threads do the same work; this one is enough.
  } catch (std::bad_alloc const &) {
  }
  work();
  for (std::thread &t : others) t.join();
  for (trigram_runs *const g : gathered) g->clear();
  return failed.load(std::memory_order_relaxed);
}

}  // namespace code_search
