// escrow/locked_bucket.hpp: a writer's turn on one bucket and its overflow nodes. [L2]
#ifndef ESCROW_LOCKED_BUCKET_HPP
#define ESCROW_LOCKED_BUCKET_HPP

#include <bit>

#include "bucket.hpp"
#include "platform.hpp"
#include "status.h"

namespace escrow::inline ESCROW_ABI {

/// Where an entry is, or has room. `node` 0: in the bucket itself. `slot` 7: nowhere.
struct bucket_place {
  u32 before = 0;  // the node in front of `node`; 0: none, the link
  u32 node = 0;
  u32 slot = 7;
  bool found = false;

  [[nodiscard]] bool nowhere() const noexcept { return slot == 7; }
};

/// What a writer does to the entry it found, or did not find, under the lock.
struct edit {
  enum action : u8 {
    keep,       // nothing
    set_value,  // found: its value word becomes `value`
    replace,    // found: one of its words names other memory now; readers of the old must notice
    insert,     // not found: the entry {key, value} comes
    remove      // found: it goes
  };
  action what;
  escrow_status status;  // what the operation answers
  u64 key;
  u64 value;
};

/// What the word of a locked bucket without nodes becomes when its slot `s` is edited; not insert.
template <class Bucket>
[[nodiscard, gnu::always_inline]] inline u64 edit_slot(Bucket &b, u64 s, u64 c,
                                                       edit const &d) noexcept {
  switch (d.what) {
    case edit::set_value:
      // release: [M1]; who read the old value may finish with it, so the version stays
      b.at[s].value.store(d.value, std::memory_order_release);
      return c;
    case edit::replace:
      // A reader under the old version that sees the new word sees an entry that is complete; one
      // that sees the old word finds the memory it names untouched until the version has moved.
      b.at[s].key.store(d.key, std::memory_order_release);
      b.at[s].value.store(d.value, std::memory_order_release);
      return c + bucket_word::version_one;
    case edit::remove:
      return (c & ~(bucket_word::slot << s)) + bucket_word::version_one;
    default:
      return c;
  }
}

/// Made by whoever took the lock; ended by unlock().
///
/// Overflow: an entry that leaves a node, for a slot of the bucket or for another bucket, is
/// published there first, with a new version; then it leaves the node; then the version moves
/// again, and only after that the node's slot, or the node, is used anew. [M3] (1) publish
/// elsewhere, version + 1; (2) the node's word; (3) version + 1. A reader that misses the entry in
/// the node has seen (2), so (1): its second look at the version fails if its first came before
/// (1), and if it came after, it has found the entry in the other place.
template <class Array, class Nodes>
class locked_bucket {
 public:
  using bucket_type = typename Array::bucket_type;

  /// `c` is the word the lock was taken from; for a bucket that nobody can reach yet, what its word
  /// shall be.
  locked_bucket(Array &array, Nodes &nodes, u64 i, u64 c) noexcept
      : nodes_(nodes), b_(array.at(i)), link_(array.link(i)), c_(c) {}
  locked_bucket(locked_bucket const &) = delete;
  locked_bucket &operator=(locked_bucket const &) = delete;

  /// The word as unlock() will publish it.
  [[nodiscard]] u64 word() const noexcept { return c_; }
  [[nodiscard]] bool has_nodes() const noexcept { return (c_ & bucket_word::more) != 0; }
  [[nodiscard]] bucket_type &in(bucket_place const &p) const noexcept {
    return p.node == 0 ? b_ : nodes_.at(p.node);
  }
  /// Is the content of this epoch?
  [[nodiscard]] bool is_of(u64 epoch) const noexcept { return b_.epoch_byte() == (epoch & 0xFF); }

  /// Finds the key of hash `h`, or room for it. False: more than `most_nodes` nodes to look at.
  template <class Same>
  [[nodiscard, gnu::always_inline]] inline bool locate(u64 h, Same const &same, u32 most_nodes,
                                                       bucket_place &out) const noexcept {
    constexpr auto unchanged = []() noexcept { return true; };  // under the lock
    u64 const needle = bucket_tags::needle(h, 0);               // matches in slots are asked for
    out = {};
    for (walk w = begin(); !w.ended(); next(w)) {
      if (w.seen > most_nodes) return false;
      bucket_type const &b = in(w.at);
      for (u32 hits = b.candidates(w.word, needle); hits != 0; hits &= hits - 1) {
        u32 const s = static_cast<u32>(std::countr_zero(hits));
        if (!same(b.key(s), unchanged)) continue;
        out = {w.at.before, w.at.node, s, true};
        return true;
      }
      u32 const occupied = bucket_word::occupied(w.word);
      if (out.nowhere() && occupied != 127)
        out = {w.at.before, w.at.node, static_cast<u32>(std::countr_one(occupied)), false};
    }
    return true;
  }
  /// Room for one entry; slot 7: none, a node is needed.
  [[nodiscard]] bucket_place room() const noexcept {
    for (walk w = begin(); !w.ended(); next(w)) {
      u32 const occupied = bucket_word::occupied(w.word);
      if (occupied != 127)
        return {w.at.before, w.at.node, static_cast<u32>(std::countr_one(occupied)), false};
    }
    return {};
  }
  /// Calls f(bucket or node, slot) for every entry. f must not change the chain.
  template <class F>
  void each(F const &f) const noexcept {
    for (walk w = begin(); !w.ended(); next(w))
      for (u32 slots = bucket_word::occupied(w.word); slots != 0; slots &= slots - 1)
        f(in(w.at), static_cast<u32>(std::countr_zero(slots)));
  }

  /// Calls f(bucket or node, its word).
  template <class F>
  void each_word(F const &f) const noexcept {
    for (walk w = begin(); !w.ended(); next(w)) f(in(w.at), w.word);
  }
  /// Does to every entry what decide(key word, value word) says; not insert.
  template <class Decide>
  void edit_each(Decide const &decide) noexcept {
    // While nodes hang off it the bucket is full, so what moves up comes into the slot that was
    // left, and is the next to be asked about.
    for (u32 s = 0; s < bucket_type::slots; ++s)
      while ((c_ & bucket_word::slot << s) != 0 &&
             apply({0, 0, s, true}, decide(b_.key(s), b_.value(s)))) {
      }
    for (walk w = begin(); !w.ended();) {
      bucket_place const here = w.at;
      u32 slots = here.node == 0 ? 0 : bucket_word::occupied(w.word);
      next(w);
      bool left = false;
      for (; slots != 0; slots &= slots - 1) {
        bucket_place const p{here.before, here.node, static_cast<u32>(std::countr_zero(slots)),
                             true};
        u64 const more = nodes_.at(p.node).ctl.load(std::memory_order_relaxed);
        bool const last = (bucket_word::occupied(more) & (bucket_word::occupied(more) - 1)) == 0;
        left = apply(p, decide(in(p).key(p.slot), in(p).value(p.slot))) && last;
      }
      if (left) w.at.before = here.before;
    }
  }
  /// Not insert. True: the entry is gone.
  [[gnu::always_inline]] inline bool apply(bucket_place const &p, edit const &d) noexcept {
    if (d.what == edit::remove) {
      remove(p);
      return true;
    }
    c_ = edit_slot(in(p), p.slot, c_, d);
    return false;
  }
  /// `fresh`: a node, where the place is nowhere.
  void insert(bucket_place const &p, u32 fresh, u64 tag, u64 key, u64 value) noexcept {
    if (p.nowhere()) {
      bucket_type &node = nodes_.at(fresh);
      node.fill(0, tag, key, value);
      u64 const next = has_nodes() ? link_.load(std::memory_order_relaxed) : 0;
      node.ctl.store(bucket_word::node(next, bucket_word::slot), std::memory_order_release);
      link_.store(fresh, std::memory_order_release);  // release: the node; pairs with [M1]
      c_ |= bucket_word::more;
      return;
    }
    bucket_type &b = in(p);
    b.fill(p.slot, tag, key, value);
    if (p.node == 0) {
      c_ |= bucket_word::slot << p.slot;
    } else {
      u64 const w = b.ctl.load(std::memory_order_relaxed);  // relaxed: under the lock
      b.ctl.store(w | bucket_word::slot << p.slot, std::memory_order_release);
    }
  }
  /// Where nodes hang off the bucket, one of their entries moves up into a hole that this leaves.
  [[gnu::always_inline]] inline void remove(bucket_place const &p) noexcept {
    if (p.node != 0) {
      step();
      leave_node(p.before, p.node, 1u << p.slot);
    } else {
      c_ &= ~(bucket_word::slot << p.slot);
      if (has_nodes()) {
        step();  // it is gone, and nobody checks an older version now
        pull_up();
      }
    }
    c_ += bucket_word::version_one;
  }

  /// Takes every entry out that `goes(bucket, slot)` names; they were published elsewhere. `depth`
  /// is the bucket's from now on.
  template <class Goes>
  void hand_over(u32 depth, Goes const &goes) noexcept {
    u64 gone = 0;
    for (u32 slots = bucket_word::occupied(c_); slots != 0; slots &= slots - 1) {
      u32 const s = static_cast<u32>(std::countr_zero(slots));
      if (goes(b_, s)) gone |= bucket_word::slot << s;
    }
    set_depth(depth);
    c_ &= ~gone;
    step();
    for (walk w = begin(); !w.ended();) {
      bucket_place const here = w.at;
      bucket_type const &b = in(here);
      u64 const word = w.word;
      next(w);
      if (here.node == 0) continue;
      u32 going = 0;
      for (u32 slots = bucket_word::occupied(word); slots != 0; slots &= slots - 1) {
        u32 const s = static_cast<u32>(std::countr_zero(slots));
        if (goes(b, s)) going |= 1u << s;
      }
      if (going != 0 && leave_node(here.before, here.node, going)) w.at.before = here.before;
    }
    while (has_nodes() && bucket_word::occupied(c_) != 127) {
      step();
      pull_up();
    }
    c_ += bucket_word::version_one;
  }
  /// The same for a bucket without nodes, and the other place, which nobody can reach yet, is
  /// written first and shown, locked: steps (2) and (3) of a split [G2].
  template <class Goes>
  void split_into(locked_bucket &other, u32 depth, Goes const &goes) noexcept {
    u64 gone = 0;
    u64 filled = 0;
    for (u32 slots = bucket_word::occupied(c_); slots != 0; slots &= slots - 1) {
      u32 const s = static_cast<u32>(std::countr_zero(slots));
      if (!goes(b_, s)) continue;
      gone |= bucket_word::slot << s;
      other.b_.fill(filled++, b_.tag(s), b_.key(s), b_.value(s));
    }
    other.c_ |= (bucket_word::slot << filled) - 1;
    other.show();  // (2)
    c_ = bucket_word::with_depth(c_ & ~gone, depth);
    step();  // (3)
  }
  void set_depth(u32 depth) noexcept { c_ = bucket_word::with_depth(c_, depth); }

  /// Empties the bucket, which an older epoch filled; discard(key word, value word) for each entry.
  template <class Discard>
  void renew(u64 epoch, Discard const &discard) noexcept {
    u64 const before = c_;
    u32 node = has_nodes() ? link_.load(std::memory_order_relaxed) : 0;
    c_ &= ~(bucket_word::all_slots | bucket_word::more);
    step();  // from here nobody takes a slot's next content for the old
    auto const drop = [&](bucket_type const &b, u64 w) noexcept {
      for (u32 slots = bucket_word::occupied(w); slots != 0; slots &= slots - 1) {
        u32 const s = static_cast<u32>(std::countr_zero(slots));
        discard(b.key(s), b.value(s));
      }
    };
    drop(b_, before);
    link_.store(0, std::memory_order_release);
    b_.set_epoch(epoch & 0xFF);
    while (node != 0) {
      u64 const w = nodes_.at(node).ctl.load(std::memory_order_relaxed);
      drop(nodes_.at(node), w);
      nodes_.give_back(node);
      node = static_cast<u32>(bucket_word::next(w));
    }
  }
  void set_epoch(u64 epoch) noexcept { b_.set_epoch(epoch & 0xFF); }

  /// Shows the word as it is, or with its version moved, and keeps the lock.
  void begin_version() noexcept { step(); }
  void show() noexcept { b_.publish(c_ | bucket_word::lock); }
  void unlock() noexcept {
    b_.publish(c_);
    give_back_nodes();
  }

 private:
  static constexpr u32 most_free = 4;

  /// A walk over the bucket and its nodes.
  struct walk {
    bucket_place at;
    u64 word = 0;
    u64 follows = 0;  // the next node
    u32 seen = 0;     // nodes so far
    bool over = false;
    [[nodiscard]] bool ended() const noexcept { return over; }
  };
  [[nodiscard, gnu::always_inline]] inline walk begin() const noexcept {
    walk w;
    w.word = c_;
    w.follows = has_nodes() ? link_.load(std::memory_order_relaxed) : 0;  // relaxed: under the lock
    return w;
  }
  [[gnu::always_inline]] inline void next(walk &w) const noexcept {
    w.over = w.follows == 0;
    if (w.over) return;
    w.at.before = w.at.node;
    w.at.node = static_cast<u32>(w.follows);
    w.word = nodes_.at(w.at.node).ctl.load(std::memory_order_relaxed);  // relaxed: under the lock
    w.follows = bucket_word::next(w.word);
    ++w.seen;
  }

  /// Shows the word with its version moved.
  void step() noexcept {
    c_ += bucket_word::version_one;
    show();
  }
  /// Moves the first entry of the first node into a hole of the bucket. The caller has moved the
  /// version since the hole was filled last, and moves it afterwards. [M3]
  [[gnu::always_inline]] inline void pull_up() noexcept {
    u32 const first = link_.load(std::memory_order_relaxed);
    bucket_type const &node = nodes_.at(first);
    u64 const w = node.ctl.load(std::memory_order_relaxed);
    u32 const from = static_cast<u32>(std::countr_zero(bucket_word::occupied(w)));
    u32 const to = static_cast<u32>(std::countr_one(bucket_word::occupied(c_)));
    b_.fill(to, node.tag(from), node.key(from), node.value(from));
    c_ |= bucket_word::slot << to;
    step();  // (1)
    leave_node(0, first, 1u << from);
  }
  /// Step (2): takes `slots` out of a node, and the node out of the chain when it is empty then:
  /// true. It is given back after the version has moved.
  [[gnu::always_inline]] inline bool leave_node(u32 before, u32 n, u32 slots) noexcept {
    bucket_type &node = nodes_.at(n);
    u64 const w = node.ctl.load(std::memory_order_relaxed) & ~u64{slots};
    node.ctl.store(w, std::memory_order_release);
    if (bucket_word::occupied(w) != 0) return false;
    u64 const next = bucket_word::next(w);
    if (before == 0) {
      link_.store(static_cast<u32>(next), std::memory_order_release);
      if (next == 0) c_ &= ~bucket_word::more;
    } else {
      bucket_type &p = nodes_.at(before);
      u64 const kept = p.ctl.load(std::memory_order_relaxed) & bucket_word::all_slots;
      p.ctl.store(bucket_word::node(next, kept), std::memory_order_release);
    }
    if (free_count_ == most_free) {
      step();
      give_back_nodes();
    }
    free_[free_count_++] = n;
    return true;
  }
  void give_back_nodes() noexcept {
    while (free_count_ != 0) nodes_.give_back(free_[--free_count_]);
  }

  Nodes &nodes_;
  bucket_type &b_;
  typename Array::link_type &link_;
  u64 c_;
  u32 free_[most_free];
  u32 free_count_ = 0;
};

}  // namespace escrow::inline ESCROW_ABI

#endif
