/* escrow/field.h: what a type looks like in memory, as plain data, for C11 and C++20.
 *
 * Two types have one layout when size, alignment and fields are equal: the names of fields, and how
 * structs are nested, are no part of it, since no byte depends on them. */
#ifndef ESCROW_FIELD_H
#define ESCROW_FIELD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum escrow_field_kind {
  ESCROW_FIELD_UNSIGNED = 1, /* and enums over it; plain char and bytes are such numbers */
  ESCROW_FIELD_SIGNED = 2,   /* and enums over it */
  ESCROW_FIELD_FLOAT = 3,    /* IEEE 754 */
  ESCROW_FIELD_BOOL = 4      /* one byte, 0 or 1 */
};

/* `count` numbers of one kind beside each other. Fields of nested structs stand for themselves, and
 * an array of structs is its elements' fields in turn; but an array of elements that are one field
 * each is one field. Bytes that belong to no field are gaps. */
typedef struct escrow_field {
  uint32_t kind;   /* of escrow_field_kind */
  uint32_t offset; /* bytes from the beginning of the whole */
  uint32_t width;  /* bytes of one number: 1, 2, 4 or 8 */
  uint32_t count;  /* 1 or more */
} escrow_field;

/* The limits of a layout. */
#define ESCROW_LAYOUT_FIELDS 1024
#define ESCROW_LAYOUT_ALIGNMENT 4096

/* The fingerprint is FNV-1a of 64 bits over little-endian 32-bit words: 1, size, alignment,
 * field_count, and of each field kind, offset, width, count; 1 where that would be 0. */
typedef struct escrow_layout {
  uint32_t struct_size;       /* sizeof(escrow_layout) of whoever filled it; checked */
  uint32_t size;              /* bytes; not 0 */
  uint32_t alignment;         /* a power of two up to ESCROW_LAYOUT_ALIGNMENT that divides size */
  uint32_t field_count;       /* 1 to ESCROW_LAYOUT_FIELDS */
  uint64_t fingerprint;       /* 0: not computed; any other number is checked */
  escrow_field const *fields; /* by offset, none begins before the one before it ends */
} escrow_layout;

/* Initialisers of an escrow_field in C: one number, or an array of them. C++ computes them. */
#define ESCROW_FIELD(type, member, kind) \
  { (kind), (uint32_t)offsetof(type, member), (uint32_t)sizeof(((type *)0)->member), 1u }
#define ESCROW_FIELD_ARRAY(type, member, kind)                                          \
  {                                                                                     \
    (kind), (uint32_t)offsetof(type, member), (uint32_t)sizeof(((type *)0)->member[0]), \
        (uint32_t)(sizeof(((type *)0)->member) / sizeof(((type *)0)->member[0]))        \
  }

#ifdef __cplusplus
}
#endif

#endif
