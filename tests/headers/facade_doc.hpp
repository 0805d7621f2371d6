// Checks the comments of the C facade against the vocabulary that escrow.h explains at its head.
#ifndef ESCROW_TESTS_FACADE_DOC_HPP
#define ESCROW_TESTS_FACADE_DOC_HPP

#include <map>
#include <regex>
#include <set>
#include <string>

#include "source_tree.hpp"

namespace laws {

struct facade_function {
  std::string name;
  std::string returns;
  std::vector<std::pair<std::string, std::string>> parameters;  // name, type
  std::string comment;                                          // stars and indentation removed
};

inline std::string trimmed(std::string const &text) {
  auto const from = text.find_first_not_of(" \t\n");
  if (from == std::string::npos) return "";
  return text.substr(from, text.find_last_not_of(" \t\n") - from + 1);
}

/// Declarations `ESCROW_API type name(parameters) ...;` with the comment that stands right before.
inline std::vector<facade_function> facade_functions(std::string const &header) {
  static std::regex const directive(R"(\n[ \t]*#[^\n]*)");
  std::string const text = std::regex_replace(header, directive, "");
  static std::regex const declaration(
      R"((/\*\*(?:[^*]|\*(?!/))*\*/\s*)?\bESCROW_API\s+([^;()]*?)(\w+)\s*\(([^;]*?)\)[^;()]*;)");
  static std::regex const star(R"(\n\s*\* ?)");
  std::vector<facade_function> found;
  for (std::sregex_iterator at(text.begin(), text.end(), declaration), end; at != end; ++at) {
    facade_function f;
    f.name = (*at)[3];
    f.returns = trimmed((*at)[2]);
    f.comment = std::regex_replace((*at)[1].str(), star, "\n");
    std::string const list = trimmed((*at)[4]);
    std::size_t from = 0;
    while (from < list.size() && list != "void") {
      auto const comma = std::min(list.find(',', from), list.size());
      auto const one = trimmed(list.substr(from, comma - from));
      auto const name = one.find_last_of(" *\n") + 1;
      f.parameters.emplace_back(one.substr(name), trimmed(one.substr(0, name)));
      from = comma + 1;
    }
    found.push_back(f);
  }
  return found;
}

/// `@tag` sections of a comment: "@param x" and "@return" to their texts.
inline std::map<std::string, std::string> sections_of(std::string const &comment) {
  static std::regex const head(R"(\n@(param\s+\w+|return)\b)");
  std::map<std::string, std::string> sections;
  std::sregex_iterator at(comment.begin(), comment.end(), head);
  for (std::sregex_iterator end; at != end;) {
    auto const match = *at++;
    auto const from = static_cast<std::size_t>(match.position() + match.length());
    auto const to = at == end ? comment.size() : static_cast<std::size_t>(at->position());
    auto const name = std::regex_replace(match[1].str(), std::regex(R"(\s+)"), " ");
    sections[name] = comment.substr(from, to - from);
  }
  return sections;
}

inline std::set<std::string> status_names(std::string const &status_header) {
  static std::regex const entry(R"(X\((ESCROW_\w+),)");
  std::set<std::string> names;
  for (std::sregex_iterator at(status_header.begin(), status_header.end(), entry), end; at != end;
       ++at) {
    names.insert((*at)[1]);
  }
  return names;
}

inline complaints check_facade_doc(std::string const &text, std::set<std::string> const &codes) {
  static std::regex const reference_type(R"(escrow_(handle|ticket|loan|pool)\b(?!_))");
  static std::regex const owner(R"(\(transfer (full|none)\))");
  static std::regex const direction(R"(\((in, )?out\))");
  static std::regex const code(R"(\bESCROW_\w+)");
  complaints found;
  for (auto const &f : facade_functions(text)) {
    auto const complain = [&](std::string const &what) { found.push_back(f.name + ": " + what); };
    if (f.comment.empty()) {
      complain("no comment");
      continue;
    }
    auto sections = sections_of(f.comment);
    for (auto const &[name, type] : f.parameters) {
      auto const at = sections.find("param " + name);
      if (at == sections.end()) {
        // A plain count may be explained where the array it belongs to is.
        bool const value = !type.ends_with('*') && !std::regex_search(type, reference_type);
        if (!value || f.comment.find('`' + name + '`') == std::string::npos) {
          complain("no @param " + name);
        }
        continue;
      }
      bool const pointer = type.ends_with('*');
      bool const writes = pointer && type.find("const *") == std::string::npos;
      bool const reference = std::regex_search(type, reference_type);
      bool const owned = std::regex_search(at->second, owner);
      bool const directed = std::regex_search(at->second, direction);
      if (reference && !owned) complain(name + " does not say (transfer full) or (transfer none)");
      if (pointer && !writes && !owned) complain(name + " does not say who owns it");
      if (writes && !directed) complain(name + " is written but not marked (out)");
      sections.erase(at);
    }
    auto const result = sections.find("return");
    if (f.returns == "void" && result != sections.end()) complain("@return of a void function");
    if (f.returns != "void" && result == sections.end()) complain("no @return");
    if (result != sections.end()) {
      auto const &said = result->second;
      if (f.returns.ends_with('*') && !std::regex_search(said, owner)) {
        complain("@return does not say who owns the result");
      }
      if (f.returns == "escrow_status") {
        for (std::sregex_iterator at(said.begin(), said.end(), code), end; at != end; ++at) {
          if (!codes.contains(at->str())) complain(at->str() + " is no code of status.h");
        }
      }
      sections.erase(result);
    }
    for (auto const &[section, ignored] : sections) complain("@" + section + " describes nothing");
    for (auto const *clause : {"Threads:", "Finalizer-safe:", "Cost:"}) {
      if (f.comment.find(clause) == std::string::npos) complain(std::string("no ") + clause);
    }
  }
  return found;
}

}  // namespace laws

#endif
