/* The processes of each configuration. init puts the first references in place (box k holds a handle,
 * num k the object's number), then everybody runs against Finish, which closes and destroys. */

#define SET_OBJECT(s, k) occ[s] = 1; own[s] = 1; refs[s] = 1; issued++; pay[s] = issued; h = H(s, gen[s]); ISSUE(h, h); box[k] = h; num[k] = issued
#define SET_DUPLICATE(t, s, k) occ[t] = 1; refs[t] = 1; root[t] = H(s, gen[s]); refs[s] = refs[s] + 1; h = H(t, gen[t]); ISSUE(h, root[t]); box[k] = h; num[k] = pay[s]

/* Releases box k; several of them on one box are a double release. */
proctype Release(byte k; bit runs) { LOCALS; TAKE(k); release(h, runs); done: skip }
/* Acquires, uses, borrows, releases, and again. */
proctype Acquire(byte s) { LOCALS; byte i = 0;
  do :: i < 2 -> i++; acquire(s);
     if :: h != NONE -> USE(s, n); borrow(h); if :: r == OK -> return_borrow(rt) :: else fi; release(h, 1) :: else fi :: else -> break od }
/* dup of box k into slot t; the new reference goes to box `to` for others to try, and is released. */
proctype Dup(byte k; byte t0; byte to) { LOCALS; TAKE(k); t = t0; dup(h, t);
  if :: h2 != NONE -> USE(S(rt), n); if :: to != NONE -> PUT(to, h2, n) :: else fi; h = h2; release(h, 1)
     :: h2 == NONE && to != NONE -> PUT(to, NONE, 0) :: else fi; done: skip }
/* The same, then the end of box k itself. */
proctype DupLast(byte k; byte t0) { LOCALS; TAKE(k); t = t0; dup(h, t);
  if :: h2 != NONE -> h = h2; release(h, 1) :: else fi; TAKE(k); release(h, 1); done: skip }
proctype Lend(byte k; byte t0; byte to) { LOCALS; TAKE(k); t = t0; lend(h, t);
  if :: h2 != NONE -> USE(S(rt), n); if :: to != NONE -> PUT(to, h2, n) :: else fi; h = h2; give_back(h)
     :: h2 == NONE && to != NONE -> PUT(to, NONE, 0) :: else fi;
done: if :: h == NONE && to != NONE -> PUT(to, NONE, 0) :: else fi }
proctype GiveBack(byte k) { LOCALS; TAKE(k); give_back(h); done: skip }
proctype Borrow(byte k) { LOCALS; TAKE(k); borrow(h); if :: r == OK -> USE(S(rt), n); return_borrow(rt) :: else fi; done: skip }
/* Moves box k out; the ticket goes to box `to`. Refused: the mover is still the owner. */
proctype MoveOut(byte k; byte to) { LOCALS; TAKE(k); move_out(h);
  if :: h2 != NONE -> PUT(to, h2, n) :: else -> PUT(to, NONE, 0); release(h, 1) fi;
done: if :: h == NONE -> PUT(to, NONE, 0) :: else fi }
/* Takes the ticket in; refused: drops it. The slot is then used for another object. */
proctype MoveIn(byte k) { LOCALS; TAKE(k); move_in(h);
  if :: h2 != NONE -> USE(S(rt), n); h = h2; release(h, 1);
#ifdef C_MOVE
        acquire(0); if :: h != NONE -> USE(0, n); release(h, 1) :: else fi
#endif
     :: else -> release(h, 1) fi; done: skip }
/* Moves a fresh duplicate of box k out and loses the ticket: only close can end it. */
proctype LoseDuplicate(byte k; byte t0) { LOCALS; TAKE(k); t = t0; dup(h, t);
  if :: h2 != NONE -> h = h2; move_out(h); if :: h2 == NONE -> release(h, 1) :: else fi :: else fi; done: skip }
proctype Revoke(byte k) { LOCALS; TAKE(k); revoke(h); if :: r == OK -> closed = 1 :: else fi; done: skip }
proctype Drain() { LOCALS; byte i = 0; do :: i < 2 -> i++; drain() :: else -> break od }

#ifdef C_OWNED_BY
#ifdef MUT_PUT_UNLOCKED /* two puts replace one entry, and one of their references is nobody's */
#define LOCK skip
#else
#define LOCK atomic { !writing -> writing = 1 }
#endif
#define UNLOCK writing = 0
/* A map takes the reference of box k over; where others know the object it gets one of its own, in slot t. What
 * it replaces is released after the entry has changed. The caller keeps a copy of the handle: box k. */
proctype Put(byte k; byte t0) { LOCALS; byte before, own_of; TAKE(k); t = t0; own_of = h;
  LOCK; rename(h);
  if :: r == REFUSED -> UNLOCK; dup(own_of, t); if :: h2 == NONE -> release(own_of, 1); goto refused :: else fi; LOCK; h = own_of; own_of = h2 :: else -> h = NONE; own_of = h2 fi;
  before = entry;
#ifdef MUT_END_BEFORE /* who reads the entry meanwhile is refused what is there */
  if :: before != NONE -> t = before; release(t, 1) :: else fi;
  entry = own_of; UNLOCK;
#else
  entry = own_of; UNLOCK;
  if :: before != NONE -> t = before; release(t, 1) :: else fi;
#endif
  if :: h != NONE -> release(h, 1) :: else fi;
refused: stored++;
done: skip }
/* What a reader gets is alive on its own. It takes no lock: that its duplicate could be made shows that the map
 * held the reference. Refused twice over one handle would be somebody's mistake. */
proctype Get(byte t0) { LOCALS; t = t0; h = entry;
  if :: h != NONE ->
#ifdef MUT_GET_UNCOUNTED /* the object may end under a reader */
        USE(S(h), S(h) + 1)
#else
        dup(h, t);
        if :: h2 != NONE -> USE(S(rt), S(rt) + 1); h = h2; release(h, 1) :: else -> assert(entry != h || pool != OPEN) fi
#endif
     :: else fi }
/* The same without a duplicate, as a cell is read. */
proctype Load() { LOCALS; h = entry;
  if :: h != NONE -> borrow(h); if :: r == OK -> USE(S(rt), S(rt) + 1); return_borrow(rt) :: else -> assert(entry != h || pool != OPEN) fi :: else fi }
/* Takes the map's reference out, uses and ends it. */
inline take_out() { LOCK; h = entry; entry = NONE; UNLOCK; if :: h != NONE -> if :: ISREF(S(h)) -> rt = root[S(h)] :: else -> rt = h fi; USE(S(rt), S(rt) + 1); release(h, 1) :: else fi }
proctype Take() { LOCALS; take_out() }
/* The map is destroyed when nobody stores any more. */
proctype DestroyMap(byte puts) { LOCALS; stored == puts; take_out() }
#endif

#ifdef C_SCOPE
/* Borrows twice in a scope, ends it when all are back, and only then moves the object, which is not lent any more. */
proctype Scope(byte k) { LOCALS; TAKE(k);
  borrow(h); if :: r == OK -> borrowers++; PUT(1, rt, n) :: else -> PUT(1, NONE, 0) fi;
  borrow(h); if :: r == OK -> borrowers++; PUT(2, rt, n) :: else -> PUT(2, NONE, 0) fi;
#ifndef MUT_SCOPE_UNCOUNTED /* a scope that ends anyhow promises what is not so */
  borrowers == 0;
#endif
  assert(lends[S(h)] == 0); move_out(h); assert(r == OK || pool != OPEN);
  if :: r == OK -> h = h2 :: else fi; release(h, 1); done: skip }
proctype GiveBackInScope(byte k) { LOCALS; TAKE(k); rt = h; USE(S(rt), n);
#ifdef MUT_SCOPE_COUNTS_FIRST /* the scope ends while the object is still lent */
  borrowers--; return_borrow(rt);
#else
  return_borrow(rt); borrowers--;
#endif
done: skip }
#endif

init { byte h; atomic {
#ifdef C_ACQUIRE /* acquire against close, a slot used again */
  run Acquire(0);
#ifdef ACQUIRE_LESS
  run Drain();
#else
  run Acquire(1);
#endif
  run Finish(0)
#endif
#ifdef C_OWN /* the first handle released twice, before and after a dup; dup of a dup */
  SET_OBJECT(0, 0); run Release(0, 1); run Release(0, 1); run Dup(0, 1, 1); run Dup(1, 2, NONE); run Finish(0)
#endif
#ifdef C_TWICE /* the first handle released, then used to make a duplicate and released again */
  SET_OBJECT(0, 0); SET_DUPLICATE(1, 0, 2); run Release(0, 1); run Release(0, 1); run Finish(0); run Release(2, 1)
#endif
#ifdef C_REUSE /* a duplicate's slot goes to another root while somebody reads it */
  SET_OBJECT(0, 0); SET_OBJECT(1, 1); SET_DUPLICATE(2, 0, 2);
  run Dup(2, 3, NONE); run Release(2, 1); run Release(0, 1); run DupLast(1, 2); run Finish(0)
#endif
#ifdef C_LEND /* named loan given back twice, borrow, release while lent */
  SET_OBJECT(0, 0); run Lend(0, 1, 1); run GiveBack(1); run Borrow(0); run Release(0, 1); run Finish(0)
#endif
#ifdef C_LEND_DUP /* lending through a duplicate that is being released */
  SET_OBJECT(0, 0); SET_DUPLICATE(1, 0, 2); run Lend(2, 2, 1); run Borrow(2); run Release(0, 1); run Release(2, 1); run Finish(0)
#endif
#ifdef C_MOVE /* one object: out, in, dropped, against dup, borrow and a second release */
  SET_OBJECT(0, 0); run MoveOut(0, 1); run MoveIn(1); run Release(1, 1);
#ifdef WITH_DUP
  run Dup(0, 1, NONE);
#endif
#ifdef WITH_BORROW
  run Borrow(0);
#endif
#ifdef WITH_RELEASE
  run Release(0, 1);
#endif
  run Finish(0)
#endif
#ifdef C_LOST /* a ticket nobody takes in, or too late */
  SET_OBJECT(0, 0); run MoveOut(0, 1); if :: run MoveIn(1) :: skip fi; run Finish(1)
#endif
#ifdef C_MOVE_DUP /* a duplicate moves while its object is shared */
  SET_OBJECT(0, 0); SET_DUPLICATE(1, 0, 2); run MoveOut(2, 1); run MoveIn(1); run Release(1, 1); run Release(0, 1);
#ifdef WITH_DUP
  run Dup(2, 2, NONE);
#endif
  run Finish(0)
#endif
#ifdef C_LOST_DUP /* a duplicate made, moved and lost around close */
  SET_OBJECT(0, 0); run LoseDuplicate(0, 1); run Release(0, 1); run Finish(1)
#endif
#ifdef C_IN_FLIGHT /* a duplicate's ticket made around close and taken in after it */
  SET_OBJECT(0, 0); run Dup(0, 1, 1); run MoveOut(1, 2); run MoveIn(2); run Release(0, 1); run Finish(0)
#endif
#ifdef C_REVOKE /* nothing begun after revoke returned succeeds */
  SET_OBJECT(0, 0); SET_DUPLICATE(1, 0, 2); run Revoke(2); run Release(0, 1);
#ifdef WITH_DUP
  run Dup(0, 2, NONE); run Release(2, 1);
#else
  run MoveOut(2, 1); run MoveIn(1);
#endif
  run Finish(0)
#endif
#ifdef C_DRAIN /* several drainers, an explicit release, a slot used again */
  SET_OBJECT(0, 0); SET_OBJECT(1, 1); run Release(0, 0); run Release(1, 1); run Drain(); run Drain(); run Finish(0)
#endif
#ifdef C_NEST /* a destructor that releases an object with a destructor */
  SET_OBJECT(0, 0); SET_OBJECT(1, 1); run Release(0, 1); run Release(1, 0); run Drain(); run Finish(0)
#endif
#ifdef C_OWN_DTOR /* duplicates and loans of an object with a destructor */
  SET_OBJECT(0, 0); SET_DUPLICATE(1, 0, 2); run Release(0, 0); run Dup(2, 2, NONE); run Release(2, 1); run Drain(); run Finish(0)
#endif
#ifdef C_MAP /* two puts under one key, with a kept copy of a handle, a reader and the map's end */
  SET_OBJECT(0, 0); SET_OBJECT(1, 1); run Put(0, 3); run Put(1, 3); run Release(0, 1);
#ifdef WITH_TAKE
  run Take();
#else
  run Get(2);
#endif
  run DestroyMap(2); run Finish(0)
#endif
#ifdef C_MAP_SHARED /* a put of an object that others know, beside a reader */
  SET_OBJECT(0, 0); SET_DUPLICATE(1, 0, 2); run Put(0, 2); run Release(2, 1); run Get(3); run DestroyMap(1); run Finish(0)
#endif
#ifdef C_CELL /* a version is swapped while two read */
  SET_OBJECT(0, 0); SET_OBJECT(1, 1); entry = box[0]; run Put(1, 2); run Load(); run Load(); run DestroyMap(1); run Finish(0)
#endif
#ifdef C_SCOPE
  SET_OBJECT(0, 0); run Scope(0); run GiveBackInScope(1); run GiveBackInScope(2); run Finish(0)
#endif
  } }
