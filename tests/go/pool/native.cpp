#include "native.h"

#include <sched.h>

#include <ctime>

#include "escrow/escrow.h"

namespace {

int64_t operate(native_event &e, uint64_t &borrowed) {
  escrow_view view{};
  switch (e.operation) {
    case native_dup:
      return escrow_dup(e.handle, &e.made);
    case native_release:
      return escrow_release(e.handle);
    case native_lend:
      return escrow_lend(e.handle, &e.made, &view);
    case native_give_back:
      return escrow_give_back(e.handle);
    case native_borrow: {
      auto const s = escrow_borrow(e.handle, &view);
      if (s == ESCROW_OK) borrowed = view.root;
      return s;
    }
    case native_return:
      return escrow_return(e.handle);
    case native_move_out:
      return escrow_move_out(e.handle, &e.made);
    case native_move_in:
      return escrow_move_in(e.handle, &e.made);
    case native_revoke:
      return escrow_revoke(e.handle);
    case native_validate:
      return escrow_validate(e.handle, 0, 0);
    default:
      return escrow_read(e.handle, &view);
  }
}

}  // namespace

int64_t native_clock() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

void native_client(uint64_t *places, uint64_t *ready, uint64_t clients, native_event *events,
                   uint64_t count) {
  __atomic_fetch_add(ready, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(ready, __ATOMIC_SEQ_CST) < clients) sched_yield();
  uint64_t borrowed = 0;
  for (uint64_t i = 0; i < count; ++i) {
    native_event &e = events[i];
    e.handle = __atomic_load_n(&places[e.from], __ATOMIC_SEQ_CST);
    // One borrow at a time, returned by the client's next one, and at the end.
    if (borrowed != 0 && (e.operation == native_borrow || i + 1 == count)) {
      e.operation = native_return;
      e.handle = borrowed;
      borrowed = 0;
    } else if (e.operation == native_borrow && i + 1 == count) {
      e.operation = native_read;
    }
    // The times are outside the operation: what it does lies between them.
    e.call = native_clock();
    e.status = operate(e, borrowed);
    e.end = native_clock();
    if (e.made != 0) __atomic_store_n(&places[e.to], e.made, __ATOMIC_SEQ_CST);
  }
}

void native_take(uint64_t const *tickets, uint64_t count, uint64_t *taken) {
  for (uint64_t i = 0; i < count; ++i) {
    escrow_handle mine = 0;
    if (escrow_move_in(tickets[i], &mine) == ESCROW_OK) taken[i] = mine;
  }
}

void native_end(uint64_t handle) {
  (void)escrow_give_back(handle);
  (void)escrow_release(handle);
}
