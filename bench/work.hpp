// bench/work.hpp: what the allocators are asked to do. Each function does `n` operations, an
// operation being one acquire and one release, and returns the sum of the marks it read back.
#ifndef ESCROW_BENCH_WORK_HPP
#define ESCROW_BENCH_WORK_HPP

#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

#include "block.hpp"
#include "ring.hpp"

namespace bench {

/// The sum of the marks 0 .. n-1.
inline u64 sum_of_marks(u64 n) {
  return n * (n - 1) / 2;
}

template <class Subject>
u64 one_by_one(Subject &subject, u64 bytes, u64 n) {
  u64 sum = 0;
  for (u64 i = 0; i < n; ++i) {
    block const b = subject.acquire(bytes);
    sum += put<Subject>(b.memory, bytes, i);
    sum += take(b.memory);
    subject.release(b, bytes);
  }
  return sum;
}

template <u64 Batch, class Subject>
u64 in_batches(Subject &subject, u64 bytes, u64 n) {
  block held[Batch];
  u64 sum = 0;
  for (u64 i = 0; i < n; i += Batch) {
    for (u64 k = 0; k < Batch; ++k) {
      held[k] = subject.acquire(bytes);
      sum += put<Subject>(held[k].memory, bytes, i + k);
    }
    for (u64 k = 0; k < Batch; ++k) {
      sum += take(held[k].memory);
      subject.release(held[k], bytes);
    }
  }
  return sum;
}

/// `threads` threads, each on its own memory.
template <class Subject>
u64 side_by_side(Subject &subject, u64 bytes, u64 n, unsigned threads) {
  std::vector<u64> sums(threads);
  std::vector<std::thread> crew;
  std::barrier start(threads);
  for (unsigned t = 0; t < threads; ++t)
    crew.emplace_back([&, t] {
      start.arrive_and_wait();
      sums[t] = one_by_one(subject, bytes, n / threads);
    });
  u64 sum = 0;
  for (unsigned t = 0; t < threads; ++t) {
    crew[t].join();
    sum += sums[t];
  }
  return sum;
}

/// One thread acquires, another one releases, at the same time.
template <class Subject>
u64 handed_over(Subject &subject, u64 bytes, u64 n) {
  ring way;
  u64 dirt = 0;
  std::thread producer([&] {
    u64 seen = 0;
    for (u64 i = 0; i < n; i += ring::batch) {
      ring::load &out = way.next_to_fill();
      for (u64 k = 0; k < ring::batch; ++k) {
        out[k] = subject.acquire(bytes);
        seen += put<Subject>(out[k].memory, bytes, i + k);
      }
      way.fill();
    }
    dirt = seen;
  });
  u64 sum = 0;
  for (u64 i = 0; i < n; i += ring::batch) {
    ring::load const &in = way.next_to_take();
    for (block const &b : in) {
      sum += take(b.memory);
      subject.release(b, bytes);
    }
    way.take();
  }
  producer.join();
  return sum + dirt;
}

/// The same in turns: one thread acquires a load while the other one sleeps, then the other way
/// round. What is measured is the time of the thread at work, so waiting costs nothing and a busy
/// machine little; the memory still changes cores twice.
template <class Subject>
slice in_turns(Subject &subject, u64 bytes, u64 n) {
  constexpr u64 load = contest::grain;
  std::vector<block> held(load);
  std::barrier turn(2);
  u64 dirt = 0;
  double acquiring = 0;
  double releasing = 0;
  u64 sum = 0;
  std::thread producer([&] {
    for (u64 i = 0; i < n; i += load) {
      double const begin = now_ns(CLOCK_THREAD_CPUTIME_ID);
      for (u64 k = 0; k < load; ++k) {
        held[k] = subject.acquire(bytes);
        dirt += put<Subject>(held[k].memory, bytes, i + k);
      }
      acquiring += now_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
      turn.arrive_and_wait();
      turn.arrive_and_wait();
    }
  });
  for (u64 i = 0; i < n; i += load) {
    turn.arrive_and_wait();
    double const begin = now_ns(CLOCK_THREAD_CPUTIME_ID);
    for (u64 k = 0; k < load; ++k) {
      sum += take(held[k].memory);
      subject.release(held[k], bytes);
    }
    releasing += now_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
    turn.arrive_and_wait();
  }
  producer.join();
  return {sum + dirt, acquiring + releasing, acquiring + releasing};
}

}  // namespace bench

#endif
