/* escrow/operation.h: what can be done to references and pools, by number, for records of misuse
 * and traces. C11 and C++20. */
#ifndef ESCROW_OPERATION_H
#define ESCROW_OPERATION_H

/* X(name, value, text) */
#define ESCROW_OPERATION_LIST(X)                       \
  X(ESCROW_OPERATION_ACQUIRE, 1, "acquire")            \
  X(ESCROW_OPERATION_DUP, 2, "dup")                    \
  X(ESCROW_OPERATION_LEND, 3, "lend")                  \
  X(ESCROW_OPERATION_GIVE_BACK, 4, "give back")        \
  X(ESCROW_OPERATION_BORROW, 5, "borrow")              \
  X(ESCROW_OPERATION_RETURN, 6, "return")              \
  X(ESCROW_OPERATION_MOVE_OUT, 7, "move out")          \
  X(ESCROW_OPERATION_MOVE_IN, 8, "move in")            \
  X(ESCROW_OPERATION_RELEASE, 9, "release")            \
  X(ESCROW_OPERATION_REVOKE, 10, "revoke")             \
  X(ESCROW_OPERATION_DESTROY, 11, "destroy")           \
  X(ESCROW_OPERATION_READ, 12, "read")                 \
  X(ESCROW_OPERATION_CLOSE_POOL, 13, "close pool")     \
  X(ESCROW_OPERATION_DESTROY_POOL, 14, "destroy pool") \
  X(ESCROW_OPERATION_DRAIN_POOL, 15, "drain pool")     \
  X(ESCROW_OPERATION_TRIM_POOL, 16, "trim pool")

enum escrow_operation {
#define ESCROW_OPERATION_ENUMERATOR(name, value, text) name = (value),
  ESCROW_OPERATION_LIST(ESCROW_OPERATION_ENUMERATOR)
#undef ESCROW_OPERATION_ENUMERATOR

  /* From here on the numbers are a managed caller's own. */
  ESCROW_OPERATION_OTHERS = 1000
};

#endif
