// Calls of the C facade on one map or cell that meet: what they answer is of one moment, and no
// plain access of theirs races.
#ifndef ESCROW_TESTS_MODEL_CALL_SCENES_HPP
#define ESCROW_TESTS_MODEL_CALL_SCENES_HPP

#include <cstring>
#include <vector>

#include "escrow/cell.h"
#include "escrow/map_bytes.h"
#include "escrow/map_handles.h"
#include "escrow/map_words.h"
#include "facade_world.hpp"

namespace call_scenes {

using facade_scenes::expect;
using model::check;
using model::compiled_run;
using model::u64;
using scene = model::scenario<compiled_run>;

inline escrow_map open_map(unsigned kind) {
  escrow_map_options o{};
  o.struct_size = sizeof o;
  o.keys = o.values = kind;
  o.seed = 7;
  escrow_map map = 0;
  expect(escrow_map_open(&o, &map) == ESCROW_OK);
  return map;
}
constexpr u64 size = 10;
inline escrow_status put(escrow_map map, char const *key, char const *value) {
  escrow_bytes const bytes{value, size};
  return escrow_map_put_bytes(map, key, 1, &bytes);
}
/// What `key` has, to `out`. @return as escrow_map_get_bytes
inline escrow_status get(escrow_map map, char const *key, char (&out)[size]) {
  escrow_buffer room{out, size, 0};
  auto const s = escrow_map_get_bytes(map, key, 1, &room);
  if (s == ESCROW_OK) check(room.size == size, "a value is as long as it was");
  return s;
}
inline bool is(char const (&found)[size], char const *value) {
  return std::memcmp(found, value, size) == 0;
}

inline escrow_map const words = [] {
  auto const map = open_map(ESCROW_MAP_WORD);
  for (u64 key = 1; key < 4; ++key) expect(escrow_map_put(map, key, key * 10) >= ESCROW_OK);
  return map;
}();
inline escrow_map const bytes = [] {
  auto const map = open_map(ESCROW_MAP_BYTES);
  expect(put(map, "k", "aaaaaaaaaa") >= ESCROW_OK && put(map, "l", "bbbbbbbbbb") >= ESCROW_OK);
  return map;
}();

/// A map of handles whose one reference is a duplicate; its slot is the next reference's but one.
inline facade_scenes::world const held(&facade_scenes::world::sole,
                                       &facade_scenes::world::duplicate, true);
inline escrow_map const handles = [] {
  escrow_map_options o{};
  o.struct_size = sizeof o;
  o.keys = ESCROW_MAP_BYTES;
  o.values = ESCROW_MAP_HANDLE;
  o.seed = 7;
  escrow_map map = 0;
  expect(escrow_map_open(&o, &map) == ESCROW_OK &&
         escrow_map_put_handle(map, "h", 1, held.duplicate) == ESCROW_CREATED);
  return map;
}();

struct pair {
  u64 first, second;
};
inline escrow_status swap(escrow_cell cell, u64 number) {
  pair const content{number, number};
  escrow_bytes const bytes{&content, sizeof content};
  escrow_bytes const tag{"tag", 3};
  return escrow_cell_swap(cell, &bytes, &tag, nullptr, nullptr);
}
inline escrow_cell const cell = [] {
  escrow_cell_options o{};
  o.struct_size = sizeof o;
  o.fixed_size = sizeof(pair);
  escrow_cell made = 0;
  expect(escrow_cell_open(&o, &made) == ESCROW_OK);
  // So often that the slot of a snapshot is there.
  for (u64 n = 1; n < 4; ++n) expect(swap(made, 1) == ESCROW_OK);
  return made;
}();

inline std::vector<scene> maps() {
  return {
      {{[](compiled_run &) {
          u64 value = 0;
          check(escrow_map_get(words, 1, &value) == ESCROW_OK && (value == 10 || value == 11),
                "a key has one of its values");
        },
        [](compiled_run &) {
          check(escrow_map_put(words, 1, 11) >= ESCROW_OK, "a value is stored");
        }},
       {},
       {},
       "a word is read and stored"},
      {{[](compiled_run &) {
          u64 value = 0;
          auto const s = escrow_map_get(words, 1, &value);
          check(s == ESCROW_E_ABSENT || (s == ESCROW_OK && value == 10), "a key has its value");
        },
        [](compiled_run &) {
          check(escrow_map_erase(words, 1) == ESCROW_OK, "a key leaves");
          check(escrow_map_put(words, 9, 90) >= ESCROW_OK, "another comes");
        }},
       {},
       {},
       "a word is read, and its place used again"},
      {{[](compiled_run &) {
          char found[size];
          check(get(bytes, "k", found) == ESCROW_OK &&
                    (is(found, "aaaaaaaaaa") || is(found, "cccccccccc")),
                "a key has one of its values");
        },
        [](compiled_run &) {
          check(put(bytes, "k", "cccccccccc") >= ESCROW_OK, "a value is stored");
        }},
       {},
       {},
       "bytes are read and stored"},
      {{[](compiled_run &) {
          char found[size];
          auto const s = get(bytes, "k", found);
          check(s == ESCROW_E_ABSENT || (s == ESCROW_OK && is(found, "aaaaaaaaaa")),
                "a key has its value");
        },
        [](compiled_run &) {
          check(escrow_map_erase_bytes(bytes, "k", 1) == ESCROW_OK, "a key leaves");
          check(put(bytes, "z", "dddddddddd") >= ESCROW_OK, "another comes");
        }},
       {},
       {},
       "bytes are read, and their record used again"},
      {{[](compiled_run &) {
          escrow_view seen;
          auto const s = escrow_map_borrow_handle(handles, "h", 1, &seen);
          check(s == ESCROW_OK || s == ESCROW_E_ABSENT, "a key has its object, or has left");
          if (s != ESCROW_OK) return;
          check(seen.payload == held.memory, "what is borrowed is the key's object");
          check(escrow_return(seen.root) == ESCROW_OK, "what was borrowed is returned");
        },
        [](compiled_run &) {
          check(escrow_map_erase_handle(handles, "h", 1) == ESCROW_OK, "a key leaves");
          // The second takes the slot of the reference that ended.
          for (int i = 0; i < 2; ++i) {
            escrow_loan next = 0;
            escrow_view seen;
            check(escrow_lend(held.other, &next, &seen) == ESCROW_OK, "a slot is free");
          }
        }},
       {},
       {},
       "an object is borrowed from a map, and its key leaves"},
      {{[](compiled_run &) {
          escrow_handle mine = 0;
          auto const s = escrow_map_get_handle(handles, "h", 1, &mine);
          check(s == ESCROW_OK || s == ESCROW_E_ABSENT, "a key has its object, or has left");
          if (s != ESCROW_OK) return;
          escrow_view seen;
          check(escrow_read(mine, &seen) == ESCROW_OK && seen.payload == held.memory,
                "what is got is the key's object");
          check(escrow_release(mine) == ESCROW_OK, "who got a reference ends it");
        },
        [](compiled_run &) {
          check(escrow_map_erase_handle(handles, "h", 1) == ESCROW_OK, "a key leaves");
          escrow_handle next = 0;
          check(escrow_dup(held.other, &next) == ESCROW_OK, "a slot is free");
        }},
       {},
       {},
       "an object is got from a map, and its key leaves"},
  };
}

inline std::vector<scene> cells() {
  return {
      {{[](compiled_run &) {
          pair found{};
          escrow_buffer room{&found, sizeof found, 0};
          check(escrow_cell_copy(cell, &room, nullptr) == ESCROW_OK, "a cell has a content");
          check(found.first == found.second, "a content is whole");
        },
        [](compiled_run &) { check(swap(cell, 2) == ESCROW_OK, "a content is published"); }},
       {},
       {},
       "a cell is copied and swapped"},
      {{[](compiled_run &) {
          escrow_cell_view view;
          check(escrow_cell_load(cell, &view) == ESCROW_OK, "a cell has a content");
          facade_scenes::read_from(const_cast<void *>(view.content));
          auto const &found = *static_cast<pair const *>(view.content);
          check(found.first == found.second, "a content is whole");
          check(escrow_give_back(view.loan) >= ESCROW_OK, "who loaded gives back");
        },
        [](compiled_run &) { check(swap(cell, 2) == ESCROW_OK, "a content is published"); }},
       {},
       {},
       "a cell is loaded and swapped"},
      {{[](compiled_run &) { check(swap(cell, 2) == ESCROW_OK, "a content is published"); },
        [](compiled_run &) { check(swap(cell, 3) == ESCROW_OK, "a content is published"); }},
       [](compiled_run &) {
         u64 version = 0;
         check(escrow_cell_version(cell, &version) == ESCROW_OK && version == 5,
               "each publication is a version");
       },
       {},
       "two contents are published"},
  };
}

}  // namespace call_scenes

#endif
