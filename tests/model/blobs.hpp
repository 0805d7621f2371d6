// Records of byte strings under the explorer: the real code of record.hpp, blob_lane.hpp and
// blob_store.hpp on words of the memory model, and one bucket whose entries name them.
//
// The store has one lane, one size of records, and two chunks with room for three records each,
// of which the second is used first: reference 0 is none. Where the chunks' numbers and addresses
// come from is the test's; its locks and orders are those of chunk_table.
#ifndef ESCROW_TESTS_MODEL_BLOBS_HPP
#define ESCROW_TESTS_MODEL_BLOBS_HPP

#include "atomic.hpp"
#include "machine.hpp"

#include "escrow/blob_store.hpp"
#include "escrow/bucket.hpp"
#include "escrow/locked_bucket.hpp"
#include "escrow/record.hpp"

namespace model {

/// A header, a key of one word and a value of at most two.
struct one_class {
  static constexpr u32 count = 1;
  static constexpr u64 largest = 32;
  static constexpr u32 of(u64) noexcept { return 0; }
  static constexpr u32 bytes(u32) noexcept { return 32; }
};

class two_chunks {
 public:
  using machine_type = machine;
  using chunk_type = escrow::basic_chunk<machine>;
  static constexpr u64 unit = 16;
  static constexpr u32 unit_bits = 17;
  static constexpr u32 records = 3;  // of a chunk
  static constexpr u32 words = 4;    // of a record

  static inline two_chunks *of_run = nullptr;

  two_chunks() {
    of_run = this;
    for (u32 n = 0; n < 2; ++n) {
      std::string const of = "chunk" + std::to_string(n);
      chunks_[n].live.name(of + " live");
      chunks_[n].state.name(of + " state");
      chunks_[n].state.store(chunk_type::idle, std::memory_order_relaxed);
      for (auto &r : memory_[n])
        for (auto &word : r) word.name(of + " word");
    }
    for (auto &word : elsewhere_) word.name("touched word");
  }

  static escrow_status open() noexcept { return ESCROW_OK; }
  static void close() noexcept {}
  static u32 made() noexcept { return 2; }
  static u64 reference_to(u32 number, u32 offset) noexcept {
    return u64{number} << unit_bits | offset / unit;
  }
  atomic<u64> *at(u64 reference) const noexcept {
    u32 const number = number_of(reference);
    u64 const units = reference & ((1u << unit_bits) - 1);
    if (units >= records * words * sizeof(u64) / unit) {
      check(units * unit % 4096 == 0, "behind the records there are pages that are touched ahead");
      return elsewhere_;
    }
    return memory_[number][units / 2];
  }
  chunk_type &of(u64 reference) const noexcept { return numbered(number_of(reference)); }
  chunk_type &numbered(u32 number) const noexcept { return chunks_[number]; }

  escrow_status take(u32 &out_number) noexcept {
    escrow::lock_hold const hold(lock_);
    for (out_number = 1;
         chunks_[out_number].state.load(std::memory_order_relaxed) != chunk_type::idle;
         --out_number)
      check(out_number == 1, "a chunk is idle");
    chunks_[out_number].touched = 0;
    chunks_[out_number].state.store(chunk_type::held, std::memory_order_relaxed);
    return ESCROW_OK;
  }
  /// Who sees the zeros of a new page sees what came before the old one went, from every core.
  u64 decommit(u32 number) noexcept {
    u64 const bytes = chunks_[number].touched;
    for (auto &r : memory_[number])
      for (auto &word : r) word.store(0, std::memory_order_release);
    escrow::lock_hold const hold(lock_);
    chunks_[number].state.store(chunk_type::idle, std::memory_order_relaxed);
    chunks_[number].touched = 0;
    return bytes;
  }

 private:
  /// What is no reference ends the search; after all threads it leads to the first chunk.
  static u32 number_of(u64 reference) noexcept {
    bool const right = reference >> unit_bits < 2;
    check(right, "a reference is of a chunk");
    return right ? static_cast<u32>(reference >> unit_bits) : 0;
  }

  mutable chunk_type chunks_[2];
  mutable atomic<u64> memory_[2][records][words];
  mutable atomic<u64> elsewhere_[words];
  escrow::basic_lock<machine> lock_;
};

/// Entries 0 and 1 of a bucket, whose value words name records. The value of entry k is a number
/// from 10 k + 1 to 10 k + 9; that of entry 0 has it twice.
class blobs {
 public:
  using store_type = escrow::basic_blob_store<two_chunks, one_class, 1>;
  using record = escrow::basic_record<atomic>;
  static constexpr u64 bytes = 32;
  static constexpr auto relaxed = std::memory_order_relaxed;

  store_type store;

  blobs() {
    entries_.ctl.name("bucket ctl");
    entries_.tags.name("bucket tags");
    for (auto const &entry : entries_.at) {
      entry.key.name("bucket key");
      entry.value.name("bucket value");
    }
    auto &lane = store.stripe(0);
    lane.current.name("lane current");
    lane.next.name("lane next");
    lane.touched.name("lane touched");
    lane.free[0].name("lane free");
    (void)store.open(0);
  }

  /// Stores a new record, and gives the old one up.
  void put(u64 k, u64 value) {
    u64 made = 0;
    check(store.allocate<false>(bytes, made) == ESCROW_OK, "there is room");
    write(made, k, value);
    set(k, made);
  }
  void write(u64 reference, u64 k, u64 value) {
    u64 const key = 100 + k;
    u64 const twice[] = {value, value};
    at(reference).write(text(&key, 1), text(twice, words_of(k)));
  }
  /// As shrink does with a record that must move: a copy is made under the bucket's lock.
  void move(u64 k) {
    u64 const c = lock();
    u64 const from = entries_.value(k);
    u64 to = 0;
    check(store.allocate<false>(at(from).bytes_held(), to) == ESCROW_OK, "there is room");
    at(from).copy_to(at(to));
    change(k, c, {escrow::edit::replace, ESCROW_OK, k, to});
    release(from);
  }
  void erase(u64 k) {
    u64 const c = lock();
    u64 const old = entries_.value(k);
    change(k, c, {escrow::edit::remove, ESCROW_OK, 0, 0});
    release(old);
  }
  /// Takes a record that no entry names, if one can be had at once.
  void take(u32 i, u64 value) {
    u64 reference = 0;
    if (store.allocate<true>(bytes, reference) == ESCROW_OK) write(reference, i, value);
    taken_[i].store(reference, relaxed);
  }
  /// Under the bucket's lock.
  bool has(u64 k, u64 value) {
    u64 const twice[] = {value, value};
    u64 const c = lock();
    record const r = at(entries_.value(k));
    bool const right = r.has_value(text(twice, words_of(k))) && r.leading_value() == value;
    entries_.publish(c);
    return right;
  }

  /// The value; 0: none, or the bucket has changed meanwhile.
  u64 read(u64 k) {
    u64 const c = entries_.ctl.load(std::memory_order_acquire);
    if ((c & slot(k)) == 0) return 0;
    escrow::bucket_look<bucket_type> const look{entries_, c};
    record const r = at(entries_.value(k));
    u64 const key = 100 + k;
    if (!r.has_key(text(&key, 1), look)) {
      check(!look(), "an entry's record has its key");
      return 0;
    }
    u64 twice[2] = {};
    u64 size = 0;
    if (!r.copy_value(reinterpret_cast<char *>(twice), sizeof twice, size, look) || !look())
      return 0;
    check(size == words_of(k) * sizeof(u64) && twice[0] / 10 == k, "a value is of its key");
    check(k != 0 || twice[0] == twice[1], "a value is whole");
    return twice[0];
  }
  u64 find(u64 k) {
    u64 const value = read(k);
    check(value != 0, "an entry that nobody removes is found");
    return value;
  }

  /// No lane cuts a chunk any more: records come from lists.
  void stop_cutting() { store.stripe(0).stop_cutting(); }
  void shrink() {
    (void)store.begin_evacuation();
    (void)store.end_evacuation();
  }
  /// After all threads: what is given out next is nobody's, and in a chunk that is held.
  void expect_sound() {
    constexpr u32 count = 5;
    u64 given[count] = {};
    for (u32 k = 0; k < 2; ++k) {
      if ((entries_.ctl.load(relaxed) & slot(k)) != 0) given[k] = entries_.value(k);
      given[2 + k] = taken_[k].load(relaxed);
    }
    (void)store.allocate<false>(bytes, given[4]);
    for (u32 i = 0; i < count; ++i) {
      check(given[i] == 0 || is_held(given[i]), "a record lies in a chunk that is held");
      for (u32 j = 0; j < i; ++j)
        check(given[i] == 0 || given[i] != given[j], "a record has one owner");
    }
  }

 private:
  using bucket_type = escrow::basic_bucket<atomic>;

  static u64 slot(u64 k) { return escrow::bucket_word::slot << k; }
  static u64 words_of(u64 k) { return k == 0 ? 2 : 1; }
  static escrow::bytes text(u64 const *words, u64 count) {
    return {reinterpret_cast<char const *>(words), count * sizeof(u64)};
  }
  record at(u64 reference) const { return {store.at(reference)}; }
  static bool is_held(u64 reference) {
    auto const &chunk = two_chunks::of_run->of(reference);
    return chunk.state.load(relaxed) == two_chunks::chunk_type::held;
  }

  u64 lock() {
    for (;;) {
      u64 const c = entries_.ctl.load(std::memory_order_acquire);
      if ((c & escrow::bucket_word::lock) == 0 && entries_.try_lock(c)) return c;
      yield();
    }
  }
  void change(u64 k, u64 c, escrow::edit const &d) {
    entries_.publish(escrow::edit_slot(entries_, k, c, d));
  }
  void set(u64 k, u64 reference) {
    u64 const c = lock();
    if ((c & slot(k)) == 0) {
      entries_.fill(k, 0, k, reference);
      entries_.publish(c | slot(k));
      return;
    }
    u64 const old = entries_.value(k);
    change(k, c, {escrow::edit::replace, ESCROW_OK, k, reference});
    release(old);
  }
  void release(u64 reference) { store.release(reference, at(reference).bytes_held()); }

  bucket_type entries_;
  atomic<u64> taken_[2];
};

}  // namespace model

#endif
