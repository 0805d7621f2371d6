// Checks the #include lines of a tree against a table of layers.
#ifndef ESCROW_TESTS_LAYER_LAW_HPP
#define ESCROW_TESTS_LAYER_LAW_HPP

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "source_tree.hpp"

namespace laws {

struct layer_table {
  std::map<std::string, int> layer_of;
  std::set<std::string> system;
};

/// Lines "L<n> header..." and "system header..."; `#` begins a comment.
inline layer_table parse_layers(std::string const &text) {
  layer_table table;
  for (auto const &line : lines_of(text)) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string head;
    if (!(words >> head)) continue;
    for (std::string header; words >> header;) {
      if (head == "system") {
        table.system.insert(header);
      } else {
        table.layer_of[header] = std::stoi(head.substr(1));
      }
    }
  }
  return table;
}

struct inclusion {
  std::string name;
  bool quoted = false;
};

inline std::vector<inclusion> inclusions_of(std::string const &text) {
  static std::regex const directive(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  std::vector<inclusion> found;
  for (auto const &line : lines_of(text)) {
    std::smatch match;
    if (!std::regex_search(line, match, directive)) continue;
    std::string name = match[2];
    bool const own = name.rfind("escrow/", 0) == 0;
    found.push_back({own ? name.substr(7) : name, own || match[1] == "\""});
  }
  return found;
}

/// The headers on a cycle that starts and ends at `start`, in order; empty when there is none.
inline std::vector<std::string> cycle_from(source_tree const &tree, std::string const &start) {
  std::vector<std::string> path{start};
  std::set<std::string> seen;
  auto const walk = [&](auto const &self, std::string const &header) -> bool {
    auto const at = tree.find(header);
    if (at == tree.end()) return false;
    for (auto const &included : inclusions_of(at->second)) {
      if (!included.quoted) continue;
      path.push_back(included.name);
      if (included.name == start) return true;
      if (seen.insert(included.name).second && self(self, included.name)) return true;
      path.pop_back();
    }
    return false;
  };
  return walk(walk, start) ? path : std::vector<std::string>{};
}

inline complaints check_layers(source_tree const &tree, layer_table const &table) {
  complaints found;
  for (auto const &[header, text] : tree) {
    auto const layer = table.layer_of.find(header);
    if (layer == table.layer_of.end()) {
      found.push_back(header + " is in no layer of layers.txt");
      continue;
    }
    static std::regex const claim(R"(^[^\n]*\[L(\d)\])");
    if (std::smatch said;
        std::regex_search(text, said, claim) && std::stoi(said[1]) != layer->second) {
      found.push_back(header + " calls itself L" + said[1].str() + ", layers.txt L" +
                      std::to_string(layer->second));
    }
    for (auto const &included : inclusions_of(text)) {
      if (!included.quoted) {
        if (!table.system.contains(included.name)) {
          found.push_back(header + " includes <" + included.name + ">, which is not allowed");
        }
        continue;
      }
      auto const other = table.layer_of.find(included.name);
      if (other == table.layer_of.end() || !tree.contains(included.name)) {
        found.push_back(header + " includes \"" + included.name + "\", which is no header here");
      } else if (other->second > layer->second) {
        found.push_back(header + " (L" + std::to_string(layer->second) + ") includes " +
                        included.name + " (L" + std::to_string(other->second) + ")");
      }
    }
    if (auto const cycle = cycle_from(tree, header); !cycle.empty()) {
      std::string text_of_cycle = cycle.front();
      for (std::size_t i = 1; i < cycle.size(); ++i) text_of_cycle += " -> " + cycle[i];
      found.push_back("cycle: " + text_of_cycle);
    }
  }
  for (auto const &[header, layer] : table.layer_of) {
    if (!tree.contains(header))
      found.push_back("layers.txt names " + header + ", which is not there");
  }
  return found;
}

}  // namespace laws

#endif
