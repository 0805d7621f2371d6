// The steps of an execution, as text for whoever has to understand a failure.
#ifndef ESCROW_TESTS_MODEL_TRACE_HPP
#define ESCROW_TESTS_MODEL_TRACE_HPP

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "memory.hpp"

namespace model {

class trace {
 public:
  void reset() {
    steps_.clear();
    words_.clear();
  }
  void add_word(u16 word) { words_.push_back(std::to_string(word).insert(0, "word ")); }
  void name(u16 word, std::string const &text) { words_[word] = text; }
  [[nodiscard]] std::string const &word(u16 word) const { return words_[word]; }
  void step(u32 thread, access const &a, effect const &e) { steps_.push_back({thread, a, e}); }

  /// One line a step, in an order in which they may have taken place.
  [[nodiscard]] std::string text() const {
    std::string out;
    char line[256];
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      auto const &[thread, a, e] = steps_[i];
      std::string what = words_[a.word];
      what.append(".").append(verb_name(a.what)).append("(");
      if (a.what == verb::compare) what += number(a.expected) + " -> ";
      if (a.may_write()) what += number(a.operand) + ", ";
      what += order_name(a.effective(e.read));
      what += ")";
      std::string result;
      if (a.reads()) result = number(e.read);
      if (a.what == verb::compare) result += e.wrote ? ", done" : ", refused";
      if (e.old) result += ", not the last";
      std::snprintf(line, sizeof line, "%4zu  thread %u  %-44s %-24s %s:%u\n", i + 1, thread,
                    what.c_str(), result.c_str(), file_name(a.at.file), a.at.line);
      out += line;
    }
    return out;
  }

  [[nodiscard]] static char const *order_name(std::memory_order o) {
    switch (o) {
      case std::memory_order_relaxed:
        return "relaxed";
      case std::memory_order_consume:
        return "consume";
      case std::memory_order_acquire:
        return "acquire";
      case std::memory_order_release:
        return "release";
      case std::memory_order_acq_rel:
        return "acq_rel";
      default:
        return "seq_cst";
    }
  }
  [[nodiscard]] static char const *verb_name(verb v) {
    switch (v) {
      case verb::load:
        return "load";
      case verb::store:
        return "store";
      case verb::exchange:
        return "exchange";
      case verb::add:
        return "fetch_add";
      case verb::subtract:
        return "fetch_sub";
      case verb::set:
        return "fetch_or";
      case verb::keep:
        return "fetch_and";
      default:
        return "compare_exchange";
    }
  }
  [[nodiscard]] static char const *file_name(char const *path) {
    char const *const slash = std::strrchr(path, '/');
    return slash != nullptr ? slash + 1 : path;
  }

 private:
  struct entry {
    u32 thread;
    access what;
    effect done;
  };
  /// Words of flags and versions are easier to read in hexadecimal.
  [[nodiscard]] static std::string number(u64 v) {
    char text[24];
    std::snprintf(text, sizeof text, v < 1000 ? "%llu" : "0x%llx",
                  static_cast<unsigned long long>(v));
    return text;
  }

  std::vector<entry> steps_;
  std::vector<std::string> words_;
};

}  // namespace model

#endif
