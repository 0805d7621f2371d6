/* The ownership protocol, checked by exhaustive search under sequential consistency.
 *
 * A slot's word is the fields gen, occ, rev, tra, own, refs, lends. Each d_step that touches them is
 * ONE successful 64-bit CAS; a failed try has no effect and is not modelled. Everything between two
 * d_steps may be interleaved with the other processes.
 *
 * The fields below "ghost" belong to the proof: they say what callers believe, independently of the
 * counts in the words, so a count that is wrong meets a belief that is right.
 *   I1  each object issued ends exactly once          end of Finish
 *   I2  no end while a reference or loan is held      held == 0 in FREE_WORD
 *   I3  one handle, one successful end                alive() in RETIRE
 *   I5  a generation is issued once, rising           top in ISSUE
 *   I6  TRA has refs 1, lends 0                       TAKE_IN
 *   I7  nothing begun after close returned succeeds   late in BEGIN/SUCCEED
 *   I8  payload is used only while the slab is ours   USE
 *   I9  a slot has one holder                         payload number in USE, destruct
 *   I10 a destructor runs on no other's stack         depth in destruct
 * (I4 is the form of the model.) A handle never reaches another object: the payload number in USE.
 * Nothing lost: a slot that never becomes free leaves Finish waiting, an invalid end state.
 *
 * run compiles one configuration (C_...) at a time; a mutation (MUT_...) must then fail. */

/* Sizes: objects are slots 0..NOBJ-1, reference slots (duplicates, loans) follow. */
#ifndef NOBJ
#define NOBJ 1
#endif
#ifndef NREF
#define NREF 2
#endif
#define NS (NOBJ + NREF)
#define NONE 255
#define POISON 200
#define S(h) ((h) >> 4)
#define G(h) ((h) & 15)
#define H(s, g) (((s) << 4) | (g))
#define ISREF(s) ((s) >= NOBJ)

mtype = { OK, FREED, DEFERRED, REFUSED };
mtype = { OPEN, CLOSING };

byte gen[NS] = 1; bit occ[NS]; bit rev[NS]; bit tra[NS]; bit own[NS]; byte refs[NS]; byte lends[NS];
byte root[NS];    /* header of a reference slot: the root's handle */
byte pay[NS];     /* payload: the number of the object that lives there */
mtype pool = OPEN;

/* ghost */
short alive[NS];  /* bit g: handle H(s, g) denotes a reference that nobody has ended */
byte held[NOBJ];  /* live handles, tickets, loans and borrows of the object */
byte top[NS];     /* highest generation issued */
bit closed; bit revoked[NOBJ]; byte issued; byte ended;
byte box[6]; byte num[6]; /* mailboxes: a handle and the object it is for */
#ifdef C_OWNED_BY
/* One entry of a map, or the current version of a cell: a handle, and the lock of those who write it. */
byte entry = NONE; bit writing; byte stored;
#endif
#ifdef C_SCOPE
byte borrowers; /* of the scope */
#endif

#define ALIVE(h) ((alive[S(h)] >> G(h)) & 1)
#define ISSUE(h, rt) assert(G(h) > top[S(h)]); top[S(h)] = G(h); alive[S(h)] = alive[S(h)] | (1 << G(h)); held[S(rt)]++
#define RETIRE(h, rt) assert(ALIVE(h)); alive[S(h)] = alive[S(h)] & ~(1 << G(h)); held[S(rt)]--
#define BEGIN(h) d_step { late = closed; was = ALIVE(h) }
#define SUCCEED assert(!late); assert(was)
#define USE(s, n) assert(pay[s] == n)
#define FREE(s) (!occ[s] && !rev[s] && !tra[s])

/* Whether a destructor is owed when an object ends: a configuration's choice. */
#ifdef DTOR
#define OWED 1
#else
#define OWED 0
#endif
#ifdef MUT_FREE_NO_BUMP /* the next object would answer to the handles of this one */
#define BUMP(s) skip
#else
#define BUMP(s) gen[s] = gen[s] + 1
#endif
#ifdef MUT_FREE_LENT /* frees the payload under a borrower */
#define LENT(s) 0
#else
#define LENT(s) (lends[s] > 0)
#endif
#ifdef MUT_NO_OWN /* the first handle can be released again: it takes a duplicate's count */
#define OWNED(s) 1
#else
#define OWNED(s) own[s]
#endif
#ifdef MUT_RECHECK_AFTER /* undoing a count may end the object in a call that failed: nobody is told PENDING */
#define UNTOLD assert(r != FREED)
#endif
#ifdef MUT_MOVE_SHARED /* generation changes under the duplicates that name it */
#define SOLE(s) 1
#else
#define SOLE(s) (refs[s] == 1)
#endif
#ifdef MUT_MOVE_LENT /* generation changes under the loans that name it */
#define UNLENT(s) 1
#else
#define UNLENT(s) (lends[s] == 0)
#endif
#ifdef MUT_ORPHAN_RETAIN /* DEFERRED promises that the last give_back frees; a reborn count breaks it */
#define HASREF(s) 1
#else
#define HASREF(s) (refs[s] > 0)
#endif

/* The end of a root word, inside the CAS that made refs and lends 0. */
#define FREE_WORD(s) assert(held[s] == 0); occ[s] = 0; rev[s] = 0; own[s] = 0; refs[s] = 0; lends[s] = 0; tra[s] = OWED; BUMP(s); if :: OWED -> skip :: else -> pay[s] = POISON; ended++ fi

/* After a count fell: FREE or DEAD, ORPHAN, or held by others. */
#define SETTLE(s) if :: refs[s] == 0 && !LENT(s) -> FREE_WORD(s); r = FREED :: refs[s] == 0 && LENT(s) -> r = DEFERRED :: else -> r = OK fi

/* What a destructor does in C_NEST: releases the object of box 1, which is PENDING, never run here. */
#ifdef C_NEST
#define INNER S(box[1])
#ifdef MUT_DRAIN_RECURSES /* unbounded stack; a destructor starts while another is under way on it */
#define NEST_DRAIN if :: r2 == FREED && !occ[INNER] && tra[INNER] && !rev[INNER] -> depth++; assert(depth == 1) :: else fi
#else
#define NEST_DRAIN skip
#endif
#define NESTED d_step { r2 = REFUSED; if :: gen[INNER] == G(box[1]) && occ[INNER] && own[INNER] -> RETIRE(box[1], box[1]); FREE_WORD(INNER); r2 = FREED :: else fi }; NEST_DRAIN
#else
#define NESTED skip
#endif

/* DEAD -> RUNNING has one winner; the destructor runs with nothing held; then FREE. */
inline destruct(s) {
#ifdef MUT_NO_RUNNING /* two drainers see the same DEAD word and both run it */
  if :: !occ[s] && tra[s] -> won = 1 :: else -> won = 0 fi;
#else
  d_step { if :: !occ[s] && tra[s] && !rev[s] -> rev[s] = 1; won = 1 :: else -> won = 0 fi };
#endif
  if :: won -> depth++; assert(depth == 1); d_step { assert(pay[s] != POISON); pay[s] = POISON; ended++ };
     NESTED; depth--; d_step { rev[s] = 0; tra[s] = 0 } :: else fi }

inline drain() { d = 0; do :: d < NOBJ -> destruct(d); d++ :: else -> break od }

/* One count off the root `rt`; who frees runs the destructor only where `runs` says it may. */
inline drop_ref(rt, runs) {
  d_step { assert(gen[S(rt)] == G(rt) && occ[S(rt)] && refs[S(rt)] > 0); refs[S(rt)] = refs[S(rt)] - 1; SETTLE(S(rt)) };
  if :: OWED && r == FREED && runs -> destruct(S(rt)) :: else fi }
inline drop_lend(rt) {
  d_step { if :: gen[S(rt)] == G(rt) && occ[S(rt)] && lends[S(rt)] > 0 -> lends[S(rt)] = lends[S(rt)] - 1;
                 if :: refs[S(rt)] == 0 && lends[S(rt)] == 0 -> FREE_WORD(S(rt)); r = FREED :: else -> r = OK fi
              :: else -> r = REFUSED; assert(0) fi } }

/* Claim and publish in one CAS; then look at the pool. Undo is an end without destructor: the
 * payload was never constructed. */
#ifdef MUT_UNDO_OWES /* a destructor runs on memory that never was an object */
#define UNDO_OWES(s) (OWED && !ISREF(s))
#else
#define UNDO_OWES(s) 0
#endif
inline undo_claim(s) { d_step { assert(occ[s] && refs[s] == 1 && lends[s] == 0 && !tra[s]); occ[s] = 0; rev[s] = 0; own[s] = 0; refs[s] = 0; tra[s] = UNDO_OWES(s); BUMP(s) } }
inline claim(s, isobj) {
#ifdef MUT_CHECK_BEFORE /* close may fall between the look and the claim: the sweep has passed */
  if :: pool != OPEN -> r = REFUSED :: else -> d_step { if :: FREE(s) -> occ[s] = 1; own[s] = isobj; refs[s] = 1; r = OK :: else -> r = REFUSED fi } fi
#else
  d_step { if :: FREE(s) -> occ[s] = 1; own[s] = isobj; refs[s] = 1; r = OK :: else -> r = REFUSED fi };
#ifndef MUT_NO_CHECK /* a handle escapes the sweep */
#ifdef MUT_REF_NO_CHECK /* a duplicate's slot escapes the sweep: its ticket is neither stopped nor reclaimed */
  if :: r == OK && isobj && pool != OPEN -> undo_claim(s); r = REFUSED :: else fi
#else
  if :: r == OK && pool != OPEN -> undo_claim(s); r = REFUSED :: else fi
#endif
#endif
#endif
}
inline acquire(s) {
  late = closed; was = 1; claim(s, 1);
  if :: r == OK -> d_step { issued++; n = issued; pay[s] = n; h = H(s, gen[s]); ISSUE(h, h); SUCCEED } :: else -> h = NONE fi }

/* The root that a handle names. A duplicate's header is believed only between two equal words. */
inline find_root(h) {
  if :: !ISREF(S(h)) -> rt = h; r = OK
     :: else -> if :: gen[S(h)] == G(h) && occ[S(h)] && !tra[S(h)] -> rt = root[S(h)];
#if !defined(MUT_NO_REREAD) && !defined(MUT_RECHECK_AFTER)
                   if :: gen[S(h)] == G(h) && occ[S(h)] && !tra[S(h)] -> r = OK :: else -> r = REFUSED fi
#else
                   r = OK
#endif
                :: else -> r = REFUSED fi fi }
#define MAY_SHARE(h, rt) (gen[S(rt)] == G(rt) && occ[S(rt)] && !rev[S(rt)] && !tra[S(rt)] && HASREF(S(rt)) && (ISREF(S(h)) || OWNED(S(rt))))
#define UNCHANGED(h) (gen[S(h)] == G(h) && occ[S(h)] && !tra[S(h)])

inline note_orphan(rt) { assert(refs[S(rt)] > 0) }

/* dup: a slot of its own, then one count on the root. out: h2. */
inline dup(h, t) {
  BEGIN(h); h2 = NONE; find_root(h);
  if :: r == OK -> claim(t, 0);
     if :: r == OK -> root[t] = rt;
        d_step { if :: MAY_SHARE(h, rt) -> note_orphan(rt); refs[S(rt)] = refs[S(rt)] + 1; r = OK :: else -> r = REFUSED fi };
        if :: r == REFUSED -> undo_claim(t)
           :: else ->
#ifdef MUT_RECHECK_AFTER
              if :: ISREF(S(h)) && !UNCHANGED(h) -> drop_ref(rt, 0); UNTOLD; undo_claim(t); r = REFUSED :: else fi;
#endif
              if :: r == OK -> d_step { h2 = H(t, gen[t]); ISSUE(h2, rt); SUCCEED } :: else fi
        fi :: else fi :: else fi }

/* lend: the same with a loan slot and a count of lends. out: h2. */
inline lend(h, t) {
  BEGIN(h); h2 = NONE; find_root(h);
  if :: r == OK -> claim(t, 0);
     if :: r == OK -> root[t] = rt;
        d_step { if :: MAY_SHARE(h, rt) -> note_orphan(rt); lends[S(rt)] = lends[S(rt)] + 1; r = OK :: else -> r = REFUSED fi };
        if :: r == REFUSED -> undo_claim(t) :: else -> d_step { h2 = H(t, gen[t]); ISSUE(h2, rt); SUCCEED } fi
     :: else fi :: else fi }
inline give_back(l) {
  rt = root[S(l)];
#ifdef MUT_LOAN_ANONYMOUS /* the second give_back ends somebody else's loan */
  d_step { if :: gen[S(rt)] == G(rt) && occ[S(rt)] && lends[S(rt)] > 0 -> r = OK; if :: ALIVE(l) -> RETIRE(l, rt) :: else fi :: else -> r = REFUSED fi };
#else
  d_step { if :: gen[S(l)] == G(l) && occ[S(l)] -> RETIRE(l, rt); occ[S(l)] = 0; rev[S(l)] = 0; refs[S(l)] = 0; BUMP(S(l)); r = OK :: else -> r = REFUSED fi };
#endif
  if :: r == OK -> drop_lend(rt) :: else fi }

/* borrow: anonymous, given back exactly once by the type that made it. */
inline borrow(h) { BEGIN(h); find_root(h);
  if :: r == OK -> d_step { if :: MAY_SHARE(h, rt) -> note_orphan(rt); lends[S(rt)] = lends[S(rt)] + 1; held[S(rt)]++; SUCCEED :: else -> r = REFUSED fi } :: else fi }
inline return_borrow(rt) { held[S(rt)]--; drop_lend(rt) }

/* release of an object, a duplicate or a ticket of either. */
inline release(h, runs) {
  if :: !ISREF(S(h)) ->
        d_step { if :: gen[S(h)] == G(h) && occ[S(h)] && OWNED(S(h)) && refs[S(h)] > 0 -> RETIRE(h, h); own[S(h)] = 0; refs[S(h)] = refs[S(h)] - 1; SETTLE(S(h))
                    :: else -> r = REFUSED fi };
        if :: OWED && r == FREED && runs -> destruct(S(h)) :: else fi
     :: else ->
#ifndef MUT_ROOT_AFTER
        rt = root[S(h)];
#endif
        d_step { if :: gen[S(h)] == G(h) && occ[S(h)] -> RETIRE(h, root[S(h)]); occ[S(h)] = 0; rev[S(h)] = 0; tra[S(h)] = 0; refs[S(h)] = 0; BUMP(S(h)); r = OK
                    :: else -> r = REFUSED fi };
#ifdef MUT_ROOT_AFTER /* the slot may be another's by now: the count of a stranger falls */
        if :: r == OK -> rt = root[S(h)] :: else fi;
#endif
        if :: r == OK -> drop_ref(rt, runs) :: else fi fi }

#ifdef MUT_OUT_NO_BUMP /* the old handle and the ticket are one value */
#define OUT_BUMP(s) skip
#else
#define OUT_BUMP(s) gen[s] = gen[s] + 1
#endif
#ifdef MUT_IN_NO_BUMP /* the ticket still names the reference that was taken in */
#define IN_BUMP(s) skip
#else
#define IN_BUMP(s) gen[s] = gen[s] + 1
#endif
/* out: h2, the ticket. */
inline move_out(h) { BEGIN(h); h2 = NONE;
  if :: !ISREF(S(h)) ->
        d_step { if :: gen[S(h)] == G(h) && occ[S(h)] && OWNED(S(h)) && !tra[S(h)] && !rev[S(h)] && SOLE(S(h)) && UNLENT(S(h)) ->
                       RETIRE(h, h); OUT_BUMP(S(h)); tra[S(h)] = 1; h2 = H(S(h), gen[S(h)]); ISSUE(h2, h2); SUCCEED; r = OK
                    :: else -> r = REFUSED fi }
     :: else -> find_root(h);
        if :: r == OK && rev[S(rt)] -> r = REFUSED :: else fi;
        if :: r == OK -> d_step { if :: gen[S(h)] == G(h) && occ[S(h)] && !tra[S(h)] && !rev[S(h)] ->
                       RETIRE(h, rt); OUT_BUMP(S(h)); tra[S(h)] = 1; h2 = H(S(h), gen[S(h)]); ISSUE(h2, rt); SUCCEED
                    :: else -> r = REFUSED fi } :: else fi fi }
/* out: h2, the new handle; rt its root. */
inline move_in(k) { BEGIN(k); h2 = NONE; rt = k; r = OK;
  if :: ISREF(S(k)) -> rt = root[S(k)];
#ifndef MUT_IN_NO_ROOT /* a ticket in flight would outrun revoke */
        if :: rev[S(rt)] -> r = REFUSED :: else fi
#endif
     :: else fi;
  if :: r == OK -> d_step { if :: gen[S(k)] == G(k) && occ[S(k)] && tra[S(k)] && !rev[S(k)] -> assert(refs[S(k)] == 1 && lends[S(k)] == 0);
                 RETIRE(k, rt); IN_BUMP(S(k)); tra[S(k)] = 0; h2 = H(S(k), gen[S(k)]);
                 if :: ISREF(S(k)) -> skip :: else -> rt = h2 fi; ISSUE(h2, rt); SUCCEED
              :: else -> r = REFUSED fi } :: else fi }
#ifdef MUT_RENAME_NO_BUMP /* a copy that the caller kept names the map's reference */
#define RENAME_BUMP(s) skip
#else
#define RENAME_BUMP(s) gen[s] = gen[s] + 1
#endif
/* Who takes a reference over gives it a handle of its own, in one step. out: h2. */
inline rename(h) { BEGIN(h); h2 = NONE; rt = h; r = OK;
  if :: ISREF(S(h)) -> find_root(h) :: else fi;
  if :: r == OK -> d_step { if :: gen[S(h)] == G(h) && occ[S(h)] && !tra[S(h)] && !rev[S(h)] && (ISREF(S(h)) || (OWNED(S(h)) && SOLE(S(h)) && UNLENT(S(h)))) ->
                 RETIRE(h, rt); RENAME_BUMP(S(h)); h2 = H(S(h), gen[S(h)]); if :: ISREF(S(h)) -> skip :: else -> rt = h2 fi; ISSUE(h2, rt); SUCCEED
              :: else -> r = REFUSED fi } :: else fi }
inline revoke(h) { find_root(h); if :: r == OK -> d_step { if :: gen[S(rt)] == G(rt) && occ[S(rt)] && !tra[S(rt)] -> rev[S(rt)] = 1 :: else -> r = REFUSED fi } :: else fi }

/* close: first the pool's word, then every slot; in either order of slots. */
#ifdef MUT_RECLAIM_ROOT_EARLY /* a root read before the word may be that of the slot's former reference */
#define EARLY rt = root[d]
#define LATE skip
#else
#define EARLY skip
#define LATE rt = root[d]
#endif
inline sweep_one(s) {
  retry = 1;
  do :: !retry -> break
     :: else -> EARLY;
        if :: occ[s] && tra[s] && reclaim -> g = gen[s]; LATE;
              d_step { r = REFUSED;
                if :: gen[s] == g && occ[s] && tra[s] && !ISREF(s) -> RETIRE(H(s, g), H(s, g)); refs[s] = 0; SETTLE(s); retry = 0
                   :: gen[s] == g && occ[s] && tra[s] && ISREF(s) -> RETIRE(H(s, g), root[s]); occ[s] = 0; rev[s] = 0; tra[s] = 0; refs[s] = 0; BUMP(s); r = OK; retry = 0
                   :: else fi };
              if :: r == OK -> drop_ref(rt, 1) :: else fi
           :: else -> d_step { if :: occ[s] && !(tra[s] && reclaim) -> rev[s] = 1; retry = 0 :: !occ[s] -> retry = 0 :: else fi } fi
  od }
#define SWEEP if :: d = 0; do :: d < NS -> sweep_one(d); d++ :: else -> break od :: d = NS; do :: d > 0 -> d--; sweep_one(d) :: else -> break od fi
inline close() {
#ifdef MUT_SWEEP_FIRST /* an acquire between the sweep and the store is seen by neither */
  SWEEP; pool = CLOSING;
#else
  pool = CLOSING; SWEEP;
#endif
  closed = 1 }

#define LOCALS byte h, h2, rt, n, d, t; mtype r, r2; bit late, was, won; byte depth
#define TAKE(k) box[k] != 0; h = box[k]; n = num[k]; if :: h == NONE -> goto done :: else fi
#define PUT(k, v, m) d_step { box[k] = v; num[k] = m }

/* Close, then destroy: every slot must become FREE and is reserved by a CAS of its own. */
proctype Finish(bit reclaim) { LOCALS; byte g; bit retry;
  close();
  d = 0;
  do :: d < NS -> if :: atomic { FREE(d) -> rev[d] = 1; d++ } :: OWED && d < NOBJ && !occ[d] && tra[d] && !rev[d] -> t = d; destruct(t) fi
     :: else -> break od;
  assert(issued == ended); d = 0; do :: d < NOBJ -> assert(held[d] == 0); d++ :: else -> break od }

#include "scenes.pml"
