// Checks what the code of a header may not contain: a small tokenizer that knows scopes.
#ifndef ESCROW_TESTS_CODE_LAW_HPP
#define ESCROW_TESTS_CODE_LAW_HPP

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <string_view>

#include "source_tree.hpp"

namespace laws {

struct token {
  std::string text;
  std::size_t line;
};

/// Words and single punctuation marks; comments, preprocessor lines and the insides of literals are
/// left out.
inline std::vector<token> tokens_of(std::string const &text) {
  std::vector<token> found;
  std::size_t line = 1;
  bool fresh_line = true;
  for (std::size_t i = 0; i < text.size();) {
    char const c = text[i];
    auto const skip_to = [&](std::size_t end) {
      end = std::min(end, text.size());
      line += static_cast<std::size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(i),
                                                  text.begin() + static_cast<std::ptrdiff_t>(end),
                                                  '\n'));
      i = end;
    };
    if (c == '\n') {
      ++line;
      ++i;
      fresh_line = true;
    } else if (std::isspace(static_cast<unsigned char>(c))) {
      ++i;
    } else if (text.compare(i, 2, "//") == 0) {
      skip_to(text.find('\n', i));
    } else if (text.compare(i, 2, "/*") == 0) {
      auto const end = text.find("*/", i + 2);
      skip_to(end == std::string::npos ? end : end + 2);
    } else if (c == '#' && fresh_line) {
      auto end = text.find('\n', i);
      while (end != std::string::npos && text[end - 1] == '\\') end = text.find('\n', end + 1);
      skip_to(end);
    } else if (c == '"' ||
               (c == '\'' && !(i > 0 && std::isxdigit(static_cast<unsigned char>(text[i - 1]))))) {
      auto end = i + 1;
      while (end < text.size() && text[end] != c) end += text[end] == '\\' ? 2 : 1;
      found.push_back({std::string(1, c), line});
      skip_to(end + 1);
      fresh_line = false;
    } else if (std::isalnum(static_cast<unsigned char>(c)) || c == '_') {
      auto end = i;
      while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) ||
                                   text[end] == '_' || text[end] == '\'')) {
        ++end;
      }
      found.push_back({text.substr(i, end - i), line});
      i = end;
      fresh_line = false;
    } else {
      found.push_back({std::string(1, c), line});
      ++i;
      fresh_line = false;
    }
  }
  return found;
}

inline std::size_t after_parentheses(std::vector<token> const &tokens, std::size_t open) {
  std::size_t depth = 0;
  for (auto i = open; i < tokens.size(); ++i) {
    if (tokens[i].text == "(" || tokens[i].text == "[") ++depth;
    if ((tokens[i].text == ")" || tokens[i].text == "]") && --depth == 0) return i + 1;
  }
  return tokens.size();
}

/// `at` is the word `inline`: does it declare a variable?
inline bool is_inline_variable(std::vector<token> const &tokens, std::size_t at) {
  static std::set<std::string> const with_argument{"alignas", "__attribute__", "decltype",
                                                   "explicit", "noexcept"};
  for (auto i = at + 1; i < tokens.size();) {
    auto const &word = tokens[i].text;
    if (word == "namespace" || word == "operator" || word == "(") return false;
    if (word == "=" || word == ";" || word == "{") return true;
    if (word == "[" ||
        (with_argument.contains(word) && i + 1 < tokens.size() && tokens[i + 1].text == "(")) {
      i = after_parentheses(tokens, word == "[" ? i : i + 1);
    } else {
      ++i;
    }
  }
  return false;
}

/// Does the brace open code (a function, a lambda, a statement) rather than a namespace or a type?
/// The words since the last statement tell, those of `template <...>` and of parentheses left out.
inline bool opens_code(std::vector<token> const &tokens, std::size_t brace) {
  static std::set<std::string> const ends{";", "{", "}"};
  static std::set<std::string> const scopes{"namespace", "class", "struct", "union", "enum", "\""};
  auto from = brace;
  while (from > 0 && !ends.contains(tokens[from - 1].text)) --from;
  for (auto i = from; i < brace;) {
    auto const &word = tokens[i].text;
    if (word == "template") {
      int depth = 0;
      do {
        ++i;
        depth += (tokens[i].text == "<") - (tokens[i].text == ">");
      } while (i < brace && depth > 0);
    } else if (word == "(" || word == "[") {
      i = after_parentheses(tokens, i) - 1;
    } else if (scopes.contains(word)) {
      return false;
    }
    ++i;
  }
  return true;
}

inline complaints check_code(source_tree const &tree, std::size_t most_lines = 400) {
  static std::set<std::string> const banned{"thread_local",
                                            "atomic_thread_fence",
                                            "atomic_signal_fence",
                                            "notify_one",
                                            "notify_all",
                                            "atomic_wait",
                                            "atomic_notify_one",
                                            "atomic_notify_all",
                                            "throw",
                                            "dynamic_cast",
                                            "typeid",
                                            "goto"};
  // What asks the system or libc for memory, in the two headers alone that may be refused it.
  static std::set<std::string> const asks{
      "mmap",          "munmap", "mremap",  "mprotect",       "madvise",
      "malloc",        "calloc", "realloc", "posix_memalign", "memfd_create",
      "aligned_alloc", "strdup", "sbrk",    "reallocarray",   "shm_open"};
  complaints found;
  for (auto const &[header, text] : tree) {
    auto const complain = [&, &name = header](std::size_t line, std::string const &what) {
      std::ostringstream text_of;
      text_of << name << ':' << line << ": " << what;
      found.push_back(text_of.str());
    };
    if (auto const lines = lines_of(text).size(); lines > most_lines) {
      complain(lines, "more than " + std::to_string(most_lines) + " lines");
    }
    auto const tokens = tokens_of(text);
    std::vector<bool> scopes;  // one per open brace: is it code?
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      auto const &[word, line] = tokens[i];
      bool const in_code = std::find(scopes.begin(), scopes.end(), true) != scopes.end();
      auto const next = i + 1 < tokens.size() ? tokens[i + 1].text : "";
      auto const before = i > 0 ? tokens[i - 1].text : "";
      if (word == "{") {
        scopes.push_back(in_code || opens_code(tokens, i));
      } else if (word == "}") {
        if (!scopes.empty()) scopes.pop_back();
      } else if (asks.contains(word) && next == "(" && header != "pages.hpp" &&
                 header != "heap.hpp") {
        complain(line, "'" + word + "' asks for memory past pages.hpp and heap.hpp");
      } else if (banned.contains(word)) {
        complain(line, "'" + word + "' is not allowed");
      } else if (word == "static" && in_code) {
        complain(line, "static variable in a function");
      } else if (word == "inline" && before != ":" && is_inline_variable(tokens, i)) {
        complain(line, "inline variable");
      } else if (word == "wait" && next == "(" && (before == "." || before == ">") &&
                 i + 2 < tokens.size() && tokens[i + 2].text != ")") {
        complain(line, "atomic wait");
      } else if ((word == "new" && before != "operator" && next != "(") ||
                 (word == "delete" && before != "=" && before != "operator")) {
        complain(line, "'" + word + "' allocates outside a pool");
      }
    }
  }
  return found;
}

}  // namespace laws

#endif
