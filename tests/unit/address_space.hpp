// A limit on the address space of the process, so that the system refuses memory.
#ifndef ESCROW_TESTS_UNIT_ADDRESS_SPACE_HPP
#define ESCROW_TESTS_UNIT_ADDRESS_SPACE_HPP

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

/// While it lives the process may have `more` bytes of address space more than it has.
struct address_space {
  rlimit before{};

  explicit address_space(unsigned long long more) {
    std::FILE *const f = std::fopen("/proc/self/statm", "r");
    unsigned long long size = 0;
    if (f == nullptr || std::fscanf(f, "%llu", &size) != 1) ADD_FAILURE();
    if (f != nullptr) std::fclose(f);
    EXPECT_EQ(::getrlimit(RLIMIT_AS, &before), 0);
    rlimit tight = before;
    tight.rlim_cur = size * static_cast<unsigned long long>(::sysconf(_SC_PAGESIZE)) + more;
    EXPECT_EQ(::setrlimit(RLIMIT_AS, &tight), 0);
  }
  ~address_space() { EXPECT_EQ(::setrlimit(RLIMIT_AS, &before), 0); }
  address_space(address_space const &) = delete;
  address_space &operator=(address_space const &) = delete;
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool address_space_can_be_limited = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool address_space_can_be_limited = false;
#else
constexpr bool address_space_can_be_limited = true;
#endif
#else
constexpr bool address_space_can_be_limited = true;
#endif
#define SKIP_WHERE_ADDRESS_SPACE_CANNOT_BE_LIMITED() \
  if (!address_space_can_be_limited) GTEST_SKIP() << "sanitizers reserve address space themselves"

#endif
