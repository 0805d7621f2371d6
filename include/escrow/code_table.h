/* escrow/code_table.h: what a shared library exports to be swapped into a code slot, for C11 and
 * C++20.
 *
 * A library includes this header alone; it is not linked to escrow. It defines one function,
 *
 *     __attribute__((visibility("default"))) escrow_code_descriptor const *escrow_code_table(void);
 *
 * which answers the same pointer whenever it is asked. docs/hot-swap.md says what else a library
 * must and must not do. */
#ifndef ESCROW_CODE_TABLE_H
#define ESCROW_CODE_TABLE_H

#include <stdint.h>

#define ESCROW_CODE_FORMAT 1

#ifdef __cplusplus
extern "C" {
#endif

typedef struct escrow_code_descriptor {
  uint32_t struct_size; /* sizeof(escrow_code_descriptor) of the library */
  uint32_t format;      /* ESCROW_CODE_FORMAT */
  uint64_t abi;         /* version of the table's meaning; must be the slot's */
  uint64_t table_bytes; /* sizeof the table; must be the slot's */
  void const *table;    /* function pointers alone, none of them NULL; copied when published */
  /* (nullable) Looks whether the code works here. 0: yes. Else it may write why, ended by 0, into
   * `reason`, which has room for `capacity` bytes. Called once, before anybody calls the table. */
  int32_t (*self_test)(char *reason, uint64_t capacity);
} escrow_code_descriptor;

#ifdef __cplusplus
}
#endif

#endif
