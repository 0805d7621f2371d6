#include "index.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include "engine.h"

namespace code_search {

namespace {

file_list decode(postings::list const &list) {
  file_list files;
  files.reserve(list.count);
  for (posting_reader r(list); r.next();) files.push_back(r.file());
  return files;
}

void keep_common(file_list &files, postings::list const &list) {
  auto kept = files.begin();
  auto at = files.cbegin();
  for (posting_reader r(list); r.next();) {
    while (at != files.cend() && *at < r.file()) ++at;
    if (at == files.cend()) break;
    if (*at == r.file()) *kept++ = *at++;
  }
  files.erase(kept, files.end());
}

}  // namespace

/// One walk over a plan. An empty optional stands for all files, so that they are listed only when
/// they are the answer.
class evaluation {
 public:
  using answer = std::optional<file_list>;

  evaluation(index const &over, std::span<std::uint32_t const> plan) : index_(over), plan_(plan) {}

  [[nodiscard]] bool run(answer &out) { return node(0, out) && at_ == plan_.size(); }

 private:
  bool node(unsigned depth, answer &out) {
    if (at_ == plan_.size() || depth == ENGINE_PLAN_DEPTH) return false;
    std::uint32_t const word = plan_[at_++];
    out.reset();
    if (word == ENGINE_PLAN_ALL) return true;
    if (word == ENGINE_PLAN_NONE) return out.emplace(), true;
    if (word < ENGINE_PLAN_ALL) return out = decode(index_.find(word)), true;
    std::uint32_t const children = word & 0xffffff;
    if (children == 0) return false;
    if (word - children == ENGINE_PLAN_AND) return all_of(children, depth, out);
    if (word - children == ENGINE_PLAN_OR) return any_of(children, depth, out);
    return false;
  }

  /// Trigrams first, shortest list first: what they leave is what the subtrees are cut down to.
  bool all_of(std::uint32_t children, unsigned depth, answer &out) {
    std::vector<postings::list> lists;
    std::optional<file_list> common;
    for (; children != 0; --children) {
      if (at_ < plan_.size() && plan_[at_] < ENGINE_PLAN_ALL) {
        lists.push_back(index_.find(plan_[at_++]));
        continue;
      }
      answer child;
      if (!node(depth + 1, child)) return false;
      if (!child) continue;
      if (!common) {
        common = std::move(child);
        continue;
      }
      file_list both;
      std::ranges::set_intersection(*common, *child, std::back_inserter(both));
      common = std::move(both);
    }
    if (!lists.empty()) {
      file_list files = index_.intersection(std::move(lists));
      if (common) {
        file_list both;
        std::ranges::set_intersection(*common, files, std::back_inserter(both));
        common = std::move(both);
      } else {
        common = std::move(files);
      }
    }
    out = std::move(common);
    return true;
  }

  bool any_of(std::uint32_t children, unsigned depth, answer &out) {
    file_list either;
    bool everything = false;
    for (; children != 0; --children) {
      answer child;
      if (!node(depth + 1, child)) return false;
      if (!child) everything = true;
      if (everything) continue;
      file_list merged;
      std::ranges::set_union(either, *child, std::back_inserter(merged));
      either = std::move(merged);
    }
    if (everything) {
      out.reset();
    } else {
      out = std::move(either);
    }
    return true;
  }

  index const &index_;
  std::span<std::uint32_t const> plan_;
  std::size_t at_ = 0;
};

file_list index::intersection(std::vector<postings::list> lists) const {
  std::ranges::sort(lists, {}, &postings::list::count);
  file_list files = decode(lists.front());
  for (std::size_t i = 1; i < lists.size() && !files.empty(); ++i) keep_common(files, lists[i]);
  return files;
}

file_list index::containing(std::string_view text) const {
  if (text.size() < 3) return all_;
  std::vector<std::uint32_t> trigrams;
  trigrams.reserve(text.size());
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    auto const byte = [&](std::size_t k) {
      return std::uint32_t{static_cast<unsigned char>(text[i + k])};
    };
    trigrams.push_back(byte(0) << 16 | byte(1) << 8 | byte(2));
  }
  std::ranges::sort(trigrams);
  trigrams.erase(std::unique(trigrams.begin(), trigrams.end()), trigrams.end());
  std::vector<postings::list> lists;
  lists.reserve(trigrams.size());
  for (std::uint32_t const t : trigrams) lists.push_back(find(t));
  return intersection(std::move(lists));
}

bool index::evaluate(std::span<std::uint32_t const> plan, file_list &out) const {
  evaluation::answer answer;
  if (!evaluation(*this, plan).run(answer)) return false;
  if (answer) {
    out = std::move(*answer);
  } else {
    out = all_;
  }
  return true;
}

std::uint64_t index::trigrams() const {
  std::uint64_t sum = 0;
  for (postings const &p : buckets_) sum += p.trigrams();
  return sum;
}

std::uint64_t index::bytes() const {
  std::uint64_t sum = 0;
  for (postings const &p : buckets_) sum += p.bytes();
  return sum;
}

}  // namespace code_search
