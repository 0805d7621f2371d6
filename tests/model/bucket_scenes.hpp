// Small encounters of readers and writers on an index, each with what must hold in every execution.
#ifndef ESCROW_TESTS_MODEL_BUCKET_SCENES_HPP
#define ESCROW_TESTS_MODEL_BUCKET_SCENES_HPP

#include <vector>

#include "index.hpp"

namespace bucket_scenes {

using model::check;
using model::index;
using model::u64;
using scene = model::scenario<index>;

/// The value of key k, which is 0 or one that k had; those are 10 k + 1 to 10 k + 9.
inline u64 read(index &m, u64 k) {
  u64 const value = m.get(k);
  check(value == 0 || value / 10 == k, "a value is of its key");
  return value;
}
inline u64 find(index &m, u64 k) {
  u64 const value = read(m, k);
  check(value != 0, "an entry that nobody removes is found");
  return value;
}
inline void put_first(index &m, u64 k) {
  m.put(k, 10 * k + 1);
}
/// Key n of those in the parent bucket that have a tag of their own.
constexpr u64 key(u64 n) {
  return 16 * n + 1;
}
inline void put_keys(index &m, u64 count) {
  for (u64 n = 0; n < count; ++n) put_first(m, key(n));
}
inline void put_1(index &m) {
  put_first(m, 1);
}
inline void put_2(index &m) {
  put_first(m, 2);
}
inline void put_both(index &m) {
  put_1(m);
  put_2(m);
}
inline void find_both(index &m) {
  find(m, 2);
  find(m, 1);
}

inline std::vector<scene> slots() {
  return {
      {{[](index &m) {
          m.erase(1);
          m.put(2, 21);
          m.erase(2);
          m.put(1, 12);
        },
        [](index &m) {
          read(m, 1);
          read(m, 2);
        }},
       [](index &m) { check(m.get(1) == 12 && m.get(2) == 0, "the last writes stay"); },
       put_1,
       "a slot is reused, tags equal"},
      {{[](index &m) {
          m.erase(1);
          m.put(17, 171);
          m.erase(17);
          m.put(1, 12);
        },
        [](index &m) {
          read(m, 1);
          read(m, 17);
        }},
       [](index &m) { check(m.get(1) == 12 && m.get(17) == 0, "the last writes stay"); },
       put_1,
       "a slot is reused, tags different"},
      {{[](index &m) {
          m.take(1);
          m.put(2, 21);
        },
        [](index &m) { read(m, 1); }},
       [](index &m) { check(m.get(1) == 0 && m.get(2) == 21, "the last writes stay"); },
       put_1,
       "a slot is reused after a removal under the lock"},
      {{[](index &m) {
          m.erase(1);
          m.put(2, 21);
          m.put(2, 22);
        },
        [](index &m) { read(m, 1); }},
       {},
       put_1,
       "the entry in a reused slot is overwritten"},
      {{[](index &m) {
          m.put(1, 12);
          m.put(1, 13);
        },
        [](index &m) {
          u64 const before = find(m, 1);
          check(find(m, 1) >= before, "a value does not go back");
        },
        [](index &m) { find(m, 1); }},
       [](index &m) { check(m.get(1) == 13, "the last write stays"); },
       put_1,
       "a value is overwritten"},
      {{[](index &m) { m.replace(1, 12); }, [](index &m) { m.replace(1, 13); },
        [](index &m) { find(m, 1); }},
       [](index &m) { check(m.get(1) >= 12, "the last write stays"); },
       put_1,
       "both words of an entry are replaced"},
      {{[](index &m) {
          put_1(m);
          put_2(m);
        },
        [](index &m) {
          u64 const two = read(m, 2);
          check(read(m, 1) != 0 || two == 0, "who sees the second sees the first");
        },
        [](index &m) {
          if (read(m, 1) != 0) find(m, 1);
        }},
       [](index &m) { find_both(m); },
       {},
       "entries come"},
      {{[](index &m) {
          m.record().store(7, std::memory_order_relaxed);
          m.put(1, 12);
        },
        [](index &m) {
          if (m.get(1) == 12)
            check(m.record().load(std::memory_order_relaxed) == 7, "what a value names is there");
        }},
       {},
       put_1,
       "a value names a record"},
      {{[](index &m) {
          m.record().store(7, std::memory_order_relaxed);
          m.replace(1, 12);
        },
        [](index &m) {
          if (m.is_replaced(1))
            check(m.record().load(std::memory_order_relaxed) == 7,
                  "what a key word names is there");
        }},
       {},
       put_1,
       "a key word names a record"},
  };
}

inline std::vector<scene> writers() {
  return {
      {{[](index &m) { m.add(1, 1); }, [](index &m) { m.add(1, 2); },
        [](index &m) { m.add(1, 4); }},
       [](index &m) { check(m.get(1) == 7, "no addition is lost, and one entry was made"); },
       {},
       "three threads add to one value"},
      {{[](index &m) {
          m.erase(1);
          m.put(2, 21);
        },
        [](index &m) { m.put(3, 31); }, [](index &m) { read(m, 2); }},
       [](index &m) {
         check(m.get(1) == 0 && m.get(2) == 21 && m.get(3) == 31, "no write is lost");
       },
       put_1,
       "two writers and a reader"},
      {{[](index &m) {
          m.erase(1);
          m.put(2, 21);
        },
        [](index &m) { m.put(1, 12); }},
       [](index &m) {
         check(m.get(2) == 21, "no write is lost");
         read(m, 1);
       },
       put_1,
       "an overwrite meets a reused slot"},
      {{[](index &m) {
          m.erase(1);
          m.put(2, 21);
        },
        [](index &m) { m.erase(1); }},
       [](index &m) { check(m.get(1) == 0 && m.get(2) == 21, "no write is lost"); },
       put_1,
       "an erasure meets a reused slot"},
      {{[](index &m) { check(m.erase(1), "nobody else erases"); }, [](index &m) { m.put(1, 12); },
        [](index &m) { read(m, 1); }},
       [](index &m) { check(m.get(1) == 0 || m.get(1) == 12, "the last write stays"); },
       put_1,
       "an entry is erased and overwritten"},
      {{[](index &m) {
          m.put(2, 22);
          m.erase(1);
        },
        [](index &m) {
          if (m.get(1) == 0) check(m.get(2) == 22, "who sees an erasure sees what came before");
        }},
       {},
       [](index &m) {
         put_both(m);
         m.split();
       },
       "an erasure follows a write to another bucket"},
      {{[](index &m) {
          m.put(2, 22);
          m.put(1, 12);
        },
        [](index &m) {
          if (m.get(1) == 12) check(m.get(2) == 22, "who sees a write sees what came before");
        }},
       {},
       [](index &m) {
         put_both(m);
         m.split();
       },
       "an overwrite follows a write to another bucket"},
      {{[](index &m) { m.put(1, 12); }, [](index &m) { m.split(); }, [](index &m) { m.erase(2); }},
       [](index &m) { check(m.get(1) == 12 && m.get(2) == 0, "no write is lost"); },
       put_both,
       "three writers, one of which splits"},
  };
}

inline std::vector<scene> splits() {
  return {
      {{[](index &m) { m.split(); }, find_both}, find_both, put_both, "a bucket splits"},
      {{[](index &m) { m.split(); }, find_both},
       find_both,
       [](index &m) {
         put_both(m);
         m.look_at_child_first();
       },
       "a bucket splits, and the child is looked at first"},
      {{[](index &m) {
          m.split();
          m.erase(2);
          m.put(4, 41);
        },
        [](index &m) {
          read(m, 4);
          read(m, 2);
        }},
       [](index &m) { check(m.get(2) == 0 && m.get(4) == 41, "the last writes stay"); },
       [](index &m) {
         put_2(m);
         m.look_at_child_first();
       },
       "a slot of the child is reused"},
      {{[](index &m) { m.split(); }, [](index &m) { m.put(2, 22); }, [](index &m) { find(m, 2); }},
       [](index &m) { check(m.get(1) == 11 && m.get(2) == 22, "no entry is lost"); },
       put_both,
       "a bucket splits, and a writer comes"},
      {{[](index &m) {
          m.split();
          m.put(17, 171);
        },
        [](index &m) { find(m, 2); }},
       [](index &m) { check(m.get(17) == 171 && m.get(2) == 21, "no entry is lost"); },
       put_2,
       "a slot is reused after a split"},
      {{[](index &m) { m.merge(); }, find_both},
       find_both,
       [](index &m) {
         put_both(m);
         m.split();
       },
       "buckets merge"},
      {{[](index &m) {
          m.merge();
          m.put(4, 41);
          m.split();
        },
        [](index &m) { find(m, 2); }},
       [](index &m) { check(m.get(4) == 41 && m.get(2) == 21, "no entry is lost"); },
       [](index &m) {
         put_2(m);
         m.split();
       },
       "buckets merge and split again"},
  };
}

inline std::vector<scene> nodes() {
  return {
      {{[](index &m) { m.erase(key(0)); },
        [](index &m) {
          find(m, key(7));
          find(m, key(6));
        }},
       [](index &m) { check(m.get(key(0)) == 0 && find(m, key(7)), "no entry is lost"); },
       [](index &m) { put_keys(m, 8); },
       "an entry moves up from a node"},
      {{[](index &m) { m.erase(1); }, [](index &m) { find(m, 3); }},
       [](index &m) { check(m.get(1) == 0 && find(m, 3), "no entry is lost"); },
       [](index &m) {
         put_keys(m, 7);
         put_first(m, 3);
       },
       "an entry moves up into a slot of its tag"},
      {{[](index &m) {
          m.erase(key(0));
          m.put(key(8), 10 * key(8) + 1);
        },
        [](index &m) { find(m, key(7)); }},
       [](index &m) { check(find(m, key(7)) && find(m, key(8)), "no entry is lost"); },
       [](index &m) { put_keys(m, 8); },
       "a node is left and used again"},
      {{[](index &m) {
          m.erase(key(0));
          m.put(key(8), 10 * key(8) + 1);
        },
        [](index &m) { read(m, key(8)); }},
       [](index &m) { check(find(m, key(7)) && find(m, key(8)), "no entry is lost"); },
       [](index &m) { put_keys(m, 8); },
       "an entry comes to a used node"},
      {{[](index &m) {
          m.erase(key(1));
          m.put(key(9), 10 * key(9) + 1);
        },
        [](index &m) { find(m, key(8)); }},
       [](index &m) { check(find(m, key(8)) && find(m, key(9)), "no entry is lost"); },
       [](index &m) {
         put_keys(m, 9);
         m.erase(key(0));
       },
       "a node is used again with another slot"},
      {{[](index &m) { put_first(m, key(14)); }, [](index &m) { find(m, key(13)); },
        [](index &m) { read(m, key(14)); }},
       [](index &m) { check(find(m, key(13)) && find(m, key(14)), "no entry is lost"); },
       [](index &m) { put_keys(m, 14); },
       "a node comes before another"},
      {{[](index &m) { m.erase(key(14)); }, [](index &m) { find(m, key(13)); }},
       [](index &m) { check(m.get(key(14)) == 0 && find(m, key(13)), "no entry is lost"); },
       [](index &m) { put_keys(m, 15); },
       "a node leaves from before another"},
      {{[](index &m) { m.split(); }, [](index &m) { find(m, 14); }},
       [](index &m) { check(find(m, 13) && find(m, 14), "no entry is lost"); },
       [](index &m) {
         for (u64 k = 7; k <= 14; ++k) put_first(m, k);
       },
       "a bucket with a node splits"},
  };
}

inline std::vector<scene> all() {
  return model::joined({slots(), writers(), splits(), nodes()});
}

}  // namespace bucket_scenes

#endif
