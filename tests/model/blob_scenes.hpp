// Small encounters of those who read records with those who replace, release, reuse and move them,
// and of releases with evacuations; each with what must hold in every execution.
#ifndef ESCROW_TESTS_MODEL_BLOB_SCENES_HPP
#define ESCROW_TESTS_MODEL_BLOB_SCENES_HPP

#include <vector>

#include "blobs.hpp"

namespace blob_scenes {

using model::blobs;
using model::check;
using model::u64;
using scene = model::scenario<blobs>;

inline void one(blobs &s) {
  s.put(0, 1);
}
inline void two(blobs &s) {
  s.put(0, 1);
  s.put(1, 11);
}
inline void sound(blobs &s) {
  s.expect_sound();
}

inline std::vector<scene> of_readers() {
  return {
      {{[](blobs &s) { s.put(0, 2); },
        [](blobs &s) {
          u64 const before = s.read(0);
          u64 const after = s.read(0);
          check(after == 0 || after >= before, "a value does not go back");
        }},
       [](blobs &s) { check(s.find(0) == 2, "the last write stays"); },
       one,
       "a record is replaced and read"},
      {{[](blobs &s) { s.erase(0); }, [](blobs &s) { (void)s.read(0); }},
       [](blobs &s) { check(s.read(0) == 0, "the last write stays"); },
       one,
       "a record is released and read"},
      {{[](blobs &s) {
          s.put(0, 2);
          s.put(1, 11);
        },
        [](blobs &s) { (void)s.read(0); }},
       [](blobs &s) { check(s.find(0) == 2 && s.find(1) == 11, "the last writes stay"); },
       one,
       "a record is used again for another key"},
      {{[](blobs &s) {
          s.erase(0);
          s.move(1);
          check(s.has(1, 11), "a record is moved whole");
        },
        [](blobs &s) { (void)s.read(0); }},
       [](blobs &s) { check(s.read(0) == 0 && s.find(1) == 11, "the last writes stay"); },
       two,
       "a record moves to where another was"},
      {{[](blobs &s) {
          s.erase(0);
          s.shrink();
          s.put(0, 2);
        },
        [](blobs &s) { (void)s.read(0); }},
       [](blobs &s) { check(s.find(0) == 2, "the last write stays"); },
       one,
       "a chunk is given back and used again"},
  };
}

inline std::vector<scene> of_owners() {
  return {
      {{[](blobs &s) { s.put(0, 2); }, [](blobs &s) { s.erase(1); }},
       [](blobs &s) {
         check(s.find(0) == 2 && s.read(1) == 0, "the last writes stay");
         sound(s);
       },
       two,
       "a record is wanted while another ends"},
      {{[](blobs &s) {
          s.erase(0);
          s.erase(1);
        },
        [](blobs &s) {
          auto &guard = s.store.stripe(0).guard;
          if (!guard.try_acquire()) return;
          guard.release();
          s.take(0, 1);
          s.take(1, 11);
        }},
       sound,
       [](blobs &s) {
         two(s);
         s.stop_cutting();
       },
       "records end while their lane is in use"},
      {{[](blobs &s) { s.erase(0); }, [](blobs &s) { s.take(0, 2); }, [](blobs &s) { s.shrink(); }},
       sound,
       [](blobs &s) {
         one(s);
         s.stop_cutting();
       },
       "a record ends and is wanted while its chunk is evacuated"},
      {{[](blobs &s) { s.erase(0); }, [](blobs &s) { s.shrink(); }},
       sound,
       [](blobs &s) {
         one(s);
         s.stop_cutting();
       },
       "a record ends while its chunk is evacuated"},
      {{[](blobs &s) { s.erase(0); },
        [](blobs &s) {
          auto &guard = s.store.stripe(0).guard;
          if (!guard.try_acquire()) return;
          guard.release();
          s.shrink();
        }},
       sound,
       [](blobs &s) {
         one(s);
         s.stop_cutting();
       },
       "a record ends while its lane is in use, and is evacuated"},
  };
}

inline std::vector<scene> all() {
  return model::joined({of_readers(), of_owners()});
}

}  // namespace blob_scenes

#endif
