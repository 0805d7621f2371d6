// Reads docs/protocol.tsv and checks that it is complete and unambiguous. For tests and docs only.
#ifndef ESCROW_TESTS_PROTOCOL_TABLE_HPP
#define ESCROW_TESTS_PROTOCOL_TABLE_HPP

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace protocol_table {

/// The six cells that say what is asked: operation, handle, state, revoked, pool, owed.
using key = std::array<std::string, 6>;
enum field { operation, handle, state, revoked, pool, owed };

/// The four that answer.
struct outcome {
  std::string status;
  std::string next;
  std::string order;
  std::string reason;
};

struct entry {
  key asked;
  outcome answer;
};

/// A line of the file before expansion; each cell a list of values, empty for `*`.
struct pattern {
  int line;
  std::array<std::vector<std::string>, 6> cells;
  outcome answer;

  [[nodiscard]] bool matches(key const &k) const {
    for (std::size_t i = 0; i < k.size(); ++i)
      if (!cells[i].empty() && std::find(cells[i].begin(), cells[i].end(), k[i]) == cells[i].end())
        return false;
    return true;
  }
};

struct table {
  std::vector<pattern> rows;        // as written
  std::vector<entry> entries;       // one for each case that can occur, in the order of the file
  std::vector<std::string> faults;  // empty: the table is complete and unambiguous
};

/// The repository, found from where this header lies.
inline std::filesystem::path source_root() {
  auto const here = std::filesystem::absolute(__FILE__).lexically_normal();
  return here.parent_path().parent_path().parent_path();
}

inline std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from <= text.size();) {
    std::size_t const to = std::min(text.find(at, from), text.size());
    parts.emplace_back(text.substr(from, to - from));
    from = to + 1;
  }
  return parts;
}

inline std::vector<std::string> values(std::string const &cell) {
  return cell == "*" ? std::vector<std::string>{} : split(cell, '|');
}

/// What `*` stands for in a #case line.
inline std::vector<std::string> const &every(std::size_t f) {
  static std::vector<std::string> const on_references{
      "dup",    "release",  "release_deferred", "lend",   "give_back", "borrow",
      "return", "move_out", "move_in",          "revoke", "validate",  "read"};
  static std::vector<std::string> const yes_or_no{"no", "yes"};
  static std::vector<std::string> const none;
  if (f == operation) return on_references;
  return f == revoked || f == owed ? yes_or_no : none;
}

inline void expand(pattern const &p, std::size_t f, key &k, std::vector<key> &out) {
  if (f == k.size()) {
    out.push_back(k);
    return;
  }
  for (std::string const &value : p.cells[f].empty() ? every(f) : p.cells[f]) {
    k[f] = value;
    expand(p, f + 1, k, out);
  }
}

inline std::string name(key const &k) {
  std::string text = k[operation] + " " + k[handle] + " " + k[state];
  if (k[revoked] == "yes") text += " revoked";
  text += " pool " + k[pool];
  return k[owed] == "yes" ? text + " with destructor" : text;
}

inline void join_rows(table &t, std::vector<key> const &cases) {
  std::set<key> seen;
  std::vector<int> used(t.rows.size(), 0);
  for (key const &k : cases) {
    if (!seen.insert(k).second) {
      t.faults.push_back("two #case lines name: " + name(k));
      continue;
    }
    int found = -1;
    for (std::size_t i = 0; i < t.rows.size(); ++i) {
      if (!t.rows[i].matches(k)) continue;
      ++used[i];
      if (found >= 0)
        t.faults.push_back("lines " + std::to_string(t.rows[static_cast<std::size_t>(found)].line) +
                           " and " + std::to_string(t.rows[i].line) + " both match: " + name(k));
      found = static_cast<int>(i);
    }
    if (found < 0)
      t.faults.push_back("no row for: " + name(k));
    else
      t.entries.push_back({k, t.rows[static_cast<std::size_t>(found)].answer});
  }
  for (std::size_t i = 0; i < used.size(); ++i)
    if (used[i] == 0)
      t.faults.push_back("line " + std::to_string(t.rows[i].line) + " matches no case");
}

inline table read_from(std::istream &in) {
  table t;
  std::vector<key> cases;
  std::string text;
  bool heading = false;
  for (int line = 1; std::getline(in, text); ++line) {
    bool const is_case = text.rfind("#case\t", 0) == 0;
    if (text.empty() || (text[0] == '#' && !is_case)) continue;
    auto cells = split(text, '\t');
    if (is_case) cells.erase(cells.begin());
    if (cells.size() != (is_case ? 6u : 10u)) {
      t.faults.push_back("line " + std::to_string(line) + " has " + std::to_string(cells.size()) +
                         " cells");
      continue;
    }
    if (!is_case && !heading) {
      heading = true;
      continue;
    }
    pattern p{line, {}, {}};
    for (std::size_t f = 0; f < p.cells.size(); ++f) p.cells[f] = values(cells[f]);
    if (is_case) {
      key k;
      expand(p, 0, k, cases);
    } else {
      p.answer = {cells[6], cells[7], cells[8], cells[9]};
      t.rows.push_back(p);
    }
  }
  if (cases.empty()) t.faults.push_back("the table names no case");
  join_rows(t, cases);
  return t;
}

inline table read() {
  std::ifstream in(source_root() / "docs" / "protocol.tsv");
  return read_from(in);
}

}  // namespace protocol_table

#endif
