// Memory that others made, bound as a T: the right type works, a wrong one is an error and no read.
#include "escrow/binding.hpp"

#include <gtest/gtest.h>

#include <string>

#include "pool_fixture.hpp"

namespace {

using namespace escrow;

struct order {
  std::uint64_t number;
  std::uint32_t amount;
  std::uint16_t flags;
  double price;
};
ESCROW_LAYOUT(order, number, amount, flags, price);

struct order_of_another_image {  // the same memory, other names
  std::uint64_t id;
  std::uint32_t count;
  std::uint16_t bits;
  double cost;
};
ESCROW_LAYOUT(order_of_another_image, id, count, bits, cost);

struct order_of_last_year {
  std::uint64_t number;
  std::uint32_t amount;
  double price;
};
ESCROW_LAYOUT(order_of_last_year, number, amount, price);

struct counted {
  static inline int alive = 0;
  counted() noexcept { ++alive; }
  ~counted() { --alive; }
  int value = 0;
};
ESCROW_LAYOUT(counted, value);

template <class T>
std::string why_not(u64 bits) {
  char text[128];
  bool const differ = difference_to<T>(bits, text, sizeof text);
  EXPECT_EQ(differ, *text != 0);
  return text;
}

}  // namespace

TEST(Binding, AnObjectIsBoundByItsLayoutAndNotByTheNameOfItsType) {
  pool_of<order> orders;
  ASSERT_EQ(pool_of<order>::open("orders", orders), ESCROW_OK);
  owned<order> mine;
  ASSERT_EQ(orders.make(mine, order{7, 3, 1, 2.5}), ESCROW_OK);
  escrow_handle const handle = mine.detach();

  owned<order_of_last_year> wrong;
  EXPECT_EQ(bind(handle, wrong), ESCROW_E_LAYOUT);
  EXPECT_FALSE(wrong);
  EXPECT_EQ(why_not<order_of_last_year>(handle), "field 2: offset 12 in the pool, 16 in this type");
  borrowed<order_of_last_year> wrong_view;
  EXPECT_EQ(bind(handle, wrong_view), ESCROW_E_LAYOUT);
  EXPECT_FALSE(wrong_view);

  borrowed<order_of_another_image> view;
  ASSERT_EQ(bind(handle, view), ESCROW_OK);
  EXPECT_EQ(view->count, 3u);
  view.reset();
  owned<order_of_another_image> right;
  ASSERT_EQ(bind(handle, right), ESCROW_OK) << "the failed ones left the handle alone";
  EXPECT_EQ(right->id, 7u);
  EXPECT_EQ(right->cost, 2.5);
  EXPECT_EQ(why_not<order_of_another_image>(handle), "");
  EXPECT_EQ(right.reset(), ESCROW_FREED);
  EXPECT_EQ(bind(handle, right), ESCROW_E_STALE);
  EXPECT_EQ(bind(handle, view), ESCROW_E_STALE);
  EXPECT_EQ(bind(escrow_handle{0}, right), ESCROW_E_NULL);
  EXPECT_EQ(why_not<order>(handle), "no pool or object can be asked");
}

TEST(Binding, AFailedBorrowGivesBack) {
  pool_of<order> orders;
  ASSERT_EQ(pool_of<order>::open("orders", orders), ESCROW_OK);
  owned<order> mine;
  ASSERT_EQ(orders.make(mine), ESCROW_OK);
  borrowed<order_of_last_year> wrong;
  EXPECT_EQ(bind(mine.handle(), wrong), ESCROW_E_LAYOUT);
  ticket out;
  EXPECT_EQ(mine.move_out(out), ESCROW_OK) << "nothing is lent";
}

TEST(Binding, DuplicatesAndLoansCarryTheLayoutOfTheirObject) {
  pool_of<order> orders;
  ASSERT_EQ(pool_of<order>::open("orders", orders), ESCROW_OK);
  owned<order> mine, second;
  ASSERT_EQ(orders.make(mine, order{1, 2, 3, 4}), ESCROW_OK);
  ASSERT_EQ(mine.dup(second), ESCROW_OK);
  escrow_handle const dup = second.detach();
  owned<order> bound;
  EXPECT_EQ(bind(dup, bound), ESCROW_OK);
  EXPECT_EQ(bound->amount, 2u);
  ticket t;
  ASSERT_EQ(bound.move_out(t), ESCROW_OK);
  EXPECT_EQ(bind(t.detach(), bound), ESCROW_E_TRANSIT) << "take it in first";
  (void)orders.untyped().close(ESCROW_CLOSE_RECLAIM_TICKETS);
}

TEST(Binding, WithoutALayoutNothingIsBound) {
  test_pool bytes;
  escrow_handle const h = bytes.acquire(sizeof(order));
  owned<order> out;
  EXPECT_EQ(bind(h, out), ESCROW_E_LAYOUT);
  EXPECT_EQ(why_not<order>(h), "the pool carries no layout");
  EXPECT_EQ(why_not<order>(bytes.id), "the pool carries no layout");
  bound_pool<order> pool;
  EXPECT_EQ(bind(bytes.id, pool), ESCROW_E_LAYOUT);
  EXPECT_FALSE(pool);
  EXPECT_EQ(pool.make(out), ESCROW_E_NULL);
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
}

TEST(Binding, AnObjectTooSmallForTheTypeIsRefused) {
  auto const described = layout_of<order>();
  auto const layout = described.view();
  test_pool any(options([&](auto &o) { o.layout = &layout; }));
  escrow_handle const small = any.acquire(sizeof(order) - 1);
  escrow_handle const large = any.acquire(sizeof(order) + 100);  // an order, and more behind it
  owned<order> out;
  EXPECT_EQ(bind(small, out), ESCROW_E_SIZE);
  EXPECT_EQ(bind(large, out), ESCROW_OK);
  EXPECT_EQ(escrow_release(small), ESCROW_FREED);
}

TEST(Binding, APoolOfSomebodyElseMakesObjectsOnceItIsBound) {
  pool_of<order> orders;
  ASSERT_EQ(pool_of<order>::open("orders", orders), ESCROW_OK);
  escrow_pool const id = orders.untyped().id();
  bound_pool<order_of_last_year> wrong;
  EXPECT_EQ(bind(id, wrong), ESCROW_E_LAYOUT);
  EXPECT_EQ(why_not<order_of_last_year>(id), "field 2: offset 12 in the pool, 16 in this type");
  bound_pool<order> bound;
  ASSERT_EQ(bind(id, bound), ESCROW_OK);
  EXPECT_EQ(bound.id(), id);
  EXPECT_TRUE(bound);
  owned<order> one;
  ASSERT_EQ(bound.make(one, order{1, 2, 3, 4}), ESCROW_OK);
  EXPECT_EQ(one->price, 4);
  EXPECT_EQ(one.reset(), ESCROW_FREED);
  ASSERT_EQ(orders.untyped().close(), ESCROW_OK);
  EXPECT_EQ(bound.make(one), ESCROW_E_CLOSED);
  ASSERT_EQ(orders.untyped().destroy(), ESCROW_OK);
  EXPECT_EQ(bound.make(one), ESCROW_E_STALE);
  EXPECT_EQ(bind(id, bound), ESCROW_E_STALE);
  EXPECT_EQ(bind(escrow_pool{0}, bound), ESCROW_E_NULL);
}

TEST(Binding, TheNextPoolOfAControlBlockCarriesItsOwnLayout) {
  escrow_pool before = 0;
  {
    pool_of<order> orders;
    ASSERT_EQ(pool_of<order>::open("orders", orders), ESCROW_OK);
    before = orders.untyped().id();
  }
  test_pool bytes;
  EXPECT_EQ(handle::index(bytes.id), handle::index(before)) << "else the test shows nothing";
  escrow_layout const *carried = nullptr;
  EXPECT_EQ(lifecycle::layout(bytes.id, carried), ESCROW_OK);
  EXPECT_EQ(carried, nullptr);
  EXPECT_EQ(lifecycle::layout(before, carried), ESCROW_E_STALE);
}

TEST(Binding, APoolWithADestructorIsBoundForReading) {
  pool_of<counted> pool;
  ASSERT_EQ(pool_of<counted>::open("counted", pool), ESCROW_OK);
  owned<counted> one;
  ASSERT_EQ(pool.make(one), ESCROW_OK);
  owned<std::int32_t> number;
  ASSERT_EQ(bind(one.detach(), number), ESCROW_OK);
  EXPECT_EQ(counted::alive, 1);
  EXPECT_EQ(number.reset(), ESCROW_FREED);
  EXPECT_EQ(counted::alive, 0) << "the pool knows what to run";
}

TEST(Binding, APoolCannotCarryWhatItsObjectsCannotHold) {
  auto const described = layout_of<order>();
  auto const layout = described.view();
  auto const opened = [&](auto change) {
    auto o = pool::options();
    o.layout = &layout;
    change(o);
    escrow_pool id = 0;
    auto const s = escrow_pool_open(&o, &id);
    if (s == ESCROW_OK) {
      (void)escrow_pool_close(id, 0, nullptr);
      (void)escrow_pool_destroy(id);
    }
    return s;
  };
  EXPECT_EQ(opened([](auto &) {}), ESCROW_OK);
  EXPECT_EQ(opened([](auto &o) { o.fixed_size = sizeof(order); }), ESCROW_OK);
  EXPECT_EQ(opened([](auto &o) { o.fixed_size = sizeof(order) - 1; }), ESCROW_E_OPTION);
  escrow_layout wrong = layout;
  wrong.fingerprint ^= 1;
  EXPECT_EQ(opened([&](auto &o) { o.layout = &wrong; }), ESCROW_E_OPTION);
  wrong = layout;
  wrong.alignment = 64;
  wrong.size = 64;
  wrong.fingerprint = 0;
  EXPECT_EQ(opened([&](auto &o) { o.layout = &wrong; }), ESCROW_E_OPTION);
  EXPECT_EQ(opened([&](auto &o) {
              o.layout = &wrong;
              o.alignment = 64;
            }),
            ESCROW_OK);
}
