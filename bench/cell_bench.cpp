// What reading a configuration costs, and swapping it, beside what programs use instead.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "block.hpp"
#include "escrow/cell.h"
#include "escrow/cell.hpp"
#include "harness.hpp"
#include "peers/urcu.hpp"
#include "threads.hpp"
#include "ticks.hpp"

namespace bench {
namespace {

struct config {
  u64 one = 1;
  u64 rest[7] = {};
};
using cell = escrow::cell<config>;

u64 one_each(u64 n) {
  return n;
}

/// Makes the compiler forget what it knows of a value.
template <class T>
[[gnu::always_inline]] inline void opaque(T &value) {
  asm volatile("" : "+r"(value)::"memory");
}

template <class Step>
u64 repeat(Step &step, u64 n) {
  u64 sum = 0;
  for (u64 i = 0; i < n; ++i) sum += step();
  return sum;
}
template <class Step>
struct called_step {
  Step &step;
  [[gnu::noinline]] u64 operator()() const {
    asm volatile("");
    return step();
  }
};

/// `steps()` gives a thread what it does once an operation; it lives as long as the thread's work.
template <class Steps>
void enter(contest &c, std::string const &name, unsigned threads, Steps steps) {
  c.enter_measured(name, "inlined", [=](u64 n) {
    return on_threads(threads, n, [&](unsigned, u64 mine) {
      auto step = steps();
      return repeat(step, mine);
    });
  });
  c.enter_measured(name, "called", [=](u64 n) {
    return on_threads(threads, n, [&](unsigned, u64 mine) {
      auto step = steps();
      called_step<decltype(step)> call{step};
      return repeat(call, mine);
    });
  });
}

cell open_cell() {
  cell c;
  if (cell::open(cell::options(), c) != ESCROW_OK) refused("cell::open");
  if (c.swap(config{}) != ESCROW_OK) refused("cell::swap");
  return c;
}

#if defined(ESCROW_BENCH_URCU)
/// A section that begins and ends for each read, on a registered thread.
template <class Flavour>
struct urcu_step {
  config *const *place;
  explicit urcu_step(config *const *p) : place(p) { Flavour::enter(); }
  ~urcu_step() { Flavour::leave(); }
  urcu_step(urcu_step const &) = delete;
  urcu_step &operator=(urcu_step const &) = delete;
  [[gnu::always_inline]] u64 operator()() const {
    Flavour::lock();
    config const *const now = __atomic_load_n(place, __ATOMIC_CONSUME);
    u64 const one = now->one;
    Flavour::unlock();
    return one;
  }
};
#endif

void read(session &s, unsigned threads) {
  cell const c = open_cell();
  std::atomic<std::shared_ptr<config>> shared(std::make_shared<config>());
  std::shared_mutex mutex;
  config locked;
  std::atomic<config *> plain(&locked);
  contest all(s, "Cell/Read/threads:" + std::to_string(threads), one_each);
  enter(all, "escrow.reader", threads,
        [&] { return [r = cell::reader(c)]() mutable { return r.get()->one; }; });
  enter(all, "escrow.copy", threads, [&] {
    return [&c] {
      config copy;
      if (c.copy(copy) != ESCROW_OK) refused("copy");
      config *at = &copy;
      opaque(at);  // all of it is wanted
      return at->one;
    };
  });
  enter(all, "escrow.load", threads, [&] {
    return [&c] {
      cell::held h;
      if (c.load(h) != ESCROW_OK) refused("load");
      return h->one;
    };
  });
  enter(all, "escrow.c load", threads, [&] {
    return [id = c.id()] {
      escrow_cell_view view;
      if (escrow_cell_load(id, &view) != ESCROW_OK) refused("escrow_cell_load");
      u64 const one = static_cast<config const *>(view.content)->one;
      (void)escrow_cell_release(view.loan);
      return one;
    };
  });
  enter(all, "atomic<shared_ptr>", threads,
        [&] { return [&shared] { return shared.load()->one; }; });
  enter(all, "shared_mutex", threads, [&] {
    return [&] {
      std::shared_lock const hold(mutex);
      return locked.one;
    };
  });
  // A pointer alone: what it points to can never be let go.
  enter(all, "atomic<T *>", threads,
        [&] { return [&plain] { return plain.load(std::memory_order_acquire)->one; }; });
#if defined(ESCROW_BENCH_URCU)
  config *rcu = &locked;
  enter(all, urcu_memb::name, threads, [&] { return urcu_step<urcu_memb>(&rcu); });
  enter(all, urcu_bp::name, threads, [&] { return urcu_step<urcu_bp>(&rcu); });
#else
  s.skip("liburcu", "apt-get install liburcu-dev");
#endif
  // Beginning and ending a thread's share counts, so a share must be long.
  all.run(threads > 2 ? 0.3 : 0.06, threads > 2 ? 1 : 0.25);
}

/// Readers of a cell, each of which has read and sleeps.
std::vector<cell::reader> asleep(cell const &c, unsigned count) {
  std::vector<cell::reader> readers;
  readers.reserve(count);
  for (unsigned i = 0; i < count; ++i) {
    readers.emplace_back(c);
    (void)readers.back().get();
  }
  return readers;
}

/// Threads that have entered liburcu, and sleep outside any section.
#if defined(ESCROW_BENCH_URCU)
template <class Flavour>
class registered {
 public:
  explicit registered(unsigned count) {
    for (unsigned i = 0; i < count; ++i)
      threads_.emplace_back([this] {
        Flavour::enter();
        std::unique_lock hold(mutex_);
        changed_.wait(hold, [this] { return over_; });
        Flavour::leave();
      });
  }
  ~registered() {
    {
      std::lock_guard const hold(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    for (auto &t : threads_) t.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::vector<std::thread> threads_;
};
#endif

/// A swap, and the end of what it replaces. The sum counts swaps.
template <class Step>
void enter_swap(contest &c, std::string const &name, Step step) {
  c.enter(name, "inlined", [step](u64 n) mutable { return repeat(step, n); });
}

void swap(session &s, unsigned readers) {
  cell alone = open_cell();
  cell read = open_cell();
  auto const sleeping = asleep(read, readers);
  std::atomic<std::shared_ptr<config>> shared(std::make_shared<config>());
  std::vector<std::shared_ptr<config>> const held(readers, shared.load());
  std::shared_mutex mutex;
  config locked;
  contest c(s, "Cell/Swap/readers:" + std::to_string(readers), one_each);
  enter_swap(c, "escrow", [&read] { return u64{read.swap(config{}) == ESCROW_OK}; });
  enter_swap(c, "escrow without readers",
             [&alone] { return u64{alone.swap(config{}) == ESCROW_OK}; });
  enter_swap(c, "escrow, own ETag", [&read] {
    return u64{read.swap(config{}, nullptr, nullptr, {"\"1\"", 3}) == ESCROW_OK};
  });
  enter_swap(c, "atomic<shared_ptr>", [&shared] {
    shared.store(std::make_shared<config>());
    return u64{1};
  });
  enter_swap(c, "shared_mutex", [&] {
    std::unique_lock const hold(mutex);
    locked = config{};
    return locked.one;
  });
  c.run();
}

/// Swaps one by one while so many readers sleep and one reads without a pause: how long the longer
/// ones take. What the system does meanwhile is in it.
void swap_latency(session &s, unsigned readers) {
  std::string const name = "Cell/SwapLatency/readers:" + std::to_string(readers);
  if (!s.wants(name)) return;
  cell alone = open_cell();
  cell read = open_cell();
  auto const sleeping = asleep(read, readers);
  std::atomic<std::shared_ptr<config>> shared(std::make_shared<config>());
  std::atomic<bool> over{false};
  std::thread busy([&] {
    cell::reader r(read);
    while (!over.load()) {
      if (r.get() == nullptr || shared.load() == nullptr) wrong(name, 1, 0);
    }
  });
  struct {
    char const *name;
    std::function<bool()> swap;
  } const subjects[] = {
      {"escrow", [&] { return read.swap(config{}) == ESCROW_OK; }},
      {"escrow without readers", [&] { return alone.swap(config{}) == ESCROW_OK; }},
      {"atomic<shared_ptr>",
       [&] {
         shared.store(std::make_shared<config>());
         return true;
       }},
  };
  std::printf("%s\n", name.c_str());
  std::vector<std::uint32_t> took(s.chosen().quick ? 10'000 : 100'000);
  constexpr std::size_t count = std::size(subjects);
  for (int round = 0; round < s.chosen().rounds; ++round) {
    for (std::size_t i = 0; i < count; ++i) {
      auto const &subject = subjects[(i + static_cast<std::size_t>(round)) % count];
      for (auto &each : took) {
        u64 const first = ticks();
        bool const done = subject.swap();
        each = static_cast<std::uint32_t>(std::min<u64>(ticks() - first, ~std::uint32_t{0}));
        if (!done) wrong(name, 1, 0);
      }
      double const p50 = quantile_ns(took, 0.5);
      double const p99 = quantile_ns(took, 0.99);
      s.row(name, subject.name, "inlined", round, "swap_p50_ns", p50);
      s.row(name, subject.name, "inlined", round, "swap_p99_ns", p99);
      if (round == 0) std::printf("  %-24s P50 %.0f ns  P99 %.0f ns\n", subject.name, p50, p99);
    }
  }
  over.store(true);
  busy.join();
}

/// liburcu's writer waits until each registered reader has been outside; a contest of its own,
/// since a swap takes a thousand times as long.
void synchronize(session &s, unsigned readers) {
#if defined(ESCROW_BENCH_URCU)
  if (s.chosen().quick || !s.wants("Cell/Synchronize")) return;
  registered<urcu_memb> const others(readers);
  urcu_memb::enter();
  config *place = new config;
  contest c(s, "Cell/Synchronize/readers:" + std::to_string(readers), one_each);
  c.enter(urcu_memb::name, "inlined", [&](u64 n) {
    // 64 swaps a grace period, as a patient writer would.
    std::vector<config *> old;
    u64 sum = 0;
    for (u64 i = 0; i < n; ++i) {
      old.push_back(std::exchange(place, new config));
      sum += place->one;
      if (i % 64 != 63) continue;
      urcu_memb::synchronize();
      for (config *const o : old) delete o;
      old.clear();
    }
    return sum;
  });
  c.run();
  delete place;
  urcu_memb::leave();
#else
  (void)s;
  (void)readers;
#endif
}

void all_of_it(session &s) {
  std::thread([] {}).join();  // libstdc++ leaves locks out while a program has one thread
  for (unsigned const threads : {1u, 2u, 8u, 64u}) read(s, threads);
  swap(s, 1000);
  swap_latency(s, 1000);
  synchronize(s, 1000);
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) {
  bench::session s(bench::parse(argc, argv));
  bench::all_of_it(s);
  return 0;
}
