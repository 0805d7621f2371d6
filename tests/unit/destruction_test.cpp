// Guarantee H of docs/trust.md.
#include "escrow/destruction.hpp"

#include <mutex>
#include <thread>

#include "pool_fixture.hpp"

namespace {

struct counter {
  std::atomic<unsigned> runs{0};
  std::atomic<std::uint64_t> bytes{0};
  static void destroy(void *, std::uint64_t size, void *context) {
    auto *const c = static_cast<counter *>(context);
    c->runs += 1;
    c->bytes += size;
  }
};

template <class Context>
escrow_pool_options with(escrow_destructor destructor, Context &context) {
  return options([&](auto &o) {
    o.destructor = destructor;
    o.context = &context;
  });
}

}  // namespace

TEST(Destruction, AnOrdinaryReleaseRunsItAndADeferredOneOwesIt) {
  counter c;
  test_pool p(with(counter::destroy, c));
  EXPECT_EQ(escrow_release(p.acquire(100)), ESCROW_FREED);
  EXPECT_EQ(c.runs, 1u);
  EXPECT_EQ(c.bytes, 100u);
  EXPECT_EQ(escrow_release_deferred(p.acquire(5000)), ESCROW_PENDING);
  EXPECT_EQ(c.runs, 1u);
  EXPECT_EQ(p.stats().pending, 1u);
  EXPECT_EQ(p.stats().live, 1u);
  std::uint64_t ran = 0;
  EXPECT_EQ(escrow_pool_drain(p.id, 0, &ran), ESCROW_OK);
  EXPECT_EQ(ran, 1u);
  EXPECT_EQ(c.runs, 2u);
  EXPECT_EQ(p.stats().live, 0u);
}

TEST(Destruction, DrainStopsAfterTheCountItIsGiven) {
  counter c;
  test_pool p(with(counter::destroy, c));
  for (int i = 0; i < 200; ++i) EXPECT_EQ(escrow_release_deferred(p.acquire(64)), ESCROW_PENDING);
  std::uint64_t ran = 0;
  EXPECT_EQ(escrow_pool_drain(p.id, 3, &ran), ESCROW_OK);
  EXPECT_EQ(ran, 3u);
  EXPECT_EQ(escrow_pool_drain(p.id, 0, &ran), ESCROW_OK);
  EXPECT_EQ(ran, 197u);
}

TEST(Destruction, CloseRunsWhatIsOwed) {
  counter c;
  {
    test_pool p(with(counter::destroy, c));
    EXPECT_EQ(escrow_release_deferred(p.acquire(64)), ESCROW_PENDING);
    EXPECT_EQ(escrow_release_deferred(p.acquire(100'000)), ESCROW_PENDING);
  }
  EXPECT_EQ(c.runs, 2u);
}

// Would hang if acquire ran destructors: the caller holds the mutex that they take.
TEST(Destruction, AcquireNeverRunsOneSoAMutexMayBeHeldAroundIt) {
  struct shared {
    std::mutex mutex;
    unsigned runs = 0;
    static void destroy(void *, std::uint64_t, void *context) {
      auto *const s = static_cast<shared *>(context);
      std::lock_guard const hold(s->mutex);
      ++s->runs;
    }
  } s;
  test_pool p(options([&](auto &o) {
    o.fixed_size = 64;
    o.limit_bytes = 64 * 64;
    o.destructor = shared::destroy;
    o.context = &s;
  }));
  std::vector<escrow_handle> held;
  for (int i = 0; i < 64; ++i) held.push_back(p.acquire(64));
  for (auto const h : held) ASSERT_EQ(escrow_release_deferred(h), ESCROW_PENDING);
  {
    std::lock_guard const hold(s.mutex);
    escrow_handle h = 0;
    EXPECT_EQ(escrow_acquire(p.id, 64, &h, nullptr), ESCROW_E_FULL);  // owed slots are not reused
    EXPECT_EQ(s.runs, 0u);
  }
  EXPECT_EQ(escrow_pool_drain(p.id, 0, nullptr), ESCROW_OK);
  EXPECT_EQ(s.runs, 64u);
  EXPECT_EQ(escrow_release(p.acquire(64)), ESCROW_FREED);
}

TEST(Destruction, InsideADestructorReleasesAreMarkedAndDrainAndCloseRefused) {
  struct chain {
    escrow_pool pool = 0;
    unsigned runs = 0;
    escrow_status drain = ESCROW_OK, close = ESCROW_OK, destroy_pool = ESCROW_OK;
    unsigned depth = 0, deepest = 0;
    static void destroy(void *payload, std::uint64_t, void *context) {
      auto *const c = static_cast<chain *>(context);
      c->deepest = std::max(c->deepest, ++c->depth);
      ++c->runs;
      c->drain = escrow_pool_drain(c->pool, 0, nullptr);
      c->close = escrow_pool_close(c->pool, 0, nullptr);
      c->destroy_pool = escrow_pool_destroy(c->pool);
      escrow_handle const next = *static_cast<escrow_handle *>(payload);
      if (next != 0) {
        EXPECT_EQ(escrow_release(next), ESCROW_PENDING);
      }
      --c->depth;
    }
  } c;
  test_pool p(with(chain::destroy, c));
  c.pool = p.id;
  escrow_handle head = 0;
  for (int i = 0; i < 10'000; ++i) {
    void *memory = nullptr;
    escrow_handle const h = p.acquire(sizeof head, &memory);
    *static_cast<escrow_handle *>(memory) = head;
    head = h;
  }
  EXPECT_EQ(escrow_release(head), ESCROW_PENDING);  // the second of the chain is owed
  EXPECT_EQ(c.runs, 1u);
  EXPECT_EQ(c.drain, ESCROW_E_BUSY);
  EXPECT_EQ(c.close, ESCROW_E_BUSY);
  EXPECT_EQ(c.destroy_pool, ESCROW_E_BUSY);
  EXPECT_EQ(escrow_pool_drain(p.id, 0, nullptr), ESCROW_OK);
  EXPECT_EQ(c.runs, 10'000u);
  EXPECT_EQ(c.deepest, 1u);
}

TEST(Destruction, EachObjectIsDestroyedOnceHoweverManyDrain) {
  counter c;
  test_pool p(with(counter::destroy, c));
  constexpr unsigned objects = 20'000;
  std::atomic<bool> stop{false};
  std::vector<std::thread> drainers;
  for (int i = 0; i < 3; ++i)
    drainers.emplace_back([&] {
      while (!stop) EXPECT_EQ(escrow_pool_drain(p.id, 7, nullptr), ESCROW_OK);
    });
  for (unsigned i = 0; i < objects; ++i)
    EXPECT_EQ(escrow_release_deferred(p.acquire(1 + i % 2000)), ESCROW_PENDING);
  stop = true;
  for (auto &d : drainers) d.join();
  EXPECT_EQ(escrow_pool_drain(p.id, 0, nullptr), ESCROW_OK);
  EXPECT_EQ(c.runs, objects);
}

TEST(Destruction, ABatchThatFailedRunsNone) {
  counter c;
  auto o = with(counter::destroy, c);
  o.fixed_size = 64;
  o.limit_bytes = 640;
  test_pool p(o);
  escrow_handle h[11];
  EXPECT_EQ(escrow_acquire_n(p.id, 64, 11, h, nullptr), ESCROW_E_FULL);
  EXPECT_EQ(c.runs, 0u);
  EXPECT_EQ(p.stats().live, 0u);
}

TEST(Destruction, LastBorrowerOwesItToDrain) {
  counter c;
  test_pool p(with(counter::destroy, c));
  escrow_handle const h = p.acquire(64);
  escrow_view view;
  ASSERT_EQ(escrow_borrow(h, &view), ESCROW_OK);
  EXPECT_EQ(escrow_release(h), ESCROW_DEFERRED);
  EXPECT_EQ(escrow_return(view.root), ESCROW_PENDING);
  EXPECT_EQ(c.runs, 0u);
  EXPECT_EQ(escrow_pool_drain(p.id, 0, nullptr), ESCROW_OK);
  EXPECT_EQ(c.runs, 1u);
}
