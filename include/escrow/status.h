/* escrow/status.h: the result codes of every operation, for C11 and C++20.
 *
 * Zero and above: the operation took effect; the positive codes say how. Below zero: nothing has
 * changed, the caller still owns what it passed in, and every output is zeroed. */
#ifndef ESCROW_STATUS_H
#define ESCROW_STATUS_H

/* Before anything of the system: what a 32-bit compiler says of the rest explains nothing. */
#if defined(__SIZEOF_POINTER__) && __SIZEOF_POINTER__ != 8
#error "escrow needs 64-bit pointers: it packs addresses and handles into 64-bit words"
#endif

#include <stdint.h>

typedef int32_t escrow_status;

/* X(name, value, text). The text says what happened and who can mend it. */
#define ESCROW_STATUS_LIST(X)                                                                      \
  X(ESCROW_OK, 0, "done")                                                                          \
  X(ESCROW_DEFERRED, 1, "released; the object is still lent and is freed by the last give_back")   \
  X(ESCROW_FREED, 2, "released and freed: this was the last reference")                            \
  X(ESCROW_ALREADY, 3, "released before by this guard; nothing to do")                             \
  X(ESCROW_PENDING, 4, "released; its destructor is owed, call escrow_pool_drain to run it")       \
  X(ESCROW_CREATED, 5, "stored under a key that the map did not have")                             \
  X(ESCROW_E_NULL, -1, "the handle or a required pointer is null")                                 \
  X(ESCROW_E_RANGE, -2, "not a handle of this process: no such slot was ever handed out")          \
  X(ESCROW_E_FOREIGN, -3, "the handle belongs to another pool")                                    \
  X(ESCROW_E_STALE, -4, "the handle was released before; it names nothing any more")               \
  X(ESCROW_E_KIND, -5, "wrong kind or type of handle for this operation")                          \
  X(ESCROW_E_MOVED, -6, "the reference was moved out; its ticket holds it now")                    \
  X(ESCROW_E_LENT, -7, "the object is lent; wait for give_back, then repeat")                      \
  X(ESCROW_E_SHARED, -8, "the object has duplicates; move a duplicate or release them first")      \
  X(ESCROW_E_TRANSIT, -9, "this is a ticket; take it in with move_in before using it")             \
  X(ESCROW_E_REVOKED, -10, "the object was revoked or its pool is closing; only release is left")  \
  X(ESCROW_E_CLOSED, -11, "it is closed to new work")                                              \
  X(ESCROW_E_LIMIT, -12, "a count is at its limit; release or give back first")                    \
  X(ESCROW_E_SCOPE, -13, "borrows made in this scope are still alive")                             \
  X(ESCROW_E_LEAK, -14, "references are still live; release them, then repeat")                    \
  X(ESCROW_E_NOMEM, -15, "the system has no memory for this")                                      \
  X(ESCROW_E_EXHAUSTED, -16, "no slot or generation is left for this; open fewer or release")      \
  X(ESCROW_E_FULL, -17, "the pool is at its byte limit; release, trim, or raise the limit")        \
  X(ESCROW_E_BUSY, -18, "another thread is in the way; nothing happened, repeat the call")         \
  X(ESCROW_E_SIZE, -19, "the size is zero or above what the pool can hold")                        \
  X(ESCROW_E_OPTION, -20, "an option has a value outside its documented range")                    \
  X(ESCROW_E_VERSION, -21, "struct_size or ABI is not one this library knows; rebuild the caller") \
  X(ESCROW_E_UNSUPPORTED, -22, "this platform does not offer the feature")                         \
  X(ESCROW_E_ABSENT, -23, "there is no such key or version")                                       \
  X(ESCROW_E_DIFFERS, -24, "the value or version is another than expected; read it, then repeat")  \
  X(ESCROW_E_REFUSED, -25, "the validator refused the content; its reason says why")               \
  X(ESCROW_E_TIMEOUT, -26, "the time was up first; nothing happened")                              \
  X(ESCROW_E_LAYOUT, -27, "the memory is laid out for another type; compare the two types' fields")

enum escrow_status_code {
#define ESCROW_STATUS_ENUMERATOR(name, value, text) name = (value),
  ESCROW_STATUS_LIST(ESCROW_STATUS_ENUMERATOR)
#undef ESCROW_STATUS_ENUMERATOR
};

/* The lowest code above, negated: the size of an array with one counter an error. */
#define ESCROW_ERROR_COUNT 27

#endif
