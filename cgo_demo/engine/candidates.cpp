#include "candidates.hpp"

#include <algorithm>
#include <optional>

#include "engine.h"

namespace code_search {

namespace {

/// One walk over a plan, for the files of one span. An empty optional stands for all files, so that
/// they are listed only when they are the answer.
class evaluation {
 public:
  using answer = std::optional<file_set>;

  evaluation(postings const &lists, std::uint32_t span, std::span<std::uint32_t const> plan)
      : lists_(lists), span_(span), plan_(plan) {}

  [[nodiscard]] bool run(answer &out) { return node(0, out) && at_ == plan_.size(); }

 private:
  bool node(unsigned depth, answer &out) {
    if (at_ == plan_.size() || depth == ENGINE_PLAN_DEPTH) return false;
    std::uint32_t const word = plan_[at_++];
    out.reset();
    if (word == ENGINE_PLAN_ALL) return true;
    if (word == ENGINE_PLAN_NONE) return out.emplace(), true;
    if (word < ENGINE_PLAN_ALL) return keep(word, out), true;
    std::uint32_t const children = word & 0xffffff;
    if (children == 0) return false;
    if (word - children == ENGINE_PLAN_AND) return all_of(children, depth, out);
    if (word - children == ENGINE_PLAN_OR) return any_of(children, depth, out);
    return false;
  }

  /// Cuts an answer down to the files of a list.
  void keep(std::uint32_t trigram, answer &out) {
    file_set these;
    if (lists_.find(span_, trigram, list_)) these.insert(list_);
    if (out) {
      *out &= these;
    } else {
      out = these;
    }
  }

  bool all_of(std::uint32_t children, unsigned depth, answer &out) {
    bool none = false;
    for (; children != 0; --children) {
      if (at_ < plan_.size() && plan_[at_] < ENGINE_PLAN_ALL) {
        std::uint32_t const trigram = plan_[at_++];
        if (!none) keep(trigram, out);
      } else {
        answer child;
        if (!node(depth + 1, child)) return false;
        if (!child) continue;
        if (out) *child &= *out;
        out = std::move(child);
      }
      none = out && out->empty();
    }
    return true;
  }

  bool any_of(std::uint32_t children, unsigned depth, answer &out) {
    file_set either;
    bool everything = false;
    for (; children != 0; --children) {
      answer child;
      if (!node(depth + 1, child)) return false;
      if (child) {
        either |= *child;
      } else {
        everything = true;
      }
    }
    if (!everything) out = either;
    return true;
  }

  postings const &lists_;
  std::uint32_t const span_;
  std::span<std::uint32_t const> plan_;
  std::size_t at_ = 0;
  posting_list list_;
};

/// The plan of a text: all its trigrams. A text of two bytes or less has none.
std::vector<std::uint32_t> plan_of(std::string_view text) {
  std::vector<std::uint32_t> plan{0};
  each_trigram(text, [&](std::uint32_t t) { plan.push_back(t); });
  std::ranges::sort(plan);
  plan.erase(std::unique(plan.begin() + 1, plan.end()), plan.end());
  plan[0] = ENGINE_PLAN_AND | static_cast<std::uint32_t>(plan.size() - 1);
  if (plan.size() == 1) plan[0] = ENGINE_PLAN_ALL;
  return plan;
}

}  // namespace

bool evaluate(std::span<std::uint32_t const> plan, postings const &lists, documents const &files,
              std::vector<candidate> &out) {
  std::uint32_t const spans = files.spans();
  for (std::uint32_t span = 0; span < std::max(spans, 1u); ++span) {
    evaluation::answer answer;
    if (!evaluation(lists, span, plan).run(answer)) return false;
    if (span == spans) break;  // there are no files, and the plan was judged
    if (!answer) files.list(span, answer.emplace());
    answer->each([&](std::uint16_t file) {
      std::uint32_t const number = span << span_bits | file;
      std::uint32_t const place = files.place(number);
      if (place != documents::no_place) out.push_back({place, number});
    });
  }
  // Once walked, files have their numbers in the order of their places.
  if (!std::ranges::is_sorted(out)) std::ranges::sort(out);
  return true;
}

std::vector<candidate> containing(std::string_view text, postings const &lists,
                                  documents const &files) {
  std::vector<candidate> out;
  (void)evaluate(plan_of(text), lists, files, out);
  return out;
}

}  // namespace code_search
