// The read protocol of a map's buckets, on the code as it is: clean in every execution of every
// scene; and each of its memory orders, weakened, is found out in a scene.
#include <gtest/gtest.h>

#include <cctype>
#include <cstdio>
#include <cstring>
#include <map>
#include <set>
#include <string>

#include "bucket_scenes.hpp"

namespace {

using bucket_scenes::scene;
using escrow::bucket_word;
using model::verb;

void expect_clean(std::vector<scene> const &scenes) {
  for (auto const &s : scenes) {
    auto const r = model::explore(s);
    EXPECT_TRUE(r.clean()) << s.name << ": " << r.failure;
    std::printf("%-50s %6llu executions %7llu states %7llu steps %5.2f s\n", s.name.c_str(),
                static_cast<unsigned long long>(r.executions),
                static_cast<unsigned long long>(r.states), static_cast<unsigned long long>(r.steps),
                r.seconds);
  }
}

scene scene_of(std::string const &name) {
  for (auto const &s : bucket_scenes::all())
    if (s.name == name) return s;
  ADD_FAILURE() << "no scene is called " << name;
  return {};
}

/// Function, kind of word, operation, order: "fill: key.store release".
std::string name_of(model::access const &a, std::string const &word) {
  std::string const function = a.at.function;
  std::string kind = word.substr(word.find(' ') + 1);
  while (!kind.empty() && std::isdigit(static_cast<unsigned char>(kind.back())) != 0)
    kind.pop_back();
  return function.substr(0, function.find('<')) + ": " + kind + "." +
         model::trace::verb_name(a.what) + " " + model::trace::order_name(a.order);
}

/// The next weaker orders: of acq_rel two, else one.
std::vector<std::memory_order> weaker(std::memory_order o) {
  if (o == std::memory_order_acq_rel) return {std::memory_order_acquire, std::memory_order_release};
  return {std::memory_order_relaxed};
}

/// Every way to weaken an order that include/escrow asks for in some scene.
std::map<std::string, std::pair<std::string, std::memory_order>> weakenings() {
  std::map<std::string, std::pair<std::string, std::memory_order>> found;
  for (auto const &s : bucket_scenes::all()) {
    model::options o;
    o.most_states = 2000;
    o.mutate = [&](model::access &a, std::string const &word) {
      if (a.order == std::memory_order_relaxed || std::strstr(a.at.file, "escrow/") == nullptr)
        return;
      std::string const name = name_of(a, word);
      for (auto const to : weaker(a.order)) {
        std::string const as =
            to == std::memory_order_relaxed ? name : name + " to " + model::trace::order_name(to);
        found.insert({as, {name, to}});
      }
    };
    (void)model::explore(s, o);
  }
  return found;
}

struct found_out {
  char const *weakened;
  char const *scene;
};
/// What is relaxed, or what it becomes, and the scene that then goes wrong.
constexpr found_out needed[] = {
    {"candidates: tags.load acquire", "a node is left and used again"},
    {"edit_slot: key.store release", "a key word names a record"},
    {"edit_slot: value.store release", "the entry in a reused slot is overwritten"},
    {"fill: key.store release", "a slot is reused, tags equal"},
    {"fill: tags.store release", "a slot is reused after a split"},
    {"fill: value.store release", "a slot is reused after a removal under the lock"},
    {"find_first: ctl.load acquire", "a slot is reused after a removal under the lock"},
    {"find_slowly: ctl.load acquire", "an entry moves up from a node"},
    {"insert: ctl.store release", "a node is used again with another slot"},
    {"insert: link.store release", "a node comes before another"},
    {"key: key.load acquire", "a slot is reused after a split"},
    {"leave_node: ctl.store release", "an entry moves up from a node"},
    {"leave_node: link.store release", "an entry moves up from a node"},
    {"lock_covering: ctl.load acquire", "a bucket splits, and a writer comes"},
    {"publish: ctl.store release", "three threads add to one value"},
    {"read_under: ctl.load acquire", "an entry moves up from a node"},
    {"read_under: link.load acquire", "an entry moves up from a node"},
    {"remove: ctl.compare_exchange acq_rel to acquire",
     "an erasure follows a write to another bucket"},
    {"remove: ctl.load acquire", "an erasure meets a reused slot"},
    {"seen: tags.load acquire", "a slot is reused after a split"},
    {"try_lock: ctl.compare_exchange acquire", "three threads add to one value"},
    {"update_first: ctl.load acquire", "an overwrite meets a reused slot"},
    {"value: value.load acquire", "a slot is reused after a removal under the lock"},
};

/// Stronger than these scenes need, and why.
constexpr char const *unneeded[][2] = {
    {"epoch_byte: tags.load acquire", "tells one epoch from another; no clear is in a scene"},
    {"set_epoch: tags.store release", "the same"},
    {"lock_at: ctl.load acquire", "only try_lock believes the word, and acquires it"},
    {"remove: ctl.compare_exchange acq_rel to release", "the load before it acquired that word"},
};

}  // namespace

TEST(Bucket, SlotsAreReadWhileTheyAreReused) {
  expect_clean(bucket_scenes::slots());
}

TEST(Bucket, WritersLoseNothing) {
  expect_clean(bucket_scenes::writers());
}

TEST(Bucket, EntriesAreFoundWhileBucketsSplitAndMerge) {
  expect_clean(bucket_scenes::splits());
}

TEST(Bucket, EntriesAreFoundWhileNodesComeAndGo) {
  expect_clean(bucket_scenes::nodes());
}

TEST(Bucket, EveryMemoryOrderIsNeeded) {
  auto const ways = weakenings();
  std::set<std::string> asked;
  for (auto const &[way, scene] : needed) {
    asked.insert(way);
    auto const at = ways.find(way);
    if (at == ways.end()) {
      ADD_FAILURE() << "no scene comes to " << way;
      continue;
    }
    auto const [name, to] = at->second;
    model::options o;
    o.mutate = [&name = name, &to = to](model::access &a, std::string const &word) {
      if (a.order != std::memory_order_relaxed && name_of(a, word) == name) a.order = to;
    };
    EXPECT_NE(model::explore(scene_of(scene), o).failure, "") << way << " in: " << scene;
  }
  for (auto const &[way, why] : unneeded) {
    asked.insert(way);
    EXPECT_TRUE(ways.contains(way)) << "no scene comes to " << way;
  }
  for (auto const &[way, weakened] : ways)
    EXPECT_TRUE(asked.contains(way)) << way << ": which scene needs it?";
}

TEST(Bucket, EveryStepIsNeeded) {
  struct mutation {
    char const *name;
    char const *scene;
    std::function<void(model::access &, std::string const &)> change;
  };
  auto const by = [](model::access const &a, char const *function) {
    return std::strncmp(a.at.function, function, std::strlen(function)) == 0;
  };
  mutation const all[] = {
      {"an erasure leaves the version as it was", "a slot is reused, tags equal",
       [&](model::access &a, std::string const &) {
         if (by(a, "remove") && a.what == verb::compare) a.operand -= bucket_word::version_one;
       }},
      {"a removal under the lock leaves the version as it was",
       "a slot is reused after a removal under the lock",
       [&](model::access &a, std::string const &) {
         if (by(a, "publish") && bucket_word::occupied(a.operand) == 0)
           a.operand -= bucket_word::version_one;
       }},
      {"two writers may have the lock", "three threads add to one value",
       [&](model::access &a, std::string const &) {
         if (by(a, "try_lock")) a.operand &= ~bucket_word::lock;
       }},
      {"the child is closed while the parent hands over", "a bucket splits",
       [&](model::access &a, std::string const &word) {
         if (word == "child ctl" && by(a, "publish") && (a.operand & bucket_word::lock) != 0)
           a.operand = 0;
       }},
      {"nodes are forgotten", "a node comes before another",
       [&](model::access &a, std::string const &word) {
         if (word == "node2 ctl" && by(a, "insert")) a.operand = bucket_word::node(0, 1);
       }},
  };
  for (auto const &m : all) {
    model::options o;
    o.mutate = m.change;
    EXPECT_NE(model::explore(scene_of(m.scene), o).failure, "") << m.name;
  }
}
