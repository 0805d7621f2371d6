/* verdict.h: what escrow made of a mistake: "code STALE", a code from the very call that was wrong;
 * "report live=1", a number that says that something is still out; or "cannot": the right result.
 */
#ifndef ESCROW_LEAKS_VERDICT_H
#define ESCROW_LEAKS_VERDICT_H

#include "escrow/escrow.h"

#ifdef __cplusplus
extern "C" {
#endif

char const *verdict_code(escrow_status s);
char const *verdict_cannot(int right);
/* What a pool holds that should hold nothing, by its statistics and by its close; then the stacks
 * of those who acquired it: a line with how much, and one for each frame, an address in the
 * program's file. */
char const *verdict_still(escrow_pool pool);

/* Has a pool note every acquisition, with the callers of who made it. */
void leaks_note_all(escrow_pool pool);
/* A pool of any sizes that notes every acquisition; type_id 0 = untyped, limit_bytes 0 = none. Ends
 * the program on failure. */
escrow_pool leaks_pool(uint32_t type_id, uint64_t limit_bytes);
/* Closes and destroys; 1 where both said that nothing is out. */
int leaks_pool_ended(escrow_pool pool);
/* An object that begins with an int, and where it is; ends the program on failure. */
escrow_handle leaks_number(escrow_pool pool, int value);
/* That int by a borrow, or the code. */
int leaks_read(escrow_handle handle);

/* Ends the program where what the table says of it would not be so. */
void demand(int so, char const *what);

#ifdef __cplusplus
}
#endif

#endif
