// A cell under the explorer: the real code of its face, of the loans of slots and of the bell, on
// words of the memory model. The pool is three slots, claimed as slab.hpp claims.
//
// What a snapshot's memory holds is plain in the library. Here it is a word that is accessed
// relaxed: who reads what belongs to another version than it holds, or what nobody has written yet,
// was not ordered with the writer. The other way round, who holds a snapshot marks it as in use,
// and whoever claims the slot next must not find the mark: else the memory would be written while
// it is read.
#ifndef ESCROW_TESTS_MODEL_CELL_HPP
#define ESCROW_TESTS_MODEL_CELL_HPP

#include "atomic.hpp"

#include "escrow/bell.hpp"
#include "escrow/cell_face.hpp"
#include "escrow/slot.hpp"
#include "escrow/snapshot.hpp"

namespace model {

using escrow::handle;
using escrow::protocol::release_object;

class cell {
 public:
  static constexpr u32 slots = 3;

  cell() {
    face_.current.name("current");
    face_.copied.name("copied");
    face_.version.name("version");
    face_.size.name("size");
    for (u32 i = 0; i < face::words; ++i) face_.content[i].name("content" + std::to_string(i));
    for (u32 i = 0; i < slots; ++i) {
      std::string const of = "slot" + std::to_string(i);
      at_[i].word.name(of + " word");
      at_[i].content.name(of + " plain");
      at_[i].users.name(of + " users");
    }
  }

  /// What version v holds, once or twice.
  static u64 content_of(u64 v) { return 100 + v; }
  u64 size_of(u64 v) const { return varied_ && v % 2 != 0 ? 8 : 16; }

  /// The first version, before the threads begin.
  void open() {
    u64 const h = claim();
    at(h).content.store(content_of(1), relaxed);
    publish(h, 1);
    current_ = h;
    version_ = 1;
  }
  /// The same of a cell whose odd versions are half as long.
  void open_varied() {
    varied_ = true;
    open();
  }

  /// Publishes the next version, and lets the one before go. One writer, or under the lock.
  void swap() {
    u64 const h = claim();
    u64 const v = ++version_;
    at(h).content.store(content_of(v), relaxed);
    publish(h, v);
    (void)escrow::apply(at(std::exchange(current_, h)).word,
                        [](u64 w) { return release_object(w, escrow::word::generation(w), 0); });
  }
  void swap_under_lock() {
    for (u32 free = 0; !lock_.compare_exchange_strong(free, 1, std::memory_order_acquire, relaxed);
         free = 0)
      yield();
    swap();
    lock_.store(0, std::memory_order_release);
  }

  /// Holds the current version, reads it, and lets go. Returns the version.
  u64 load() {
    u64 h = 0;
    check(face_.hold<false>(*this, h) == ESCROW_OK, "there is a version");
    u64 const v = use(h);
    end(h);
    return v;
  }
  /// Reads what is held.
  u64 use(u64 h) {
    slot &s = at(h);
    s.users.fetch_add(1, relaxed);
    u64 const content = s.content.load(relaxed);
    check(content > 100, "what is held has been written");
    s.users.fetch_sub(1, relaxed);
    return content - 100;
  }
  void end(u64 h) { (void)escrow::snapshot_loan::end(at(h).word, handle::generation(h), 0); }

  /// Copies the content; 0: disturbed.
  u64 copy() {
    u64 both[2] = {};
    u64 v = 0;
    if (!face_.copy(reinterpret_cast<char *>(both), sizeof both, v)) return 0;
    check(size_of(v) == sizeof both, "a copy is as long as its version");
    check(both[0] == content_of(v) && both[1] == both[0], "a copy is of one version");
    return v;
  }
  u64 copy_any() {
    u64 both[2] = {};
    u64 v = 0;
    u64 size = 0;
    if (!face_.copy_any(reinterpret_cast<char *>(both), sizeof both, size, v)) return 0;
    check(size_of(v) == size, "a copy is as long as its version");
    check(both[0] == content_of(v) && (size == 8 || both[1] == both[0]),
          "a copy is of one version");
    return v;
  }
  u64 read_version() {
    u64 v = 0;
    return face_.read_version(v) ? v : 0;
  }

  /// A reader that keeps what it read until there is something newer, as cell_cache.
  struct reader {
    u64 held = 0;
    u64 get(cell &c) {
      u64 const h = c.face_.current.load(std::memory_order_acquire);
      if (h != held) {
        if (held != 0) c.end(held);
        check(c.face_.hold_from<false>(h, c, held) == ESCROW_OK, "there is a version");
      }
      return c.use(held);
    }
  };

  /// After all: only the current version is in memory.
  void expect_one_left() {
    u32 held = 0;
    for (auto &s : at_) held += escrow::word::is_occupied(s.word.load(relaxed)) ? 1 : 0;
    check(held == 1, "what nobody holds is free");
  }

  [[nodiscard]] atomic<u64> &word(u64 h) const { return at(h).word; }

 private:
  static constexpr auto relaxed = std::memory_order_relaxed;
  using face = escrow::basic_cell_face<atomic>;
  struct slot {
    atomic<u64> word{escrow::word::at(1, 0)};
    atomic<u64> content{0};
    atomic<u64> users{0};
  };

  slot &at(u64 h) const { return at_[handle::index(h)]; }

  u64 claim() {
    for (u32 i = 0;; i = (i + 1) % slots) {
      u64 w = at_[i].word.load(std::memory_order_acquire);
      if (!escrow::word::is_free(w) ||
          !at_[i].word.compare_exchange_strong(w, w | escrow::word::object,
                                               std::memory_order_seq_cst, relaxed)) {
        if (i + 1 == slots) yield();
        continue;
      }
      check(at_[i].users.load(relaxed) == 0, "what is reused is not in use");
      return handle::pack(1, i, escrow::word::generation(w));
    }
  }
  void publish(u64 h, u64 v) {
    struct {
      escrow::snapshot head;
      u64 content[2];
    } s{{v, size_of(v), 0, 0}, {content_of(v), content_of(v)}};
    face_.publish(h, &s.head);
  }

  face face_;
  mutable slot at_[slots];
  atomic<u32> lock_{0};
  u64 current_ = 0;  // of the writer
  u64 version_ = 0;
  bool varied_ = false;
};

/// A bell, a state that it speaks of, and a stand-in for the kernel's futex: asleep is who has seen
/// the turn it expects, until it is woken after that.
struct ringing {
  atomic<u64> state{0};
  atomic<u32> wakes{0};

  struct kernel {
    static void sleep(atomic<u32> &turn, u32 expected, u64) noexcept;
    static void wake(atomic<u32> &) noexcept;
  };
  struct never {
    static u64 left() noexcept { return 1; }
  };
  escrow::basic_bell<atomic, kernel> bell;

  ringing() {
    state.name("state");
    wakes.name("wakes");
    now = this;
  }
  static inline ringing *now = nullptr;
};

inline void ringing::kernel::sleep(atomic<u32> &turn, u32 expected, u64) noexcept {
  u32 const before = now->wakes.load(std::memory_order_seq_cst);
  if (turn.load(std::memory_order_seq_cst) != expected) return;
  while (now->wakes.load(std::memory_order_seq_cst) == before) yield();
}
inline void ringing::kernel::wake(atomic<u32> &) noexcept {
  now->wakes.fetch_add(1, std::memory_order_seq_cst);
}

}  // namespace model

#endif
