// Small encounters by the C facade: handles whose slots are used again while somebody looks at
// them, who holds an object and its end, and references that move.
#ifndef ESCROW_TESTS_MODEL_FACADE_SCENES_HPP
#define ESCROW_TESTS_MODEL_FACADE_SCENES_HPP

#include <vector>

#include "facade_world.hpp"

namespace facade_scenes {

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
inline void end_sole(compiled_run &) {
  use_if_freed(single, escrow_release(single.sole), single.sole_memory);
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
        end_sole},
       freed_once,
       {},
       "an object is read, and its slot used again"},
      {{[](compiled_run &) {
          u64 cursor = single.sole_cursor;
          escrow_reference_info info;
          u32 count = 0;
          check(escrow_pool_inspect(single.pool, &cursor, &info, 1, &count) == ESCROW_OK,
                "an open pool is listed");
          if (count != 0 && info.handle == single.sole)
            check(info.size == world::size, "what is listed is the handle's object");
        },
        end_sole},
       freed_once,
       {},
       "a pool is listed, and a slot used again"},
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
        end_sole},
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
        end_sole},
       freed_once,
       {},
       "an object is lent and ends"},
      {{[](compiled_run &) {
          write_to(destroyed.memory);
          check(escrow_release(destroyed.object) >= ESCROW_OK, "an owner ends");
        },
        [](compiled_run &) {
          read_from(destroyed.memory);
          check(escrow_release(destroyed.duplicate) >= ESCROW_OK, "a duplicate ends");
        }},
       [](compiled_run &) { check(said[1].load(relaxed) == 1, "a destructor runs once"); },
       {},
       "a destructor runs after all holders"},
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
