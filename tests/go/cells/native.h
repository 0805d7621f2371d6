// What C++ does to a cell in these tests, and when.
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The content of the cells: equal words, or it was torn.
typedef struct number {
  uint64_t value;
  uint64_t same[7];
} number;

enum native_operation { native_swap, native_propose, native_reader, native_copy, native_load };

typedef struct native_event {
  uint64_t operation;
  uint64_t value;    // stored or seen
  uint64_t version;  // published or seen
  int64_t call;      // nanoseconds of native_clock
  int64_t end;
  int32_t status;
  int32_t torn;
} native_event;

int64_t native_clock(void);

// Does the operations that `events` name, on the calling thread, and fills the rest of them in.
void native_client(uint64_t cell, native_event *events, uint64_t count);

// Proposes a text; its status. `out_why` has 124 bytes.
int32_t native_propose_text(uint64_t cell, char const *text, uint64_t size, uint64_t timeout_ns,
                            uint64_t *out_version, char *out_why);

#ifdef __cplusplus
}
#endif
