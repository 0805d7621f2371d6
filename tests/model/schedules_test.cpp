// Larger scenes under schedules by seed: a pool that closes in a storm, an index that splits and
// merges under writers, readers and cursors. --seed N --schedules COUNT; a failure prints the seed
// that shows it again.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "index.hpp"
#include "schedules.hpp"
#include "slabs.hpp"

namespace {

using model::check;
using model::claim;
using model::slabs;
using model::u32;
using model::u64;
using model::verb;
using model::word;
namespace protocol = escrow::protocol;

constexpr auto relaxed = std::memory_order_relaxed;
u64 seed = 1, schedules = 2000;

/// A slot as acquire takes it for lane i, by the fast paths and the slow one.
bool acquire(slabs &s, u32 i, claim &c) {
  model::slab *const hand = s.lanes[i].hand();
  if (hand != nullptr && (escrow::claim_first(*hand, slabs::key, word::object, c) ||
                          escrow::claim_freed(*hand, slabs::key, word::object, c)))
    return true;
  escrow::lock_hold const hold(s.lanes[i].guard);
  if (!s.shelf.restock(s.lanes[i])) return false;
  model::slab *const now = s.lanes[i].hand();
  check(now != nullptr, "a slab stays in hand while the lane is held");
  return escrow::claim_any(*now, slabs::key, word::object, c);
}
void end(slabs &s, claim const &c, auto step) {
  check(escrow::apply_surely(c.header->word, step) == ESCROW_FREED, "the last reference frees");
  escrow::mark_dirty(s.all[s.number(c) / 4]);
}
/// Acquires objects, duplicates or moves them, and ends them, until the pool is closed.
void work(slabs &s, u32 i) {
  for (u32 n = 0; n < 6; ++n) {
    claim c;
    if (!acquire(s, i, c)) continue;
    model::slab &home = s.all[s.number(c) / 4];
    if (!escrow::block_word::still_open(s.pool_word, slabs::pool)) {
      escrow::undo_claim(home, *c.header);
      return;
    }
    s.mark(c);
    u64 g = escrow::handle::generation(c.name);
    if (n % 3 == 1) {
      auto const kind = escrow::slot_kind::object;
      auto const out = [&](u64 w) { return protocol::move_out(w, g, kind); };
      if (escrow::apply_surely(c.header->word, out) == ESCROW_OK) {
        ++g;
        auto const in = [&](u64 w) { return protocol::move_in(w, g, kind); };
        if (escrow::apply_surely(c.header->word, in) == ESCROW_OK) ++g;
      }
    } else if (n % 3 == 2) {
      auto const more = [&](u64 w) { return protocol::add_reference(w, g, true); };
      if (escrow::apply_surely(c.header->word, more) == ESCROW_OK) {
        auto const first = [&](u64 w) { return protocol::release_object(w, g, 0); };
        check(escrow::apply_surely(c.header->word, first) == ESCROW_OK, "a duplicate is left");
        s.mark_of(c).store(0, relaxed);
        end(s, c, [&](u64 w) { return protocol::drop_reference(w, g, 0); });
        continue;
      }
    }
    check(s.mark_of(c).load(relaxed) == 1, "nobody else holds the slot");
    s.mark_of(c).store(0, relaxed);
    if (escrow::end_sole(home, *c.header, g) == ESCROW_FREED) continue;
    end(s, c, [&](u64 w) { return protocol::release_object(w, g, 0); });
  }
}
/// Takes idle slabs away and, while the pool is open, gives them to it again.
void trim(slabs &s) {
  for (u32 n = 0; n < 3; ++n) {
    s.shelf.acquire_all();
    for (auto &l : s.lanes) s.shelf.sweep_dirty(l);
    u32 const idle = s.shelf.take_idle();
    s.shelf.release_all();
    for (u32 next = idle; next != 0;) {
      u32 const i = next - 1;
      next = s.all[i].next_listed;
      s.all[i].leave_owner();
      escrow::lock_hold const hold(s.lanes[n % 2].guard);
      s.open(i, s.lanes[n % 2]);
      s.shelf.sweep(s.lanes[n % 2], s.all[i]);
    }
  }
}
void close(slabs &s) {
  for (u32 n = 0; n < 40; ++n) (void)s.told[0].load(relaxed);  // sooner or later
  escrow::block_word::begin_closing(s.pool_word, slabs::pool);
  for (auto &slab : s.all)
    if (slab.owner.load(relaxed) == slabs::key)
      escrow::revoke_slots(slab, [](u32, u64) { return false; });
}

model::scenario<slabs> storm() {
  return {{[](slabs &s) { work(s, 0); }, [](slabs &s) { work(s, 1); }, trim, close},
          [](slabs &s) {
            for (u32 i = 0; i < 2; ++i)
              for (u32 k = 0; k < slabs::used; ++k) {
                check(word::is_free(s.headers[i][k].word.load(relaxed)), "nothing is held");
                check(s.marks[i][k].load(relaxed) == 0, "nothing is held");
              }
            s.all_found();
            u64 found = 0;
            for (auto &slab : s.all)
              found += static_cast<u64>(std::popcount(escrow::free_slots(slab)));
            check(found == 4, "a look finds every slot");
          },
          [](slabs &s) {
            s.begin(0);
            s.open(1, s.lanes[1]);
            s.lanes[1].take_up(s.all[1]);
          },
          "a pool closes in a storm"};
}

/// An index of two buckets that splits and merges while others write and read.
model::scenario<model::index> growth() {
  auto const read = [](model::index &m, u64 k) {
    u64 const value = m.get(k);
    check(value == 0 || value / 10 == k, "a value is of its key");
    return value;
  };
  return {{[](model::index &m) {
             for (u32 n = 0; n < 3; ++n) {
               m.split();
               m.merge();
             }
           },
           [read](model::index &m) {
             for (u64 n = 0; n < 4; ++n) {
               m.put(1, 11 + n);
               check(read(m, 1) == 11 + n, "a writer finds what it wrote");
               m.erase(3);
               m.erase(5);
               m.put(5, 51 + n);
               m.put(3, 31 + n);
             }
           },
           [read](model::index &m) {
             for (u64 n = 0; n < 4; ++n) {
               m.put(2, 21 + n);
               check(m.erase(4), "nobody else erases");
               check(read(m, 2) == 21 + n, "a writer finds what it wrote");
               m.put(4, 41 + n);
             }
           },
           [read](model::index &m) {
             for (u64 n = 0; n < 6; ++n) {
               check(read(m, 6) == 61, "an entry that nobody removes is found");
               (void)read(m, 1 + n % 5);
               check(read(m, 7) == 71, "an entry that nobody removes is found");
             }
           }},
          [](model::index &m) {
            for (u64 k = 1; k <= 5; ++k) check(m.get(k) == 10 * k + 4, "the last writes stay");
          },
          [](model::index &m) {
            for (u64 k = 1; k <= 7; ++k) m.put(k, 10 * k + 1);
          },
          "an index splits and merges under writers"};
}

/// A cursor goes through that index, a few entries a call: what stays is shown exactly once, what
/// comes and goes at most once.
void walk(model::index &m) {
  u32 shown[8] = {};
  for (u64 cursor = 0; cursor != escrow::map_cursor_end;) {
    auto const part = m.scan(cursor);
    for (u32 i = 0; i < part.count; ++i) ++shown[part.keys[i]];
  }
  for (u64 k : {1, 2, 6, 7}) check(shown[k] == 1, "an entry that stays is shown exactly once");
  for (u64 k : {3, 4, 5}) check(shown[k] <= 1, "an entry is shown at most once");
}
model::scenario<model::index> walks() {
  auto s = growth();
  s.threads[3] = [](model::index &m) {
    walk(m);
    walk(m);
  };
  s.name = "cursors go through an index that splits and merges";
  return s;
}

template <class State>
void expect_right(model::scenario<State> const &s) {
  auto const found = model::schedule(s, seed, schedules);
  EXPECT_EQ(found.failure, "") << s.name << ": again by --seed " << found.seed << " --schedules 1";
  std::printf("%-42s seeds %llu to %llu, %llu steps\n", s.name.c_str(),
              static_cast<unsigned long long>(seed), static_cast<unsigned long long>(found.seed),
              static_cast<unsigned long long>(found.steps));
}

/// A step that is wrong is found, and by its seed again.
template <class State, class Change>
void expect_found(char const *name, model::scenario<State> const &s, Change change) {
  model::options o;
  o.mutate = change;
  auto const found = model::schedule(s, 1, 5000, o);
  ASSERT_NE(found.failure, "") << name;
  std::printf("%-60s seed %llu: %s\n", name, static_cast<unsigned long long>(found.seed),
              found.failure.substr(0, found.failure.find('\n')).c_str());
  auto const steps = [](std::string const &text) {
    return std::count(text.begin(), text.end(), '\n');
  };
  auto const again = model::schedule(s, found.seed, 1, o);
  EXPECT_EQ(again.failure.substr(0, again.failure.find('\n')),
            found.failure.substr(0, found.failure.find('\n')));
  EXPECT_EQ(steps(again.failure), steps(found.failure)) << name;
}
bool by(model::access const &a, char const *function) {
  return std::strncmp(a.at.function, function, std::strlen(function)) == 0;
}

}  // namespace

TEST(Schedules, APoolClosesInAStorm) {
  expect_right(storm());
}

TEST(Schedules, AnIndexGrowsAndShrinksUnderWriters) {
  expect_right(growth());
}

TEST(Schedules, CursorsGoThroughAnIndexThatGrowsAndShrinks) {
  expect_right(walks());
}

TEST(Schedules, WrongStepsAreFoundAndTheirSeedsShowThemAgain) {
  using change = std::string const &;
  expect_found("a claim takes a slot that is taken", storm(), [](model::access &a, change) {
    if (by(a, "claim_one") && a.what == verb::compare) a.what = verb::exchange;
  });
  expect_found("a sweep leaves the dirty flag", storm(), [](model::access &a, change) {
    if (by(a, "sweep_dirty") && a.what == verb::exchange) a.operand = 1;
  });
  expect_found("two hold a lane's lock", storm(), [](model::access &a, change) {
    if (by(a, "try_acquire") && a.what == verb::exchange) a.operand = 0;
  });
  expect_found("two writers may have a bucket's lock", growth(), [](model::access &a, change) {
    if (by(a, "try_lock")) a.operand &= ~escrow::bucket_word::lock;
  });
  auto const shown_empty = [](model::access &a, std::string const &of) {
    if (of == "child ctl" && by(a, "publish") && (a.operand & escrow::bucket_word::lock) != 0)
      a.operand &= ~escrow::bucket_word::all_slots;
  };
  expect_found("a child is shown without its entries", growth(), shown_empty);
}

int main(int argc, char **argv) {
  ::testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--seed") == 0) seed = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::strcmp(argv[i], "--schedules") == 0)
      schedules = std::strtoull(argv[i + 1], nullptr, 10);
  }
  return RUN_ALL_TESTS();
}
