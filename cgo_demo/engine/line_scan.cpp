#include "line_scan.hpp"

#include <cstring>

namespace code_search {

namespace {

/// A plain loop over bytes in blocks of 255, so that the compiler adds in vectors of bytes and no
/// count of a block overflows.
std::uint32_t line_ends(char const *from, char const *to) {
  std::uint32_t total = 0;
  while (from != to) {
    char const *const stop = to - from > 255 ? from + 255 : to;
    std::uint8_t block = 0;
    for (; from != stop; ++from) block = static_cast<std::uint8_t>(block + (*from == '\n'));
    total += block;
  }
  return total;
}

char const *find(char const *from, char const *to, std::string_view text) {
  auto const left = static_cast<std::size_t>(to - from);
  void const *const found = text.size() == 1 ? std::memchr(from, text[0], left)
                                             : memmem(from, left, text.data(), text.size());
  return static_cast<char const *>(found);
}

}  // namespace

bool scan_lines(std::string_view bytes, std::string_view text, std::size_t limit, line_position &at,
                std::vector<engine_match> &out) {
  char const *const begin = bytes.data();
  char const *const end = begin + bytes.size();
  char const *from = begin + at.offset;  // always the begin of a line
  while (from != end) {
    char const *const hit = find(from, end, text);
    if (hit == nullptr) return true;
    if (out.size() == limit) return false;

    char const *line = hit;
    while (line != from && line[-1] != '\n') --line;
    auto const *stop =
        static_cast<char const *>(std::memchr(hit, '\n', static_cast<std::size_t>(end - hit)));
    if (stop == nullptr) stop = end;

    at.line += line_ends(from, line) + 1;
    out.push_back({at.line, static_cast<std::uint32_t>(line - begin),
                   static_cast<std::uint32_t>(stop - line)});
    from = stop == end ? end : stop + 1;
    at.offset = static_cast<std::uint32_t>(from - begin);
  }
  return true;
}

}  // namespace code_search
