// The C++ memory model as a machine: each word keeps every store it ever got, each thread what it
// has seen, and a load may return any store that the thread need not know to be overwritten.
//
// What the machine does, in the terms of [intro.races] and [atomics.order] of C++20:
//
//   modification order   the messages of a word, in `order`. A store goes to any place after what
//                        its thread has seen of the word, not only to the end (2+2W).
//   coherence            a thread's knowledge holds one message for each word; it reads that one or
//                        a later one, and knows what it read or wrote from then on.
//   happens-before       a release store shows what its thread knows; an acquire load learns what
//                        the message shows. A relaxed store shows nothing but itself.
//   release sequences    a read-modify-write hands on what the message it read shows, as in C++20:
//                        only read-modify-writes continue a sequence.
//   atomicity            a read-modify-write comes right after what it read; nothing may come
//                        between.
//   seq_cst              acquire or release, and one total order S of the seq_cst accesses exists
//   that
//                        agrees with strongly-happens-before and coherence. S is no order of
//                        execution: the machine keeps the graph of the pairs whose order is
//                        settled, and refuses what would close a cycle.
//
// What it does not do: load buffering, and so nothing out of thin air (an access takes place after
// all that its thread did before: sequenced-before and reads-from have no cycle, as in RC11);
// fences; consume (taken as acquire); accesses that are not atomic; spurious failures of
// compare_exchange_weak. So a clean search says nothing about machines that let a store pass an
// earlier load it does not depend on: arm64 does that for a relaxed store.
#ifndef ESCROW_TESTS_MODEL_MEMORY_HPP
#define ESCROW_TESTS_MODEL_MEMORY_HPP

#include <array>
#include <atomic>
#include <bitset>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace model {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

// Whole calls come to more than parts of them do; room for more takes time.
#if defined(ESCROW_MODEL_OF_CALLS)
constexpr u32 most_words = 256;
constexpr u32 most_seq_cst = 256;  // accesses in one execution
#else
constexpr u32 most_words = 96;
constexpr u32 most_seq_cst = 64;
#endif
constexpr u32 most_threads = 4;
constexpr u32 most_messages = 250;  // of one word

/// A test that is too large for the machine ends here.
[[noreturn]] inline void too_large(char const *what, u32 most) {
  std::fprintf(stderr, "tests/model: more than %u %s\n", most, what);
  std::abort();
}

enum class verb : u8 { load, store, exchange, add, subtract, set, keep, compare };

/// Where in the code an access is.
struct site {
  char const *file;
  char const *function;
  u32 line;
};

/// One access of a thread to a word, before it takes place.
struct access {
  verb what = verb::load;
  u16 word = 0;
  std::memory_order order = std::memory_order_seq_cst;
  std::memory_order failure = std::memory_order_seq_cst;  // of compare
  u64 operand = 0;                                        // what to store, add, set, keep
  u64 expected = 0;                                       // of compare
  site at{};
  u64 mask = ~0ull;  // the bits of the word

  [[nodiscard]] bool reads() const { return what != verb::store; }
  [[nodiscard]] bool may_write() const { return what != verb::load; }
  [[nodiscard]] bool writes(u64 read) const {
    return what != verb::load && (what != verb::compare || read == expected);
  }
  [[nodiscard]] u64 result(u64 read) const {
    switch (what) {
      case verb::add:
        return (read + operand) & mask;
      case verb::subtract:
        return (read - operand) & mask;
      case verb::set:
        return read | operand;
      case verb::keep:
        return read & operand;
      default:
        return operand;
    }
  }
  /// The order that counts when the message read has this value.
  [[nodiscard]] std::memory_order effective(u64 read) const {
    return what == verb::compare && !writes(read) ? failure : order;
  }
};

[[nodiscard]] constexpr bool acquires(std::memory_order o) {
  return o != std::memory_order_relaxed && o != std::memory_order_release;
}
[[nodiscard]] constexpr bool releases(std::memory_order o) {
  return o == std::memory_order_release || o == std::memory_order_acq_rel ||
         o == std::memory_order_seq_cst;
}

/// What an access found and did.
struct effect {
  u64 read = 0;
  u64 written = 0;
  bool wrote = false;
  bool old = false;  // it read a message that was not the last in modification order
};

class memory {
 public:
  /// 128 bits that tell executions apart: who read from where, and every modification order.
  struct fingerprint {
    u64 high = 0, low = 0;
    bool operator==(fingerprint const &) const = default;
  };

  void reset() {
    used_ = 0;
    stored_.clear();
    seq_cst_.clear();
    for (auto &t : threads_) t = {};
  }
  u16 add_word(u64 initial) {
    if (used_ == most_words) too_large("words", most_words);
    if (used_ == words_.size()) words_.emplace_back();
    place &p = words_[used_];
    p.messages.clear();
    p.order.assign(1, 0);
    p.messages.push_back({initial, most_threads << 12, 0, false, {}});
    return static_cast<u16>(used_++);
  }
  /// Before the threads begin, or after all of them: the last value in modification order.
  void set_last(u16 word, u64 value) {
    place &p = words_[word];
    p.messages[p.order.back()].value = value;
  }
  [[nodiscard]] u64 last(u16 word) const {
    place const &p = words_[word];
    return p.messages[p.order.back()].value;
  }
  [[nodiscard]] u32 words() const { return used_; }

  /// The messages that `a` may read, or come right after where it only stores; never none.
  void options(u32 thread, access const &a, std::vector<u8> &out) const {
    place const &p = words_[a.word];
    u32 const first = p.messages[threads_[thread].known.newest[a.word]].rank;
    for (u32 rank = first; rank < p.order.size(); ++rank) {
      u8 const m = p.order[rank];
      u64 const value = p.messages[m].value;
      bool const taken = rank + 1 < p.order.size() && p.messages[p.order[rank + 1]].update;
      if (a.writes(value) && taken) continue;
      if (a.effective(value) == std::memory_order_seq_cst) {
        edges const e = settle(thread, a, m);
        if ((e.before & e.after).any()) continue;
      }
      out.push_back(m);
    }
  }

  /// Lets the access take place, with one of its options.
  effect apply(u32 thread, access const &a, u8 option) {
    place &p = words_[a.word];
    actor &me = threads_[thread];
    message const source = p.messages[option];
    effect done;
    done.read = source.value;
    done.wrote = a.writes(source.value);
    done.old = a.reads() && option != p.order.back();
    std::memory_order const order = a.effective(source.value);
    note(me.trail, u64{a.word} << 32 | (a.reads() ? source.name : 0xFFFFu));

    if (order == std::memory_order_seq_cst) remember(thread, a, option, done.wrote);
    u8 mine = option;
    knowledge learnt;
    if (a.reads() && acquires(order)) learnt = source.shown;
    if (done.wrote) {
      done.written = a.result(source.value);
      message m{done.written, name(thread, me.known.done[thread]), 0, a.reads(), {}};
      if (releases(order)) {
        m.shown = me.known;
        join(m.shown, learnt);
      }
      if (a.reads()) join(m.shown, source.shown);
      if (p.messages.size() == 1) stored_.push_back(a.word);
      mine = insert(p, source.rank + 1u, m);
      p.messages[mine].shown.newest[a.word] = mine;
    }
    join(me.known, learnt);
    me.known.newest[a.word] = mine;
    ++me.known.done[thread];
    return done;
  }

  /// Is there a message of `word` after this one?
  [[nodiscard]] bool newer(u32 word, u8 message) const {
    return words_[word].order.back() != message;
  }
  /// The message that `thread` read or wrote last in `word`.
  [[nodiscard]] u8 newest(u32 thread, u32 word) const {
    return threads_[thread].known.newest[word];
  }

  /// How many accesses of `other` come strictly before what `thread` does next.
  [[nodiscard]] u16 known(u32 thread, u32 other) const {
    return threads_[thread].known.done[other];
  }

  [[nodiscard]] fingerprint print() const {
    fingerprint f;
    for (auto const &t : threads_) {
      note(f, t.trail.high);
      note(f, t.trail.low);
    }
    for (u32 w = 0; w < used_; ++w) {
      place const &p = words_[w];
      if (p.order.size() < 3) continue;  // one order only
      for (u8 const m : p.order) note(f, u64{w} << 32 | p.messages[m].name);
    }
    return f;
  }

 private:
  /// Of each word a message, and of each thread how many accesses come strictly before: before an
  /// access of that thread, by sequenced-before, that what is known here happens after.
  struct knowledge {
    std::array<u8, most_words> newest{};
    std::array<u16, most_threads> done{};
  };
  struct message {
    u64 value;
    u16 name;         // of the access that stored it
    u8 rank;          // its place in `order`
    bool update;      // stored by a read-modify-write
    knowledge shown;  // what an acquire load of it learns
  };
  struct place {
    std::vector<message> messages;  // by when they were stored in this run
    std::vector<u8> order;          // modification order
  };
  struct actor {
    knowledge known;
    fingerprint trail;
  };
  using accesses = std::bitset<most_seq_cst>;
  struct seq_cst_access {
    u8 thread;
    u16 index;  // among its thread's accesses
    u16 word;
    bool reads, wrote;
    u8 read, written;  // messages
    accesses before;   // seq_cst accesses that come earlier in S
  };
  struct edges {
    accesses before, after;
  };

  [[nodiscard]] static u16 name(u32 thread, u32 index) {
    if (index >= 1u << 12) too_large("accesses of a thread", 1u << 12);
    return static_cast<u16>(thread << 12 | index);
  }
  static void note(fingerprint &f, u64 what) {
    f.high = (f.high ^ what) * 0x9E3779B97F4A7C15ull;
    f.high ^= f.high >> 29;
    f.low = (f.low + what) * 0xD6E8FEB86659FD93ull + 1;
    f.low ^= f.low >> 32;
  }
  void join(knowledge &into, knowledge const &from) const {
    for (u16 const w : stored_) {
      auto const &m = words_[w].messages;
      if (m[from.newest[w]].rank > m[into.newest[w]].rank) into.newest[w] = from.newest[w];
    }
    for (u32 t = 0; t < most_threads; ++t)
      if (from.done[t] > into.done[t]) into.done[t] = from.done[t];
  }
  static u8 insert(place &p, u32 rank, message const &m) {
    if (p.messages.size() == most_messages) too_large("stores to a word", most_messages);
    u8 const index = static_cast<u8>(p.messages.size());
    p.messages.push_back(m);
    p.order.insert(p.order.begin() + rank, index);
    for (u32 r = rank; r < p.order.size(); ++r) p.messages[p.order[r]].rank = static_cast<u8>(r);
    return index;
  }

  /// The places in S that a seq_cst access with this option must come after, and before. C++20
  /// wants S to agree with: A sequenced before B; A sequenced before X, X happens before Y, Y
  /// sequenced before B; A coherence-ordered before B. Ranks count twice, to leave room for a new
  /// message between two.
  [[nodiscard]] edges settle(u32 thread, access const &a, u8 option) const {
    place const &p = words_[a.word];
    u32 const read = 2u * p.messages[option].rank;
    u32 const written = read + 1;
    bool const reads = a.reads();
    bool const writes = a.writes(p.messages[option].value);
    edges e;
    for (u32 i = 0; i < seq_cst_.size(); ++i) {
      seq_cst_access const &f = seq_cst_[i];
      bool before = f.index < threads_[thread].known.done[f.thread];
      bool after = false;
      if (f.word == a.word) {
        u32 const f_read = 2u * p.messages[f.read].rank;
        u32 const f_written = 2u * p.messages[f.written].rank;
        before = before || (f.wrote && reads && f_written <= read) ||
                 (f.wrote && writes && f_written < written) ||
                 (f.reads && writes && f_read < written) || (f.reads && reads && f_read < read);
        after = (writes && f.reads && written < f_read) ||
                (writes && f.wrote && written < f_written) ||
                (reads && f.wrote && read < f_written) || (reads && f.reads && read < f_read);
      }
      if (before) (e.before |= f.before).set(i);
      if (after) e.after.set(i);
    }
    return e;
  }
  void remember(u32 thread, access const &a, u8 option, bool wrote) {
    u32 const n = static_cast<u32>(seq_cst_.size());
    if (n == most_seq_cst) too_large("seq_cst accesses", most_seq_cst);
    edges const e = settle(thread, a, option);
    place const &p = words_[a.word];
    for (auto &f : seq_cst_) {
      bool const follows = e.after.test(static_cast<std::size_t>(&f - seq_cst_.data())) ||
                           (f.before & e.after).any();
      if (follows) (f.before |= e.before).set(n);
    }
    // A message that is about to be stored gets the next number.
    u8 const written = wrote ? static_cast<u8>(p.messages.size()) : option;
    seq_cst_.push_back({static_cast<u8>(thread), threads_[thread].known.done[thread], a.word,
                        a.reads(), wrote, option, written, e.before});
  }

  std::vector<place> words_;
  u32 used_ = 0;
  std::vector<u16> stored_;  // words with more than their first value
  std::array<actor, most_threads> threads_;
  std::vector<seq_cst_access> seq_cst_;
};

}  // namespace model

#endif
