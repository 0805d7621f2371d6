// A map's index under the explorer: the real code of buckets, reads, writes, splits and merges, on
// words of the memory model.
//
// Words of the model are buckets, nodes, bound, mask and epoch. The locks of growth and of clears
// are no part of it: in each test one thread splits or merges, and one clears.
#ifndef ESCROW_TESTS_MODEL_INDEX_HPP
#define ESCROW_TESTS_MODEL_INDEX_HPP

#include <iterator>
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
template <class Operation>
[[nodiscard]] inline escrow_status patiently(Operation operation) noexcept {
  for (;;) {
    escrow_status const s = operation();
    if (s != ESCROW_E_BUSY) return s;
    model::yield();
  }
}
}  // namespace escrow::inline ESCROW_ABI
// And of escrow/tally.hpp: a test says how many entries there are, so nobody grows the index but
// split().
#define ESCROW_TALLY_HPP
namespace escrow::inline ESCROW_ABI {
struct tally {
  static constexpr u32 lanes = 1;
  u64 said = 0;

  void open() noexcept { said = 0; }
  void add(u64) noexcept {}
  void subtract(u64) noexcept {}
  static bool is_due() noexcept { return false; }
  void look_after(u64) noexcept {}
  void look_again() noexcept {}
  void refresh(u64) noexcept {}
  [[nodiscard]] u64 total(u64) const noexcept { return said; }
};
}  // namespace escrow::inline ESCROW_ABI
#include "escrow/index_growth.hpp"
#include "escrow/index_walk.hpp"
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
  template <class T>
  using atomic = model::atomic<T>;
  using link_type = atomic<u32>;
  static constexpr u64 child = 16;

  two_buckets() {
    for (u64 const i : {u64{0}, u64{1}, child}) new (place(i)) bucket;
    name_words(at(0), "parent");
    name_words(at(1), "others");
    name_words(at(child), "child");
    links_[0].name("parent link");
    links_[1].name("child link");
  }
  ~two_buckets() {
    for (u64 const i : {u64{0}, u64{1}, child}) at(i).~bucket();
  }
  two_buckets(two_buckets const &) = delete;
  two_buckets &operator=(two_buckets const &) = delete;
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

/// Two nodes of overflow, taken in order; one that was given back is taken first. Where they wait
/// is a word, with the orders of the lock that guards a lane's list.
class two_nodes {
 public:
  two_nodes() {
    for (u32 n = 0; n < 2; ++n) name_words(nodes_[n], n == 0 ? "node1" : "node2");
    free_.name("free nodes");
  }
  static void open(escrow::budget &) noexcept {}
  bucket &at(u32 node) const noexcept { return nodes_[node - 1]; }
  template <bool at_once>
  escrow_status take(u32 &out) noexcept {
    u32 const free = free_.load(std::memory_order_acquire);
    out = free & 3;
    free_.store(free >> 2, std::memory_order_release);
    return out != 0 ? ESCROW_OK : ESCROW_E_NOMEM;
  }
  void give_back(u32 node) noexcept {
    at(node).ctl.store(escrow::bucket_word::node(0, 0), std::memory_order_release);
    free_.store(free_.load(std::memory_order_acquire) << 2 | node, std::memory_order_release);
  }
  static u64 bytes() noexcept { return 0; }

 private:
  mutable bucket nodes_[2];
  atomic<u32> free_{1 | 2 << 2};  // one thread of a test takes and gives back
};

/// Whether a key word is the key's: it is the key, and 1000 more once the entry has been replaced.
struct same {
  u64 key;
  u64 *word = nullptr;  // where to note the word of a match
  template <class Look>
  bool operator()(u64 seen, Look const &) const noexcept {
    if (word != nullptr) *word = seen;
    return seen % 1000 == key;
  }
};

/// What one call of a cursor shows, of an index with more entries than that.
struct few_keys {
  u64 keys[5];
  u32 count = 0, marked = 0;

  template <class Look>
  [[nodiscard]] escrow::scan_result add(u64 key, u64, Look const &) noexcept {
    if (count == std::size(keys)) return escrow::scan_result::full;
    keys[count++] = key;
    return escrow::scan_result::taken;
  }
  void mark() noexcept { marked = count; }
  void rewind() noexcept { count = marked; }
  [[nodiscard]] bool empty() const noexcept { return marked == 0; }
};

/// A map of small numbers. Keys 16 n to 16 n + 15 have one tag; an even key goes to the child.
class index {
 public:
  index() {
    (void)state_.open(0);
    index_.state = &state_;
    record_.name("record");
    state_.epoch.name("epoch");
    state_.bound.name("bound");
    state_.mask.name("mask");
  }

  /// Memory that a value may name.
  atomic<u64> &record() { return record_; }

  /// The value; 0: there is none.
  u64 get(u64 k, u64 *word = nullptr) {
    u64 found = 0;
    auto const take = [&found](u64, u64 value, auto const &) noexcept {
      found = value;
      return true;
    };
    auto const s = index_.find<true>(hash(k), same{k, word}, take);
    check(s == ESCROW_OK || s == ESCROW_E_ABSENT, "a read finds an end");
    return s == ESCROW_OK ? found : 0;
  }
  void put(u64 k, u64 value) {
    auto const s = index_.update<false, true>(
        hash(k), same{k}, [=](bool found, u64, u64) noexcept -> escrow::edit {
          return {found ? escrow::edit::set_value : escrow::edit::insert, ESCROW_OK, k, value};
        });
    check(s == ESCROW_OK, "there is room");
  }
  /// Was the entry replaced?
  bool is_replaced(u64 k) {
    u64 word = 0;
    return get(k, &word) != 0 && word == k + 1000;
  }
  /// Both words of the entry change: what a map of records does.
  void replace(u64 k, u64 value) {
    (void)index_.update<false, true>(
        hash(k), same{k}, [=](bool found, u64, u64) noexcept -> escrow::edit {
          return {found ? escrow::edit::replace : escrow::edit::keep, ESCROW_OK, k + 1000, value};
        });
  }
  /// Only where there is none; was there none?
  bool put_if_absent(u64 k, u64 value) {
    bool created = false;
    (void)index_.update<false, true>(
        hash(k), same{k}, [&created, k, value](bool found, u64, u64) noexcept -> escrow::edit {
          created = !found;
          return {found ? escrow::edit::keep : escrow::edit::insert, ESCROW_OK, k, value};
        });
    return created;
  }
  /// Absent counts as 0.
  void add(u64 k, u64 more) {
    (void)index_.update<false, true>(
        hash(k), same{k}, [=](bool found, u64, u64 value) noexcept -> escrow::edit {
          if (found) return {escrow::edit::set_value, ESCROW_OK, k, value + more};
          return {escrow::edit::insert, ESCROW_OK, k, more};
        });
  }
  bool erase(u64 k) { return index_.remove<false>(hash(k), same{k}) == ESCROW_OK; }
  /// As erase, under the lock: what a map does that wants the old value.
  void take(u64 k) {
    (void)index_.update<false, true>(
        hash(k), same{k}, [](bool found, u64, u64) noexcept -> escrow::edit {
          return {found ? escrow::edit::remove : escrow::edit::keep, ESCROW_OK, 0, 0};
        });
  }
  /// Bucket 0 splits.
  void split() {
    state_.counts.said = escrow::word_index<rules>::load_quarters * two_buckets::child / 4;
    growth::grow(index_);
    state_.counts.said = 0;
  }
  /// Before the threads: even keys are looked for in the child, as by who knows of an earlier
  /// split.
  void look_at_child_first() {
    state_.bound.store(two_buckets::child + 1, std::memory_order_relaxed);
    state_.mask.store(2 * two_buckets::child - 1, std::memory_order_relaxed);
  }
  /// Bucket 16 goes back into bucket 0.
  void merge() { (void)growth::shrink(index_); }
  /// What the cursor shows next.
  few_keys scan(u64 &cursor) {
    few_keys shown;
    check(walk::scan(index_, cursor, shown) == ESCROW_OK, "there is room for what has one hash");
    return shown;
  }
  void clear() { walk::clear(index_); }
  /// Empties what a clear has left to the next writers.
  void sweep() { walk::sweep(index_); }

 private:
  struct rules {
    static u64 hash_of(u64 key, u64) noexcept { return hash(key % 1000); }
    template <class Look>
    static bool whole_hash(u64 key, u64, Look const &, u64 &out) noexcept {
      out = hash(key % 1000);
      return true;
    }
    static void discard(u64, u64) noexcept {}
    static u64 bytes() noexcept { return 0; }
    static constexpr bool has_records = false;
  };
  using index_type = escrow::word_index<rules, two_buckets, two_nodes>;
  using growth = escrow::index_growth<index_type>;
  using walk = escrow::index_walk<index_type>;

  static u64 hash(u64 k) noexcept { return (k >> 4) << 56 | (k % 2 == 0 ? two_buckets::child : 0); }

  index_type::state_type state_;
  index_type index_;
  atomic<u64> record_;
};

}  // namespace model

#endif
