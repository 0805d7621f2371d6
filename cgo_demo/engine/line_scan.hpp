// line_scan.hpp: the lines of one file that contain a text.
#ifndef CGO_DEMO_ENGINE_LINE_SCAN_HPP
#define CGO_DEMO_ENGINE_LINE_SCAN_HPP

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine.h"

namespace code_search {

/// Where in a file a scan begins, and where it stopped.
struct line_position {
  std::uint32_t offset = 0;  // byte at which a line begins
  std::uint32_t line = 0;    // lines before it
};

/// Appends the lines of `bytes` from `at` on that contain `text` until `out` holds `limit` matches.
/// True: the end was reached; else `at` is where to go on. A line ends at \n or at the end.
bool scan_lines(std::string_view bytes, std::string_view text, std::size_t limit, line_position &at,
                std::vector<engine_match> &out);

}  // namespace code_search

#endif
