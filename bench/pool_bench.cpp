// Acquire and release against the allocators a C++ program would otherwise use.
#include <string>
#include <type_traits>

#include "chase.hpp"
#include "footprint.hpp"
#include "harness.hpp"
#include "subject.hpp"
#include "work.hpp"

namespace bench {
namespace {

/// Enters every subject twice, inlined and behind calls. `Run` is a template over the subject.
template <class Run>
void enter_all(contest &c, field &all, bool threads, Run run) {
  all.each([&](std::string const &name, auto &subject) {
    using Subject = std::remove_reference_t<decltype(subject)>;
    if (threads && !Subject::shared) return;
    c.enter(name, "inlined", [&subject, run](u64 n) { return run(subject, n); });
    c.enter(name, "called", [&subject, run](u64 n) {
      called<Subject> wrapped(subject);
      return run(wrapped, n);
    });
  });
}

std::string with_bytes(std::string const &name, u64 bytes) {
  return name + "/bytes:" + std::to_string(bytes);
}

void pairs(session &s, u64 bytes) {
  field all(s, bytes);
  contest c(s, with_bytes("Pool/AcquireRelease", bytes), sum_of_marks);
  enter_all(c, all, false, [bytes](auto &subject, u64 n) { return one_by_one(subject, bytes, n); });
  c.run();
}

/// acquire_n and release_n of the C facade.
u64 by_one_call(escrow_pool pool, u64 bytes, u64 n) {
  constexpr u64 batch = 64;
  u64 handles[batch];
  void *memory[batch];
  u64 sum = 0;
  for (u64 i = 0; i < n; i += batch) {
    if (escrow_acquire_n(pool, bytes, batch, handles, memory) != ESCROW_OK)
      refused("escrow_acquire_n");
    for (u64 k = 0; k < batch; ++k)
      sum += put<escrow_facade>(static_cast<char *>(memory[k]), bytes, i + k);
    for (void const *const m : memory) sum += take(static_cast<char const *>(m));
    if (escrow_release_n(handles, batch, nullptr) != ESCROW_OK) refused("escrow_release_n");
  }
  return sum;
}

void batches(session &s, u64 bytes) {
  field all(s, bytes);
  contest c(s, with_bytes("Pool/AcquireRelease/batch:64", bytes), sum_of_marks);
  enter_all(c, all, false,
            [bytes](auto &subject, u64 n) { return in_batches<64>(subject, bytes, n); });
  c.enter("escrow.c_n", "called",
          [&all, bytes](u64 n) { return by_one_call(all.pool().id(), bytes, n); });
  c.run();
}

void crews(session &s, u64 bytes, unsigned threads) {
  field all(s, bytes);
  contest c(s, with_bytes("Pool/AcquireRelease/threads:" + std::to_string(threads), bytes),
            [threads](u64 n) { return threads * sum_of_marks(n / threads); });
  enter_all(c, all, true, [bytes, threads](auto &subject, u64 n) {
    return side_by_side(subject, bytes, n, threads);
  });
  c.run();
}

void across_threads(session &s, u64 bytes) {
  field all(s, bytes);
  contest streamed(s, with_bytes("Pool/FreedByAnotherThread/streamed", bytes), sum_of_marks);
  enter_all(streamed, all, true,
            [bytes](auto &subject, u64 n) { return handed_over(subject, bytes, n); });
  streamed.run();
  contest turns(s, with_bytes("Pool/FreedByAnotherThread/in_turns", bytes), sum_of_marks);
  all.each([&](std::string const &name, auto &subject) {
    using Subject = std::remove_reference_t<decltype(subject)>;
    if (Subject::shared)
      turns.enter_measured(name, "inlined",
                           [&subject, bytes](u64 n) { return in_turns(subject, bytes, n); });
  });
  turns.run();
}

void footprints(session &s, u64 live, u64 smallest, u64 largest) {
  std::string const name = "Pool/Footprint/bytes:" + std::to_string(smallest) +
                           (largest == smallest ? "" : "-" + std::to_string(largest));
  if (!s.wants(name)) return;
  std::printf("%s: %llu live, freed by another thread\n", name.c_str(),
              static_cast<unsigned long long>(live));
  field all(s, smallest);
  all.each([&](std::string const &who, auto &subject) {
    using Subject = std::remove_reference_t<decltype(subject)>;
    if (!Subject::shared) return;
    footprint const f = churn_alone(subject, live, smallest, largest);
    s.row(name, who, "inlined", 0, "rss_warm_mb", f.warm / (1 << 20));
    s.row(name, who, "inlined", 0, "rss_late_mb", f.late / (1 << 20));
    s.row(name, who, "inlined", 0, "rss_growth", f.late / f.warm);
    std::printf("  %-22s %6.2f MB warm, %6.2f MB later, x %.3f\n", who.c_str(), f.warm / (1 << 20),
                f.late / (1 << 20), f.late / f.warm);
  });
}

void all_of_it(session &s) {
  bool const quick = s.chosen().quick;
  print_chase(s);
  // Before the first thread: until then the C library leaves its locks out.
  pairs(s, 64);
  batches(s, 64);
  if (!quick) {
    for (u64 const bytes : {16, 256, 1024, 4096, 16384, 65536}) {
      pairs(s, bytes);
      batches(s, bytes);
    }
  }
  footprints(s, 65536, 64, 64);
  if (!quick) footprints(s, 65536, 16, 1024);
  across_threads(s, 64);
  if (quick) return;
  across_threads(s, 1024);
  for (unsigned const threads : {1u, 2u, 4u, 8u}) crews(s, 64, threads);
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) {
  bench::make_room_for_libraries(argv);
  bench::session s(bench::parse(argc, argv));
  bench::all_of_it(s);
  return 0;
}
