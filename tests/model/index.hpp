// A map's index under the explorer: the real code of buckets, reads, writes, splits and merges, on
// words of the memory model.
//
// What the index has besides its buckets and nodes (bound, mask, epoch, counts, the growth lock) is
// std::atomic here as there, and no part of the model: no test changes it while threads run, but
// for one thread that splits or merges.
#ifndef ESCROW_TESTS_MODEL_INDEX_HPP
#define ESCROW_TESTS_MODEL_INDEX_HPP

#include <memory>
#include <new>

#include "atomic.hpp"

// In place of escrow/backoff.hpp: who waits for another thread lets the explorer choose one.
#define ESCROW_BACKOFF_HPP
#include "escrow/platform.hpp"
#include "escrow/status.h"
namespace escrow::inline ESCROW_ABI {
struct backoff {
  void wait() noexcept { model::yield(); }
};
}  // namespace escrow::inline ESCROW_ABI
#include "escrow/index_growth.hpp"
#include "escrow/word_index.hpp"

namespace model {

using bucket = escrow::basic_bucket<atomic>;

inline void name_words(bucket const &b, std::string const &of) {
  b.ctl.name(of + " ctl");
  b.tags.name(of + " tags");
  for (u32 s = 0; s < bucket::slots; ++s) {
    b.at[s].key.name(of + " key" + std::to_string(s));
    b.at[s].value.name(of + " value" + std::to_string(s));
  }
}

/// Buckets 0 and 16: of an index that begins with 16 buckets, the first to be split and its child.
/// Those between are one, which no key of a test leads to.
class two_buckets {
 public:
  using bucket_type = bucket;
  using link_type = atomic<u32>;
  static constexpr u64 child = 16;

  two_buckets() {
    for (u64 const i : {u64{0}, u64{1}, child}) new (place(i)) bucket;
    name_words(at(0), "parent");
    name_words(at(child), "child");
    links_[0].name("parent link");
    links_[1].name("child link");
  }
  bucket &at(u64 i) const noexcept {
    return *std::launder(reinterpret_cast<bucket *>(place(i == 0 || i == child ? i : 1)));
  }
  link_type &link(u64 i) const noexcept { return links_[i == child]; }
  static bool open() noexcept { return true; }
  static bool extend() noexcept { return false; }
  static u64 ready() noexcept { return 2 * child; }
  static u64 flat() noexcept { return 2 * child; }
  static u64 next_step() noexcept { return 0; }
  static u64 next_step_bytes() noexcept { return 0; }
  static u64 bytes() noexcept { return 0; }
  static u64 give_back(u64) noexcept { return 0; }

 private:
  void *place(u64 i) const { return memory_ + i * sizeof(bucket); }

  alignas(bucket) mutable unsigned char memory_[(child + 1) * sizeof(bucket)];
  mutable link_type links_[2];
};

/// One node of overflow; its place in a free list is a word that take empties and give_back fills,
/// with the orders of the lock that guards the list of a lane.
class one_node {
 public:
  one_node() {
    name_words(node_, "node");
    free_.name("free node");
  }
  bucket &at(u32) const noexcept { return node_; }
  template <bool at_once>
  escrow_status take(u32 &out) noexcept {
    out = free_.exchange(0, std::memory_order_acquire);
    return out != 0 ? ESCROW_OK : ESCROW_E_NOMEM;
  }
  void give_back(u32 node) noexcept {
    node_.ctl.store(escrow::bucket_word::node(0, 0), std::memory_order_release);
    free_.store(node, std::memory_order_release);
  }
  static u64 bytes() noexcept { return 0; }

 private:
  mutable bucket node_;
  atomic<u32> free_{1};
};

/// Whether a key word is the key's.
struct same {
  u64 key;
  template <class Look>
  bool operator()(u64 word, Look const &) const noexcept {
    return word == key;
  }
};

/// A map of small numbers. Keys 16 n to 16 n + 15 have one tag; an even key goes to the child.
class index {
 public:
  index() {
    (void)state_.open(0);
    index_.state = &state_;
    // One entry more in the count than a split of one bucket needs, and nobody grows by himself.
    for (int i = 0; i < 61; ++i) (void)state_.counts.add(0);
    state_.counts.look_after(1 << 20);
  }

  /// The value; 0: there is none.
  u64 get(u64 k) {
    u64 found = 0;
    auto const take = [&found](u64, u64 value, auto const &) noexcept {
      found = value;
      return true;
    };
    auto const s = index_.find<false>(hash(k), same{k}, take);
    check(s == ESCROW_OK || s == ESCROW_E_ABSENT, "a read finds an end");
    return s == ESCROW_OK ? found : 0;
  }
  void put(u64 k, u64 value) {
    auto const s =
        index_.update<false>(hash(k), same{k}, [=](bool found, u64, u64) noexcept -> escrow::edit {
          return {found ? escrow::edit::set_value : escrow::edit::insert, ESCROW_OK, k, value};
        });
    check(s == ESCROW_OK, "there is room");
  }
  /// Both words of the entry change: what a map of records does.
  void replace(u64 k, u64 value) {
    (void)index_.update<false>(
        hash(k), same{k}, [=](bool found, u64, u64) noexcept -> escrow::edit {
          return {found ? escrow::edit::replace : escrow::edit::keep, ESCROW_OK, k, value};
        });
  }
  /// Absent counts as 0.
  void add(u64 k, u64 more) {
    (void)index_.update<false>(hash(k), same{k},
                               [=](bool found, u64, u64 value) noexcept -> escrow::edit {
                                 if (found)
                                   return {escrow::edit::set_value, ESCROW_OK, k, value + more};
                                 return {escrow::edit::insert, ESCROW_OK, k, more};
                               });
  }
  bool erase(u64 k) { return index_.remove<false>(hash(k), same{k}) == ESCROW_OK; }
  void split() { growth::grow<false>(index_); }
  /// Splits, and lets readers know, which then look at the child first.
  void split_and_tell() {
    split();
    state_.publish_shape();
  }
  void merge() {
    state_.counts.open();
    (void)growth::shrink(index_);
  }

 private:
  struct rules {
    static u64 hash_of(u64 key, u64) noexcept { return hash(key); }
    static void discard(u64, u64) noexcept {}
    static u64 bytes() noexcept { return 0; }
  };
  using index_type = escrow::word_index<rules, two_buckets, one_node>;
  using growth = escrow::index_growth<index_type>;

  static u64 hash(u64 k) noexcept { return (k >> 4) << 56 | (k % 2 == 0 ? two_buckets::child : 0); }

  index_type::state_type state_;
  index_type index_;
};

}  // namespace model

#endif
