// The read protocol of a map's buckets, also while it is cleared, on the code as it is: clean in
// every execution of every scene; and each of its memory orders, weakened, is found out in a scene.
// Guarantee J of docs/trust.md.
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "bucket_scenes.hpp"
#include "clear_scenes.hpp"
#include "orders.hpp"

namespace {

using bucket_scenes::scene;
using escrow::bucket_word;
using model::expect_clean;
using model::found_out;
using model::verb;

constexpr found_out needed[] = {
    {"candidates: tags.load acquire", "a node is left and used again"},
    {"epoch_byte: tags.load acquire", "a clear is seen in a node and then in another bucket"},
    {"edit_slot: key.store release", "a key word names a record"},
    {"edit_slot: value.store release", "the entry in a reused slot is overwritten"},
    {"fill: key.store release", "a slot is reused, tags equal"},
    {"fill: tags.store release", "a slot is reused after a split"},
    {"fill: value.store release", "a slot is reused after a removal under the lock"},
    {"find_first: ctl.load acquire", "a slot is reused after a removal under the lock"},
    {"find_slowly: ctl.load acquire", "an entry moves up from a node"},
    {"find_slowly: epoch.load acquire", "a clear is seen by a reader of a node"},
    {"insert: ctl.store release", "a node is used again with another slot"},
    {"insert: link.store release", "a node comes before another"},
    {"key: key.load acquire", "a slot is reused after a split"},
    {"leave_node: ctl.store release", "an entry moves up from a node"},
    {"leave_node: link.store release", "an entry moves up from a node"},
    {"lock_covering: ctl.load acquire", "a bucket splits, and a writer comes"},
    {"next_epoch: epoch.fetch_add seq_cst to acquire", "a clear is seen by a reader"},
    {"publish: ctl.store release", "three threads add to one value"},
    {"read_under: ctl.load acquire", "an entry moves up from a node"},
    {"read_under: link.load acquire", "an entry moves up from a node"},
    {"remove: ctl.compare_exchange acq_rel to acquire",
     "an erasure follows a write to another bucket"},
    {"remove: ctl.load acquire", "an erasure meets a reused slot"},
    {"renew: link.store release", "a clear is seen in a node and then in another bucket"},
    {"seen: tags.load acquire", "a slot is reused after a split"},
    {"set_epoch: tags.store release", "a map is cleared and filled again"},
    {"try_lock: ctl.compare_exchange acquire", "three threads add to one value"},
    {"update_first: ctl.load acquire", "an overwrite meets a reused slot"},
    {"update_in_turn: epoch.load acquire", "a clear is seen by a writer to a node"},
    {"value: value.load acquire", "a slot is reused after a removal under the lock"},
};

constexpr char const *of_tags = "acts where tags are of that epoch; who set them had acquired it";
constexpr char const *under_lock = "keeps or empties a locked bucket; who looks acquires the epoch";
constexpr char const *last = "comes last in modification order; nobody compares it in S";
constexpr char const *zero = "a bucket that is not there yet is zero, and leads to its parent";
constexpr char const *by_lock = "only try_lock believes the word, and acquires it";
constexpr model::stronger unneeded[] = {
    {"entries: epoch.load acquire", "a count"},
    {"find_first: epoch.load acquire", of_tags},
    {"remove: epoch.load acquire", of_tags},
    {"update_first: epoch.load acquire", of_tags},
    {"merge: epoch.load acquire", under_lock},
    {"split: epoch.load acquire", under_lock},
    {"sweep_buckets: epoch.load acquire", under_lock},
    {"next_epoch: epoch.fetch_add seq_cst to acq_rel", last},
    {"next_epoch: epoch.fetch_add seq_cst to release", last},
    {"home: bound.load acquire", zero},
    {"home: mask.load acquire", zero},
    {"publish_shape: bound.store release", zero},
    {"publish_shape: mask.store release", zero},
    {"lock_at: ctl.load acquire", by_lock},
    {"sweep_buckets: ctl.load acquire", by_lock},
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

TEST(Bucket, AClearIsSeenByReaders) {
  expect_clean(clear_scenes::of_readers());
}

TEST(Bucket, WritersMeetAClear) {
  expect_clean(clear_scenes::of_writers());
}

TEST(Bucket, BucketsSplitMergeAndAreSweptAfterAClear) {
  expect_clean(clear_scenes::of_growth());
}

TEST(Bucket, EveryMemoryOrderIsNeeded) {
  model::orders(model::joined({bucket_scenes::all(), clear_scenes::all()}))
      .expect_needed(needed, unneeded);
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
