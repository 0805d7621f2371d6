// The protocol between those who publish versions of a cell and those who read it, on the code as
// it is: clean in every execution of every scene; and each of its memory orders, weakened, is found
// out.
// Guarantee L of docs/trust.md.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "cell.hpp"
#include "orders.hpp"

namespace {

using model::cell;
using model::check;
using model::found_out;
using model::ringing;
using model::u64;
using scene = model::scenario<cell>;

void open(cell &c) {
  c.open();
}
void one_left(cell &c) {
  c.expect_one_left();
}

std::vector<scene> scenes() {
  return {
      {{[](cell &c) { c.swap(); },
        [](cell &c) {
          u64 const first = c.load();
          check(c.load() >= first, "a reader does not go back");
        }},
       one_left,
       open,
       "a version is published and loaded"},
      {{[](cell &c) {
          c.swap();
          c.swap();
        },
        [](cell &c) { c.load(); }},
       one_left,
       open,
       "a slot is reclaimed and loaded"},
      {{[](cell &c) { c.swap(); }, [](cell &c) { c.load(); }, [](cell &c) { c.load(); }},
       one_left,
       open,
       "a version is published, two load"},
      {{[](cell &c) {
          c.swap();
          c.swap();
        },
        [](cell &c) {
          u64 const first = c.copy();
          u64 const second = c.copy();
          check(second == 0 || second >= first, "a copy does not go back");
        }},
       {},
       open,
       "versions are published and copied"},
      {{[](cell &c) {
          c.swap();
          c.swap();
        },
        [](cell &c) { c.copy(); }},
       {},
       [](cell &c) { c.open_varied(); },
       "versions grow and are copied"},
      {{[](cell &c) {
          c.swap();
          c.swap();
        },
        [](cell &c) { c.copy_any(); }},
       {},
       [](cell &c) { c.open_varied(); },
       "versions of any size are copied"},
      {{[](cell &c) { c.swap(); },
        [](cell &c) {
          u64 const loaded = c.load();
          u64 const copied = c.copy();
          check(copied == 0 || copied >= loaded, "a copy after a load is not older");
          u64 const again = c.load();
          check(again >= loaded && again >= copied, "a load after a copy is not older");
        }},
       one_left,
       open,
       "a version is loaded and copied"},
      {{[](cell &c) { c.swap(); },
        [](cell &c) {
          u64 const seen = c.read_version();
          check(c.load() >= seen, "a load after a look at the version is not older");
          u64 const again = c.read_version();
          check(again == 0 || again >= seen, "a version does not go back");
        }},
       one_left,
       open,
       "a version is published and looked at"},
      {{[](cell &c) {
          c.swap();
          c.swap();
        },
        [](cell &c) {
          cell::reader r;
          u64 const first = r.get(c);
          u64 const second = r.get(c);
          check(second >= first, "a reader does not go back");
          c.end(r.held);
        }},
       one_left,
       open,
       "a reader keeps what it read"},
      {{[](cell &c) { c.swap_under_lock(); }, [](cell &c) { c.swap_under_lock(); },
        [](cell &c) {
          u64 const copied = c.copy();
          check(c.load() >= copied, "a load after a copy is not older");
        }},
       one_left,
       open,
       "two publish, one copies"},
  };
}

std::vector<model::scenario<ringing>> rings() {
  auto const wait = [](ringing &r) {
    bool const seen = r.bell.until([&] { return r.state.load(std::memory_order_relaxed) == 1; },
                                   ringing::never{});
    check(seen, "who was woken sees why");
  };
  auto const change = [](ringing &r) {
    r.state.store(1, std::memory_order_relaxed);
    r.bell.ring();
  };
  return {
      {{change, wait}, {}, {}, "one waits"},
      {{change, wait, wait}, {}, {}, "two wait"},
  };
}

constexpr found_out needed[] = {
    {"apply: word.compare_exchange seq_cst to acquire", "a slot is reclaimed and loaded"},
    {"apply: word.load acquire", "a slot is reclaimed and loaded"},
    {"copy: copied.load acquire", "versions are published and copied"},
    {"copy: size.load acquire", "versions grow and are copied"},
    {"copy: version.load acquire", "versions are published and copied"},
    {"copy_any: copied.load acquire", "versions of any size are copied"},
    {"copy_any: size.load acquire", "versions of any size are copied"},
    {"copy_any: version.load acquire", "versions of any size are copied"},
    {"copy_in: content.store release", "versions are published and copied"},
    {"copy_in: size.store release", "versions grow and are copied"},
    {"copy_in: version.store release", "versions are published and copied"},
    {"copy_out: content.load acquire", "versions are published and copied"},
    {"hold: current.load acquire", "a version is published and loaded"},
    {"hold_from: current.load acquire", "a reader keeps what it read"},
    {"publish: copied.store release", "versions are published and copied"},
    {"publish: current.store release", "a version is published and loaded"},
    {"read_version: copied.load acquire", "a version is published and looked at"},
    {"read_version: version.load acquire", "a version is published and looked at"},
};
constexpr model::stronger unneeded[] = {
    {"apply: word.compare_exchange seq_cst to acq_rel", "a pool's close and sweep need it"},
    {"apply: word.compare_exchange seq_cst to release", "the load before it acquired that word"},
};

constexpr found_out needed_to_wake[] = {
    {"ring: .fetch_add seq_cst to acq_rel", "one waits"},
    {"ring: .fetch_add seq_cst to acquire", "one waits"},
    {"ring: .fetch_add seq_cst to release", "one waits"},
    {"ring: .load seq_cst to acquire", "one waits"},
    {"until: .fetch_add seq_cst to acq_rel", "one waits"},
    {"until: .fetch_add seq_cst to acquire", "one waits"},
    {"until: .fetch_add seq_cst to release", "one waits"},
    {"until: .load acquire", "one waits"},
};

}  // namespace

TEST(Cell, ReadersSeeWholeVersionsInOrder) {
  model::expect_clean(scenes());
}

TEST(Cell, WhoWaitsIsWoken) {
  model::expect_clean(rings());
}

TEST(Cell, EveryMemoryOrderIsNeeded) {
  model::orders(scenes()).expect_needed(needed, unneeded);
}

TEST(Cell, EveryMemoryOrderOfTheBellIsNeeded) {
  model::orders(rings()).expect_needed(needed_to_wake);
}

TEST(Cell, EveryStepIsNeeded) {
  struct mutation {
    char const *name;
    char const *scene;
    std::function<void(model::access &, std::string const &)> change;
  };
  auto const by = [](model::access const &a, char const *function) {
    return std::strncmp(a.at.function, function, std::strlen(function)) == 0;
  };
  model::orders const all(scenes());
  mutation const mutations[] = {
      {"the copy is not taken back while it changes", "versions are published and copied",
       [&](model::access &a, std::string const &word) {
         if (word == "copied" && by(a, "publish") && a.operand == 0) a.what = model::verb::load;
       }},
      {"a loan is not counted", "a slot is reclaimed and loaded",
       [&](model::access &a, std::string const &word) {
         bool const is_loan = (a.operand & 0xFFFF) > (a.expected & 0xFFFF);
         if (word.ends_with("word") && a.what == model::verb::compare && is_loan)
           a.operand = a.expected;
       }},
      {"the cell does not keep its version", "a slot is reclaimed and loaded",
       [&](model::access &a, std::string const &word) {
         // Who holds it frees it, though it is the current one.
         if (word.ends_with("word") && a.what == model::verb::compare && by(a, "apply") &&
             (a.operand & 0xFFFF) < (a.expected & 0xFFFF))
           a.operand = escrow::word::at(escrow::word::generation(a.expected) + 1, 0);
       }},
  };
  for (auto const &m : mutations) {
    model::options o;
    o.mutate = m.change;
    EXPECT_NE(model::explore(all.scene(m.scene), o).failure, "") << m.name;
  }
}
