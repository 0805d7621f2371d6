// Small encounters of calls and swaps, on the real gates and face of a code slot. Code that was let
// go is a word that reads 0: whoever is inside a version and finds that runs code that is gone.
#ifndef ESCROW_TESTS_MODEL_CODE_SCENES_HPP
#define ESCROW_TESTS_MODEL_CODE_SCENES_HPP

#include <string>
#include <vector>

#include "atomic.hpp"
#include "escrow/code_face.hpp"

namespace code_scenes {

using model::check;
using model::u32;
using model::u64;

constexpr auto relaxed = std::memory_order_relaxed;

struct slot;
inline slot *here = nullptr;

/// A version: its code is 10 n for the n-th that used this gate, and two words that agree are its
/// table.
struct gate : escrow::basic_code_gate<model::atomic, 2> {
  model::atomic<u64> code{0};
  model::atomic<u64> table{0};

  static gate *at(u64 name);
  [[nodiscard]] u64 name() const;
};

/// What a control block does with versions, under its lock.
struct slot {
  static constexpr u32 count = 2;

  escrow::basic_code_face<model::atomic, gate> face;
  gate gates[count];
  model::atomic<u32> locked{0};
  model::atomic<u32> waiting[count];  // retired, not yet let go; under the lock
  model::atomic<u32> swapped{0};      // gate 1 is current; under the lock
  model::atomic<u32> handed{0};       // lane + 1 of a call that another thread ends

  slot() {
    here = this;
    face.current.name("face current");
    for (u32 g = 0; g < count; ++g) {
      std::string const of = "gate" + std::to_string(g);
      for (auto &s : gates[g].stripes) {
        s.entered.name(of + " entered");
        s.left.name(of + " left");
        s.held.name(of + " held");
        s.dropped.name(of + " dropped");
      }
      gates[g].retired.name(of + " retired");
      gates[g].code.name(of + " code");
      gates[g].table.name(of + " table");
    }
    fill(gates[0], 10);
    face.publish(&gates[0]);
  }

  void lock() {
    u32 free = 0;
    while (!locked.compare_exchange_strong(free, 1, std::memory_order_acquire, relaxed)) {
      free = 0;
      model::yield();
    }
  }
  void unlock() { locked.store(0, std::memory_order_release); }

  static void fill(gate &g, u64 n) {
    g.code.store(n, relaxed);
    g.table.store(n, relaxed);
  }
  static void let_go(gate &g) {
    g.code.store(0, relaxed);
    g.table.store(0, relaxed);
    g.let_go();
  }

  // Swaps: what code_versions does.

  void publish(u32 to, u64 n) {
    fill(gates[to], n);
    face.publish(&gates[to]);
  }
  void retire(u32 which) {
    waiting[which].store(1, relaxed);
    gates[which].retire();
  }
  void collect_locked() {
    for (u32 g = 0; g < count; ++g)
      if (waiting[g].load(relaxed) != 0 && gates[g].idle()) {
        waiting[g].store(0, relaxed);
        let_go(gates[g]);
      }
  }
  void collect() {
    lock();
    collect_locked();
    unlock();
  }
  /// From gate 0 to gate 1.
  void swap() {
    lock();
    publish(1, 20);
    swapped.store(1, relaxed);
    retire(0);
    collect_locked();
    unlock();
  }
  /// Back into gate 0, as a third version, if that is free.
  void reuse() {
    lock();
    if (swapped.load(relaxed) != 0 && waiting[0].load(relaxed) == 0) {
      publish(0, 30);
      retire(1);
      collect_locked();
    }
    unlock();
  }
  void close() {
    lock();
    face.publish(nullptr);
    retire(0);
    collect_locked();
    unlock();
  }

  // Calls.

  void look(gate const &g) {
    if (g.idle()) collect();
  }
  gate *enter(u32 lane) {
    return face.enter(lane, [this](gate const &g) { look(g); });
  }
  void leave(gate &g, u32 lane) {
    if (g.leave(lane)) look(g);
  }
  static void run(gate const &g) {
    u64 const code = g.code.load(relaxed);
    check(code != 0, "code runs that was let go");
    check(g.table.load(relaxed) == code, "a call sees one version");
  }
  void call(u32 lane) {
    gate *const g = enter(lane);
    if (g == nullptr) return;
    run(*g);
    leave(*g, lane);
  }
  void drop(gate &g, u32 lane) {
    if (g.drop(lane)) look(g);
  }
  /// At the end: what is retired was let go.
  void all_gone() const {
    for (u32 g = 0; g < count; ++g) check(waiting[g].load(relaxed) == 0, "the last one finds out");
  }
};

inline gate *gate::at(u64 name) {
  return &here->gates[name - 1];
}
inline u64 gate::name() const {
  return static_cast<u64>(this - here->gates) + 1;
}

using scene = model::scenario<slot>;

inline std::vector<scene> all() {
  auto const gone = [](slot &s) { s.all_gone(); };
  return {
      {{[](slot &s) { s.call(0); }, [](slot &s) { s.swap(); }}, gone, {}, "a call meets a swap"},
      {{[](slot &s) { s.call(0); }, [](slot &s) { s.call(1); }, [](slot &s) { s.swap(); }},
       gone,
       {},
       "two calls meet a swap"},
      {{[](slot &s) {
          s.call(0);
          s.call(0);
        },
        [](slot &s) { s.swap(); }},
       gone,
       {},
       "a call follows a call"},
      {{[](slot &s) { s.call(0); },
        [](slot &s) {
          s.swap();
          s.reuse();
        }},
       gone,
       {},
       "a gate is used again"},
      {{[](slot &s) { s.call(0); }, [](slot &s) { s.swap(); }, [](slot &s) { s.reuse(); }},
       gone,
       {},
       "a gate is used again by another thread"},
      {{[](slot &s) {
          gate *const g = s.enter(0);
          if (g == nullptr) return;
          slot::run(*g);
          g->hold(1);
          s.leave(*g, 0);
          slot::run(*g);
          s.drop(*g, 1);
        },
        [](slot &s) { s.swap(); }},
       gone,
       {},
       "a hold outlives its call"},
      {{[](slot &s) {
          gate *const g = s.enter(0);
          if (g == nullptr) return;
          s.handed.store(static_cast<u32>(g->name()), std::memory_order_release);
        },
        [](slot &s) {
          u32 const name = s.handed.load(std::memory_order_acquire);
          if (name == 0) {
            s.handed.store(0, relaxed);
            return;
          }
          gate &g = *gate::at(name);
          slot::run(g);
          s.leave(g, 1);
        },
        [](slot &s) { s.swap(); }},
       {},
       {},
       "a call ends on another thread"},
      {{[](slot &s) { s.call(0); }, [](slot &s) { s.close(); }}, gone, {}, "a call meets close"},
  };
}

}  // namespace code_scenes

#endif
