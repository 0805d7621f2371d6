// Compiled code under the explorer: the library itself, as its users compile it.
//
// Code that is compiled with -fsanitize=thread makes a call for each atomic access, and reports
// each plain one. Here the calls are steps of the explorer, and words of the model's memory are
// known by their addresses: no template parameter, no header but the real ones, and whatever the
// facade reaches is part of the search.
//
// Atomic accesses never touch memory while a search runs; a word's first value is what lies there.
//
// Plain accesses take place. One that is not ordered after another thread's to the same bytes, one
// of the two a write, is a failure. (What a thread does before its first atomic access counts as
// ordered; calls begin with one.) What is written is put back before the next run, so that every
// run begins in the same world.
//
// Who waits, by sched_yield or nanosleep, lets the others go on.
//
// A scene must make no system call that changes what it looks at: its objects are small, and slots
// are at hand.
#ifndef ESCROW_TESTS_MODEL_COMPILED_HPP
#define ESCROW_TESTS_MODEL_COMPILED_HPP

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#define ESCROW_MODEL_OF_CALLS
#include "explorer.hpp"
#include "source_lines.hpp"

namespace model {

class compiled_explorer : public explorer {
 public:
  using explorer::explorer;
  [[nodiscard]] u32 thread() const { return current_ == none ? most_threads : current_; }
  [[nodiscard]] bool on_thread() const { return current_ != none; }
  /// How many accesses of `other` come before what the running thread does now.
  [[nodiscard]] u16 known_of(u32 other) const { return memory_.known(current_, other); }
};

class compiled {
 public:
  static constexpr char const *unnamed = "some word";

  compiled_explorer *search = nullptr;  // null: accesses take place, in memory

  /// For the steps that a failure prints, and for the names of orders: "object word".
  void name(void const *at, std::string text) { names_[number(at)] = std::move(text); }

  /// Before each run: memory as it was, and every word that the search has met so far.
  void begin_run() {
    put_back();
    plain_.clear();
    inside_ = {};
    for (word_at const &w : words_) add(w);
  }
  void begin_search(compiled_explorer &s) {
    search = &s;
    words_.clear();
    index_.clear();
  }
  void end_search() {
    put_back();
    search = nullptr;
  }
  void put_back() {
    for (; !written_.empty(); written_.pop_back())
      std::memcpy(written_.back().at, written_.back().bytes.data(), written_.back().size);
  }

  u64 access(model::access a, void const *at, u32 bytes, void const *returns,
             void const *caller_returns) {
    inside const here(*this);
    auto const [known, fresh] = index_.try_emplace(number(at), static_cast<u16>(words_.size()));
    if (fresh) {
      words_.push_back({at, bytes});
      add(words_.back());
    }
    a.word = known->second;
    a.mask = ~0ull >> (64 - 8 * bytes);
    a.at = lines_.of(returns);
    if (a.at.function == nullptr) a.at = lines_.of(caller_returns);
    if (a.at.function == nullptr) a.at = {"?", "?", 0};
    return search->perform(a).read;
  }

  /// Before a plain access takes place. Those of what is called from here do not count.
  void plain(void *at, u64 bytes, bool writes, void const *returns) {
    if (is_on_stack(at)) return;
    inside const here(*this);
    if (here.again) return;
    auto *const first = static_cast<char *>(at);
    if (search->on_thread()) {
      for (u64 done = 0; done < bytes; ++done) look(first + done, writes, returns);
    }
    if (!writes) return;
    for (u64 done = 0; done < bytes; done += most_saved) {
      saved s{first + done, static_cast<u32>(std::min<u64>(most_saved, bytes - done)), {}};
      std::memcpy(s.bytes.data(), s.at, s.size);
      written_.push_back(s);
    }
  }

  /// Is it code of the library that a call returns to?
  bool is_library(void const *returns) {
    inside const here(*this);
    return !here.again && lines_.of(returns).function != nullptr;
  }

 private:
  struct word_at {
    void const *at;
    u32 bytes;
  };
  static constexpr u32 most_saved = 32;
  struct saved {
    char *at;
    u32 size;
    std::array<char, most_saved> bytes;
  };
  /// Who last wrote to a byte, and who read it since, each with how many accesses it had made.
  struct last {
    u8 writer = most_threads;
    u16 written = 0;
    std::array<u16, most_threads> read{};  // + 1; 0: did not
  };

  /// The running thread is in this file, or below.
  struct inside {
    explicit inside(compiled &c) : flag(c.inside_[c.search->thread()]), again(flag) { flag = true; }
    ~inside() { flag = again; }
    inside(inside const &) = delete;
    inside &operator=(inside const &) = delete;
    bool &flag;
    bool const again;
  };

  static u64 number(void const *at) { return reinterpret_cast<u64>(at); }
  /// Fibers' stacks are their own: nothing on them is shared in a scene.
  static bool is_on_stack(void const *at) {
    char here = 0;
    return number(at) - number(&here) + (256u << 10) < 512u << 10;
  }
  void add(word_at const &w) {
    u64 value = 0;
    std::memcpy(&value, w.at, w.bytes);
    u16 const index = search->add_word(value);
    auto const named = names_.find(number(w.at));
    search->name(index, named != names_.end() ? named->second : unnamed);
  }
  void look(char const *at, bool writes, void const *returns) {
    u32 const me = search->thread();
    last &l = plain_[number(at)];
    bool races =
        l.writer != most_threads && l.writer != me && l.written > search->known_of(l.writer);
    for (u32 t = 0; writes && t < most_threads; ++t)
      races = races || (t != me && l.read[t] != 0 && l.read[t] - 1u > search->known_of(t));
    if (races) {
      site const &s = lines_.of(returns);
      std::string const where = s.function == nullptr
                                    ? "the scene"
                                    : std::string(s.function) + ", " + trace::file_name(s.file) +
                                          ":" + std::to_string(s.line);
      search->check(false, ("a plain access races: " + where).c_str());
    }
    u16 const now = search->known_of(me);
    if (writes) {
      l = {static_cast<u8>(me), now, {}};
    } else {
      l.read[me] = now + 1;
    }
  }

  std::vector<word_at> words_;  // in the order in which any run met them
  std::unordered_map<u64, u16> index_;
  std::unordered_map<u64, std::string> names_;
  std::unordered_map<u64, last> plain_;
  std::vector<saved> written_;
  std::array<bool, most_threads + 1> inside_{};
  source_lines lines_;
};

/// The one of a program.
inline compiled code;

/// A run of a scene of compiled code; all that its threads share lies in memory.
struct compiled_run {
  compiled_run() { code.begin_run(); }
};

/// As explore() of explorer.hpp.
inline report explore(scenario<compiled_run> const &s, options o = {}) {
  std::unique_ptr<compiled_run> state;
  compiled_explorer e(program_of(s, state), std::move(o));
  code.begin_search(e);
  auto r = e.search();
  code.end_search();
  return r;
}

/// What a scene's threads tell each other. Lives as long as the program.
struct told {
  u64 value = 0;

  void store(u64 v, std::memory_order o) { (void)at(verb::store, v, o); }
  [[nodiscard]] u64 load(std::memory_order o) { return at(verb::load, 0, o); }

 private:
  u64 at(verb what, u64 operand, std::memory_order o) {
    return code.access({what, 0, o, o, operand}, &value, sizeof value, nullptr, nullptr);
  }
};

}  // namespace model

#endif
