#ifndef ESCROW_TESTS_LOST_ENGINE_H
#define ESCROW_TESTS_LOST_ENGINE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Acquires `count` objects of 200 bytes and forgets them; 0, or the first refusal. */
int engine_lose(uint64_t pool, int count);

#ifdef __cplusplus
}
#endif

#endif
