#include "escrow/trace_ring.hpp"

#include <gtest/gtest.h>

using namespace escrow;

namespace {

escrow_trace_event event(u64 n) {
  escrow_trace_event e{};
  e.when = n + 1;
  e.handle = n + 2;
  e.root = n + 3;
  e.peer = n + 4;
  e.pool = n + 5;
  e.goroutine = n + 6;
  e.status = n % 2 == 0 ? escrow_status{ESCROW_FREED} : escrow_status{ESCROW_E_STALE};
  e.operation = ESCROW_OPERATION_RELEASE;
  e.thread = static_cast<u32>(n + 7);
  e.site = static_cast<u32>(n + 8);
  return e;
}

}  // namespace

TEST(TraceRing, AnEventComesBackAsItWas) {
  auto *const ring = trace_ring::reserve();
  ASSERT_NE(ring, nullptr);
  EXPECT_EQ(ring->last(), 0u);
  for (u64 n = 100; n < 102; ++n) ring->append(event(n));
  EXPECT_EQ(ring->last(), 2u);
  for (u64 n = 1; n <= 2; ++n) {
    auto const want = event(99 + n);
    escrow_trace_event e{};
    ASSERT_TRUE(ring->read(n, e));
    EXPECT_EQ(e.sequence, n);
    EXPECT_EQ(e.when, want.when);
    EXPECT_EQ(e.handle, want.handle);
    EXPECT_EQ(e.root, want.root);
    EXPECT_EQ(e.peer, want.peer);
    EXPECT_EQ(e.pool, want.pool);
    EXPECT_EQ(e.goroutine, want.goroutine);
    EXPECT_EQ(e.status, want.status);
    EXPECT_EQ(e.operation, want.operation);
    EXPECT_EQ(e.thread, want.thread);
    EXPECT_EQ(e.site, want.site);
  }
}

TEST(TraceRing, ANumberThatWasNeverGivenNamesNothing) {
  auto *const ring = trace_ring::reserve();
  ring->append(event(1));
  escrow_trace_event e{};
  for (u64 const n : {u64{0}, u64{2}, 1 + trace_ring::places, ~u64{0}})
    EXPECT_FALSE(ring->read(n, e)) << n;
}

TEST(TraceRing, KeepsTheLastEventsAlone) {
  auto *const ring = trace_ring::reserve();
  constexpr u64 all = 3 * trace_ring::places / 2;
  for (u64 n = 1; n <= all; ++n) ring->append(event(n));
  escrow_trace_event e{};
  for (u64 n = 1; n <= all; ++n) {
    EXPECT_EQ(ring->read(n, e), n > all - trace_ring::places) << n;
    if (n > all - trace_ring::places) {
      EXPECT_EQ(e.when, n + 1);
    }
  }
  EXPECT_EQ(ring->lost(), 0u);
}

TEST(TraceRing, AWriterThatIsLateGivesUp) {
  basic_trace_place<std::atomic, 1> place{};
  u64 const one[] = {1}, two[] = {2};
  u64 out[1] = {};
  EXPECT_TRUE(place.write(2, two));
  EXPECT_FALSE(place.write(1, one));  // a later event is there
  EXPECT_FALSE(place.write(2, one));  // no event is written twice
  ASSERT_TRUE(place.read(2, out));
  EXPECT_EQ(out[0], 2u);
  place.stamp.store(2 * 3 - 1, std::memory_order_relaxed);  // event 3 is being written
  EXPECT_FALSE(place.write(4, one));
  EXPECT_FALSE(place.read(2, out));
  EXPECT_FALSE(place.read(3, out));
}
