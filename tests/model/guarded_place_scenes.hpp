// Small encounters of objects that come to a guarded place and end there with those who read what
// lies in it, on the real code of a place. The words of an object are all made from one number, so
// what is mixed from two is plain to see.
#ifndef ESCROW_TESTS_MODEL_GUARDED_PLACE_SCENES_HPP
#define ESCROW_TESTS_MODEL_GUARDED_PLACE_SCENES_HPP

#include <vector>

#include "atomic.hpp"
#include "escrow/guarded_pages.hpp"

namespace guarded_place_scenes {

using model::check;
using model::u32;
using model::u64;

struct place {
  escrow::basic_guarded_place<model::atomic> at;

  place() {
    at.object.name("place object");
    at.pool.name("place pool");
    at.payload.name("place payload");
    at.bytes.name("place bytes");
    at.ended.name("place ended");
    at.site.name("place site");
  }

  void begin(u64 n) { at.begin(n, n + 1, n + 2, n + 3); }
  void end(u64 n) { at.end(n + 4, static_cast<u32>(n + 5)); }
  /// Which object; 0: none, or it changes. `over`: of this one the reader knows that it has ended.
  u64 read(u64 over = 0) {
    u64 object, pool, payload, bytes, ended;
    u32 site;
    if (!at.read(object, pool, payload, bytes, ended, site)) return 0;
    check(pool == object + 1 && payload == object + 2 && bytes == object + 3,
          "what is read is of one object");
    check(ended == 0 || ended == object + 4, "an end is that of the object");
    check(site == 0 || site == object + 5, "a site is that of the object");
    check(ended == 0 || site != 0, "with the end comes the site");
    check(object != over || ended != 0, "an object that has ended is not shown as held");
    return object;
  }
};

using scene = model::scenario<place>;

inline std::vector<scene> all() {
  auto const first = [](place &p) { p.begin(10); };
  auto const over = [](place &p) {
    p.begin(10);
    p.end(10);
  };
  auto const last = [](place &p) { check(p.read() == 20, "the last object is shown"); };
  return {
      {{first, [](place &p) { (void)p.read(); }},
       [](place &p) { check(p.read() == 10, "the object is shown"); },
       {},
       "an object comes to a place"},
      {{[](place &p) { p.end(10); }, [](place &p) { (void)p.read(); }},
       [](place &p) { check(p.read(10) == 10, "the object is shown"); },
       first,
       "an object ends and is looked for"},
      {{[](place &p) { p.begin(20); },
        [](place &p) {
          (void)p.read(10);
          (void)p.read(10);
        }},
       last,
       over,
       "a place is used again"},
      {{[](place &p) {
          p.end(10);
          p.begin(20);
        },
        [](place &p) { (void)p.read(); }},
       last,
       first,
       "an object ends and its place is used again"},
      {{[](place &p) {
          p.begin(20);
          p.end(20);
        },
        [](place &p) { (void)p.read(10); }},
       [](place &p) { check(p.read(20) == 20, "the last object is shown"); },
       over,
       "a place is used again and its next object ends"},
  };
}

}  // namespace guarded_place_scenes

#endif
