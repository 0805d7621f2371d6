// Slabs, lanes and a shelf under the explorer: the real code of slot.hpp, slab.hpp, claim.hpp and
// shelf.hpp on words of the memory model.
//
// What an object's memory holds is plain in the library. Here it is a word that is accessed
// relaxed: who holds a slot marks it, and takes the mark away before the end. Whoever holds the
// slot next and finds a mark was not ordered with the last holder.
#ifndef ESCROW_TESTS_MODEL_SLABS_HPP
#define ESCROW_TESTS_MODEL_SLABS_HPP

// Quarantine and canaries are no part of what is explored.
#undef ESCROW_DEBUG_SLOTS

#include "atomic.hpp"
#include "machine.hpp"

#include "escrow/block_word.hpp"
#include "escrow/claim.hpp"
#include "escrow/shelf.hpp"

namespace model {

struct slab_machine : machine {
  static constexpr u32 slots = 4;

  static inline escrow::basic_slab<slab_machine> *slabs = nullptr;  // of the run
  static escrow::basic_slab<slab_machine> &slab_at(u32 index) noexcept {
    check(index < 2, "a link leads to a slab");
    return slabs[index];
  }
};

using slab = escrow::basic_slab<slab_machine>;
using lane = escrow::basic_lane<slab_machine>;
using claim = escrow::basic_claim<slab_machine>;
using escrow::word;

/// A shelf of two lanes, with two slabs of two slots each that belong to nobody at first.
struct slabs {
  static constexpr u32 used = 2;
  static constexpr u64 pool = escrow::handle::pack(escrow::handle::pool_tag, 3, 1);
  static constexpr u64 next_pool = escrow::handle::pack(escrow::handle::pool_tag, 4, 1);
  static constexpr u64 stride = 16, next_stride = 32;
  static constexpr u64 key = slab::owner_key(pool, 0);
  static constexpr u64 next_key = slab::owner_key(next_pool, 1);
  static constexpr auto relaxed = std::memory_order_relaxed;

  escrow::basic_shelf<slab_machine> shelf;
  lane lanes[2];   // right behind the shelf, where it looks for them
  lane next_lane;  // of the next pool's shelf
  slab all[2];
  slab::header_type headers[2][slab_machine::slots];
  atomic<u64> pool_word{escrow::block_word::open_at(pool)};
  atomic<u64> marks[2][slab_machine::slots];
  atomic<u64> told[2];  // from one thread to another, by no order
  alignas(16) char memory[2][slab_machine::slots * next_stride];

  slabs() {
    slab_machine::slabs = all;
    shelf.prepare(0, 2);
    shelf.layout(stride, false);
    pool_word.name("pool word");
    next_lane.dirty.name("next-lane stack");
    for (u32 i = 0; i < 2; ++i) {
      std::string const of = "lane" + std::to_string(i);
      lanes[i].current.name(of + " current");
      lanes[i].listed.name(of + " listed");
      lanes[i].dirty.name(of + " stack");
      told[i].name("told " + std::to_string(i));
      name_slab(i);
    }
  }

  static u64 name(u32 i) {
    return escrow::handle::pack(escrow::handle::slot_tag(1), u64{i} * escrow::slab::slots, 0);
  }
  static u64 next_name(u32 i) {
    return escrow::handle::pack(escrow::handle::slot_tag(2), u64{i} * escrow::slab::slots, 0);
  }

  /// As table.hpp makes a slab, and supply.hpp gives it to the first pool; all slots are FREE.
  void make(u32 i) { all[i].headers.store(headers[i], relaxed); }
  void open(u32 i, lane &home) {
    all[i].lay_out(memory[i], stride, used, name(i), 0);
    all[i].give_to(home, key);
    escrow::open_slots(all[i], used);
    all[i].free.store(all[i].full_mask(), relaxed);
  }
  /// The first slab, open and in hand; in `held` of its slots there is an object.
  void begin(u32 held = 0) {
    make(0);
    make(1);
    open(0, lanes[0]);
    lanes[0].take_up(all[0]);
    for (u32 k = 0; k < held; ++k) {
      claim c{};
      check(escrow::claim_first(all[0], key, word::object, c), "a slot is free");
      mark(c);
    }
  }

  slab::header_type &at(u32 k) { return headers[0][k]; }
  /// Which slot it is of the first slab, or of the second: 4 on.
  u32 number(claim const &c) { return static_cast<u32>(c.header - headers[0]); }
  atomic<u64> &mark_of(claim const &c) { return marks[number(c) / 4][number(c) % 4]; }
  /// The caller holds what it claimed.
  void mark(claim const &c) {
    atomic<u64> &m = mark_of(c);
    check(m.load(relaxed) == 0, "the last holder has ended, and is seen to have");
    m.store(1, relaxed);
  }
  /// Ends the object in slot k of the first slab, which the caller alone holds.
  void end(u32 k) {
    u64 const g = word::generation(at(k).word.load(relaxed));
    marks[0][k].store(0, relaxed);
    if (escrow::end_sole(all[0], at(k), g) == ESCROW_FREED) return;
    release(k, g);  // something is owed, or close has revoked it
  }
  void release(u32 k, u64 g) {
    u64 const owed = all[0].owed.load(relaxed);
    auto const step = [&](u64 w) { return escrow::protocol::release_object(w, g, owed); };
    check(escrow::apply(at(k).word, step) == ESCROW_FREED, "one owner ends the object");
    escrow::mark_dirty(all[0]);
  }
  /// One who acquires and ends an object, where a slot can be had. `freed`: also one that the mask
  /// does not show.
  bool use_one(bool freed) {
    claim c;
    if (!escrow::claim_first(all[0], key, word::object, c) &&
        !(freed && escrow::claim_freed(all[0], key, word::object, c)))
      return false;
    check(c.name == name(0) + (u64{number(c)} << escrow::handle::index_shift) +
                        word::generation(c.header->word.load(relaxed)),
          "a claim's name is that of its slot");
    check(c.payload == reinterpret_cast<u64>(memory[0]) + number(c) * stride,
          "a claim's memory is that of its slot");
    mark(c);
    end(number(c));
    return true;
  }
  void sweep(u32 i) {
    escrow::lock_hold const hold(lanes[i].guard);
    shelf.sweep_dirty(lanes[i]);
  }
  /// Takes the first slab away where it is idle, and gives it to the next pool.
  bool hand_over() {
    shelf.acquire_all();
    for (auto &l : lanes) shelf.sweep_dirty(l);
    u32 const idle = shelf.take_idle();
    shelf.release_all();
    if (idle == 0) return false;
    check(idle == 1, "there is one slab");
    all[0].leave_owner();
    all[0].lay_out(memory[0], next_stride, used, next_name(0), 0);
    all[0].give_to(next_lane, next_key);
    escrow::open_slots(all[0], used);
    return true;
  }
  /// After all threads. A slab that is said to be on a stack is on one of its owner: the lanes of
  /// another pool may never be swept again.
  void all_found() {
    shelf.sweep_dirty(next_lane);
    if (all[0].owner.load(relaxed) == next_key)
      check(all[0].dirty.load(relaxed) == 0, "a slab changes hands without a dirty flag");
    for (auto &l : lanes) shelf.sweep_dirty(l);
    for (auto &s : all) check(s.dirty.load(relaxed) == 0, "a dirty slab is on a stack");
  }
  /// And what is free is found.
  void all_free_found(u32 i) {
    all_found();
    u64 free = 0;
    for (u32 k = 0; k < used; ++k)
      free |= u64{word::is_free(headers[i][k].word.load(relaxed))} << k;
    check((all[i].free.load(relaxed) & free) == free, "a sweep finds what was freed");
  }

 private:
  void name_slab(u32 i) {
    slab &s = all[i];
    s.index = i;
    std::string const of = "slab" + std::to_string(i);
    s.free.name(of + " mask");
    s.owner.name(of + " owner");
    s.payload.name(of + " payload");
    s.name.name(of + " name");
    s.dirty.name(of + " dirty");
    s.next_dirty.name(of + " next");
    s.home.name(of + " home");
    for (u32 k = 0; k < slab_machine::slots; ++k) {
      headers[i][k].word.name(of + " word" + std::to_string(k));
      headers[i][k].payload.name(of + " address" + std::to_string(k));
      marks[i][k].name(of + " mark" + std::to_string(k));
      headers[i][k].word.store(word::at(5, word::rev), relaxed);  // RESERVED
    }
  }
};

}  // namespace model

#endif
