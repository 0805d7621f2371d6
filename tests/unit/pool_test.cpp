#include "escrow/pool.hpp"

#include "pool_fixture.hpp"

using namespace escrow;

namespace {

struct tracked {
  int value;
  static inline int alive = 0;
  explicit tracked(int v) noexcept : value(v) { ++alive; }
  ~tracked() { --alive; }
};

}  // namespace

TEST(Pool, AnEmptyPoolRefusesEverything) {
  pool p;
  owned<> a;
  u64 live = 0;
  EXPECT_FALSE(p);
  EXPECT_EQ(p.acquire(10, a), ESCROW_E_NULL);
  EXPECT_EQ(p.close(0, &live), ESCROW_E_NULL);
  EXPECT_EQ(p.destroy(), ESCROW_E_NULL);
  EXPECT_EQ(p.drain(), ESCROW_E_NULL);
  EXPECT_EQ(p.trim(), 0u);
}

TEST(Pool, ReferencesOutliveAPoolThatWentOutOfScope) {
  owned<> a;
  {
    pool p;
    ASSERT_EQ(pool::open(pool::options(), p), ESCROW_OK);
    ASSERT_EQ(p.acquire(10, a), ESCROW_OK);
  }
  EXPECT_NE(a.get(), nullptr);
  EXPECT_EQ(a.reset(), ESCROW_FREED);
}

TEST(Pool, AMovedPoolIsTheSamePool) {
  pool p, q;
  ASSERT_EQ(pool::open(pool::options(), p), ESCROW_OK);
  auto const id = p.id();
  q = std::move(p);
  EXPECT_FALSE(p);
  EXPECT_EQ(q.id(), id);
  pool r{std::move(q)};
  EXPECT_FALSE(q);
  EXPECT_EQ(r.id(), id);
  owned<> a;
  EXPECT_EQ(r.acquire(10, a), ESCROW_OK);
  escrow_pool_stats stats{};
  EXPECT_EQ(r.read_stats(stats), ESCROW_OK);
  EXPECT_EQ(stats.live, 1u);
}

TEST(PoolOf, ConstructsInPlaceAndDestroysOnce) {
  pool_of<tracked> p;
  ASSERT_EQ(pool_of<tracked>::open("tracked", p, 77), ESCROW_OK);
  owned<tracked> a;
  ASSERT_EQ(p.make(a, 5), ESCROW_OK);
  EXPECT_EQ(a->value, 5);
  EXPECT_EQ(tracked::alive, 1);
  EXPECT_EQ(escrow_validate(a.handle(), p.untyped().id(), 77), ESCROW_OK);
  EXPECT_EQ(escrow_validate(a.handle(), p.untyped().id(), 78), ESCROW_E_KIND);
  a.reset();
  EXPECT_EQ(tracked::alive, 0);
}
