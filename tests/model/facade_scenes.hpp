// Small encounters by the C facade: handles whose slots are used again while somebody looks at
// them, who holds an object and its end, and references that move.
#ifndef ESCROW_TESTS_MODEL_FACADE_SCENES_HPP
#define ESCROW_TESTS_MODEL_FACADE_SCENES_HPP

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "compiled.hpp"
#include "escrow/escrow.h"
#include "facade_words.hpp"

namespace facade_scenes {

using model::check;
using model::code;
using model::compiled_run;
using model::told;
using model::u64;

inline void expect(bool done) {
  if (done) return;
  std::fprintf(stderr, "facade_test: the world of the scenes cannot be made\n");
  std::abort();
}

/// What every run begins with: references of one pool. Where who wants a slot looks first, in the
/// masks, two are shown, one of an object and one of a reference: of what ends in the scene, or
/// `spare`.
struct world {
  escrow_pool pool = 0;
  escrow_handle object = 0, duplicate = 0;  // of one object
  escrow_handle last = 0;                   // a duplicate whose object's first handle has ended
  escrow_handle sole = 0;                   // of an object that nobody else holds
  escrow_handle other = 0;                  // another object
  escrow_handle loan = 0;                   // of `object`
  escrow_handle ticket = 0;                 // a duplicate of `object`, on its way
  escrow_handle spare = 0;                  // it has ended: a free slot for a reference
  void *memory = nullptr;                   // of `object`
  void *last_memory = nullptr;
  void *sole_memory = nullptr;

  using handle = escrow_handle world::*;
  world(handle ends, handle reference_ends) {
    escrow_pool_options o{};
    o.struct_size = sizeof o;
    expect(escrow_pool_open(&o, &pool) == ESCROW_OK);
    escrow_handle gone = 0;
    escrow_handle moves = 0;
    escrow_view seen{};
    expect(escrow_acquire(pool, size, &object, &memory) == ESCROW_OK &&
           escrow_dup(object, &duplicate) == ESCROW_OK &&
           escrow_lend(object, &loan, &seen) == ESCROW_OK &&
           escrow_dup(object, &moves) == ESCROW_OK &&
           escrow_move_out(moves, &ticket) == ESCROW_OK &&
           escrow_acquire(pool, size, &gone, &last_memory) == ESCROW_OK &&
           escrow_dup(gone, &last) == ESCROW_OK && escrow_release(gone) == ESCROW_OK &&
           escrow_acquire(pool, size, &sole, &sole_memory) == ESCROW_OK &&
           escrow_acquire(pool, size, &other, nullptr) == ESCROW_OK &&
           escrow_read(last, &seen) == ESCROW_OK);
    expect(escrow_dup(other, &spare) == ESCROW_OK && escrow_release(spare) == ESCROW_OK);
    model::show_as_free(ends == &world::last ? seen.root : this->*ends);
    model::show_as_free(this->*reference_ends);
    name(object, "object");
    name(duplicate, "duplicate");
    name(last, "last");
    name(seen.root, "root");
    name(sole, "sole");
    name(other, "other");
    name(loan, "loan");
    name(ticket, "ticket");
    name(spare, "spare");
  }

  static constexpr u64 size = 16, next_size = 9;  // of one class

 private:
  static void name(u64 handle, std::string as) {
    model::each_word_of(handle, &as, [](void *to, void const *at, char const *kind) {
      code.name(at, *static_cast<std::string *>(to) + " " + kind);
    });
  }
};

// Made before any search begins.
inline world const reused(&world::sole, &world::duplicate);
inline world const relent(&world::sole, &world::loan);
inline world const shared(&world::object, &world::spare);
inline world const lasting(&world::last, &world::spare);
inline world const single(&world::sole, &world::spare);

inline told said[2];
constexpr auto relaxed = std::memory_order_relaxed;

/// A user of an object's memory.
inline void write_to(void *memory) {
  code.plain(memory, 8, true, nullptr);
}
inline void read_from(void *memory) {
  code.plain(memory, 8, false, nullptr);
}

using scene = model::scenario<compiled_run>;

/// The end of a duplicate, whose slot then is another object's duplicate, or a loan of it.
inline void use_its_slot_again(compiled_run &) {
  world const &w = reused;
  check(escrow_release(w.duplicate) == ESCROW_OK, "a duplicate ends");
  escrow_handle again = 0;
  check(escrow_dup(w.other, &again) == ESCROW_OK, "its slot is free");
}

inline void lend_its_slot(compiled_run &) {
  world const &w = reused;
  if (escrow_release(w.duplicate) < ESCROW_OK) return;
  escrow_loan next = 0;
  escrow_view seen;
  check(escrow_lend(w.other, &next, &seen) == ESCROW_OK, "its slot is free");
}

/// Who frees an object acquires the next one there and writes to it.
inline void use_if_freed(world const &w, escrow_status ended, void *memory) {
  check(ended >= ESCROW_OK, "who holds a reference ends it");
  if (ended != ESCROW_FREED) return;
  said[0].store(1, relaxed);
  escrow_handle next = 0;
  void *at = nullptr;
  check(escrow_acquire(w.pool, world::next_size, &next, &at) == ESCROW_OK, "a slot is free");
  check(at == memory, "it is that of the object that ended");
  write_to(at);
}
inline void freed_once(compiled_run &) {
  check(said[0].load(relaxed) == 1, "the object is freed");
}

/// Handles whose slots are used again while somebody looks at them.
inline std::vector<scene> reuse() {
  return {
      {{[](compiled_run &) {
          escrow_view seen;
          if (escrow_borrow(reused.duplicate, &seen) != ESCROW_OK) return;
          check(seen.payload == reused.memory, "what is borrowed is the handle's object");
          check(escrow_return(seen.root) == ESCROW_OK, "what was borrowed is returned");
        },
        use_its_slot_again},
       {},
       {},
       "a duplicate is borrowed, and its slot used again"},
      {{[](compiled_run &) {
          escrow_view seen;
          if (escrow_read(reused.duplicate, &seen) == ESCROW_OK)
            check(seen.payload == reused.memory, "what is read is the handle's object");
        },
        use_its_slot_again},
       {},
       {},
       "a duplicate is read, and its slot used again"},
      {{[](compiled_run &) {
          auto const s = escrow_validate(reused.duplicate, reused.pool, 0);
          check(s == ESCROW_OK || s == ESCROW_E_STALE, "nobody revoked the handle's object");
        },
        [](compiled_run &c) {
          use_its_slot_again(c);
          check(escrow_revoke(reused.other) == ESCROW_OK, "an object is revoked");
        }},
       {},
       {},
       "a duplicate is validated, and its slot used again"},
      {{[](compiled_run &) {
          escrow_handle out = 0;
          auto const s = escrow_move_out(reused.duplicate, &out);
          check(s == ESCROW_OK || s == ESCROW_E_STALE, "nobody revoked the handle's object");
        },
        [](compiled_run &) {
          if (escrow_release(reused.duplicate) != ESCROW_OK) return;
          escrow_handle again = 0;
          check(escrow_dup(reused.other, &again) == ESCROW_OK, "its slot is free");
          check(escrow_revoke(reused.other) == ESCROW_OK, "an object is revoked");
        }},
       {},
       {},
       "a duplicate starts to move, and its slot is used again"},
      {{[](compiled_run &) {
          escrow_view seen;
          if (escrow_read(single.sole, &seen) != ESCROW_OK) return;
          check(seen.payload == single.sole_memory && seen.size == world::size,
                "what is read is the object as it was acquired");
        },
        [](compiled_run &) {
          use_if_freed(single, escrow_release(single.sole), single.sole_memory);
        }},
       freed_once,
       {},
       "an object is read, and its slot used again"},
      {{[](compiled_run &) {
          escrow_view seen;
          auto const s = escrow_borrow(reused.duplicate, &seen);
          check(s == ESCROW_OK || s == ESCROW_E_STALE, "a duplicate is no loan");
        },
        lend_its_slot},
       {},
       {},
       "a duplicate is borrowed, and its slot a loan next"},
      {{[](compiled_run &) {
          auto const s = escrow_release(reused.duplicate);
          check(s >= ESCROW_OK || s == ESCROW_E_STALE, "a duplicate is no loan");
        },
        lend_its_slot},
       {},
       {},
       "a duplicate is ended twice, and its slot a loan next"},
      {{[](compiled_run &) {
          auto const s = escrow_give_back(relent.loan);
          check(s >= ESCROW_OK || s == ESCROW_E_STALE, "a loan is no duplicate");
        },
        [](compiled_run &) {
          if (escrow_give_back(relent.loan) < ESCROW_OK) return;
          escrow_handle again = 0;
          check(escrow_dup(relent.other, &again) == ESCROW_OK, "its slot is free");
        }},
       {},
       {},
       "a loan ends twice, and its slot is a duplicate next"},
      {{[](compiled_run &) {
          if (escrow_release(reused.duplicate) >= ESCROW_OK) said[0].store(1, relaxed);
        },
        [](compiled_run &) {
          if (escrow_release(reused.duplicate) < ESCROW_OK) return;
          said[1].store(1, relaxed);
          escrow_handle again = 0;
          check(escrow_dup(reused.other, &again) == ESCROW_OK, "its slot is free");
          escrow_view seen;
          check(escrow_read(again, &seen) == ESCROW_OK, "who made a reference holds it");
        }},
       [](compiled_run &) {
         check(said[0].load(relaxed) + said[1].load(relaxed) == 1, "a reference ends once");
       },
       {},
       "a duplicate is ended twice, and its slot used again"},
  };
}

/// Those who hold one object, and its end.
inline std::vector<scene> ends() {
  return {
      {{[](compiled_run &) {
          write_to(shared.memory);
          use_if_freed(shared, escrow_release(shared.object), shared.memory);
        },
        [](compiled_run &) {
          check(escrow_give_back(shared.loan) >= ESCROW_OK, "a loan ends");
          check(escrow_release(shared.ticket) >= ESCROW_OK, "a ticket ends");
          read_from(shared.memory);
          use_if_freed(shared, escrow_release(shared.duplicate), shared.memory);
        }},
       freed_once,
       {},
       "an owner and a duplicate end"},
      {{[](compiled_run &) {
          escrow_view seen;
          if (escrow_borrow(lasting.last, &seen) != ESCROW_OK) return;
          read_from(seen.payload);
          use_if_freed(lasting, escrow_return(seen.root), lasting.last_memory);
        },
        [](compiled_run &) {
          use_if_freed(lasting, escrow_release(lasting.last), lasting.last_memory);
        }},
       freed_once,
       {},
       "a last duplicate is borrowed and ends"},
      {{[](compiled_run &) {
          escrow_handle mine = 0;
          if (escrow_dup(single.sole, &mine) != ESCROW_OK) return;
          read_from(single.sole_memory);
          use_if_freed(single, escrow_release(mine), single.sole_memory);
        },
        [](compiled_run &) {
          use_if_freed(single, escrow_release(single.sole), single.sole_memory);
        }},
       freed_once,
       {},
       "an object is duplicated and ends"},
      {{[](compiled_run &) {
          escrow_view seen;
          escrow_loan mine = 0;
          if (escrow_lend(single.sole, &mine, &seen) != ESCROW_OK) return;
          check(seen.payload == single.sole_memory, "what is lent is the object");
          read_from(seen.payload);
          use_if_freed(single, escrow_give_back(mine), single.sole_memory);
        },
        [](compiled_run &) {
          use_if_freed(single, escrow_release(single.sole), single.sole_memory);
        }},
       freed_once,
       {},
       "an object is lent and ends"},
      {{[](compiled_run &) {
          if (escrow_give_back(shared.loan) >= ESCROW_OK) said[0].store(1, relaxed);
        },
        [](compiled_run &) {
          if (escrow_give_back(shared.loan) >= ESCROW_OK) said[1].store(1, relaxed);
        }},
       [](compiled_run &) {
         check(said[0].load(relaxed) + said[1].load(relaxed) == 1, "a loan ends once");
       },
       {},
       "a loan is given back twice"},
  };
}

/// Tickets, and who revokes what is on its way.
inline std::vector<scene> moves() {
  auto const take = [](told &by) {
    escrow_handle mine = 0;
    if (escrow_move_in(shared.ticket, &mine) != ESCROW_OK) return;
    by.store(1, relaxed);
    check(escrow_release(mine) == ESCROW_OK, "who took a ticket holds a reference");
  };
  return {
      {{[](compiled_run &) {
          write_to(single.sole_memory);
          escrow_ticket out = 0;
          check(escrow_move_out(single.sole, &out) == ESCROW_OK, "a sole handle moves");
          said[0].store(out, relaxed);
        },
        [](compiled_run &) {
          escrow_ticket const ticket = said[0].load(relaxed);
          escrow_handle mine = 0;
          if (ticket == 0 || escrow_move_in(ticket, &mine) != ESCROW_OK) return;
          write_to(single.sole_memory);
        }},
       {},
       {},
       "an object moves"},
      {{[=](compiled_run &) { take(said[0]); }, [=](compiled_run &) { take(said[1]); }},
       [](compiled_run &) {
         check(said[0].load(relaxed) + said[1].load(relaxed) == 1, "a ticket has one taker");
       },
       {},
       "two threads take one ticket in"},
      {{[](compiled_run &) {
          check(escrow_revoke(shared.object) == ESCROW_OK, "an owner revokes");
          said[0].store(1, std::memory_order_release);
        },
        [](compiled_run &) {
          bool const revoked = said[0].load(std::memory_order_acquire) != 0;
          escrow_handle out = 0;
          auto const s = escrow_move_out(shared.duplicate, &out);
          check(s == ESCROW_E_REVOKED || (s == ESCROW_OK && !revoked), "what is revoked stays");
        }},
       {},
       {},
       "an object is revoked, and its duplicate wants to move"},
      {{[](compiled_run &) {
          check(escrow_revoke(shared.object) == ESCROW_OK, "an owner revokes");
          said[0].store(1, std::memory_order_release);
        },
        [](compiled_run &) {
          bool const revoked = said[0].load(std::memory_order_acquire) != 0;
          escrow_handle mine = 0;
          auto const s = escrow_move_in(shared.ticket, &mine);
          check(s == ESCROW_E_REVOKED || (s == ESCROW_OK && !revoked), "what is revoked stays");
        }},
       {},
       {},
       "an object is revoked while a ticket is on its way"},
  };
}

inline std::vector<scene> all() {
  return model::joined({reuse(), ends(), moves()});
}

}  // namespace facade_scenes

#endif
