// Pools whose memory is refused: objects of all sizes, blocks, batches, duplicates, loans, moves,
// destructors; ledgers, traces and guarded objects.
// Guarantee G of docs/trust.md.
#define ESCROW_FAULTS
#include <array>

#include "escrow/guarded.h"
#include "escrow/ledger.h"
#include "escrow/trace.h"
#include "refusal.hpp"

namespace {

escrow_pool_options options_of(std::uint64_t fixed = 0) {
  escrow_pool_options o{};
  o.struct_size = sizeof o;
  o.fixed_size = fixed;
  return o;
}

bool open(attempt &a, escrow_pool_options const &o, escrow_pool &pool) {
  bool const there = a.make("open", [&] { return escrow_pool_open(&o, &pool); });
  if (!there) a.expect_equal(pool, 0, "what a refused open gave");
  return there;
}

/// Every pool ends with nothing live and nothing held, whatever was refused while it lived.
void end(attempt &a, escrow_pool pool) {
  escrow_pool_stats stats{};
  stats.struct_size = sizeof stats;
  a.must("stats", [&] { return escrow_pool_read_stats(pool, &stats); });
  a.expect_equal(stats.live, 0, "live");
  a.expect_equal(stats.duplicates, 0, "duplicates");
  a.expect_equal(stats.loans, 0, "loans");
  a.expect_equal(stats.tickets, 0, "tickets");
  a.expect_equal(stats.bytes_live, 0, "bytes_live");
  a.must("trim", [&] { return escrow_pool_trim(pool, nullptr); });
  a.must("stats", [&] { return escrow_pool_read_stats(pool, &stats); });
  a.expect_equal(stats.bytes_committed, 0, "bytes_committed after trim");
  std::uint64_t live = 77;
  a.must("close", [&] { return escrow_pool_close(pool, 0, &live); });
  a.expect_equal(live, 0, "live at close");
  a.must("destroy", [&] { return escrow_pool_destroy(pool); });
}

/// An object with its memory, which stays what its holder wrote into it.
struct object {
  escrow_handle handle = 0;
  std::uint64_t bytes = 0;
  unsigned char *payload = nullptr;
  std::uint64_t stamp = 0;  // of its content: the first handle, which a move changes

  bool acquire(attempt &a, escrow_pool pool, std::uint64_t n) {
    void *p = nullptr;
    if (!a.make("acquire", [&] { return escrow_acquire(pool, n, &handle, &p); })) {
      a.expect(handle == 0 && p == nullptr, "that a refused acquire gives nothing");
      return false;
    }
    payload = static_cast<unsigned char *>(p);
    bytes = n;
    stamp = handle;
    for (std::uint64_t i = 0; i < n; i += 97) a.expect_equal(payload[i], 0, "a fresh byte");
    for (std::uint64_t i = 0; i < n; i += 97) payload[i] = mark(i);
    return true;
  }
  void look(attempt &a) const {
    escrow_view view{};
    if (handle == 0) return;
    a.must("read", [&] { return escrow_read(handle, &view); });
    a.expect(view.payload == payload && view.size == bytes, "that a handle leads to its memory");
    for (std::uint64_t i = 0; i < bytes; i += 97) a.expect_equal(payload[i], mark(i), "a byte");
  }
  void release(attempt &a) const {
    if (handle != 0) a.must("release", [&] { return escrow_release(handle); });
  }

 private:
  [[nodiscard]] unsigned char mark(std::uint64_t i) const {
    return static_cast<unsigned char>(stamp + i);
  }
};

TEST(RefusedMemory, ObjectsOfEverySizeKeepWhatTheyHold) {
  refuse_each_request(
      [](attempt &a) {
        escrow_pool pool = 0;
        if (!open(a, options_of(), pool)) return;
        std::array<object, 24> held{};
        // Two slabs of one class; others; a block; one more than a region has in it.
        std::uint64_t const sizes[] = {16, 64, 1000, 5000, 20'000, 64'000, 70'000, 3'000'000};
        for (std::size_t i = 0; i < held.size(); ++i) {
          (void)held[i].acquire(a, pool, sizes[i % std::size(sizes)]);
          for (auto const &o : held) o.look(a);
        }
        for (auto const &o : held) o.release(a);
        a.must("trim", [&] { return escrow_pool_trim(pool, nullptr); });
        // What was released is handed out again, and its pages may not have gone back: it is zero.
        for (auto const size : sizes) {
          object again;
          (void)again.acquire(a, pool, size);
          again.release(a);
        }
        end(a, pool);
      },
      12);
}

TEST(RefusedMemory, ADuplicateALoanOrATicketIsMadeOrTheObjectIsAsItWas) {
  refuse_each_request(
      [](attempt &a) {
        escrow_pool pool = 0;
        if (!open(a, options_of(64), pool)) return;
        object o;
        if (o.acquire(a, pool, 64)) {
          std::array<escrow_handle, 70> dups{};  // more than a slab of references has
          std::uint64_t made = 0;
          for (auto &d : dups) {
            made += a.make("dup", [&] { return escrow_dup(o.handle, &d); }) ? 1 : 0;
            o.look(a);
          }
          escrow_loan loan = 0;
          escrow_view view{};
          bool const lent = a.make("lend", [&] { return escrow_lend(o.handle, &loan, &view); });
          a.expect(lent == (loan != 0), "that a refused lend gives no loan");
          escrow_pool_stats stats{};
          stats.struct_size = sizeof stats;
          a.must("stats", [&] { return escrow_pool_read_stats(pool, &stats); });
          a.expect_equal(stats.live, 1, "live objects");
          a.expect_equal(stats.duplicates, made, "duplicates");
          a.expect_equal(stats.borrows, lent ? 1 : 0, "borrows");
          if (lent) a.must("give back", [&] { return escrow_give_back(loan); });
          for (auto const d : dups)
            if (d != 0) a.must("release a duplicate", [&] { return escrow_release(d); });
          escrow_ticket ticket = 0;
          a.must("move out", [&] { return escrow_move_out(o.handle, &ticket); });
          a.must("move in", [&] { return escrow_move_in(ticket, &o.handle); });
          o.look(a);
          o.release(a);
        }
        end(a, pool);
      },
      5);
}

TEST(RefusedMemory, ABatchIsWholeOrNothing) {
  refuse_each_request(
      [](attempt &a) {
        escrow_pool pool = 0;
        if (!open(a, options_of(), pool)) return;
        std::array<escrow_handle, 300> handles{};
        std::array<void *, 300> payloads{};
        for (std::uint64_t const bytes : {64u, 3000u, 2'000'000u}) {
          std::uint64_t const count = bytes > 65536 ? 3 : handles.size();
          handles.fill(0);
          escrow_pool_stats stats{};
          stats.struct_size = sizeof stats;
          if (a.make("acquire_n", [&] {
                return escrow_acquire_n(pool, bytes, count, handles.data(), payloads.data());
              })) {
            a.must("stats", [&] { return escrow_pool_read_stats(pool, &stats); });
            a.expect_equal(stats.live, count, "live objects of a batch");
            a.must("release_n", [&] { return escrow_release_n(handles.data(), count, nullptr); });
          }
          a.must("stats", [&] { return escrow_pool_read_stats(pool, &stats); });
          a.expect_equal(stats.live, 0, "live objects after a batch");
        }
        end(a, pool);
      },
      9);
}

std::uint64_t destroyed = 0;

TEST(RefusedMemory, EveryObjectThatWasAcquiredIsDestroyedOnce) {
  refuse_each_request(
      [](attempt &a) {
        escrow_pool pool = 0;
        auto o = options_of();
        o.destructor = [](void *payload, std::uint64_t, void *) {
          destroyed += *static_cast<std::uint64_t *>(payload);
        };
        if (!open(a, o, pool)) return;
        destroyed = 0;
        std::uint64_t acquired = 0;
        std::array<escrow_handle, 200> handles{};
        for (std::size_t i = 0; i < handles.size(); ++i) {
          void *p = nullptr;
          if (!a.make("acquire", [&] {
                return escrow_acquire(pool, i % 50 == 49 ? 100'000 : 48, &handles[i], &p);
              }))
            continue;
          *static_cast<std::uint64_t *>(p) = 1;
          ++acquired;
        }
        for (std::size_t i = 0; i < handles.size(); ++i)
          if (handles[i] != 0)
            a.must("release", [&] {
              return i % 2 == 0 ? escrow_release(handles[i]) : escrow_release_deferred(handles[i]);
            });
        a.must("drain", [&] { return escrow_pool_drain(pool, 0, nullptr); });
        a.expect_equal(destroyed, acquired, "destructors that ran");
        end(a, pool);
        a.expect_equal(destroyed, acquired, "destructors that ran, after the end");
      },
      6);
}

TEST(RefusedMemory, APoolThatReservesIsOpenedWithItsMemoryOrNot) {
  refuse_each_request(
      [](attempt &a) {
        escrow_pool pool = 0;
        auto o = options_of(4096);
        o.reserve_bytes = 5u << 20;  // in huge pages, of more than one region
        if (!open(a, o, pool)) return;
        std::uint64_t const before = asked.made;
        object held;
        (void)held.acquire(a, pool, 4096);
        a.expect_equal(asked.made, before, "requests after memory was reserved");
        held.release(a);
        end(a, pool);
      },
      6);
}

unsigned refusals = 0;

TEST(RefusedMemory, HundredsOfRefusalsLoseNoSlabNorControlBlock) {
  scenario const s = [](attempt &a) {
    escrow_pool pool = 0;
    if (!open(a, options_of(), pool)) return;
    object small;
    (void)small.acquire(a, pool, 64);
    auto reserving = options_of(4096);
    reserving.reserve_bytes = 5u << 20;
    asked.first = asked.made + 1;
    asked.which = refuse::all_from;
    // In the first pass alone: then the memory is there, and nothing is refused.
    for (; refusals != 0; --refusals) {
      escrow_handle h = 0;
      escrow_pool none = 0;
      a.expect_equal(escrow_acquire(pool, 2'000'000, &h, nullptr) == ESCROW_E_NOMEM, 1, "refusal");
      a.expect_equal(escrow_pool_open(&reserving, &none) == ESCROW_E_NOMEM, 1, "refusal to open");
    }
    asked.which = refuse::nothing;
    escrow_pool reserved = 0;
    if (open(a, reserving, reserved)) end(a, reserved);
    object large;
    (void)large.acquire(a, pool, 2'000'000);
    large.release(a);
    small.release(a);
    end(a, pool);
  };
  refusals = 0;
  outcome const without = run_in_child(s, refuse::nothing, 0);
  refusals = 300;  // more than a segment has slabs, and control blocks
  outcome const with = run_in_child(s, refuse::nothing, 0);
  EXPECT_TRUE(without.ended && with.ended);
  EXPECT_EQ(without.complaints + with.complaints, 0u);
  EXPECT_GE(with.second.refused, 600u);
  EXPECT_EQ(with.second.mapped, without.second.mapped);
}

/// Acquires one more than a slab has, dups and releases, with whatever is watching.
void use(attempt &a, escrow_pool pool, std::uint64_t bytes) {
  std::array<object, 66> held{};
  for (auto &o : held) (void)o.acquire(a, pool, bytes);
  escrow_handle dup = 0;
  if (held[0].handle != 0 && a.make("dup", [&] { return escrow_dup(held[0].handle, &dup); }))
    a.must("release a duplicate", [&] { return escrow_release(dup); });
  for (auto const &o : held) o.look(a);
  for (auto const &o : held) o.release(a);
}

TEST(RefusedMemory, ALedgerNotesOrSaysWhatItMissed) {
  refuse_each_request(
      [](attempt &a) {
        escrow_pool pool = 0;
        if (!open(a, options_of(32), pool)) return;
        object first;
        (void)first.acquire(a, pool, 32);
        bool const on =
            a.make("ledger", [&] { return escrow_pool_set_ledger(pool, ESCROW_LEDGER_FULL, 1); });
        escrow_ledger_state state{};
        a.must("state", [&] { return escrow_pool_read_ledger(pool, &state); });
        a.expect_equal(state.rate, on ? 1 : 0, "rate");
        std::array<object, 200> held{};
        std::uint64_t acquired = 0;
        for (auto &o : held) acquired += o.acquire(a, pool, 32) ? 1 : 0;
        if (on && held[0].handle != 0) {
          std::uint64_t const frames[] = {1, 2, 3};
          (void)escrow_ledger_note(held[0].handle, frames, 3, 7);
        }
        a.must("state", [&] { return escrow_pool_read_ledger(pool, &state); });
        std::uint64_t cursor = 0, noted = 0;
        do {
          escrow_ledger_entry entries[64];
          std::uint32_t n = 0;
          a.must("list", [&] { return escrow_ledger_list(pool, &cursor, entries, 64, &n); });
          noted += n;
        } while (cursor != 0);
        a.expect_equal(noted + state.missed, on ? acquired : 0, "noted and missed");
        for (auto const &o : held) o.release(a);
        first.look(a);
        first.release(a);
        end(a, pool);
      },
      8);
}

TEST(RefusedMemory, ATraceIsOnOrOff) {
  refuse_each_request(
      [](attempt &a) {
        escrow_pool pool = 0;
        if (!open(a, options_of(32), pool)) return;
        object first;
        (void)first.acquire(a, pool, 32);
        bool const on = a.make("trace", [&] { return escrow_pool_set_trace(pool, 1); });
        a.expect_equal(*escrow_trace_switch(), on ? 1 : 0, "pools that are traced");
        use(a, pool, 32);
        first.look(a);
        first.release(a);
        end(a, pool);
        a.expect_equal(*escrow_trace_switch(), 0, "pools that are traced after the end");
      },
      8);
}

TEST(RefusedMemory, WhatCannotBeGuardedIsAnOrdinaryObject) {
  refuse_each_request(
      [](attempt &a) {
        escrow_pool pool = 0;
        if (!open(a, options_of(), pool)) return;
        object first;  // the memory of what is not guarded is there in every run
        (void)first.acquire(a, pool, 100);
        bool const on = a.make("guard", [&] { return escrow_pool_set_guarded(pool, 1); });
        std::array<object, 6> held{};
        std::uint64_t acquired = 0;
        for (auto &o : held) acquired += o.acquire(a, pool, 100) ? 1 : 0;
        escrow_guarded_state state{};
        a.must("state", [&] { return escrow_pool_read_guarded(pool, &state); });
        a.expect(state.guarded <= acquired && (!on || state.guarded + state.missed >= acquired),
                 "that each object is guarded or counted as missed");
        for (auto const &o : held) o.look(a);
        for (auto const &o : held) o.release(a);
        first.look(a);
        first.release(a);
        end(a, pool);
      },
      15);
}

}  // namespace
