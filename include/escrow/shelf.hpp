// escrow/shelf.hpp: the slabs of one class of one pool, striped over lanes. [L3]
//
// A thread takes slots from the current slab of the lane its hint names and returns them to
// wherever they came from; a lane is a place to look first, not an owner. What was freed is found
// by sweeping the slabs on a lane's dirty stack.
#ifndef ESCROW_SHELF_HPP
#define ESCROW_SHELF_HPP

#include "lane.hpp"
#include "lock.hpp"
#include "platform.hpp"
#include "size_class.hpp"
#include "slab.hpp"
#include "table.hpp"

namespace escrow::inline ESCROW_ABI {

/// One stripe. Immortal, so that a release that slept may still push onto it.
template <class Machine>
struct alignas(2 * cache_line) basic_lane {
  template <class T>
  using atomic = typename Machine::template atomic<T>;
  using slab = basic_slab<Machine>;

  atomic<slab *> current{nullptr};  // where acquire looks; changed under guard
  basic_lock<Machine> guard;
  atomic<u32> listed{0};  // slabs with free slots, index + 1; changed under guard

  /// Slabs in which a slot was freed: push by anyone, taken whole under guard. Push and take-all
  /// only, so a recycled link is harmless.
  alignas(cache_line) atomic<u32> dirty{0};

  // relaxed: ordered by guard; a look without it is a hint
  [[nodiscard]] u32 listed_hint() const noexcept { return listed.load(std::memory_order_relaxed); }
  void set_listed(u32 head) noexcept { listed.store(head, std::memory_order_relaxed); }

  /// Where acquire looks first; nullptr: no slab yet.
  [[nodiscard, gnu::always_inline]] inline slab *hand() const noexcept {
    // acquire: the slab's record and headers; pairs with take_up() [H3]
    return current.load(std::memory_order_acquire);
  }
  /// Its guard is held.
  void take_up(slab &s) noexcept {
    current.store(&s, std::memory_order_release);  // release: pairs with hand() [H3]
  }

  /// Puts a slab on the dirty stack whose dirty flag the caller has set. After max_lost_races the
  /// flag is cleared instead: the next end in that slab tries again.
  void push(slab &s) noexcept {
    u32 head = dirty.load(std::memory_order_relaxed);  // relaxed: re-checked by the CAS
    for (u32 lost = 0; lost < max_lost_races; ++lost) {
      s.next_dirty.store(head, std::memory_order_relaxed);  // relaxed: before publication
      // release: publishes next_dirty; pairs with take_dirty() [H1]
      if (dirty.compare_exchange_weak(head, s.index + 1, std::memory_order_release,
                                      std::memory_order_relaxed))
        return;
    }
    s.dirty.store(0, std::memory_order_seq_cst);
  }
  [[nodiscard]] u32 take_dirty() noexcept {
    if (dirty.load(std::memory_order_relaxed) == 0) return 0;  // relaxed: a later push is for later
    return dirty.exchange(0, std::memory_order_acquire);       // acquire: pairs with push() [H1]
  }
};
using lane = basic_lane<machine>;
static_assert(sizeof(lane) == 128);

/// The rest of mark_dirty, once for many frees.
template <class Machine>
[[gnu::noinline]] inline void raise_dirty(basic_slab<Machine> &s) noexcept {
  for (u32 lost = 0; lost < max_lost_races; ++lost) {
    if (s.dirty.exchange(1, std::memory_order_seq_cst) != 0) return;
    // seq_cst: after the flag; pairs with try_retire and give_to [B3]
    if (auto *const home = s.home.load(std::memory_order_seq_cst); home != nullptr)
      return home->push(s);
    s.dirty.store(0, std::memory_order_seq_cst);
    // A new owner's end may have met the flag while it stood: then it is ours to push [B3].
    if (s.home.load(std::memory_order_seq_cst) == nullptr) return;
  }
}

/// Called after a slot of `s` became FREE or DEAD. Finalizer-safe: a load, seldom an exchange and a
/// bounded push.
///
/// Nothing is lost [B2]: (1) the end stores the word, (2) loads the flag; the sweep (3) clears the
/// flag, (4) loads the word. All seq_cst. If (2) sees the flag still set from an earlier push, then
/// (2) comes before (3), so (1) before (4): the sweep sees the end. Else the end pushes again.
///
/// Across a change of owners [B3]: the end (5) sets the flag, (6) loads `home`; the hand-over
/// (7) stores home NULL, (8) loads the flag and gives up when it is set. So either (8) sees the
/// flag, or (6) sees NULL and clears it again; a flag is never left set on a slab that changed
/// hands. Two homeless looks, at (6) and after the flag is cleared, and the new owner stores its
/// home (9) seq_cst before its own ends (10) find the flag: an end that found it at (10), before it
/// was cleared, is seen by the second look, which then pushes for it.
///
/// A further round needs a slab that changed hands and back between two looks; after max_lost_races
/// of them the slab is left to the next end in it, or to trim.
template <class Machine>
inline void mark_dirty(basic_slab<Machine> &s) noexcept {
  if (s.dirty.load(std::memory_order_seq_cst) == 0) [[unlikely]]
    raise_dirty(s);
}

/// The same after an end that freed the slot, which is what it returns: whoever ends with this call
/// needs no frame of its own.
template <class Machine>
[[nodiscard, gnu::cold, gnu::noinline]] inline escrow_status raise_dirty_freed(
    basic_slab<Machine> &s) noexcept {
  raise_dirty(s);
  return ESCROW_FREED;
}
template <class Machine>
[[nodiscard, gnu::always_inline]] inline escrow_status mark_dirty_freed(
    basic_slab<Machine> &s) noexcept {
  if (s.dirty.load(std::memory_order_seq_cst) == 0) [[unlikely]]  // as in mark_dirty [B2]
    return raise_dirty_freed(s);
  return ESCROW_FREED;
}

/// Ends a claim whose handle nobody has used: the slot is FREE again, one generation on.
template <class Machine>
inline void undo_claim(basic_slab<Machine> &home, basic_slot_header<Machine> &h) noexcept {
  // Only a closing pool's sweep knows the word, and it changes it once; the bound is for the proof.
  for (u32 lost = 0; lost < max_lost_races; ++lost) {
    auto const ended = apply(h.word, [](u64 w) -> step {
      return {ESCROW_OK, protocol::vacated(w, 0)};
    });
    if (ended != ESCROW_E_BUSY) break;
  }
  mark_dirty(home);
}

/// Ends the object in `h` that the handle of generation `g` alone holds, where that is all there is
/// to do: one compare-and-swap from the word that the handle implies.
/// @return ESCROW_FREED | ESCROW_E_BUSY nothing happened: it is held otherwise, or something is
/// owed
template <class Machine>
[[nodiscard, gnu::always_inline]] inline escrow_status end_sole(basic_slab<Machine> &home,
                                                                basic_slot_header<Machine> &h,
                                                                u64 g) noexcept {
  u64 const owed = home.owed.load(std::memory_order_relaxed);  // relaxed: the swap pins the slab
  u64 only = word::at(g, word::object);
  if (owed != 0 || g >= word::last_generation ||
      !h.word.compare_exchange_strong(only, word::at(g + 1, 0),
                                      std::memory_order_seq_cst,  // [S1] [B2]
                                      std::memory_order_relaxed)) [[unlikely]]
    return ESCROW_E_BUSY;
  return mark_dirty_freed(home);
}

/// All lanes of a class.
template <class Machine>
class alignas(2 * cache_line) basic_shelf {  // its lanes follow it in memory
 public:
  using lane = basic_lane<Machine>;
  using slab = basic_slab<Machine>;

  /// Bytes of a shelf with `lanes` lanes; it lives in a record of the table, for ever.
  [[nodiscard]] static u64 bytes(u32 lanes) noexcept {
    return sizeof(basic_shelf) + lanes * sizeof(lane);
  }

  /// In fresh zero memory.
  void prepare(u32 class_index, u32 lanes) noexcept {
    class_ = class_index;
    lanes_ = lanes;
  }
  /// For the next pool of this control block. Nobody holds a slot of it.
  void layout(u64 stride, bool destructor) noexcept {
    stride_.store(stride, std::memory_order_relaxed);          // relaxed: before the pool is open
    destructor_.store(destructor, std::memory_order_relaxed);  // relaxed: before the pool is open
  }
  [[nodiscard]] u32 class_index() const noexcept { return class_; }
  [[nodiscard]] u32 lanes() const noexcept { return lanes_; }
  [[nodiscard]] u64 stride() const noexcept { return stride_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool destructor() const noexcept {
    return destructor_.load(std::memory_order_relaxed);
  }
  /// A freed slot needs nothing but zeroing before it may be handed out again.
  [[nodiscard]] bool zeroing_only() const noexcept { return !destructor(); }

  [[nodiscard]] lane &at(u32 i) noexcept { return reinterpret_cast<lane *>(this + 1)[i]; }
  [[nodiscard]] lane &hinted() noexcept { return hinted((lanes_ - 1) * u32{sizeof(lane)}); }
  /// The same where the caller has the bytes of all lanes but one at hand.
  [[nodiscard]] lane &hinted(u32 span) noexcept {
    return *reinterpret_cast<lane *>(reinterpret_cast<char *>(this + 1) + lane_hint(span));
  }

  /// Makes a slab with free slots the current one of `mine`, whose guard is held: from its own
  /// lists, else from another lane. False: no lane has one.
  [[nodiscard]] bool restock(lane &mine) noexcept {
    sweep_dirty(mine);
    if (has_free(mine.current.load(std::memory_order_relaxed)))
      return true;  // relaxed: under guard
    if (slab *const s = pop_listed(mine); s != nullptr) return use(mine, *s);
    for (u32 i = 0; i < lanes_; ++i) {
      lane &other = at(i);
      // relaxed: hints; a miss costs a slab that the next refill finds
      if (&other == &mine ||
          (other.listed_hint() == 0 && other.dirty.load(std::memory_order_relaxed) == 0))
        continue;
      if (!other.guard.try_acquire()) continue;
      sweep_dirty(other);
      slab *const s = pop_listed(other);
      if (s != nullptr)
        s->home.store(&mine, std::memory_order_release);  // release: pairs with sweep_dirty [H2]
      other.guard.release();
      if (s != nullptr) return use(mine, *s);
    }
    return false;
  }

  /// Sweeps the slabs on the dirty stack of `l`, whose guard is held: cleans what needs zeroing
  /// only, refreshes the masks, lists what has free slots and notes what owes destructors.
  void sweep_dirty(lane &l) noexcept {
    for (u32 next = l.take_dirty(); next != 0;) {
      slab &s = Machine::slab_at(next - 1);
      next = s.next_dirty.load(std::memory_order_relaxed);  // relaxed: published by push [H1]
      // seq_cst: before the loads of slots_that() [B2]; from here the slab may be pushed again
      s.dirty.exchange(0, std::memory_order_seq_cst);
      // acquire: pairs with restock [H2]
      lane *const home = s.home.load(std::memory_order_acquire);
      if (home == &l) {
        sweep(l, s);
      } else if (home != nullptr) {
        mark_dirty(s);  // it changed lanes, or owners, while it was on this stack
      }
    }
  }

  /// Looks at one slab of `l`, whose guard is held. Blocks of their own are not zeroed: what is
  /// listed there is a candidate for going back to the system.
  void sweep(lane &l, slab &s) noexcept {
    bool const block = class_ == block_class;
    bool const owed = s.owed.load(std::memory_order_relaxed) != 0;
    if (owed && !block && zeroing_only()) clean_slots(s);
    u64 const free = free_slots(s);
    u64 const dead = owed ? slots_that(s, word::is_dead) : 0;
    s.free.store(free, std::memory_order_relaxed);  // relaxed: a hint
    if (dead != 0 && destructor()) note_owing(s);
    bool const idle_block = block && dead != 0 && zeroing_only();
    bool const used_up = free == 0 && slots_that(s, word::is_retired) == s.full_mask();
    if ((free != 0 || idle_block || used_up) && !s.listed &&
        l.current.load(std::memory_order_relaxed) != &s) {
      s.listed = true;
      s.next_listed = l.listed_hint();
      l.set_listed(s.index + 1);
    }
    swept_.store(true, std::memory_order_relaxed);  // relaxed: a hint
  }

  /// Was anything freed here since the last call? Clears the note.
  [[nodiscard]] bool may_be_idle() noexcept {
    bool seen = swept_.exchange(false, std::memory_order_relaxed);  // relaxed: hints
    for (u32 i = 0; i < lanes_ && !seen; ++i)
      seen = at(i).dirty.load(std::memory_order_relaxed) != 0;
    return seen;
  }

  /// Takes all lane guards, in index order; a refill holds one and only tries the others, so nobody
  /// waits in a circle.
  void acquire_all() noexcept {
    for (u32 i = 0; i < lanes_; ++i) at(i).guard.acquire();
  }
  void release_all() noexcept {
    for (u32 i = 0; i < lanes_; ++i) at(i).guard.release();
  }

  /// Takes every wholly free slab that is listed or current out of the shelf: its words are
  /// RESERVED and its home is NULL afterwards. All guards are held. Returns the chain, linked by
  /// next_listed.
  [[nodiscard]] u32 take_idle() noexcept {
    u32 idle = 0;
    for (u32 i = 0; i < lanes_; ++i) {
      lane &l = at(i);
      u32 kept = 0;
      for (u32 next = l.listed_hint(); next != 0;) {
        slab &s = Machine::slab_at(next - 1);
        next = s.next_listed;
        u32 &chain = try_retire(s) ? idle : kept;
        s.listed = s.home.load(std::memory_order_relaxed) != nullptr;  // relaxed: under guard
        s.next_listed = chain;
        chain = s.index + 1;
      }
      l.set_listed(kept);
      slab *const current = l.current.load(std::memory_order_relaxed);  // relaxed: under guard
      if (current == nullptr || !try_retire(*current)) continue;
      l.current.store(nullptr, std::memory_order_relaxed);  // relaxed: claims re-check [B1]
      current->next_listed = idle;
      idle = current->index + 1;
    }
    return idle;
  }

  /// Slabs with DEAD slots, for drain.
  void note_owing(slab &s) noexcept {
    lock_hold const hold(owing_lock_);
    if (s.owing) return;
    s.owing = true;
    s.next_owing = owing_;
    owing_ = s.index + 1;
  }
  /// A slab to drain. It stays marked as owing, which keeps it in this shelf, until finish_owing.
  [[nodiscard]] slab *take_owing() noexcept {
    lock_hold const hold(owing_lock_);
    if (owing_ == 0) return nullptr;
    slab &s = Machine::slab_at(owing_ - 1);
    owing_ = s.next_owing;
    return &s;
  }
  /// Lets the slab go, or puts it back when DEAD slots are left: a sweep that found them while the
  /// slab was marked has not listed it.
  void finish_owing(slab &s) noexcept {
    lock_hold const hold(owing_lock_);
    s.owing = slots_that(s, word::is_dead) != 0;
    if (!s.owing) return;
    s.next_owing = owing_;
    owing_ = s.index + 1;
  }

 private:
  template <class T>
  using atomic = typename Machine::template atomic<T>;

  [[nodiscard]] static bool has_free(slab const *s) noexcept {
    return s != nullptr && s->free.load(std::memory_order_relaxed) != 0;  // relaxed: a hint
  }
  /// RESERVED and homeless, or unchanged.
  [[nodiscard]] bool try_retire(slab &s) noexcept {
    if (has_owing(s) || !reserve_slots(s, zeroing_only())) return false;
    lane *const home = s.home.load(std::memory_order_relaxed);  // relaxed: under guard
    s.home.store(nullptr, std::memory_order_seq_cst);           // seq_cst: before the flag [B3]
    if (s.dirty.load(std::memory_order_seq_cst) == 0) return true;
    s.home.store(home, std::memory_order_seq_cst);  // an end is about to push it: another time
    unreserve_slots(s, s.used());
    mark_dirty(s);  // that end may have seen NULL and cleared the flag just before [B3]
    return false;
  }
  [[nodiscard]] bool has_owing(slab const &s) noexcept {
    lock_hold const hold(owing_lock_);
    return s.owing;
  }
  [[nodiscard]] static slab *pop_listed(lane &l) noexcept {
    if (l.listed_hint() == 0) return nullptr;
    slab &s = Machine::slab_at(l.listed_hint() - 1);
    l.set_listed(s.next_listed);
    s.listed = false;
    return &s;
  }
  [[nodiscard]] static bool use(lane &mine, slab &s) noexcept {
    mine.take_up(s);
    return true;
  }

  u32 class_;
  u32 lanes_;
  atomic<u64> stride_;
  atomic<bool> destructor_;
  atomic<bool> swept_;
  basic_lock<Machine> owing_lock_;
  typename Machine::template locked<u32> owing_;  // index + 1
};
using shelf = basic_shelf<machine>;

}  // namespace escrow::inline ESCROW_ABI

#endif
