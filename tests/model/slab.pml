/* A slab of two slots: its free mask is a hint, its dirty flag brings it back to a sweep, and it may
 * change hands while somebody sleeps over an old pointer to it. Sequential consistency.
 *
 * A lane stands for a class of a pool: its current slab, a list, and a stack of dirty slabs. The
 * words are 0 FREE, 1 taken, 2 RESERVED, with a generation that moves on at every end and every change
 * of owner; each CAS is a d_step.
 *   - no slot has two holders, no slot is held in the name of another owner   held, HOLD
 *   - nothing is lost for ever: when all is quiet, the ordinary path finds every free slot   init */
#define NOBODY 9
byte w[2]; byte gen[2]; byte mask; bit dirty; byte home = 0; byte owner = 0;
bit stacked[2]; bit current[2]; bit listed[2]; bit guard[2];
/* ghost */
byte held[2]; byte done; byte layout = 0;

#ifdef MUT_KEY_NO_CLASS /* two classes of one pool look alike: a slot of the wrong size is handed out */
#define KEY(l) 0
#else
#define KEY(l) l
#endif

inline push(l) { stacked[l] = 1 }
/* After an end: bring the slab to a sweep. A slab without a home is between two owners: the flag goes
 * down again, and if it has a home by then, somebody's end may have met the flag meanwhile. */
inline mark_dirty() {
  do :: dirty -> break
     :: else -> d_step { b = dirty; dirty = 1 };
        if :: b -> break
           :: else -> x = home;
              if :: x != NOBODY -> push(x); break
                 :: else -> dirty = 0;
#ifdef MUT_NO_SECOND_HOME /* the new owner's end met the flag, did not push, and then it was cleared */
                    break
#else
                    if :: home == NOBODY -> break :: else fi
#endif
              fi fi od }

inline look() { v = 0; if :: w[0] == 0 -> v = v | 1 :: else fi; if :: w[1] == 0 -> v = v | 2 :: else fi }
/* With the lane's guard held. */
inline sweep_dirty(l) {
  d_step { b = stacked[l]; stacked[l] = 0 };
  if :: b ->
#ifdef MUT_CLEAR_AFTER /* an end between the look and the store is seen by neither */
        x = home; if :: x == l -> look(); mask = v :: else fi; dirty = 0;
#else
        dirty = 0; x = home; if :: x == l -> look(); mask = v :: else fi;
#endif
        if :: x == l -> if :: v != 0 && !listed[l] && !current[l] -> listed[l] = 1 :: else fi
           :: x != l && x != NOBODY -> mark_dirty()
           :: else fi
     :: else fi }
/* What stale masks hide: looks at the slabs of this owner, not only at those in the lane's lists. */
#ifdef MUT_NO_UNHIDE /* a claim that found nothing stores 0 over a sweep's mask, then the slab is left */
#define UNHIDE skip
#else
#define UNHIDE if :: owner == KEY(l) -> look(); if :: v != 0 -> mark_dirty() :: else fi :: else fi
#endif
inline restock(l) {
  d_step { b = guard[l]; guard[l] = 1 };
  if :: !b -> sweep_dirty(l);
        if :: current[l] && mask != 0 -> skip
           :: else -> if :: listed[l] -> listed[l] = 0; current[l] = 1
                         :: else -> current[l] = 0 /* another slab */;
#ifndef C_FLAG_ALONE
                            UNHIDE
#endif
                      fi fi;
        guard[l] = 0 :: else fi }
/* out: k, the slot, or NOBODY. The word, then the owner, then the swap of that very word. Where the
 * mask shows none and something was freed, the words are looked at, once: no guard is held and the
 * flag stays up, so this races with sweeps and with a change of owner. */
inline claim(l) { k = NOBODY;
  if :: current[l] -> m = mask;
        do :: m == 0 -> if :: !f && dirty -> f = 1; look(); m = v; v = 0
                           :: else -> mask = 0; break fi
           :: else -> if :: m & 1 -> k = 0; m = m & 2 :: else -> k = 1; m = 0 fi;
              d_step { g = gen[k]; b = (w[k] == 0) };
#ifndef MUT_NO_OWNER_CHECK /* the slab has moved to another pool since the pointer was read */
              if :: b && owner != KEY(l) -> b = 0 :: else fi;
#endif
              if :: b -> d_step { if :: w[k] == 0 && gen[k] == g -> w[k] = 1; b = 1 :: else -> b = 0 fi } :: else fi;
              if :: b -> mask = m; break :: else -> k = NOBODY fi od;
        f = 0; m = 0
     :: else fi }
#define HOLD(l) assert(layout == l)
inline end(k) { assert(w[k] == 1); held[k]--; d_step { w[k] = 0; gen[k]++ }; mark_dirty() }
#ifdef MUT_SAME_GENERATION /* the owner that a claim read is not the owner when it swaps */
#define OPEN(k) w[k] = 0
#else
#define OPEN(k) d_step { w[k] = 0; gen[k]++ }
#endif

#ifdef C_SECOND_HOME /* its new owner holds slot 0 from birth, as a block is held, and uses no mask */
#define OPENED d_step { w[0] = 1; gen[0]++; held[0]++ }; OPEN(1); mask = 0; current[1] = 0
#else
#define OPENED OPEN(0); OPEN(1); mask = 3; current[1] = 1
#endif

#define LOCALS byte k, m, v, x, i, g; bit b, f
proctype Take(byte l; byte n) { LOCALS;
  do :: i < n -> i++; claim(l);
        if :: k != NOBODY -> held[k]++; assert(held[k] == 1); HOLD(l); end(k) :: else -> restock(l) fi
     :: else -> break od; done++ }
proctype End(byte s) { LOCALS; end(s); done++ }
proctype EndLater(byte s) { LOCALS; if :: layout == 1 && held[s] -> end(s) :: done == 2 && layout == 0 -> skip fi; done++ }
/* Fills the slab, turns to another one, then ends what it took: only the dirty flag tells of it. */
proctype Fill(byte l) { LOCALS; byte a = NOBODY, c = NOBODY;
  if :: current[l] -> claim(l); a = k; claim(l); c = k; restock(l);
        if :: a != NOBODY -> held[a]++; HOLD(l); k = a; end(k) :: else fi;
        if :: c != NOBODY -> held[c]++; HOLD(l); k = c; end(k) :: else fi
     :: done == 2 -> skip fi;
  done++ }
#ifdef MUT_NO_REMARK /* the end saw no home and cleared the flag just before the home came back */
#define REMARK skip
#else
#define REMARK mark_dirty()
#endif
/* Takes the slab from lane 0 and gives it to lane 1: all slots RESERVED by CAS, or none. */
proctype HandOver() { LOCALS;
  d_step { guard[0] == 0 -> guard[0] = 1 };
#ifdef MUT_RESERVE_BY_LOOKING /* a claim between the look and the change of owner */
  look(); b = (v == 3);
#else
  d_step { if :: w[0] == 0 -> w[0] = 2; b = 1 :: else -> b = 0 fi };
  if :: b -> d_step { if :: w[1] == 0 -> w[1] = 2 :: else -> b = 0 fi }; if :: !b -> w[0] = 0 :: else fi :: else fi;
#endif
  if :: b -> home = NOBODY;
#ifndef MUT_HAND_OVER_DIRTY /* on the old owner's stack: the new owner's ends see the flag and do not push */
        if :: dirty -> home = 0; w[0] = 0; w[1] = 0; REMARK; b = 0 :: else fi
#endif
     :: else fi;
  if :: b -> owner = NOBODY; current[0] = 0; listed[0] = 0; guard[0] = 0;
        d_step { guard[1] == 0 -> guard[1] = 1 }; layout = 1; home = 1; owner = KEY(1); OPENED; guard[1] = 0
     :: else -> guard[0] = 0 fi;
  done++ }

init { LOCALS; byte all;
  atomic {
    current[0] = 1;
#ifdef C_HINTS /* takers and enders of one lane */
    mask = 1; w[1] = 1; held[1] = 1; all = 3; run Take(0, 3); run Take(0, 3); run End(1)
#endif
#ifdef C_DIRTY /* one taker, enders: the flag alone loses nothing */
    mask = 0; w[0] = 1; w[1] = 1; held[0] = 1; held[1] = 1; all = 3; run Take(0, 3); run End(0); run End(1)
#endif
#ifdef C_HAND_OVER /* an end and a take that sleep through a change of owner */
    mask = 1; w[1] = 1; held[1] = 1; all = 4; run Take(0, 2); run End(1); run HandOver(); run Take(1, 2)
#endif
#ifdef C_LATE_END /* an end that still has to mark the slab when its new owner has filled it */
    mask = 1; w[1] = 1; held[1] = 1; all = 3; run End(1); run HandOver(); run Fill(1)
#endif
#ifdef C_SECOND_HOME /* an end that marks the slab between its owners, and the new owner's own end */
    mask = 1; w[1] = 1; held[1] = 1; all = 3; run End(1); run HandOver(); run EndLater(0)
#endif
  }
  (done == all);
  /* Quiet now: at most three rounds of the ordinary path empty the slab, whoever owns it. */
  m = 0; all = layout; i = 0;
  do :: i < 6 -> i++; claim(all); if :: k != NOBODY -> skip :: else -> restock(all) fi :: else -> break od;
  assert(w[0] != 0 && w[1] != 0) }
