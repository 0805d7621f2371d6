// What the unit tests share: a pool of the wanted options that must be empty at the end.
#ifndef ESCROW_TESTS_UNIT_POOL_FIXTURE_HPP
#define ESCROW_TESTS_UNIT_POOL_FIXTURE_HPP

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "escrow/escrow.hpp"

/// Options in one expression: `options([](auto &o) { o.fixed_size = 64; })`.
template <class Change>
escrow_pool_options options(Change change) {
  escrow_pool_options o = escrow::pool::options();
  change(o);
  return o;
}

/// Opens through the C facade; the destructor fails the test when something is left in the pool.
class test_pool {
 public:
  explicit test_pool(escrow_pool_options const &o = escrow::pool::options()) {
    EXPECT_EQ(escrow_pool_open(&o, &id), ESCROW_OK);
  }
  test_pool(test_pool const &) = delete;
  test_pool &operator=(test_pool const &) = delete;
  ~test_pool() {
    if (id == 0) return;
    std::uint64_t live = 0;
    escrow_status const s = escrow_pool_close(id, 0, &live);
    EXPECT_TRUE(s == ESCROW_OK || s == ESCROW_E_CLOSED) << escrow_status_name(s);
    EXPECT_EQ(live, 0u);
    EXPECT_EQ(escrow_pool_destroy(id), ESCROW_OK);
  }

  escrow_handle acquire(std::uint64_t bytes, void **out_payload = nullptr) {
    escrow_handle h = 0;
    EXPECT_EQ(escrow_acquire(id, bytes, &h, out_payload), ESCROW_OK);
    return h;
  }
  escrow_pool_stats stats() {
    escrow_pool_stats s{};
    s.struct_size = sizeof s;
    EXPECT_EQ(escrow_pool_read_stats(id, &s), ESCROW_OK);
    return s;
  }

  escrow_pool id = 0;
};

#endif
