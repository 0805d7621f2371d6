// bench/child.hpp: work in a process of its own, whose memory is not what others left behind.
#ifndef ESCROW_BENCH_CHILD_HPP
#define ESCROW_BENCH_CHILD_HPP

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <type_traits>

#include "block.hpp"

namespace bench {

/// Bytes of this process that are in memory.
inline double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// What `work()` returns in a child; it must be plain data. Ends the program when the child fails.
template <class Work>
auto in_a_child(char const *what, Work work) {
  using Result = decltype(work());
  static_assert(std::is_trivially_copyable_v<Result>);
  int ends[2];
  if (pipe(ends) != 0) refused("pipe");
  (void)std::fflush(nullptr);
  pid_t const child = fork();
  if (child == 0) {
    Result const seen = work();
    _exit(write(ends[1], &seen, sizeof seen) == sizeof seen ? 0 : 1);
  }
  Result seen{};
  close(ends[1]);
  bool const whole = child > 0 && read(ends[0], &seen, sizeof seen) == sizeof seen;
  close(ends[0]);
  int status = 1;
  waitpid(child, &status, 0);
  if (!whole || status != 0) wrong(what, 0, static_cast<u64>(status));
  return seen;
}

}  // namespace bench

#endif
