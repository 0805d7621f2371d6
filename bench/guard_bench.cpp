// What a guard that cannot be ended twice costs beside the standard library's smart pointers.
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "escrow/escrow.h"
#include "escrow/escrow.hpp"
#include "harness.hpp"
#include "subject.hpp"
#include "work.hpp"

namespace bench {
namespace {

/// 64 bytes with a plain layout, zero unless told otherwise.
struct record {
  u64 mark = 0;
  u64 rest[7] = {};
};

/// Makes a value the compiler knows nothing about.
template <class T>
[[gnu::always_inline]] inline void opaque(T &value) {
  asm volatile("" : "+r"(value)::"memory");
}

[[gnu::always_inline]] inline u64 mark_and_read(record *r, u64 mark) {
  opaque(r);
  u64 const dirt = r->mark | r->rest[6];
  r->mark = mark;
  opaque(r);
  return r->mark + (dirt << 32);
}

// Each runs `step(i)` n times: once in the loop, once as a function that is not inlined.
template <class Step>
u64 repeat(Step step, u64 n) {
  u64 sum = 0;
  for (u64 i = 0; i < n; ++i) sum += step(i);
  return sum;
}
template <class Step>
struct called_step {
  Step &step;
  [[gnu::noinline]] u64 operator()(u64 i) const {
    asm volatile("");
    return step(i);
  }
};
template <class Step>
void enter(contest &c, std::string const &name, Step step) {
  c.enter(name, "inlined", [step](u64 n) mutable { return repeat(step, n); });
  c.enter(name, "called", [step](u64 n) mutable { return repeat(called_step<Step>{step}, n); });
}

void ended_by_scope(session &s) {
  escrow::pool_of<record> records;
  if (escrow::pool_of<record>::open("records", records) != ESCROW_OK) refused("pool_of::open");
  escrow::pool bytes = open_pool();
  contest c(s, "Guard/MakeAndEnd/bytes:64", sum_of_marks);
  enter(c, "escrow.owned<T>", [&records](u64 i) {
    escrow::owned<record> r;
    if (records.make(r) != ESCROW_OK) refused("make");
    return mark_and_read(r.get(), i);
  });
  enter(c, "escrow.owned<>", [&bytes](u64 i) {
    escrow::owned<> r;
    if (bytes.acquire(sizeof(record), r) != ESCROW_OK) refused("acquire");
    return mark_and_read(reinterpret_cast<record *>(r.get()), i);
  });
  enter(c, "unique_ptr", [](u64 i) {
    auto const r = std::make_unique<record>();
    return mark_and_read(r.get(), i);
  });
  enter(c, "make_shared", [](u64 i) {
    auto const r = std::make_shared<record>();
    return mark_and_read(r.get(), i);
  });
  enter(c, "shared_ptr(new)", [](u64 i) {
    std::shared_ptr<record> const r(new record());  // an allocation for the object, one for counts
    return mark_and_read(r.get(), i);
  });
  c.run();
}

/// An object that its holder keeps for the whole contest, and a shared_ptr to another one.
struct held {
  escrow::pool pool = open_pool();
  escrow::owned<> guard;
  std::shared_ptr<record> shared = std::make_shared<record>();
  std::unique_ptr<record> unique = std::make_unique<record>();

  held() {
    if (pool.acquire(sizeof(record), guard) != ESCROW_OK) refused("acquire");
  }
  [[nodiscard]] u64 bits() const { return guard.handle(); }
};

/// `memory` is that of the object, looked up by whoever calls.
u64 one_if(void const *memory) {
  return memory != nullptr ? 1 : 0;
}
u64 one_each(u64 n) {
  return n;
}

void second_reference(session &s) {
  held h;
  contest c(s, "Guard/DupAndEnd", one_each);
  enter(c, "escrow.dup", [&h](u64) {
    escrow::owned<> twin;
    return u64{h.guard.dup(twin) == ESCROW_OK && twin};
  });
  enter(c, "escrow.c", [&h](u64) {
    u64 twin = 0;
    return u64{escrow_dup(h.bits(), &twin) == ESCROW_OK && escrow_release(twin) >= 0};
  });
  enter(c, "shared_ptr copy", [&h](u64) {
    auto const *from = &h.shared;
    opaque(from);
    std::shared_ptr<record> const twin(*from);
    return one_if(twin.get());
  });
  c.run();
}

void loan(session &s) {
  held h;
  contest c(s, "Guard/BorrowAndReturn", one_each);
  enter(c, "escrow.borrowed", [&h](u64) {
    escrow::borrowed<> view;
    return h.guard.lend(view) == ESCROW_OK ? one_if(view.get()) : 0;
  });
  enter(c, "escrow.scope", [&h](u64) {
    escrow::scope calls;
    escrow::borrowed<> view;
    if (calls.lend(h.guard, view) != ESCROW_OK || view.get() == nullptr) return u64{0};
    (void)view.reset();
    return u64{calls.end() == ESCROW_OK};
  });
  enter(c, "escrow.c", [&h](u64) {
    escrow_view view;
    return u64{escrow_borrow(h.bits(), &view) == ESCROW_OK &&
               escrow_return(view.root) == ESCROW_OK};
  });
  enter(c, "escrow.c lend", [&h](u64) {
    u64 named = 0;
    escrow_view view;
    return u64{escrow_lend(h.bits(), &named, &view) == ESCROW_OK &&
               escrow_give_back(named) == ESCROW_OK};
  });
  enter(c, "shared_ptr copy", [&h](u64) {
    auto const *from = &h.shared;
    opaque(from);
    std::shared_ptr<record> const twin(*from);
    return one_if(twin.get());
  });
  c.run();
}

void move(session &s) {
  held h;
  contest c(s, "Guard/MoveOutAndIn", one_each);
  enter(c, "escrow.ticket", [&h](u64) {
    escrow::ticket t;
    return u64{h.guard.move_out(t) == ESCROW_OK && t.move_in(h.guard) == ESCROW_OK};
  });
  u64 raw = 0;
  if (escrow_acquire(h.pool.id(), 64, &raw, nullptr) != ESCROW_OK) refused("escrow_acquire");
  enter(c, "escrow.c", [&raw](u64) {
    u64 in_flight = 0;
    return u64{escrow_move_out(raw, &in_flight) == ESCROW_OK &&
               escrow_move_in(in_flight, &raw) == ESCROW_OK};
  });
  // What moves without a check: the receiver must know that nobody else has the pointer.
  enter(c, "owned&&", [&h](u64) {
    escrow::owned<> there(std::move(h.guard));
    auto *at = &there;
    opaque(at);
    h.guard = std::move(*at);
    return u64{static_cast<bool>(h.guard)};
  });
  enter(c, "unique_ptr&&", [&h](u64) {
    std::unique_ptr<record> there(std::move(h.unique));
    auto *at = &there;
    opaque(at);
    h.unique = std::move(*at);
    return one_if(h.unique.get());
  });
  c.run();
  (void)escrow_release(raw);
}

void look(session &s) {
  held h;
  contest c(s, "Guard/Get", one_each);
  enter(c, "escrow.owned", [&h](u64) {
    auto const *from = &h.guard;
    opaque(from);
    return one_if(from->get());
  });
  enter(c, "escrow.c read", [&h](u64) {
    escrow_view view;
    return u64{escrow_read(h.bits(), &view) == ESCROW_OK};
  });
  enter(c, "escrow.c validate",
        [&h](u64) { return u64{escrow_validate(h.bits(), h.pool.id(), 0) == ESCROW_OK}; });
  enter(c, "unique_ptr", [&h](u64) {
    auto const *from = &h.unique;
    opaque(from);
    return one_if(from->get());
  });
  enter(c, "shared_ptr", [&h](u64) {
    auto const *from = &h.shared;
    opaque(from);
    return one_if(from->get());
  });
  c.run();
}

/// A count that other threads might change is a locked addition; the standard library leaves the
/// lock out while a program has one thread, which a program with Go in it never has.
void have_threads() {
  std::thread([] {}).join();
}

void all_of_it(session &s) {
  have_threads();
  ended_by_scope(s);
  second_reference(s);
  loan(s);
  move(s);
  look(s);
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) {
  bench::session s(bench::parse(argc, argv));
  bench::all_of_it(s);
  return 0;
}
