// What scenes by the C facade begin with, and what their threads do beside calling it.
#ifndef ESCROW_TESTS_MODEL_FACADE_WORLD_HPP
#define ESCROW_TESTS_MODEL_FACADE_WORLD_HPP

#include <cstdio>
#include <cstdlib>
#include <string>

#include "compiled.hpp"
#include "escrow/escrow.h"
#include "facade_words.hpp"

namespace facade_scenes {

using model::check;
using model::code;
using model::compiled_run;
using model::told;
using model::u32;
using model::u64;

inline void expect(bool done) {
  if (done) return;
  std::fprintf(stderr, "facade_test: the world of the scenes cannot be made\n");
  std::abort();
}

/// What every run begins with: references of one pool. Where who wants a slot looks first, in the
/// masks, one of an object and one of a reference are shown: of what ends in the scene, or `spare`,
/// which can be shown beside.
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
  u64 sole_cursor = 0;  // of a listing of the pool

  using handle = escrow_handle world::*;
  world(handle ends, handle reference_ends, bool spare_too = false) {
    escrow_pool_options o{};
    o.struct_size = sizeof o;
    expect(escrow_pool_open(&o, &pool) == ESCROW_OK);
    escrow_handle gone = 0;
    escrow_handle moves = 0;
    escrow_view seen{};
    // `spare` first: its slot is the lowest.
    expect(escrow_acquire(pool, size, &other, nullptr) == ESCROW_OK &&
           escrow_dup(other, &spare) == ESCROW_OK &&
           escrow_acquire(pool, size, &object, &memory) == ESCROW_OK &&
           escrow_dup(object, &duplicate) == ESCROW_OK &&
           escrow_lend(object, &loan, &seen) == ESCROW_OK &&
           escrow_dup(object, &moves) == ESCROW_OK &&
           escrow_move_out(moves, &ticket) == ESCROW_OK &&
           escrow_acquire(pool, size, &gone, &last_memory) == ESCROW_OK &&
           escrow_dup(gone, &last) == ESCROW_OK && escrow_release(gone) == ESCROW_OK &&
           escrow_acquire(pool, size, &sole, &sole_memory) == ESCROW_OK &&
           escrow_read(last, &seen) == ESCROW_OK);
    expect(escrow_release(spare) == ESCROW_OK);
    escrow_reference_info info{};
    for (u64 cursor = 0; info.handle != sole;) {
      sole_cursor = cursor;
      u32 count = 0;
      expect(escrow_pool_inspect(pool, &cursor, &info, 1, &count) == ESCROW_OK && count == 1);
    }
    model::show_none(object);
    model::show_none(duplicate);
    if (spare_too) model::show_as_free(spare);
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

/// An object of a pool with a destructor, and a duplicate of it.
struct destroyed_world {
  escrow_pool pool = 0;
  escrow_handle object = 0, duplicate = 0;
  void *memory = nullptr;

  destroyed_world() {
    escrow_pool_options o{};
    o.struct_size = sizeof o;
    o.destructor = [](void *payload, u64, void *) {
      write_to(payload);
      said[1].store(said[1].load(relaxed) + 1, relaxed);
    };
    expect(escrow_pool_open(&o, &pool) == ESCROW_OK &&
           escrow_acquire(pool, world::size, &object, &memory) == ESCROW_OK &&
           escrow_dup(object, &duplicate) == ESCROW_OK);
  }
};
inline destroyed_world const destroyed;

}  // namespace facade_scenes

#endif
