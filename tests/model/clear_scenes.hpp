// Small encounters of a clear with readers and writers of an index, each with what must hold in
// every execution. A clear that is seen stays seen, what it took is not found again, what came
// after it is not lost, and who sees it sees what its thread had done before.
#ifndef ESCROW_TESTS_MODEL_CLEAR_SCENES_HPP
#define ESCROW_TESTS_MODEL_CLEAR_SCENES_HPP

#include <vector>

#include "bucket_scenes.hpp"

namespace clear_scenes {

using bucket_scenes::find;
using bucket_scenes::key;
using bucket_scenes::put_1;
using bucket_scenes::put_both;
using bucket_scenes::put_first;
using bucket_scenes::put_keys;
using bucket_scenes::read;
using bucket_scenes::scene;
using model::check;
using model::index;
using model::u64;

constexpr auto relaxed = std::memory_order_relaxed;

inline void clear_after_a_note(index &m) {
  m.record().store(7, relaxed);
  m.clear();
}
inline void expect_noted(index &m) {
  check(m.record().load(relaxed) == 7, "who sees a clear sees what came before");
}

inline std::vector<scene> of_readers() {
  return {
      {{[](index &m) {
          m.clear();
          m.put(2, 21);
        },
        [](index &m) {
          u64 const before = read(m, 1);
          check(read(m, 1) == 0 || before != 0, "what a clear took is not found again");
        }},
       [](index &m) { check(m.get(1) == 0 && m.get(2) == 21, "the last writes stay"); },
       put_1,
       "a map is cleared and filled again"},
      {{[](index &m) {
          m.clear();
          m.put(1, 12);
        },
        [](index &m) {
          u64 const before = read(m, 1);
          u64 const after = read(m, 1);
          check(before != 0 || after != 11, "what a clear took is not found again");
          check(before != 12 || after == 12, "what came after a clear stays");
        }},
       [](index &m) { check(m.get(1) == 12, "the last write stays"); },
       put_1,
       "a key comes back after a clear"},
      {{clear_after_a_note,
        [](index &m) {
          if (m.get(1) == 0) expect_noted(m);
        }},
       [](index &m) { check(m.get(1) == 0, "a clear takes all"); },
       put_1,
       "a clear is seen by a reader"},
      {{clear_after_a_note,
        [](index &m) {
          if (m.get(key(7)) == 0) expect_noted(m);
        }},
       [](index &m) { check(m.get(key(0)) == 0 && m.get(key(7)) == 0, "a clear takes all"); },
       [](index &m) { put_keys(m, 8); },
       "a clear is seen by a reader of a node"},
      {{[](index &m) {
          m.clear();
          m.put(key(1), 10 * key(1) + 2);
        },
        [](index &m) {
          if (read(m, key(7)) == 0) check(m.get(2) == 0, "a clear is seen in all buckets at once");
        }},
       [](index &m) { check(m.get(key(7)) == 0 && m.get(2) == 0, "a clear takes all"); },
       [](index &m) {
         put_keys(m, 8);
         put_first(m, 2);
         m.split();
         m.look_at_child_first();
       },
       "a clear is seen in a node and then in another bucket"},
  };
}

inline std::vector<scene> of_writers() {
  return {
      {{clear_after_a_note,
        [](index &m) {
          if (m.put_if_absent(1, 12)) expect_noted(m);
        }},
       [](index &m) { check(m.get(1) != 11, "a clear takes all"); },
       put_1,
       "a clear is seen by a writer"},
      {{clear_after_a_note,
        [](index &m) {
          if (m.put_if_absent(key(7), 10 * key(7) + 2)) expect_noted(m);
        }},
       [](index &m) { check(m.get(key(0)) == 0, "a clear takes all"); },
       [](index &m) { put_keys(m, 8); },
       "a clear is seen by a writer to a node"},
      {{clear_after_a_note,
        [](index &m) {
          if (!m.erase(1)) expect_noted(m);
        }},
       [](index &m) { check(m.get(1) == 0, "a clear takes all"); },
       put_1,
       "a clear is seen by who erases"},
      {{[](index &m) {
          m.clear();
          check(read(m, 1) != 11, "what a clear took is not found again");
        },
        [](index &m) {
          m.put(1, 12);
          check(read(m, 1) != 11, "an overwritten value is not found again");
        }},
       [](index &m) { check(m.get(1) == 0 || m.get(1) == 12, "the last write stays"); },
       put_1,
       "a clear meets a writer"},
      {{[](index &m) { m.clear(); },
        [](index &m) {
          bool const cleared = read(m, 3) == 0;
          m.put(1, 12);
          if (cleared) m.record().store(1, relaxed);
        },
        [](index &m) { m.put(2, 22); }},
       [](index &m) {
         if (m.record().load(relaxed) != 0) check(m.get(1) == 12, "what came after a clear stays");
         check(m.get(3) == 0, "a clear takes all");
       },
       [](index &m) { put_first(m, 3); },
       "two writers empty a bucket after a clear"},
  };
}

inline std::vector<scene> of_growth() {
  return {
      {{[](index &m) {
          m.clear();
          m.put(2, 22);
          check(read(m, 1) == 0, "what a clear took is not found again");
        },
        [](index &m) { m.split(); }},
       [](index &m) { check(m.get(1) == 0 && m.get(2) == 22, "the last writes stay"); },
       put_both,
       "a map is cleared while a bucket splits"},
      {{[](index &m) {
          m.clear();
          m.put(2, 22);
        },
        [](index &m) { m.merge(); }},
       [](index &m) { check(m.get(1) == 0 && m.get(2) == 22, "the last writes stay"); },
       [](index &m) {
         put_both(m);
         m.split();
       },
       "a map is cleared while buckets merge"},
      {{[](index &m) {
          m.clear();
          m.sweep();
        },
        [](index &m) {
          bool const cleared = read(m, 3) == 0;
          m.put(1, 12);
          if (cleared) find(m, 1);
        }},
       [](index &m) { check(m.get(3) == 0, "a clear takes all"); },
       [](index &m) { put_first(m, 3); },
       "a writer meets a sweep after a clear"},
  };
}

inline std::vector<scene> all() {
  return model::joined({of_readers(), of_writers(), of_growth()});
}

}  // namespace clear_scenes

#endif
