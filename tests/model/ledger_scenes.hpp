// Small encounters of those who note references, those whose slots are used again, and those who
// read notes, on the real code of a ledger's entries and of its stacks. The words of a note are all
// made from one number, so one that is mixed from two is plain to see.
#ifndef ESCROW_TESTS_MODEL_LEDGER_SCENES_HPP
#define ESCROW_TESTS_MODEL_LEDGER_SCENES_HPP

#include <vector>

#include "atomic.hpp"
#include "escrow/fingerprint.hpp"
#include "escrow/ledger_entry.hpp"

namespace ledger_scenes {

using model::check;
using model::u32;
using model::u64;

constexpr auto relaxed = std::memory_order_relaxed;

/// The slot of an object at generation 5, which may end, and become that of another.
struct slot {
  struct header {
    model::atomic<u64> word{escrow::word::at(5, escrow::word::object)};
    model::atomic<u64> site{0};
  };
  header h;
  escrow::basic_ledger_entry<model::atomic> entry;
  model::atomic<u64> wrote{0};  // the note of generation 6 was taken

  slot() {
    h.word.name("slot word");
    h.site.name("slot site");
    entry.when.name("entry when");
    entry.where.name("entry where");
    entry.how.name("entry how");
  }

  static u64 name(u64 generation) {
    return escrow::handle::pack(escrow::handle::slot_tag(1), 3, generation);
  }
  static escrow::ledger_note note(u32 n) { return {n, n + 1, n + 2, n + 3, escrow::holder::owner}; }

  bool write(u64 generation, u32 n) {
    u32 before = 0;
    return entry.write(h, name(generation), note(n), before);
  }
  /// The number of the note of a generation; 0: none. Mixed notes end the search.
  u64 read(u64 generation) {
    escrow::ledger_note n{};
    if (!entry.read(h, name(generation), n)) return 0;
    check(n.site == n.when + 1 && n.label == n.when + 2 && n.weight == n.when + 3,
          "a note is of one acquisition");
    return n.when;
  }
  /// The object ends, and another takes the slot: the words that slot.hpp and slab.hpp store.
  void reuse() {
    u64 w = escrow::word::at(5, escrow::word::object);
    check(h.word.compare_exchange_strong(w, escrow::word::at(6, 0), std::memory_order_seq_cst,
                                         relaxed),
          "one owner ends the object");
    w = escrow::word::at(6, 0);
    check(h.word.compare_exchange_strong(w, escrow::word::at(6, escrow::word::object),
                                         std::memory_order_seq_cst, relaxed),
          "one claim takes the slot");
  }
  /// The holder moves the reference out: its name is that of generation 6 from here on.
  void move_out() {
    u64 w = escrow::word::at(5, escrow::word::object);
    check(h.word.compare_exchange_strong(
              w, escrow::word::at(6, escrow::word::object | escrow::word::tra),
              std::memory_order_seq_cst, relaxed),
          "one owner moves the object");
    (void)entry.follow(h, name(5));
  }
  /// What a walk does: it asks the word which reference there is.
  u64 walk() { return read(escrow::word::generation(h.word.load(std::memory_order_acquire))); }
};

using scene = model::scenario<slot>;

inline std::vector<scene> all() {
  auto const noted = [](slot &s) { check(s.write(5, 10), "nobody is in the way"); };
  auto const one = [](u64 got, u64 generation) {
    check(got == 0 || got == (generation == 5 ? 10 : 20), "a note is of the reference asked for");
  };
  return {
      {{[](slot &s) {
          s.reuse();
          (void)s.write(6, 20);
        },
        [one](slot &s) { one(s.read(5), 5); }},
       [](slot &s) { check(s.read(6) == 20, "the note stays"); },
       noted,
       "a note is read while its slot is used again"},
      {{[](slot &s) {
          s.reuse();
          (void)s.write(6, 20);
        },
        [](slot &s) { (void)s.walk(); }},
       {},
       noted,
       "a walk meets a slot that is used again"},
      {{[](slot &s) { check(s.write(5, 10), "nobody is in the way"); },
        [one](slot &s) { one(s.read(5), 5); }},
       [](slot &s) { check(s.read(5) == 10, "the note stays"); },
       {},
       "a note is read while it is written"},
      {{[](slot &s) { (void)s.write(5, 10); },
        [](slot &s) {
          s.reuse();
          s.wrote.store(static_cast<u64>(s.write(6, 20)), relaxed);
        }},
       [](slot &s) {
         if (s.wrote.load(relaxed) != 0) check(s.read(6) == 20, "a late note takes no place");
       },
       {},
       "a late note meets the slot's next object"},
      {{[](slot &s) { (void)s.write(5, 10); },
        [](slot &s) {
          s.reuse();
          (void)s.write(6, 20);
        },
        [one](slot &s) { one(s.read(6), 6); }},
       {},
       {},
       "a late note, the next object's, and a reader"},
      {{[](slot &s) { s.move_out(); },
        [](slot &s) {
          u64 const got = s.read(6);
          check(got == 0 || got == 10, "a note goes with its reference");
        }},
       [](slot &s) { check(s.read(6) == 10, "a note goes with its reference"); },
       noted,
       "a noted reference moves"},
      {{[](slot &s) {
          check(s.write(5, 10), "nobody is in the way");
          s.move_out();
        },
        [](slot &s) {
          u64 const got = s.read(6);
          check(got == 0 || got == 10, "a note goes with its reference");
        }},
       {},
       {},
       "a reference is noted and moves"},
      {{[](slot &s) {
          s.reuse();
          check(s.entry.mark(s.h, slot::name(6)), "nobody is in the way");
        },
        [](slot &s) {
          u64 const born = s.entry.birth(s.h, slot::name(5));
          check(born == 0 || born == 5, "an object was acquired before its handles");
        },
        [](slot &s) {
          u64 const born = s.entry.birth(s.h, slot::name(6));
          check(born == 0 || born == 6, "nobody moved the object before this one");
        }},
       [](slot &s) { check(s.entry.birth(s.h, slot::name(6)) == 6, "the object is traced"); },
       [](slot &s) { check(s.entry.mark(s.h, slot::name(5)), "nobody is in the way"); },
       "a traced object's slot is used again"},
      {{[](slot &s) { s.entry.hold(s.h, slot::name(5), escrow::holder::map); },
        [one](slot &s) { one(s.read(5), 5); }},
       [](slot &s) {
         escrow::ledger_note n{};
         check(s.entry.read(s.h, slot::name(5), n) && n.kind == escrow::holder::map,
               "another holder");
       },
       noted,
       "a map takes a noted reference"},
  };
}

/// Stacks of at most two frames, made from one number.
struct stack {
  static constexpr u32 most = 2;
  u64 frames[most];
  u32 count, native;

  static stack of(u64 n) { return {{n, n + 1}, 2, 1}; }
  [[nodiscard]] u64 key() const { return frames[0]; }
};

/// A table of two places.
struct two_places : escrow::basic_fingerprints<model::atomic, stack, 2, 2> {
  two_places() {
    for (auto const &place : places_) {
      place.key.name("place key");
      place.shape.name("place shape");
      place.seen.name("place seen");
      for (auto const &frame : place.frames) frame.name("place frame");
    }
  }
};

struct stacks {
  two_places table;
  model::atomic<u32> first{0}, second{0};

  /// Frames are those of the stack, or there is no such number yet.
  void read(u32 number, u64 n) {
    stack s{};
    u64 seen = 0;
    if (!table.read(number, s, seen)) return;
    check(s.count == 2 && s.native == 1 && s.frames[0] == n && s.frames[1] == n + 1,
          "a number is that of one whole stack");
  }
  /// Numbers that have a stack, each read as whoever lists sites does.
  void list() {
    for (u32 number = 1; number <= 2; ++number) {
      stack s{};
      u64 seen = 0;
      if (!table.has(number) || !table.read(number, s, seen)) continue;
      check(s.count == 2 && s.frames[1] == s.frames[0] + 1, "a number is that of one whole stack");
    }
  }
};

using stacks_scene = model::scenario<stacks>;

inline std::vector<stacks_scene> of_stacks() {
  auto const enter = [](u64 n, model::atomic<u32> stacks::*at) {
    return [n, at](stacks &s) {
      u32 const number = s.table.enter(stack::of(n));
      (s.*at).store(number, relaxed);
      s.read(number, n);
    };
  };
  auto const seen = [](stacks &s, u32 number) {
    stack out{};
    u64 count = 0;
    check(s.table.read(number, out, count), "a number stays good");
    return count;
  };
  return {
      {{enter(7, &stacks::first), enter(7, &stacks::second)},
       [seen](stacks &s) {
         u32 const one = s.first.load(relaxed);
         check(one != 0 && one == s.second.load(relaxed), "one stack has one number");
         check(seen(s, one) == 2, "both are counted");
       },
       {},
       "two threads enter one stack"},
      {{enter(7, &stacks::first), enter(9, &stacks::second)},
       [seen](stacks &s) {
         u32 const one = s.first.load(relaxed), other = s.second.load(relaxed);
         check(one != 0 && other != 0 && one != other, "two stacks have two numbers");
         check(seen(s, one) == 1 && seen(s, other) == 1, "each is counted");
       },
       {},
       "two threads enter two stacks"},
      {{enter(7, &stacks::first), [](stacks &s) { s.list(); }},
       {},
       {},
       "stacks are listed while one is entered"},
      {{enter(7, &stacks::first), enter(9, &stacks::second), [](stacks &s) { s.list(); }},
       {},
       {},
       "stacks are listed while two are entered"},
  };
}

}  // namespace ledger_scenes

#endif
