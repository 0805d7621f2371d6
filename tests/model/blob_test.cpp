// Records of byte strings and the store that they lie in, on the code as it is: clean in every
// execution; and each memory order is needed in a scene.
// Guarantee J of docs/trust.md.
#include <gtest/gtest.h>

#include "blob_scenes.hpp"
#include "orders.hpp"

namespace {

TEST(Blob, ARecordIsReadWholeOrNotAtAll) {
  model::expect_clean(blob_scenes::of_readers());
}

TEST(Blob, ARecordHasOneOwner) {
  model::expect_clean(blob_scenes::of_owners());
}

TEST(Blob, EveryMemoryOrderIsNeeded) {
  constexpr char const *again = "a record is used again for another key";
  constexpr char const *evacuated = "a record ends while its chunk is evacuated";
  constexpr char const *in_use = "records end while their lane is in use";
  constexpr char const *replaced = "a record is replaced and read";
  constexpr char const *released = "a record is released and read";
  constexpr char const *wanted = "a record is wanted while another ends";
  model::found_out const needed[] = {
      {"copy_to: word.store release", "a record moves to where another was"},
      {"edit_slot: value.store release", replaced},
      {"extend: word.store release", "a chunk is given back and used again"},
      {"forget_leaving: .exchange acquire", evacuated},
      {"has_key: word.load acquire", again},
      {"header: word.load acquire", released},
      {"link: word.store release", released},
      {"live_bytes: live.load acquire", evacuated},
      {"load: word.load acquire", again},
      {"publish: ctl.store release", replaced},
      {"release: .store release", wanted},
      {"release: live.fetch_sub release", evacuated},
      {"store: word.store release", again},
      {"stray: .compare_exchange release", in_use},
      {"take: .exchange acquire", in_use},
      {"try_acquire: .exchange acquire", wanted},
      {"value: value.load acquire", replaced},
      {"write: word.store release", again},
  };
  constexpr char const *locked = "under the lock of its bucket";
  constexpr char const *bucket = "bucket_test has the scene that needs it";
  model::stronger const unneeded[] = {
      {"copy_to: word.load acquire", locked},
      {"has_value: word.load acquire", locked},
      {"leading_value: word.load acquire", locked},
      {"edit_slot: key.store release", bucket},
      {"fill: key.store release", bucket},
      {"fill: tags.store release", bucket},
      {"fill: value.store release", bucket},
      {"try_lock: ctl.compare_exchange acquire", bucket},
  };
  model::orders(blob_scenes::all()).expect_needed(needed, unneeded);
}

}  // namespace
