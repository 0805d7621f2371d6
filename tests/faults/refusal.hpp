// Refuses a scenario each request for memory that it makes, one in each run, and looks at what is
// left.
//
// A run is a process of its own, forked before anything of escrow was used: tables of the process
// are asked for once, and would be there for all runs but the first. In a run the n-th request is
// refused, alone or with all that follow it; then nothing is refused any more, and the same
// scenario must succeed from beginning to end. What a run complains of is printed, with n.
#ifndef ESCROW_TESTS_FAULTS_REFUSAL_HPP
#define ESCROW_TESTS_FAULTS_REFUSAL_HPP

#include <gtest/gtest.h>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>

#include "escrow/escrow.h"

enum class refuse { nothing, one, all_from };

/// What was asked for so far, in this process; single-threaded, as the scenarios are.
struct requests {
  std::uint64_t made = 0;
  std::uint64_t refused = 0;
  std::uint64_t mapped = 0;  // granted address space, which nothing gives back
  std::uint64_t first = 0;   // the request that is refused, from 1
  refuse which = refuse::nothing;
};
inline requests asked;

/// Called by the facade; see escrow/memory_request.hpp.
extern "C" bool escrow_grants_memory(unsigned kind) noexcept;
extern "C" inline __attribute__((used)) bool escrow_grants_memory(unsigned kind) noexcept {
  ++asked.made;
  bool const no = (asked.which == refuse::one && asked.made == asked.first) ||
                  (asked.which == refuse::all_from && asked.made >= asked.first);
  if (no) ++asked.refused;
  if (!no && kind == 0) ++asked.mapped;
  return !no;
}

/// One pass of a scenario.
class attempt {
 public:
  explicit attempt(char const *about) : about_(about) {}

  /// Makes a call that asks for memory. It may be refused only where a request of this very call
  /// was, and only by a code that says so; where one request alone is refused, a second call
  /// succeeds. False: the call was refused for good, and whatever it was about is as before it.
  template <class Call>
  bool make(char const *name, Call call) {
    std::uint64_t const refused = asked.refused;
    escrow_status s = call();
    if (s >= 0) return true;
    bool const excused = asked.refused != refused;
    if (!excused || (s != ESCROW_E_NOMEM && s != ESCROW_E_EXHAUSTED))
      complain("%s: %s%s", name, escrow_status_name(s), excused ? "" : ", and nothing was refused");
    if (asked.which == refuse::all_from) return false;
    s = call();
    if (s < 0) complain("%s, repeated: %s", name, escrow_status_name(s), "");
    return s >= 0;
  }

  /// Makes a call that asks for no memory, or for which memory is a wish: it succeeds always.
  template <class Call>
  void must(char const *name, Call call) {
    escrow_status const s = call();
    if (s < 0) complain("%s: %s", name, escrow_status_name(s), "");
  }

  void expect(bool right, char const *what) {
    if (!right) complain("%s is not so%s%s", what, "", "");
  }
  void expect_equal(std::uint64_t is, std::uint64_t expected, char const *what) {
    if (is == expected) return;
    char numbers[64];
    std::snprintf(numbers, sizeof numbers, "%llu, not %llu", static_cast<unsigned long long>(is),
                  static_cast<unsigned long long>(expected));
    complain("%s is %s%s", what, numbers, "");
  }

  [[nodiscard]] unsigned complaints() const { return complaints_; }

 private:
  void complain(char const *form, char const *a, char const *b, char const *c) {
    if (++complaints_ > 5) return;
    std::fprintf(stderr, "Failure: %s: ", about_);
    std::fprintf(stderr, form, a, b, c);
    std::fputc('\n', stderr);
  }

  char const *about_;
  unsigned complaints_ = 0;
};

using scenario = void (*)(attempt &);

struct outcome {
  requests first;   // after the pass in which requests were refused
  requests second;  // after the pass in which none was
  unsigned complaints = 0;
  bool ended = false;
};

/// Runs a scenario twice in a process of its own.
inline outcome run_in_child(scenario s, refuse which, std::uint64_t n) {
  auto *const shared = static_cast<outcome *>(
      ::mmap(nullptr, sizeof(outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  std::fflush(nullptr);
  pid_t const child = ::fork();
  if (child == 0) {
    char about[96];
    std::snprintf(about, sizeof about, "%s request %llu",
                  which == refuse::one ? "refused" : "refused all from",
                  static_cast<unsigned long long>(n));
    asked.first = n;
    asked.which = which;
    attempt first(which == refuse::nothing ? "refused nothing" : about);
    s(first);
    shared->first = asked;
    asked.which = refuse::nothing;
    std::strncat(about, ", after it", sizeof about - std::strlen(about) - 1);
    attempt second(about);
    s(second);
    shared->second = asked;
    shared->complaints = first.complaints() + second.complaints();
    shared->ended = true;
    std::fflush(nullptr);
    ::_exit(0);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << "request " << n << (which == refuse::one ? " alone" : " and all after");
  outcome const o = *shared;
  ::munmap(shared, sizeof(outcome));
  return o;
}

/// @param least  requests that the scenario makes at least, so that a scenario that reaches nothing
///               is found out
inline void refuse_each_request(scenario s, std::uint64_t least) {
  outcome const whole = run_in_child(s, refuse::nothing, 0);
  ASSERT_TRUE(whole.ended);
  ASSERT_EQ(whole.complaints, 0u);
  ASSERT_EQ(whole.second.refused, 0u);
  std::uint64_t const total = whole.first.made;
  ASSERT_GE(total, least);
  for (std::uint64_t n = 1; n <= total; ++n) {
    outcome const one = run_in_child(s, refuse::one, n);
    EXPECT_TRUE(one.ended) << n;
    EXPECT_EQ(one.complaints, 0u) << n;
    EXPECT_EQ(one.first.refused, 1u) << "request " << n << " was never made";
    outcome const all = run_in_child(s, refuse::all_from, n);
    EXPECT_TRUE(all.ended) << n;
    EXPECT_EQ(all.complaints, 0u) << n;
    EXPECT_GE(all.first.refused, 1u) << "request " << n << " was never made";
    // Address space that a refused call had got, and lost, would be asked for once more.
    EXPECT_LE(one.second.mapped, whole.second.mapped) << "request " << n << " alone";
    EXPECT_LE(all.second.mapped, whole.second.mapped) << "request " << n << " and all after";
    if (::testing::Test::HasFailure()) return;  // one n says enough
  }
  ::testing::Test::RecordProperty("requests", std::to_string(total));
  std::printf("%llu requests, each refused alone and with all that follow\n",
              static_cast<unsigned long long>(total));
}

#endif
