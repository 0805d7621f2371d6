// Small encounters on slabs: those who acquire and end objects, those who sweep, those who take a
// slab back or close the pool; each with what must hold in every execution.
#ifndef ESCROW_TESTS_MODEL_SLAB_SCENES_HPP
#define ESCROW_TESTS_MODEL_SLAB_SCENES_HPP

#include <vector>

#include "slabs.hpp"

namespace slab_scenes {

using model::check;
using model::claim;
using model::slabs;
using model::u32;
using model::u64;
using model::word;
namespace protocol = escrow::protocol;
using scene = model::scenario<slabs>;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr u64 born = 6;  // the generation of the first objects

inline void two_held(slabs &s) {
  s.begin(2);
}
inline void one_held(slabs &s) {
  s.begin(1);
}

inline std::vector<scene> claims() {
  return {
      {{[](slabs &s) { (void)s.use_one(true); }, [](slabs &s) { (void)s.use_one(true); }},
       [](slabs &s) { s.all_free_found(0); },
       one_held,
       "two threads want the last slot"},
      {{[](slabs &s) { s.end(0); }, [](slabs &s) { (void)s.use_one(true); }},
       [](slabs &s) { s.all_free_found(0); },
       two_held,
       "an object ends, and its slot is wanted"},
      {{[](slabs &s) { s.end(0); },
        [](slabs &s) {
          // A mask that a sweep which slept stores: it shows a slot that may be held.
          s.all[0].free.store(1, relaxed);
          (void)s.use_one(false);
        }},
       {},
       two_held,
       "an object ends, and a mask shows its slot already"},
      {{[](slabs &s) { s.lanes[0].take_up(s.all[1]); },
        [](slabs &s) {
          model::slab *const current = s.lanes[0].hand();
          claim c;
          if (current == &s.all[1])
            check(escrow::claim_first(*current, slabs::key, word::object, c), "it has free slots");
        }},
       {},
       [](slabs &s) {
         s.begin(0);
         s.open(1, s.lanes[0]);
       },
       "a lane takes another slab up"},
      {{[](slabs &s) {
          s.make(1);
          s.open(1, s.lanes[0]);
          s.lanes[0].take_up(s.all[1]);
        },
        [](slabs &s) {
          model::slab *const current = s.lanes[0].hand();
          if (current == nullptr) return;
          check(current->headers.load(relaxed) != nullptr, "what is in hand has headers");
          claim c;
          (void)escrow::claim_first(*current, slabs::key, word::object, c);
        }},
       {},
       {},
       "a lane takes a new slab up"},
  };
}

inline std::vector<scene> sweeps() {
  auto const swept = [](slabs &s) { s.all_free_found(0); };
  auto const one_dirty = [](slabs &s) {
    s.begin(2);
    s.end(1);
  };
  return {
      {{[](slabs &s) { s.end(0); }, [](slabs &s) { s.sweep(0); }},
       swept,
       one_dirty,
       "an end meets a sweep"},
      {{[](slabs &s) { s.end(0); }, [](slabs &s) { s.end(1); }},
       swept,
       two_held,
       "two objects of a slab end"},
      {{[](slabs &s) { s.end(0); }, [](slabs &s) { escrow::mark_dirty(s.all[1]); },
        [](slabs &s) { s.sweep(0); }},
       swept,
       [](slabs &s) {
         s.begin(1);
         s.open(1, s.lanes[0]);
       },
       "two slabs come to one stack"},
      {{[](slabs &s) { s.sweep(0); },
        [](slabs &s) {
          escrow::lock_hold const hold(s.lanes[0].guard);
          check(s.shelf.restock(s.lanes[0]), "a slot is free");
          claim c;
          if (escrow::claim_any(s.all[0], slabs::key, word::object, c)) s.end(s.number(c));
        }},
       swept,
       one_dirty,
       "a sweep meets a refill"},
      {{[](slabs &s) {
          s.marks[0][0].store(0, relaxed);
          s.release(0, born);
        },
        [](slabs &s) { s.sweep(0); }, [](slabs &s) { (void)s.use_one(true); }},
       swept,
       [](slabs &s) {
         s.begin(1);
         s.all[0].owed.store(word::tra, relaxed);
         s.lanes[0].current.store(nullptr, relaxed);
       },
       "a slot is cleaned between two holders"},
      {{[](slabs &s) {
          if (escrow::begin_cleaning(s.at(0), word::at(7, word::tra))) s.told[0].store(1, relaxed);
        },
        [](slabs &s) {
          if (escrow::begin_cleaning(s.at(0), word::at(7, word::tra))) s.told[1].store(1, relaxed);
        }},
       [](slabs &s) {
         check(s.told[0].load(relaxed) + s.told[1].load(relaxed) == 1, "one cleans");
       },
       [](slabs &s) {
         s.begin(1);
         s.at(0).word.store(word::at(7, word::tra), relaxed);
       },
       "two threads clean one slot"},
      {{[](slabs &s) {
          escrow::vacate(s.at(0));
          escrow::mark_dirty(s.all[0]);
        },
        [](slabs &s) { s.sweep(0); }},
       swept,
       [](slabs &s) {
         s.begin(2);
         s.end(1);
         s.at(0).word.store(word::at(7, word::tra | word::rev), relaxed);
       },
       "a destructor has run, and a sweep comes"},
      {{[](slabs &s) {
          s.marks[1][0].store(1, relaxed);
          escrow::vacate(s.at(0));
        },
        [](slabs &s) {
          claim c;
          if (escrow::claim_first(s.all[0], slabs::key, word::object, c))
            check(s.marks[1][0].load(relaxed) == 1, "a slot is claimed after it was cleaned");
        }},
       {},
       [](slabs &s) {
         s.begin(2);
         s.all[0].free.store(1, relaxed);
         s.at(0).word.store(word::at(7, word::tra | word::rev), relaxed);
       },
       "a destructor has run, and the slot is wanted"},
      {{[](slabs &s) { s.end(0); },
        [](slabs &s) {
          escrow::lock_hold const hold(s.lanes[1].guard);
          if (s.shelf.restock(s.lanes[1]))
            check(s.all[0].home.load(relaxed) == &s.lanes[1], "a slab goes with its lane");
        }},
       swept,
       [](slabs &s) {
         s.begin(1);
         s.lanes[0].current.store(nullptr, relaxed);
         s.shelf.sweep(s.lanes[0], s.all[0]);
       },
       "a lane takes another lane's slab"},
  };
}

/// Those who hold one object: each marks it, and whoever frees it sees that all are done.
inline std::vector<scene> holders() {
  auto const leaves = [](u32 mark, auto step) {
    return [mark, step](slabs &s) {
      s.marks[1][mark].store(0, relaxed);
      if (escrow::apply_surely(s.at(0).word, step) != ESCROW_FREED) return;
      check(s.marks[1][0].load(relaxed) == 0 && s.marks[1][1].load(relaxed) == 0,
            "who frees an object sees what all holders did");
      s.told[0].store(s.told[0].load(relaxed) + 1, relaxed);
    };
  };
  auto const held_as = [](u64 state) {
    return [state](slabs &s) {
      s.begin(1);
      s.at(0).word.store(word::at(born, state), relaxed);
      for (u32 i = 0; i < 2; ++i) s.marks[1][i].store(1, relaxed);
    };
  };
  auto const freed_once = [](slabs &s) {
    check(s.told[0].load(relaxed) == 1 && s.at(0).word.load(relaxed) == word::at(born + 1, 0),
          "one frees the object");
  };
  auto const owner = [](u64 w) { return protocol::release_object(w, born, 0); };
  auto const duplicate = [](u64 w) { return protocol::drop_reference(w, born, 0); };
  auto const loan = [](u64 w) { return protocol::drop_loan(w, born, 0); };
  return {
      {{leaves(0, owner), leaves(1, duplicate)},
       freed_once,
       held_as(word::object + word::ref),
       "an owner and a duplicate end"},
      {{leaves(0, owner), leaves(1, loan)},
       freed_once,
       held_as(word::object + word::lend),
       "an owner ends while a loan is given back"},
      {{leaves(0, duplicate), leaves(1, loan)},
       freed_once,
       held_as(word::reference + word::lend),
       "the last duplicate ends while a loan is given back"},
      {{[](slabs &s) {
          auto const borrow = [](u64 w) { return protocol::add_loan(w, born, true); };
          if (escrow::apply_surely(s.at(0).word, borrow) != ESCROW_OK) return;
          check(s.marks[0][0].load(relaxed) == 1, "what is borrowed is there");
          s.marks[1][0].store(1, relaxed);
          s.marks[1][0].store(0, relaxed);
          auto const back = [](u64 w) { return protocol::drop_loan(w, born, 0); };
          (void)escrow::apply_surely(s.at(0).word, back);
        },
        [](slabs &s) {
          auto const end = [](u64 w) { return protocol::release_object(w, born, 0); };
          (void)escrow::apply_surely(s.at(0).word, end);
        },
        [](slabs &s) {
          claim c;
          s.all[0].free.store(1, relaxed);
          if (!escrow::claim_first(s.all[0], slabs::key, word::object, c)) return;
          check(s.marks[1][0].load(relaxed) == 0, "the borrower has given back");
          s.marks[0][0].store(2, relaxed);
        }},
       {},
       one_held,
       "an object is borrowed, ends, and its slot is used again"},
      {{[](slabs &s) {
          s.marks[0][0].store(7, relaxed);
          auto const out = [](u64 w) {
            return protocol::move_out(w, born, escrow::slot_kind::object);
          };
          check(escrow::apply(s.at(0).word, out) == ESCROW_OK, "nobody else holds it");
        },
        [](slabs &s) {
          auto const in = [](u64 w) {
            return protocol::move_in(w, born + 1, escrow::slot_kind::object);
          };
          if (escrow::apply(s.at(0).word, in) == ESCROW_OK)
            check(s.marks[0][0].load(relaxed) == 7, "who takes in sees what the giver wrote");
        }},
       {},
       one_held,
       "an object is moved"},
      {{[](slabs &s) {
          auto const in = [](u64 w) {
            return protocol::move_in(w, born + 1, escrow::slot_kind::object);
          };
          if (escrow::apply(s.at(0).word, in) == ESCROW_OK) s.told[0].store(1, relaxed);
        },
        [](slabs &s) {
          auto const in = [](u64 w) {
            return protocol::move_in(w, born + 1, escrow::slot_kind::object);
          };
          if (escrow::apply(s.at(0).word, in) == ESCROW_OK) s.told[1].store(1, relaxed);
        }},
       [](slabs &s) {
         check(s.told[0].load(relaxed) + s.told[1].load(relaxed) == 1, "a ticket has one taker");
       },
       [](slabs &s) {
         s.begin(1);
         s.at(0).word.store(word::at(born + 1, word::object | word::tra), relaxed);
       },
       "two threads take one ticket in"},
  };
}

/// Closing, and slabs that change hands.
inline std::vector<scene> ends() {
  auto const acquire = [](slabs &s) {
    claim c;
    if (!escrow::claim_first(s.all[0], slabs::key, word::object, c)) return;
    s.mark(c);
    if (escrow::block_word::still_open(s.pool_word, slabs::pool)) {
      s.told[0].store(1 + s.number(c), relaxed);
      return;
    }
    s.mark_of(c).store(0, relaxed);
    escrow::undo_claim(s.all[0], *c.header);
  };
  auto const close = [](slabs &s) {
    escrow::block_word::begin_closing(s.pool_word, slabs::pool);
    escrow::revoke_slots(s.all[0], [](u32, u64) { return false; });
  };
  auto const revoked = [](slabs &s) {
    for (u32 k = 0; k < slabs::used; ++k) {
      u64 const w = s.at(k).word.load(relaxed);
      check(!word::is_occupied(w) || (w & word::rev) != 0, "what a closed pool holds is revoked");
      if (s.told[0].load(relaxed) == 1 + k) check(word::is_occupied(w), "an object stays held");
    }
    s.all_free_found(0);
  };
  auto const claims_next = [](slabs &s) {
    claim c;
    s.all[0].free.store(1, relaxed);
    if (!escrow::claim_first(s.all[0], slabs::next_key, word::object, c)) return;
    check(c.payload == reinterpret_cast<u64>(s.memory[0]) + s.number(c) * slabs::next_stride &&
              escrow::handle::tag(c.name) == escrow::handle::tag(slabs::next_name(0)),
          "a claim has the layout of its owner");
    s.mark(c);
  };
  auto const idle = [](slabs &s) { s.begin(0); };
  return {
      {{acquire, close}, revoked, idle, "a pool closes while a slot is claimed"},
      {{acquire, acquire, close}, {}, idle, "a pool closes while two slots are claimed"},
      {{[](slabs &s) { s.end(0); }, close},
       [](slabs &s) { s.all_free_found(0); },
       one_held,
       "a pool closes while an object ends"},
      {{[](slabs &s) { (void)s.use_one(false); }, [](slabs &s) { (void)s.hand_over(); }},
       [](slabs &s) { s.all_found(); },
       idle,
       "a slab changes hands while a slot is claimed"},
      {{[](slabs &s) { (void)s.hand_over(); }, claims_next},
       [](slabs &s) { s.all_found(); },
       idle,
       "a slab changes hands, and its next owner claims"},
      {{[](slabs &s) { s.end(0); }, [](slabs &s) { (void)s.hand_over(); }},
       [](slabs &s) { s.all_found(); },
       one_held,
       "a slab changes hands behind an end"},
      {{[](slabs &s) { s.end(0); }, [](slabs &s) { (void)s.hand_over(); }, claims_next},
       [](slabs &s) { s.all_found(); },
       one_held,
       "an end, the next owner, and its claim"},
      {{[](slabs &s) { s.end(0); },
        [](slabs &s) {
          if (!s.hand_over()) return;
          claim c;
          s.all[0].free.store(1, relaxed);
          check(escrow::claim_first(s.all[0], slabs::next_key, word::object, c),
                "nobody else claims");
          s.mark(c);
          s.end(s.number(c));
        }},
       [](slabs &s) { s.all_free_found(0); },
       one_held,
       "an end, and one of the next owner's"},
      {{[](slabs &s) { s.end(0); }, [](slabs &s) { check(!s.hand_over(), "a slot is held"); },
        [](slabs &s) {
          s.all[0].free.store(1, relaxed);
          (void)s.use_one(false);
        }},
       [](slabs &s) { s.all_found(); },
       two_held,
       "a slab of which a slot is held stays"},
      // As reference.hpp and the ledger read: fields between two looks at the word.
      {{[](slabs &s) {
          auto const &h = s.at(1);
          u64 const w = h.word.load(std::memory_order_acquire);
          u64 const name = s.all[0].name.load(std::memory_order_acquire);
          u64 const address = h.payload.load(std::memory_order_acquire);
          if (word::is_occupied(w) && h.word.load(std::memory_order_acquire) == w)
            check(name == slabs::name(0) &&
                      address == reinterpret_cast<u64>(s.memory[0]) + slabs::stride,
                  "an old handle shows its own slot");
        },
        [](slabs &s) {
          s.end(0);
          s.end(1);
          check(s.hand_over(), "nobody holds a slot");
        }},
       {},
       two_held,
       "a slab changes hands under an old handle"},
  };
}

inline std::vector<scene> all() {
  return model::joined({claims(), sweeps(), holders(), ends()});
}

}  // namespace slab_scenes

#endif
