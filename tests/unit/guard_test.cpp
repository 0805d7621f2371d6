#include "escrow/guard.hpp"

#include <thread>
#include <type_traits>

#include "pool_fixture.hpp"

using namespace escrow;

static_assert(sizeof(owned<int>) == 8);
static_assert(!std::is_copy_constructible_v<owned<int>> &&
              std::is_nothrow_move_constructible_v<owned<int>>);
static_assert(!std::is_copy_constructible_v<borrowed<int>> &&
              !std::is_copy_constructible_v<ticket>);
static_assert(!std::is_move_constructible_v<scope>);

namespace {

struct guard_pool {
  pool bytes;
  guard_pool() { EXPECT_EQ(pool::open(pool::options(), bytes), ESCROW_OK); }
  ~guard_pool() {
    u64 live = 1;
    EXPECT_EQ(bytes.close(0, &live), ESCROW_OK);
    EXPECT_EQ(live, 0u);
    EXPECT_EQ(bytes.destroy(), ESCROW_OK);
  }
};

struct point {
  int x, y;
};

}  // namespace

TEST(Guard, AnOwnedEndsItsReferenceOnce) {
  guard_pool p;
  owned<point> a;
  EXPECT_EQ(a.get(), nullptr);
  EXPECT_EQ(a.reset(), ESCROW_ALREADY);
  ASSERT_EQ(p.bytes.acquire(sizeof(point), a), ESCROW_OK);
  a->x = 3;
  auto const h = a.handle();
  owned<point> b = std::move(a);
  EXPECT_FALSE(a);
  EXPECT_EQ(b->x, 3);
  EXPECT_EQ(b.reset(), ESCROW_FREED);
  EXPECT_EQ(escrow_release(h), ESCROW_E_STALE);
}

TEST(Guard, AssignmentEndsWhatTheTargetHeld) {
  guard_pool p;
  owned<> a, b;
  ASSERT_EQ(p.bytes.acquire(10, a), ESCROW_OK);
  ASSERT_EQ(p.bytes.acquire(10, b), ESCROW_OK);
  auto const h = a.handle();
  a = std::move(b);
  EXPECT_EQ(escrow_validate(h, 0, 0), ESCROW_E_STALE);
  EXPECT_EQ(escrow_validate(a.handle(), 0, 0), ESCROW_OK);
  auto &same = a;
  a = std::move(same);
  EXPECT_TRUE(a);
}

TEST(Guard, ABorrowKeepsTheObjectAliveAfterItsOwner) {
  guard_pool p;
  owned<point> a;
  borrowed<point> b;
  ASSERT_EQ(p.bytes.acquire(sizeof(point), a), ESCROW_OK);
  a->y = 9;
  ASSERT_EQ(a.lend(b), ESCROW_OK);
  EXPECT_EQ(a.reset(), ESCROW_DEFERRED);
  EXPECT_EQ(b->y, 9);
  EXPECT_EQ(b.size(), sizeof(point));
  borrowed<point> moved = std::move(b);
  EXPECT_EQ(b.reset(), ESCROW_ALREADY);
  EXPECT_EQ(moved.reset(), ESCROW_FREED);
}

TEST(Guard, ATicketCarriesAnObjectToAnotherThread) {
  guard_pool p;
  owned<point> a;
  ASSERT_EQ(p.bytes.acquire(sizeof(point), a), ESCROW_OK);
  a->x = 42;
  ticket t;
  ASSERT_EQ(a.move_out(t), ESCROW_OK);
  EXPECT_FALSE(a);
  std::thread([t = std::move(t)]() mutable {
    owned<point> mine;
    ASSERT_EQ(t.move_in(mine), ESCROW_OK);
    EXPECT_FALSE(t);
    EXPECT_EQ(mine->x, 42);
  }).join();
}

TEST(Guard, ADroppedTicketFreesTheObject) {
  guard_pool p;
  owned<> a;
  ASSERT_EQ(p.bytes.acquire(10, a), ESCROW_OK);
  ticket t;
  ASSERT_EQ(a.move_out(t), ESCROW_OK);
  auto const bits = t.detach();
  t = ticket::adopt(bits);
  EXPECT_EQ(t.reset(), ESCROW_FREED);
  EXPECT_EQ(t.reset(), ESCROW_ALREADY);
}

TEST(Guard, AFailedMoveLeavesTheOwner) {
  guard_pool p;
  owned<> a;
  borrowed<> b;
  ASSERT_EQ(p.bytes.acquire(10, a), ESCROW_OK);
  ASSERT_EQ(a.lend(b), ESCROW_OK);
  ticket t;
  EXPECT_EQ(a.move_out(t), ESCROW_E_LENT);
  EXPECT_TRUE(a);
  EXPECT_FALSE(t);
}

TEST(Guard, ADuplicateHasALifeOfItsOwn) {
  guard_pool p;
  owned<point> a, b;
  ASSERT_EQ(p.bytes.acquire(sizeof(point), a), ESCROW_OK);
  ASSERT_EQ(a.dup(b), ESCROW_OK);
  EXPECT_EQ(a.get(), b.get());
  EXPECT_EQ(a.reset(), ESCROW_OK);
  EXPECT_EQ(b.size(), sizeof(point));
  EXPECT_EQ(b.reset(), ESCROW_FREED);
  owned<point> none, out;
  EXPECT_EQ(none.dup(out), ESCROW_E_NULL);
}

TEST(Guard, AScopeSaysWhenABorrowOutlivesIt) {
  guard_pool p;
  owned<> a;
  ASSERT_EQ(p.bytes.acquire(10, a), ESCROW_OK);
  scope s;
  borrowed<> b;
  ASSERT_EQ(s.lend(a, b), ESCROW_OK);
  EXPECT_EQ(s.outstanding(), 1u);
  EXPECT_EQ(s.end(), ESCROW_E_SCOPE);
  borrowed<> other = std::move(b);
  EXPECT_EQ(s.end(), ESCROW_E_SCOPE);
  other.reset();
  EXPECT_EQ(s.end(), ESCROW_OK);
}

TEST(GuardDeathTest, AScopeThatDiesWithABorrowAliveStopsTheProcess) {
  EXPECT_DEATH(
      {
        pool bytes;
        (void)pool::open(pool::options(), bytes);
        owned<> a;
        (void)bytes.acquire(10, a);
        borrowed<> b;
        {
          scope s;
          (void)s.lend(a, b);
        }
      },
      "borrows outlive their scope");
}
