// candidates.hpp: which files can match, by their lists: a text, or a plan of engine.h.
#ifndef CGO_DEMO_ENGINE_CANDIDATES_HPP
#define CGO_DEMO_ENGINE_CANDIDATES_HPP

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "documents.hpp"
#include "postings.hpp"

namespace code_search {

/// A file to look at. Sorted by place, and then by number, as one word is.
struct candidate {
  std::uint32_t place;
  std::uint32_t number;
  friend auto operator<=>(candidate const &, candidate const &) = default;
};

/// The files that hold every trigram of `text`, in order; all files when it has none. Throws
/// std::bad_alloc.
[[nodiscard]] std::vector<candidate> containing(std::string_view text, postings const &lists,
                                                documents const &files);

/// Evaluates a plan. False: not a well-formed tree. Throws std::bad_alloc.
[[nodiscard]] bool evaluate(std::span<std::uint32_t const> plan, postings const &lists,
                            documents const &files, std::vector<candidate> &out);

}  // namespace code_search

#endif
