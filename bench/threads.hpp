// bench/threads.hpp: the same work on several threads.
#ifndef ESCROW_BENCH_THREADS_HPP
#define ESCROW_BENCH_THREADS_HPP

#include <algorithm>
#include <barrier>
#include <thread>
#include <vector>

#include "harness.hpp"

namespace bench {

/// Runs `work(thread, n / threads)` on as many threads, from when all are ready until the last one
/// is done. One thread is the caller's own.
template <class Work>
slice on_threads(unsigned threads, u64 n, Work work) {
  struct alignas(128) part {
    u64 sum;
    double begin, end, cpu;
  };
  std::vector<part> parts(threads);
  std::barrier ready(threads);
  auto const run = [&](unsigned thread) {
    part &mine = parts[thread];
    ready.arrive_and_wait();
    mine.begin = now_ns(CLOCK_MONOTONIC);
    double const cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
    mine.sum = work(thread, n / threads);
    mine.cpu = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
    mine.end = now_ns(CLOCK_MONOTONIC);
  };
  std::vector<std::thread> crew;
  for (unsigned thread = 1; thread < threads; ++thread) crew.emplace_back(run, thread);
  run(0);
  for (std::thread &member : crew) member.join();
  slice whole{parts[0].sum, 0, parts[0].cpu};
  double begin = parts[0].begin;
  double end = parts[0].end;
  for (unsigned thread = 1; thread < threads; ++thread) {
    whole.checksum += parts[thread].sum;
    whole.cpu += parts[thread].cpu;
    begin = std::min(begin, parts[thread].begin);
    end = std::max(end, parts[thread].end);
  }
  whole.wall = end - begin;
  return whole;
}

}  // namespace bench

#endif
