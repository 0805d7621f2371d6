// What a child has after fork(), and what a cancelled thread leaves: "Threads and processes" in
// docs/architecture.md.
#include <gtest/gtest.h>

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include "escrow/cell.h"
#include "escrow/escrow.h"
#include "escrow/map_words.h"

namespace {

escrow_pool open_pool(escrow_destructor destructor = nullptr) {
  escrow_pool_options o{};
  o.struct_size = sizeof o;
  o.fixed_size = 64;
  o.destructor = destructor;
  escrow_pool pool = 0;
  EXPECT_EQ(escrow_pool_open(&o, &pool), ESCROW_OK);
  return pool;
}
escrow_map open_map() {
  escrow_map_options o{};
  o.struct_size = sizeof o;
  o.keys = o.values = ESCROW_MAP_WORD;
  escrow_map map = 0;
  EXPECT_EQ(escrow_map_open(&o, &map), ESCROW_OK);
  return map;
}
escrow_cell open_cell() {
  escrow_cell_options o{};
  o.struct_size = sizeof o;
  o.fixed_size = 64;
  escrow_cell cell = 0;
  EXPECT_EQ(escrow_cell_open(&o, &cell), ESCROW_OK);
  return cell;
}
escrow_handle acquire(escrow_pool pool, std::uint64_t content) {
  escrow_handle h = 0;
  void *p = nullptr;
  EXPECT_EQ(escrow_acquire(pool, 64, &h, &p), ESCROW_OK);
  *static_cast<std::uint64_t *>(p) = content;
  return h;
}
std::uint64_t content_of(escrow_handle h) {
  escrow_view view{};
  return escrow_read(h, &view) == ESCROW_OK ? *static_cast<std::uint64_t *>(view.payload) : 0;
}

/// In the child: says what is not as it must be, and ends the process.
#define IN_CHILD(condition)                                                 \
  do {                                                                      \
    if (!(condition)) {                                                     \
      std::fprintf(stderr, "Failure: line %d: %s\n", __LINE__, #condition); \
      ::_exit(1);                                                           \
    }                                                                       \
  } while (false)

/// Runs `body` in a child that is killed where it does not end within 20 s.
template <class Body>
void in_child(Body body) {
  std::fflush(nullptr);
  pid_t const child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::alarm(20);
    body();
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0) << (WIFSIGNALED(status) ? "the child waited for ever" : "");
}

TEST(Fork, AChildHasACopyOfItsOwn) {
  escrow_pool const pool = open_pool();
  escrow_handle const h = acquire(pool, 7);
  in_child([&] {
    IN_CHILD(content_of(h) == 7);
    escrow_view view{};
    IN_CHILD(escrow_read(h, &view) == ESCROW_OK);
    *static_cast<std::uint64_t *>(view.payload) = 8;
    IN_CHILD(escrow_release(h) == ESCROW_FREED);
    // No other thread was at work: everything may be called.
    escrow_handle const other = acquire(pool, 9);
    std::uint64_t live = 77;
    IN_CHILD(escrow_pool_close(pool, 0, &live) == ESCROW_OK && live == 1);
    IN_CHILD(escrow_release(other) == ESCROW_FREED);
    IN_CHILD(escrow_pool_destroy(pool) == ESCROW_OK);
  });
  EXPECT_EQ(content_of(h), 7u);
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
  EXPECT_EQ(escrow_pool_close(pool, 0, nullptr), ESCROW_OK);
  EXPECT_EQ(escrow_pool_destroy(pool), ESCROW_OK);
}

std::atomic<int> destroyed{0};

TEST(Fork, EachProcessRunsTheDestructorOfItsCopy) {
  escrow_pool const pool = open_pool([](void *, std::uint64_t, void *) { ++destroyed; });
  escrow_handle const h = acquire(pool, 7);
  in_child([&] {
    IN_CHILD(escrow_release(h) == ESCROW_FREED);
    IN_CHILD(destroyed == 1);
  });
  EXPECT_EQ(destroyed, 0);
  EXPECT_EQ(escrow_release(h), ESCROW_FREED);
  EXPECT_EQ(destroyed, 1);
  EXPECT_EQ(escrow_pool_close(pool, 0, nullptr), ESCROW_OK);
  EXPECT_EQ(escrow_pool_destroy(pool), ESCROW_OK);
}

/// What the forking thread holds while others are at work.
struct belongings {
  escrow_pool pool = open_pool();
  escrow_map map = open_map();
  escrow_cell cell = open_cell();
  escrow_handle object = acquire(pool, 11);
  escrow_handle dup = 0;
  escrow_handle other = acquire(pool, 12);
  escrow_loan loan = 0;

  belongings() {
    EXPECT_EQ(escrow_dup(object, &dup), ESCROW_OK);
    EXPECT_EQ(escrow_lend(object, &loan, nullptr), ESCROW_OK);
    for (std::uint64_t k = 0; k < 1000; ++k) EXPECT_EQ(escrow_map_put(map, k, k), ESCROW_CREATED);
    publish(1);
  }
  void publish(std::uint64_t n) const {
    std::array<std::uint64_t, 8> words{};
    words.fill(n);
    escrow_bytes const content = {words.data(), sizeof words};
    EXPECT_EQ(escrow_cell_swap(cell, &content, nullptr, nullptr, nullptr), ESCROW_OK);
  }

  /// The calls that take no lock, whatever other threads were doing.
  void use() const {
    IN_CHILD(content_of(object) == 11);
    IN_CHILD(escrow_validate(object, pool, 0) == ESCROW_OK);
    escrow_view view{};
    IN_CHILD(escrow_borrow(dup, &view) == ESCROW_OK);
    IN_CHILD(*static_cast<std::uint64_t *>(view.payload) == 11);
    IN_CHILD(escrow_return(view.root) == ESCROW_OK);
    IN_CHILD(escrow_give_back(loan) == ESCROW_OK);
    IN_CHILD(escrow_give_back(loan) == ESCROW_E_STALE);
    escrow_ticket ticket = 0;
    escrow_handle again = 0;
    IN_CHILD(escrow_move_out(other, &ticket) == ESCROW_OK);
    IN_CHILD(escrow_move_in(ticket, &again) == ESCROW_OK);
    IN_CHILD(content_of(again) == 12);
    IN_CHILD(escrow_revoke(object) == ESCROW_OK);
    IN_CHILD(escrow_release_deferred(dup) == ESCROW_OK);
    IN_CHILD(escrow_release_deferred(object) == ESCROW_FREED);
    IN_CHILD(escrow_release_deferred(object) == ESCROW_E_STALE);
    IN_CHILD(escrow_release_deferred(again) == ESCROW_FREED);
    for (std::uint64_t k = 0; k < 1000; ++k) {
      std::uint64_t value = 0;
      IN_CHILD(escrow_map_get(map, k, &value) == ESCROW_OK && value == k);
    }
    std::array<std::uint64_t, 8> words{};
    escrow_buffer out{words.data(), sizeof words, 0};
    IN_CHILD(escrow_cell_copy(cell, &out, nullptr) == ESCROW_OK);
    for (auto const w : words) IN_CHILD(w == words[0] && w != 0);
  }
};

TEST(Fork, WhatTakesNoLockWorksWhateverOtherThreadsWereDoing) {
  belongings mine;
  std::atomic<bool> stop{false};
  std::vector<std::thread> others;
  for (unsigned t = 0; t < 3; ++t)
    others.emplace_back([&, t] {
      for (std::uint64_t n = 2; !stop; ++n) {
        escrow_handle held[200];
        for (auto &h : held) h = acquire(mine.pool, n);
        for (std::uint64_t k = 0; k < 300; ++k)
          (void)escrow_map_put(mine.map, 10'000 * (t + 1) + k, n);
        for (unsigned i = 0; t == 0 && i < 500; ++i) mine.publish(n);
        if (t == 1) (void)escrow_map_shrink(mine.map, nullptr);
        if (t == 2) (void)escrow_pool_trim(mine.pool, nullptr);
        for (std::uint64_t k = 0; k < 300; ++k)
          (void)escrow_map_erase(mine.map, 10'000 * (t + 1) + k);
        for (auto const h : held) EXPECT_EQ(escrow_release(h), ESCROW_FREED);
      }
    });
  unsigned forks = 0;
  while (forks < 150 && !::testing::Test::HasFailure()) {
    in_child([&] { mine.use(); });
    ++forks;
  }
  stop = true;
  for (auto &o : others) o.join();
  EXPECT_EQ(forks, 150u);
  // The parent's are as they were.
  EXPECT_EQ(content_of(mine.object), 11u);
  EXPECT_EQ(escrow_give_back(mine.loan), ESCROW_OK);
  for (auto const h : {mine.dup, mine.object, mine.other}) EXPECT_GE(escrow_release(h), ESCROW_OK);
  std::uint64_t live = 77;
  EXPECT_EQ(escrow_pool_close(mine.pool, 0, &live), ESCROW_OK);
  EXPECT_EQ(live, 0u);
  EXPECT_EQ(escrow_pool_destroy(mine.pool), ESCROW_OK);
  EXPECT_EQ(escrow_map_close(mine.map), ESCROW_OK);
  EXPECT_EQ(escrow_map_destroy(mine.map), ESCROW_OK);
  EXPECT_EQ(escrow_cell_close(mine.cell), ESCROW_OK);
  EXPECT_EQ(escrow_cell_destroy(mine.cell), ESCROW_OK);
}

struct cancelled {
  escrow_pool pool;
  std::atomic<std::uint64_t> handle{0};
};

TEST(Cancel, WhatACancelledThreadHeldStaysHeldAndSomebodyElseMayEndIt) {
  cancelled c{open_pool()};
  pthread_t thread;
  ASSERT_EQ(::pthread_create(
                &thread, nullptr,
                [](void *argument) -> void * {
                  auto &mine = *static_cast<cancelled *>(argument);
                  mine.handle = acquire(mine.pool, 5);
                  for (;;) ::pause();  // not inside a call of escrow
                },
                &c),
            0);
  while (c.handle == 0) std::this_thread::yield();
  ASSERT_EQ(::pthread_cancel(thread), 0);
  void *result = nullptr;
  ASSERT_EQ(::pthread_join(thread, &result), 0);
  EXPECT_EQ(result, PTHREAD_CANCELED);
  EXPECT_EQ(content_of(c.handle), 5u);
  std::uint64_t live = 0;
  EXPECT_EQ(escrow_pool_close(c.pool, 0, &live), ESCROW_OK);
  EXPECT_EQ(live, 1u);
  EXPECT_EQ(escrow_pool_destroy(c.pool), ESCROW_E_LEAK);
  EXPECT_EQ(escrow_release(c.handle), ESCROW_FREED);
  EXPECT_EQ(escrow_pool_destroy(c.pool), ESCROW_OK);
}

}  // namespace
