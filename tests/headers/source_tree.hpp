// The texts that the header laws read: a folder, or a few lines made up by a test.
#ifndef ESCROW_TESTS_SOURCE_TREE_HPP
#define ESCROW_TESTS_SOURCE_TREE_HPP

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace laws {

using source_tree = std::map<std::string, std::string>;  // file name to text
using complaints = std::vector<std::string>;

inline std::string read_text(std::filesystem::path const &path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Every .h and .hpp under `folder`, named relative to it.
inline source_tree read_headers(std::filesystem::path const &folder) {
  source_tree tree;
  for (auto const &entry : std::filesystem::recursive_directory_iterator(folder)) {
    auto const extension = entry.path().extension();
    if (extension == ".h" || extension == ".hpp") {
      tree[std::filesystem::relative(entry.path(), folder).string()] = read_text(entry.path());
    }
  }
  return tree;
}

inline std::vector<std::string> lines_of(std::string const &text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

inline std::string joined(complaints const &all) {
  std::string text;
  for (auto const &one : all) text += one + '\n';
  return text;
}

}  // namespace laws

#endif
