// What C++ does to the references of one object in these tests, and when.
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum native_operation {
  native_dup,
  native_release,
  native_lend,
  native_give_back,
  native_borrow,
  native_return,
  native_move_out,
  native_move_in,
  native_revoke,
  native_validate,
  native_read
};

// A client takes the handle that lies in place `from`, and lays the one it made into place `to`.
typedef struct native_event {
  uint64_t operation;
  uint64_t from, to;
  uint64_t handle;
  uint64_t made;  // 0: none
  int64_t call;   // nanoseconds of native_clock
  int64_t end;
  int64_t status;
} native_event;

int64_t native_clock(void);

// Waits until `clients` have come to `ready`, then does the operations that `events` name, on the
// calling thread, and fills the rest of them in. What it borrowed it returns.
void native_client(uint64_t *places, uint64_t *ready, uint64_t clients, native_event *events,
                   uint64_t count);

// Tries to take each ticket in, in order. `taken` shows the reference that came of it, which the
// caller then owns, where it got one.
void native_take(uint64_t const *tickets, uint64_t count, uint64_t *taken);

// Ends a reference of any kind, if it still is one.
void native_end(uint64_t handle);

#ifdef __cplusplus
}
#endif
