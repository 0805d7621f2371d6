// Where in the source an instruction is.
#ifndef ESCROW_TESTS_MODEL_SOURCE_LINES_HPP
#define ESCROW_TESTS_MODEL_SOURCE_LINES_HPP

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <unordered_map>

#include "memory.hpp"

extern "C" Elf64_Ehdr const __executable_start;

namespace model {

/// Asks addr2line, which comes with the linker, about this program: once for each address.
class source_lines {
 public:
  /// The innermost function of include/escrow that the call before `returns` was inlined into or
  /// stands in; function nullptr: none, as in an accessor of std::atomic that was not inlined.
  site const &of(void const *returns) {
    auto const [at, fresh] = known_.try_emplace(returns);
    if (fresh) at->second = ask(returns);
    return at->second;
  }

 private:
  site ask(void const *returns) {
    if (questions_ == nullptr) start();
    auto const base = __executable_start.e_type == ET_DYN ? number(&__executable_start) : 0;
    // The call itself, not what follows it; and then nowhere, whose answer ends this one.
    std::fprintf(questions_, "0x%llx\n0\n",
                 static_cast<unsigned long long>(number(returns) - base - 1));
    std::fflush(questions_);
    site found{"", nullptr, 0};
    std::string function;
    std::string place;
    if (!line_of(answers_, function)) {  // the address
      std::fputs("tests/model: addr2line, of the binutils, cannot be started\n", stderr);
      std::abort();
    }
    while (line_of(answers_, function) && line_of(answers_, place)) {
      if (function.starts_with("0x")) {  // nowhere: `place` is its function
        (void)line_of(answers_, place);
        break;
      }
      auto const colon = place.rfind(':');
      if (found.function != nullptr || place.find("include/escrow/") == std::string::npos) continue;
      found = {kept(place.substr(0, colon)), kept(simple(function)),
               static_cast<u32>(std::strtoul(place.c_str() + colon + 1, nullptr, 10))};
    }
    return found;
  }
  /// It ends when its input does: with this process.
  void start() {
    int to[2];
    int from[2];
    char self[32];
    std::snprintf(self, sizeof self, "/proc/%ld/exe", static_cast<long>(::getpid()));
    if (::pipe2(to, O_CLOEXEC) != 0 || ::pipe2(from, O_CLOEXEC) != 0) std::abort();
    if (pid_t const child = ::fork(); child == 0) {
      ::dup2(to[0], STDIN_FILENO);
      ::dup2(from[1], STDOUT_FILENO);
      ::execlp("addr2line", "addr2line", "-a", "-f", "-C", "-i", "-e", self, nullptr);
      ::_exit(127);
    } else if (child < 0) {
      std::abort();
    }
    ::close(to[0]);
    ::close(from[1]);
    questions_ = ::fdopen(to[1], "w");
    answers_ = ::fdopen(from[0], "r");
    if (questions_ == nullptr || answers_ == nullptr) std::abort();
  }
  static u64 number(void const *at) { return reinterpret_cast<u64>(at); }
  static bool line_of(FILE *in, std::string &out) {
    out.clear();
    int c = std::fgetc(in);
    for (; c != EOF && c != '\n'; c = std::fgetc(in)) out.push_back(static_cast<char>(c));
    return c != EOF;
  }
  /// "reference::find" of "int escrow::v1::reference::find<true>(unsigned long)": "find".
  static std::string simple(std::string const &name) {
    std::string out;
    int depth = 0;
    for (char const c : name) {
      if (c == '<') ++depth;
      if (depth == 0 && c == '(' && !out.ends_with("operator")) break;
      if (depth == 0) out.push_back(c);
      if (c == '>') --depth;
    }
    auto const colon = out.rfind("::");
    return colon == std::string::npos ? out : out.substr(colon + 2);
  }
  char const *kept(std::string text) { return texts_.emplace_back(std::move(text)).c_str(); }

  std::unordered_map<void const *, site> known_;
  std::deque<std::string> texts_;
  FILE *questions_ = nullptr;
  FILE *answers_ = nullptr;
};

}  // namespace model

#endif
