// What a call costs whose function may be replaced meanwhile, beside an indirect call whose
// function may not, and beside what else keeps the old code until its calls have left.
#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "escrow/code.h"
#include "escrow/code_slot.hpp"
#include "harness.hpp"

namespace bench {
namespace {

struct table {
  u64 (*step)(u64 n);
};
[[gnu::noinline]] u64 one(u64 n) {
  asm volatile("" : "+r"(n));
  return n & 1;
}
[[gnu::noinline]] u64 also_one(u64 n) {
  asm volatile("" : "+r"(n));
  return n % 2;
}
constexpr table first{&one};
constexpr table second{&also_one};

[[noreturn]] void refused(char const *what) {
  wrong(what, ESCROW_OK, 1);
}

/// The address of a table that the compiler must read again.
struct plain {
  table const *at = &first;
  u64 call(u64 n) {
    asm volatile("" : "+m"(at));
    return at->step(n);
  }
};
/// Replaced by one store, and the old code never let go.
struct pointer {
  std::atomic<table const *> at{&first};
  u64 call(u64 n) { return at.load(std::memory_order_acquire)->step(n); }
};
struct locked {
  std::shared_mutex mutex;
  table functions = first;
  u64 call(u64 n) {
    std::shared_lock const inside(mutex);
    return functions.step(n);
  }
};
struct counted {
  std::atomic<std::shared_ptr<table const>> at{std::make_shared<table const>(first)};
  u64 call(u64 n) {
    auto const inside = at.load(std::memory_order_acquire);
    return inside->step(n);
  }
};
struct slot {
  escrow::code_slot<table> functions;
  slot() {
    u64 version = 0;
    if (escrow::code_slot<table>::open(escrow::code_slot<table>::options(), functions) !=
            ESCROW_OK ||
        functions.swap(first, version) != ESCROW_OK)
      refused("open");
  }
};
struct slot_call : slot {
  u64 call(u64 n) {
    u64 answer = 0;
    if (functions.call(answer, &table::step, n) != ESCROW_OK) refused("call");
    return answer;
  }
};
struct slot_enter : slot {
  u64 call(u64 n) {
    escrow::code_call<table> in;
    if (functions.enter(in) != ESCROW_OK) refused("enter");
    return in->step(n);
  }
};
struct slot_c : slot {
  u64 call(u64 n) {
    escrow_code_call in;
    if (escrow_code_enter(functions.id(), &in) != ESCROW_OK) refused("escrow_code_enter");
    u64 const answer = static_cast<table const *>(in.table)->step(n);
    (void)escrow_code_leave(&in);
    return answer;
  }
};

template <class Subject>
u64 calls(Subject &subject, u64 n) {
  u64 sum = 0;
  for (u64 i = 0; i < n; ++i) sum += subject.call(i);
  return sum;
}
template <class Subject>
void enter(contest &c, char const *name, unsigned threads) {
  auto const subject = std::make_shared<Subject>();
  c.enter(name, "inlined", [subject, threads](u64 n) {
    if (threads == 1) return calls(*subject, n);
    std::atomic<u64> sum{0};
    std::vector<std::thread> workers;
    for (unsigned t = 0; t < threads; ++t)
      workers.emplace_back([&] { sum.fetch_add(calls(*subject, n / threads)); });
    for (auto &w : workers) w.join();
    return sum.load();
  });
}

void call(session &s, unsigned threads) {
  contest c(s, "Code/Call/threads:" + std::to_string(threads), [](u64 n) { return n / 2; });
  enter<plain>(c, "plain indirect", threads);
  enter<pointer>(c, "atomic pointer", threads);
  enter<slot_call>(c, "escrow.call", threads);
  enter<slot_enter>(c, "escrow.enter", threads);
  enter<slot_c>(c, "escrow.c", threads);
  enter<locked>(c, "shared_mutex", threads);
  enter<counted>(c, "atomic<shared_ptr>", threads);
  if (threads == 1)
    c.run();
  else
    c.run(0.6, 1);  // starting a thread must not show
}

/// Publishes a table; the version before is let go at once, as nobody is inside.
void swap(session &s) {
  contest c(s, "Code/Swap/idle", [](u64 n) { return n; });
  auto const subject = std::make_shared<slot>();
  c.enter("escrow.swap", "inlined", [subject](u64 n) {
    u64 done = 0;
    for (u64 i = 0; i < n; ++i) {
      u64 version = 0;
      done += subject->functions.swap(i % 2 == 0 ? second : first, version) == ESCROW_OK;
    }
    return done;
  });
  auto const peer = std::make_shared<counted>();
  c.enter("atomic<shared_ptr>", "inlined", [peer](u64 n) {
    for (u64 i = 0; i < n; ++i)
      peer->at.store(std::make_shared<table const>(i % 2 == 0 ? second : first),
                     std::memory_order_release);
    return n;
  });
  c.run();
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) {
  bench::session s(bench::parse(argc, argv));
  bench::call(s, 1);
  bench::call(s, 2);
  bench::swap(s);
  return 0;
}
