// search.hpp: one search, page by page.
#ifndef CGO_DEMO_ENGINE_SEARCH_HPP
#define CGO_DEMO_ENGINE_SEARCH_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "candidates.hpp"
#include "corpus.hpp"
#include "line_scan.hpp"
#include "settings.hpp"

namespace code_search {

/// Used by one thread at a time. The settings outlive it. Keeps what the last page lends until the
/// next one, and what a page was cut in the middle of.
class search {
 public:
  /// For the lines that contain `text`.
  search(corpus const &in, engine_settings const &settings, std::string text);
  /// For the files that a plan lets through; see valid().
  search(corpus const &in, engine_settings const &settings, std::span<std::uint32_t const> plan);
  search(search const &) = delete;
  search &operator=(search const &) = delete;
  ~search() { give_back(0); }

  /// False: the plan was no tree.
  [[nodiscard]] bool valid() const { return valid_; }

  /// Makes the next page. Throws std::bad_alloc; then the search is over.
  [[nodiscard]] escrow_status next(std::uint32_t limit, escrow_pool results, engine_page &out_page);

  /// From now on each page leaks: see planted.hpp.
  void plant_leak() { plants_leak_ = true; }

  /// Path and bytes of a file of the page, from 0. False: there is no such file.
  [[nodiscard]] bool describe(std::uint32_t file, engine_ranked &out) const;

 private:
  struct lent {
    escrow_loan loan;
    escrow_view text;
    std::uint32_t path;  // where it begins in paths_
    std::uint32_t path_length;
    std::uint32_t matches;
  };

  /// Lends a text and notes its path.
  [[nodiscard]] escrow_status lend(document const &d);
  /// Gives back all texts but the last `but`.
  void give_back(std::size_t but);
  /// Looks at a file. False: the page is full, and the rest of the file is for the next one.
  [[nodiscard]] bool look_at(std::string_view bytes, std::uint32_t limit);
  [[nodiscard]] escrow_status deliver(escrow_pool results, engine_page &out) const;

  corpus const &in_;
  std::optional<std::string> const text_;
  std::uint64_t const begun_;  // files that came later were not there
  std::uint64_t const page_bytes_;
  skip_list skipped_;
  bool valid_ = true;
  bool plants_leak_ = false;
  std::vector<candidate> files_;
  std::size_t at_ = 0;
  std::vector<lent> page_;
  std::vector<engine_match> matches_;
  std::string paths_;
  bool cut_ = false;  // the last text of the page goes on
  line_position from_;
};

}  // namespace code_search

#endif
