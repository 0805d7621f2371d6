#include "settings.hpp"

#include <fnmatch.h>
#include <algorithm>
#include <cstring>
#include <escrow/escrow.hpp>

ESCROW_LAYOUT(engine_weights, matches, depth, size);
ESCROW_LAYOUT(engine_settings, default_limit, most_limit, page_matches, skip_length, page_bytes,
              weights, skip);

namespace code_search {

escrow_status check_settings(escrow_cell cell) {
  escrow::cell<engine_settings>::reader reader;
  return escrow::cell<engine_settings>::reader::bind(cell, reader);
}

skip_list::skip_list(engine_settings const &of) {
  char const *const end = of.skip + std::min<std::size_t>(of.skip_length, sizeof of.skip);
  for (char const *pattern = of.skip; pattern != end;) {
    auto const *const stop =
        static_cast<char const *>(std::memchr(pattern, 0, static_cast<std::size_t>(end - pattern)));
    if (stop == nullptr) return;  // not ended: Go refuses such settings
    (std::memchr(pattern, '/', static_cast<std::size_t>(stop - pattern)) ? paths_ : names_)
        .push_back(pattern);
    pattern = stop + 1;
  }
}

bool skip_list::has(std::string_view path) {
  if (names_.empty() && paths_.empty()) return false;
  auto const any = [](std::vector<char const *> const &patterns, char const *text, int flags) {
    return std::ranges::any_of(
        patterns, [&](char const *pattern) { return fnmatch(pattern, text, flags) == 0; });
  };
  prefix_.clear();
  for (std::size_t from = 0; from <= path.size();) {
    std::size_t const to = std::min(path.find('/', from), path.size());
    std::size_t const name = prefix_.size();
    prefix_ += path.substr(from, to - from);
    if (any(names_, prefix_.c_str() + name, 0) || any(paths_, prefix_.c_str(), FNM_PATHNAME))
      return true;
    prefix_ += '/';
    from = to + 1;
  }
  return false;
}

}  // namespace code_search
