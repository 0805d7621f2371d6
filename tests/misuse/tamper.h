/* Overwrites what the library keeps of a slot. */
#ifndef ESCROW_TESTS_MISUSE_TAMPER_H
#define ESCROW_TESTS_MISUSE_TAMPER_H

#include <stdint.h>

#include "escrow/escrow.h"

#ifdef __cplusplus
extern "C" {
#endif

void tamper_word(escrow_handle handle, uint64_t word); /* who holds it */
void tamper_mask(escrow_handle handle);                /* all slots of its slab look free */
void tamper_payload(escrow_handle handle, void *payload);

#ifdef __cplusplus
}
#endif

#endif
