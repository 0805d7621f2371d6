// Encounters of writers and a reader in one place of a trace, on the real code of the place.
#ifndef ESCROW_TESTS_MODEL_TRACE_SCENES_HPP
#define ESCROW_TESTS_MODEL_TRACE_SCENES_HPP

#include <vector>

#include "atomic.hpp"
#include "escrow/trace_ring.hpp"

namespace trace_scenes {

using escrow::u64;
using model::check;

struct place {
  escrow::basic_trace_place<model::atomic, 2> at;
  place() {
    at.stamp.name("stamp");
    at.words[0].name("word0");
    at.words[1].name("word1");
  }
  void write(u64 n) {
    u64 const words[] = {10 * n, 10 * n + 1};
    (void)at.write(n, words);
  }
  void read(u64 n) {
    u64 words[2] = {};
    if (at.read(n, words))
      check(words[0] == 10 * n && words[1] == 10 * n + 1, "an event is shown whole");
  }
};

inline std::vector<model::scenario<place>> all() {
  auto const write = [](u64 n) { return [n](place &p) { p.write(n); }; };
  auto const read = [](u64 n) { return [n](place &p) { p.read(n); }; };
  auto const first = [](place &p) { p.write(1); };
  auto const whole = [](place &p) {
    p.read(1);
    p.read(2);
  };
  return {
      {{write(1), read(1)}, whole, {}, "an event is written and read"},
      {{write(2), read(1)}, whole, first, "an event is overwritten and read"},
      {{write(1), write(2), read(2)}, whole, {}, "two writers meet in a place"},
      {{write(2), write(3), read(2)},
       [](place &p) { p.read(3); },
       first,
       "two writers overwrite an event"},
  };
}

}  // namespace trace_scenes

#endif
