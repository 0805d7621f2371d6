// Runs a few threads through every execution that the memory model of memory.hpp allows.
//
//   struct state { model::atomic<u64> data, flag; };
//   auto const r = model::explore<state>(
//       {[](state &s) { s.data.store(1, relaxed); s.flag.store(1, release); },
//        [](state &s) { if (s.flag.load(acquire)) model::check(s.data.load(relaxed) == 1, "seen");
//        }});
//
// Threads are functions on fibers; an access to a model::atomic is a step. `state` is built anew
// for every run; stores of its constructor are first values. What else threads touch must depend on
// what they load, on nothing that outlives a run. No destructor on a fiber's stack may matter.
//
// An execution is: who read from where, and the modification order of each word. Depth first over
//
//   - a pending store: at once, into every place it may take. Later is no different: a load that
//     should not see it may still read what was there before.
//   - else, for every pending load or read-modify-write: each message it may return now; what it
//     returns later is found by letting other threads go first. These come only when, in what
//     follows, another thread stores to that word (or tries to).
//
// and no prefix twice: one that was reached in another way is known by its fingerprint (128 bits).
// So `executions` counts each execution once, and a search that ends is complete; no bound on
// preemptions is needed. Programs on random words check this against the search with every step
// interleaved (explorer_test.cpp).
//
// A loop that waits calls model::yield(): the thread goes on when there is something newer in a
// word it read since its last yield. A turn of such a loop that stored nothing and read just what
// the turn before had read is dropped. All threads waiting is a failure.
#ifndef ESCROW_TESTS_MODEL_EXPLORER_HPP
#define ESCROW_TESTS_MODEL_EXPLORER_HPP

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fiber.hpp"
#include "memory.hpp"
#include "scenario.hpp"
#include "trace.hpp"

namespace model {

struct options {
  u64 most_states = 50'000'000;  // where the search gives up: `complete` is false
  u32 most_steps = 5000;         // of one execution; more are a failure
  bool reduced = true;           // false: every thread at every step, to check the reduction
  /// A mutation: changes what the code asked for before it takes place.
  std::function<void(access &, std::string const &word)> mutate;
};

struct report {
  bool complete = false;
  std::string failure;  // what was wrong, and the steps to it; empty: nothing
  u64 executions = 0, states = 0, runs = 0, steps = 0;
  double seconds = 0;

  [[nodiscard]] bool clean() const { return complete && failure.empty(); }
};

class explorer;
inline explorer *running = nullptr;

class explorer {
 public:
  using body = std::function<void()>;

  /// `begin` builds a state and returns what the threads and the end do with it.
  struct program {
    std::function<void()> begin;
    std::vector<body> threads;
    body finished;
  };

  explorer(program p, options o) : program_(std::move(p)), options_(std::move(o)) {
    if (program_.threads.size() > most_threads) too_large("threads", most_threads);
    threads_.resize(program_.threads.size());
    for (auto &t : threads_) t.stack = std::make_unique<fiber>();
  }

  report search() {
    auto const start = std::chrono::steady_clock::now();
    explorer *const outer = std::exchange(running, this);
    do {
      run();
      ++report_.runs;
      report_.complete = report_.failure.empty();
      if (seen_.size() >= options_.most_states) report_.complete = false;
    } while (report_.complete && next_choice());
    running = outer;
    report_.states = seen_.size();
    report_.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return std::move(report_);
  }

  // What model::atomic, yield, check and name call.

  u16 add_word(u64 initial) {
    u16 const w = memory_.add_word(initial);
    trace_.add_word(w);
    return w;
  }
  void name(u16 word, std::string const &text) { trace_.name(word, text); }

  effect perform(access a) {
    if (current_ == none) {  // the constructor or `finished`: one thread, nothing to choose
      effect e;
      e.read = memory_.last(a.word);
      e.wrote = a.writes(e.read);
      if (e.wrote) memory_.set_last(a.word, a.result(e.read));
      return e;
    }
    if (options_.mutate) options_.mutate(a, trace_.word(a.word));
    actor &me = threads_[current_];
    me.pending = a;
    me.at = place::access;
    me.stack->pause();
    return me.done;
  }
  void yield() {
    if (current_ == none) return;
    actor &me = threads_[current_];
    me.at = place::waiting;
    me.stack->pause();
  }
  void check(bool condition, char const *what) {
    if (condition) return;
    fail(what);
    if (current_ != none) threads_[current_].stack->pause();  // for ever
  }

 protected:  // for schedules.hpp
  static constexpr u32 none = ~0u;

  enum class place : u8 { access, waiting, done };
  /// The messages that a turn of a loop saw last, word by word: message + 1, 0 = not read.
  using turn = std::array<u8, most_words>;
  struct actor {
    std::unique_ptr<fiber> stack;
    place at = place::done;
    access pending;
    effect done;
    turn now{}, before{};
    bool stored = false;  // in this turn
    bool moved = false;   // a word was read twice in this turn, and was not the same
  };
  /// One thread takes the step it is at, with one of its options.
  struct transition {
    u8 thread;
    u8 option;
    u16 word;  // a run that comes to another one here does not repeat the last
  };
  /// Words (modulo 64: a few too many are harmless) that each thread may store to.
  using stores = std::array<u64, most_threads>;
  /// A choice that is still open, and what it led to so far.
  struct node {
    std::size_t depth;                    // in path_
    std::size_t first, next, alone, end;  // in choices_; up to `alone`: of the first thread
    bool is_state;                        // to be remembered in seen_
    memory::fingerprint print;
    u16 word;  // the first thread's
    stores followed;
  };
  struct hash {
    std::size_t operator()(memory::fingerprint const &f) const { return f.high; }
  };

  static u64 bit(u16 word) { return 1ull << word % 64; }

  void fail(std::string const &what) {
    if (report_.failure.empty()) report_.failure = what + "\n" + trace_.text();
  }

  void set_out() {
    memory_.reset();
    trace_.reset();
    program_.begin();
    for (u32 t = 0; t < threads_.size(); ++t) {
      actor &a = threads_[t];
      a.now = a.before = {};
      a.stored = a.moved = false;
      a.stack->begin(program_.threads[t]);
      go_on(t);
    }
  }
  void run() {
    set_out();
    bool alive = true;
    for (std::size_t i = 0; alive && i < path_.size(); ++i) alive = step(i);
    transition t;
    while (alive && report_.failure.empty() && choose(t)) {
      path_.push_back(t);
      alive = step(path_.size() - 1);
      if (path_.size() > options_.most_steps) fail("an execution that does not end");
    }
  }

  /// Lets thread t run to its next access.
  void go_on(u32 t) {
    actor &a = threads_[t];
    current_ = t;
    a.at = place::done;
    a.stack->resume();
    current_ = none;
  }

  /// Takes step i of the path; false: the execution is not worth going on with.
  bool step(std::size_t i) {
    auto const [t, option, word] = path_[i];
    actor &a = threads_[t];
    access const todo = a.pending;
    if (a.at != place::access || todo.word != word) {
      fail("a thread does not do the same again: something it depends on is not in the model");
      return false;
    }
    if (!nodes_.empty() && i >= nodes_.back().depth && todo.may_write())
      nodes_.back().followed[t] |= bit(todo.word);
    if (todo.may_write()) writers_[todo.word] |= 1u << t;
    a.done = memory_.apply(t, todo, option);
    trace_.step(t, todo, a.done);
    ++report_.steps;
    a.stored |= a.done.wrote;
    if (todo.reads()) {
      a.moved |= a.now[todo.word] != 0 && a.now[todo.word] != option + 1;
      a.now[todo.word] = static_cast<u8>(memory_.newest(t, todo.word) + 1);
    }
    go_on(t);
    if (a.at == place::waiting) {
      if (!a.stored && !a.moved && a.now == a.before) return false;  // a turn in vain
      a.before = std::exchange(a.now, {});
      a.stored = false;
      if (std::exchange(a.moved, false)) go_on(t);
    }
    for (u32 other = 0; other < threads_.size(); ++other)
      if (threads_[other].at == place::waiting && may_wake(threads_[other])) go_on(other);
    return true;
  }
  [[nodiscard]] bool may_wake(actor const &a) const {
    for (u32 w = 0; w < memory_.words(); ++w)
      if (a.before[w] != 0 && memory_.newer(w, static_cast<u8>(a.before[w] - 1))) return true;
    return false;
  }

  void add_choices(u32 t) {
    found_.clear();
    memory_.options(t, threads_[t].pending, found_);
    for (u8 const m : found_) choices_.push_back({static_cast<u8>(t), m, threads_[t].pending.word});
  }

  /// The next step of a new execution; false: it ended, or goes on as one that was seen.
  bool choose(transition &out) {
    std::size_t const first = choices_.size();
    if (options_.reduced) {
      for (u32 t = 0; t < threads_.size(); ++t) {
        if (threads_[t].at != place::access || threads_[t].pending.what != verb::store) continue;
        add_choices(t);
        out = choices_[first];
        if (choices_.size() == first + 1) {
          choices_.pop_back();
        } else {
          nodes_.push_back(
              {path_.size(), first, first, choices_.size(), choices_.size(), false, {}, 0, {}});
        }
        return true;
      }
    }
    auto const print = memory_.print();
    if (auto const known = seen_.find(print); known != seen_.end()) {
      if (!nodes_.empty())
        for (u32 t = 0; t < most_threads; ++t) nodes_.back().followed[t] |= known->second[t];
      return false;
    }
    u32 const leader = first_thread();
    if (leader == none) {
      seen_.emplace(print, stores{});
      finish();
      return false;
    }
    add_choices(leader);
    std::size_t const alone = choices_.size();
    for (u32 t = 0; t < threads_.size(); ++t)
      if (t != leader && threads_[t].at == place::access) add_choices(t);
    nodes_.push_back({path_.size(),
                      first,
                      first,
                      alone,
                      choices_.size(),
                      true,
                      print,
                      threads_[leader].pending.word,
                      {}});
    out = choices_[first];
    return true;
  }
  /// Whose step is tried first: with luck one whose word nobody else stores to, which then
  /// need not be tried with the others going first.
  [[nodiscard]] u32 first_thread() const {
    u32 best = none;
    int fewest = 0;
    for (u32 t = 0; t < threads_.size(); ++t) {
      if (threads_[t].at != place::access) continue;
      int const others = __builtin_popcount(writers_[threads_[t].pending.word] & ~(1u << t));
      if (best == none || others < fewest) {
        best = t;
        fewest = others;
      }
    }
    return best;
  }

  void finish() {
    for (u32 t = 0; t < threads_.size(); ++t)
      if (threads_[t].at == place::waiting) {
        fail("thread " + std::to_string(t) + " waits for ever");
        return;
      }
    ++report_.executions;
    if (program_.finished) program_.finished();
  }

  /// Turns the path to the next choice that was not tried; false: there is none.
  bool next_choice() {
    while (!nodes_.empty()) {
      node &n = nodes_.back();
      if (++n.next == n.alone && n.is_state && options_.reduced && !others_store(n)) n.next = n.end;
      if (n.next < n.end) {
        path_.resize(n.depth);
        path_.push_back(choices_[n.next]);
        return true;
      }
      if (n.is_state) seen_.emplace(n.print, n.followed);
      choices_.resize(n.first);
      stores const followed = n.followed;
      nodes_.pop_back();
      if (!nodes_.empty())
        for (u32 t = 0; t < most_threads; ++t) nodes_.back().followed[t] |= followed[t];
    }
    return false;
  }
  [[nodiscard]] bool others_store(node const &n) const {
    for (u32 t = 0; t < most_threads; ++t)
      if (t != choices_[n.first].thread && (n.followed[t] & bit(n.word)) != 0) return true;
    return false;
  }

  program program_;
  options options_;
  report report_;
  memory memory_;
  trace trace_;
  std::vector<actor> threads_;
  u32 current_ = none;  // the thread that runs
  std::vector<transition> path_;
  std::vector<node> nodes_;
  std::vector<transition> choices_;
  std::vector<u8> found_;
  std::array<u32, most_words> writers_{};  // who stored to a word in any run so far
  std::unordered_map<memory::fingerprint, stores, hash> seen_;
};

/// Lets the other threads go on; see the head of this file.
inline void yield() {
  running->yield();
}
/// Ends the search where it does not hold, and shows how it came to that.
inline void check(bool condition, char const *what) {
  running->check(condition, what);
}

/// The program of a scenario, whose state is built in `state` for every run.
template <class State>
explorer::program program_of(scenario<State> const &s, std::unique_ptr<State> &state) {
  explorer::program p;
  p.begin = [&s, &state] {
    state.reset();
    state = std::make_unique<State>();
    if (s.begin) s.begin(*state);
  };
  for (auto const &t : s.threads) p.threads.emplace_back([&state, &t] { t(*state); });
  if (s.finished) p.finished = [&s, &state] { s.finished(*state); };
  return p;
}

template <class State>
report explore(scenario<State> const &s, options o = {}) {
  std::unique_ptr<State> state;
  return explorer(program_of(s, state), std::move(o)).search();
}

}  // namespace model

#endif
