// The read protocol of a map's buckets, on the code as it is: clean in every execution of every
// scene; and each of its memory orders, weakened, is found out in a scene.
// Guarantee J of docs/trust.md.
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "bucket_scenes.hpp"
#include "orders.hpp"

namespace {

using bucket_scenes::scene;
using escrow::bucket_word;
using model::expect_clean;
using model::found_out;
using model::verb;

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

constexpr model::stronger unneeded[] = {
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
  model::orders(bucket_scenes::all()).expect_needed(needed, unneeded);
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
  model::orders const scenes(bucket_scenes::all());
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
    EXPECT_NE(model::explore(scenes.scene(m.scene), o).failure, "") << m.name;
  }
}
