/* Guards of Go: entries of blocks, which share a cleanup; go/escrow. Go's atomics are sequentially
 * consistent, so the interleavings are all there is. Each d_step is one atomic access, or the part of a
 * loop that took effect; what C does is one step, since escrow.pml shows that it is as good as one.
 *
 *   block.go     take, refill, retire, count, uncount, claim, ended, forgotten
 *   stripe.go    seat, enter          pool.go, ref.go   Acquire, end, call, MoveOut
 *   rotation.go  add, rotate          core.go           close, destroy, settle, retireAll, held
 *   drainer.go   wake, run            pressure.go       owned, wait, run
 *
 *   G1  an entry has one holder; a retired block is not used anew     FILL, SEATED
 *   G2  each reference is ended once in C, by whoever claimed it      C_END
 *   G3  what was forgotten is released by the collections that follow, and counted as leaked; what was
 *       closed is not                                                 init
 *   G4  bytes are counted while a guard of a retired block lives, and uncounted once   init
 *   G5  a call through a guard that nobody ended is not refused       CALL
 *   G6  the end of its last reference destroys a closed pool          init
 * A block is reachable by guards, by whoever works on it (roots), and by its stripe. */
#ifndef NB
#define NB 2
#endif
#ifndef NE
#define NE 2
#endif
#define AT(b, i) ((b) * NE + (i))
#define NONE 255
#define VACANT 0
#define RELEASED 1
#define MOVED(h) (128 + (h))
#define LIVE(h) ((h) > RELEASED && (h) < 128)
#define HAS(mask, k) (((mask) >> (k)) & 1)
#define BIT(k) (1 << (k))

/* C: the handles of references, of those in flight, of those that close reclaimed. */
short there; short flying; short reclaimed; byte issued = RELEASED; bit c_closed; bit gone;

mtype = { OPEN, CLOSED, DESTROYED };
mtype state = OPEN;
byte handle[NB * NE]; bit counted[NB * NE]; bit moving[NB * NE]; bit ticket[NB * NE];
byte free[NB]; bit retired[NB]; bit mu[NB]; bit listed[NB]; bit blocks_mu; byte made;
byte current = NONE; bit rotating; bit known;
short outstanding; short bytes; byte leaked;
/* ghost */
byte roots[NB]; bit cleaned[NB]; bit no_pool; byte used[NB * NE]; byte forgot; byte busy; byte done; byte all;
byte box_b = NONE; byte box_i; byte box_h; bit kept; byte kept_b;

#define UNREACHABLE(b) (b < made && !cleaned[b] && roots[b] == 0 && (current != b || no_pool))
#define HOLD(b) roots[b] = roots[b] + 1
#define DROP(b) roots[b] = roots[b] - 1
#define CAS(at, from, to) d_step { if :: at == from -> at = to; won = 1 :: else -> won = 0 fi }
inline lock(b) { atomic { mu[b] == 0 -> mu[b] = 1 } }

/* Of a reference, where C may have reclaimed it. out: freed. */
#define C_END(h) d_step { freed = HAS(there, h); assert(freed || HAS(reclaimed, h)); there = there & ~BIT(h); flying = flying & ~BIT(h) }
#define CALL(h) assert(HAS(there, h))

inline uncount(e) { d_step { if :: counted[e] -> counted[e] = 0; bytes-- :: else fi } }
inline count(e) {
  d_step { n = handle[e]; won = LIVE(n) };
  if :: won -> CAS(counted[e], 0, 1);
        if :: won -> bytes++;
#ifndef MUT_COUNT_BLIND /* an end that came before the count leaves its bytes behind */
              if :: handle[e] != n -> uncount(e) :: else fi
#endif
           :: else fi
     :: else fi;
  n = 0 }
inline retire(b) {
  atomic { mu[b] == 0 -> mu[b] = 1;
#ifndef MUT_RETIRED_IS_FREE /* entries of a block older than a collection are used again */
    free[b] = 0
#endif
  };
#ifdef MUT_RETIRED_LATE /* an end between the count and the flag does not uncount */
  count(AT(b, 0)); count(AT(b, 1)); d_step { retired[b] = 1; mu[b] = 0 }
#else
  retired[b] = 1; count(AT(b, 0)); count(AT(b, 1)); mu[b] = 0
#endif
}
/* out: i, NONE: there is none. */
inline lowest(mask) { i = 0; do :: i < NE && !HAS(mask, i) -> i++ :: else -> break od; if :: i == NE -> i = NONE :: else fi }
inline take(b) {
#ifdef MUT_TAKE_BY_STORE /* two take one entry */
  d_step { x = free[b]; lowest(x) }; if :: i != NONE -> free[b] = x & ~BIT(i) :: else fi
#else
  d_step { lowest(free[b]); if :: i != NONE -> free[b] = free[b] & ~BIT(i) :: else fi }
#endif
}
inline refill(b) {
  lock(b); i = NONE;
#ifdef MUT_REFILL_RETIRED /* an old guard keeps ever new ones from being released */
  if :: 0 -> skip
#else
  if :: retired[b] -> skip
#endif
     :: else -> take(b);
        if :: i == NONE -> x = 0; k = 0;
              do :: k < NE -> if :: handle[AT(b, k)] == RELEASED && !moving[AT(b, k)] -> x = x | BIT(k) :: else fi; k++ :: else -> break od;
              lowest(x); k = 0;
              do :: k < NE -> if :: HAS(x, k) -> handle[AT(b, k)] = VACANT :: else fi; k++ :: else -> break od;
              if :: i != NONE -> d_step { free[b] = free[b] | (x & ~BIT(i)) } :: else fi
           :: else fi
     fi; mu[b] = 0 }

/* A block is in the stripe before `rotating` is looked at, and that is cleared before the stripes are. */
inline rotation_add() { d_step { won = !rotating; rotating = 1 }; if :: won -> known = 1 :: else fi }
inline take_out() { d_step { b = current; current = NONE; if :: b != NONE -> HOLD(b) :: else fi }; if :: b != NONE -> retire(b); DROP(b) :: else fi }
inline rotate() { d_step { x = known; known = 0 };
#ifdef MUT_ROTATING_LATE /* a block that came meanwhile is never rotated, its guards never released */
  if :: x -> take_out(); rotating = 0 :: else fi
#else
  if :: x -> rotating = 0; take_out() :: else fi
#endif
}

#ifdef MUT_FIRST_ENTRY_FREE /* close retires a new block before its maker has an entry of it */
#define FRESH (BIT(NE) - 1)
#define FIRST take(b); assert(i != NONE)
#else
#define FRESH ((BIT(NE) - 1) & ~1)
#define FIRST i = 0
#endif
/* What a refused acquisition puts back into a retired block is taken by others that are refused. */
#define SEATED assert(!HAS(old, b) || c_closed); d_step { old = 0; e = AT(b, i); used[e]++; assert(used[e] == 1) }
/* out: b, held, and i; leaves the process where the model has no block more. */
inline seat() {
  do :: d_step { b = current; if :: b != NONE -> HOLD(b) :: else fi;
                 old = 0; k = 0; do :: k < made -> if :: retired[k] && !mu[k] -> old = old | BIT(k) :: else fi; k++ :: else -> break od; k = 0 };
        if :: b == NONE ->
              d_step { if :: made < NB -> b = made; made++; HOLD(b); free[b] = FRESH :: else fi };
              if :: b == NONE -> goto out :: else fi;
              atomic { !blocks_mu -> listed[b] = 1 };
#ifdef MUT_NO_LOOK_AT_STATE /* its ends believe that the pool is open, and do not destroy it */
              won = 1;
#else
              won = (state == OPEN);
#endif
#ifdef MUT_LOOK_LATE /* so do those of whoever finds the block before its maker has looked */
              CAS(current, NONE, b); if :: won && state != OPEN -> CAS(current, b, NONE); if :: won -> retire(b); won = 1 :: else fi :: else fi;
#else
              if :: won -> CAS(current, NONE, b) :: else fi;
#endif
              if :: won -> rotation_add() :: else -> retire(b) fi;
              FIRST; break
           :: else -> take(b); if :: i == NONE -> refill(b) :: else fi;
              if :: i != NONE -> break :: else -> CAS(current, b, NONE); if :: won -> retire(b) :: else fi; DROP(b) fi
        fi od;
  SEATED }
#ifdef MUT_FILL_UNCOUNTED /* retired between take and fill: bytes that nobody counts */
#define FILL(h, flies) d_step { assert(handle[e] == VACANT); ticket[e] = flies; moving[e] = flies; handle[e] = h }
#else
#define FILL(h, flies) d_step { assert(handle[e] == VACANT); ticket[e] = flies; moving[e] = flies; handle[e] = h }; if :: retired[b] -> count(e) :: else fi
#endif
/* out: h, NONE: refused; the entry is put back. */
inline acquire() {
  seat();
  d_step { if :: !c_closed -> issued++; h = issued; there = there | BIT(h) :: else -> h = NONE fi };
  if :: h != NONE -> FILL(h, 0) :: else -> used[e]--; d_step { free[b] = free[b] | BIT(i) }; DROP(b) fi }

inline destroy() { d_step { if :: c_closed && there == 0 -> gone = 1 :: else fi }; if :: gone -> state = DESTROYED :: else fi }
inline settle() { if :: state == CLOSED -> destroy() :: else fi }
#ifdef MUT_ENDED_EARLY /* what a retired block's guards own is counted for ever */
#define OPEN_BLOCK(b) freed
#else
#define OPEN_BLOCK(b) (freed && !retired[b])
#endif
inline ended(b, e) {
  if :: OPEN_BLOCK(b) -> skip
     :: else ->
#ifdef MUT_UNCOUNT_ANY /* an end that sleeps uncounts the next use of its entry */
        uncount(e);
#else
        if :: handle[e] != VACANT && !LIVE(handle[e]) -> uncount(e) :: else fi;
#endif
        if :: state == CLOSED -> d_step { outstanding--; x = (outstanding <= 0) }; if :: x -> settle() :: else fi :: else fi fi }

#ifdef MUT_COPY_BY_PLACE /* an old copy ends the next use of its entry */
#define MINE(e, h) LIVE(handle[e])
#else
#define MINE(e, h) handle[e] == h
#endif
/* Guard.Close, Ticket.Close: whoever makes the tombstone ends the reference. */
inline close_guard(b, e, h) {
#ifdef MUT_CLAIM_BY_LOOKING /* two copies that are closed at once end it twice */
  won = (handle[e] == h); if :: won -> d_step { used[e]--; handle[e] = RELEASED } :: else fi;
#else
  d_step { if :: MINE(e, h) -> used[e]--; handle[e] = RELEASED; won = 1 :: else -> won = 0 fi };
#endif
  if :: won -> C_END(h); ended(b, e) :: else fi }

/* The cleanup of a block. */
inline forgotten(b) {
  i = 0;
  do :: i < NE -> e = AT(b, i); h = handle[e];
        if :: LIVE(h) ->
              CAS(handle[e], h, RELEASED);
              if :: won -> C_END(h); if :: freed -> leaked++ :: else fi; ended(b, e) :: else fi
           :: else fi; i++
     :: else -> break od;
  atomic { !blocks_mu -> listed[b] = 0 } }

#define LOCALS byte b, i, h, e, k, n, old, x, t; bit won, freed

/* Acquires n guards, one after the other; closes each, or calls through it once, or forgets it. */
proctype User(byte times) { LOCALS;
  do :: t < times -> t++; acquire();
        if :: h != NONE ->
#ifdef COPIES
              d_step { if :: box_b == NONE -> box_b = b; box_i = i; box_h = h; HOLD(b) :: else fi };
#endif
              if :: close_guard(b, e, h); DROP(b)
#ifdef FORGETS
                 :: d_step { forgot++; DROP(b) }
#endif
#ifdef CALLS
                 :: d_step { forgot++;
#ifdef MUT_NO_KEEPALIVE /* the last use of a guard is a call, and the cleanup ends it meanwhile */
                    DROP(b) }; CALL(h)
#else
                    skip }; CALL(h); DROP(b)
#endif
#endif
#ifdef KEEPS
                 :: d_step { !kept -> kept = 1; kept_b = b }
#endif
              fi
           :: else fi
     :: else -> break od;
out: done++ }
/* Closes or forgets one of the two of block 0. */
#define TWO made = 1; listed[0] = 1; current = 0; issued = RELEASED + 2; there = BIT(2) | BIT(3); handle[0] = 2; handle[1] = 3; used[0] = 1; used[1] = 1
proctype Have(byte place; byte mine) { LOCALS;
  e = place; h = mine; if :: close_guard(b, e, h); DROP(b) :: d_step { forgot++; DROP(b) } fi; done++ }
/* Takes a reference over that C has, and closes its guard. */
proctype Adopt(byte mine) { LOCALS; seat(); h = mine; FILL(h, 0); close_guard(b, e, h); DROP(b);
out: done++ }
/* Closes a copy of a guard, whenever. */
proctype Copy() { LOCALS;
  if :: box_b != NONE -> b = box_b; i = box_i; h = box_h; e = AT(b, i); close_guard(b, e, h); DROP(b) :: done + 1 >= all && box_b == NONE -> skip fi;
  done++ }
/* Acquires one and moves it out; closes the ticket, or forgets it. */
proctype Move() { LOCALS; byte from, old_b, old_e;
  acquire();
  if :: h != NONE -> moving[e] = 1; from = h; old_b = b; old_e = e;
        d_step { if :: !c_closed -> issued++; h = issued; there = (there & ~BIT(from)) | BIT(h); flying = flying | BIT(h) :: else -> h = NONE fi };
        if :: h == NONE -> h = from; close_guard(b, e, h); DROP(b)
           :: else -> seat(); FILL(h, 1);
              CAS(handle[old_e], from, MOVED(from)); if :: won -> freed = 0; ended(old_b, old_e) :: else fi; DROP(old_b);
              if :: close_guard(b, e, h); DROP(b) :: d_step { forgot++; DROP(b) } fi fi
     :: else fi;
out: done++ }
/* retireAll, PoolClose, and what closeWith does then. */
inline retire_all() { atomic { !blocks_mu -> blocks_mu = 1 }; j = 0;
  do :: j < made -> if :: listed[j] && !retired[j] -> retire(j) :: else fi; j++ :: else -> break od; blocks_mu = 0 }
proctype Close(bit reclaim) { LOCALS; byte j; byte live;
  CAS(state, OPEN, CLOSED);
#ifndef MUT_RETIRE_AFTER /* an end between the count of what is held and the flags is not counted */
  retire_all();
#endif
  d_step { c_closed = 1; if :: reclaim -> reclaimed = flying; there = there & ~flying; flying = 0 :: else fi };
  destroy();
  if :: !gone ->
        atomic { !blocks_mu -> blocks_mu = 1 }; j = 0;
        do :: j < NB * NE -> n = handle[j];
              if :: listed[j / NE] && LIVE(n) ->
#ifndef MUT_HOLDS_RECLAIMED /* the pool waits for tickets that it has freed itself */
                    if :: ticket[j] && !HAS(there, n) -> CAS(handle[j], n, RELEASED); if :: won -> uncount(j) :: else fi :: else -> live++ fi
#else
                    live++
#endif
                 :: else fi; j++
           :: else -> break od; blocks_mu = 0;
        d_step { outstanding = outstanding + live; x = (outstanding <= 0) }; if :: x -> settle() :: else fi
     :: else fi;
#ifdef MUT_RETIRE_AFTER
  retire_all();
#endif
  if :: no_pool -> skip :: else -> take_out() fi; done++ }
proctype Rotate() { LOCALS; rotate(); done++ }
proctype Collector() { LOCALS;
end: do :: atomic { UNREACHABLE(0) -> cleaned[0] = 1; b = 0; busy++ } forgotten(b); busy--
#if NB > 1
        :: atomic { UNREACHABLE(1) -> cleaned[1] = 1; b = 1; busy++ } forgotten(b); busy--
#endif
     od }

/* drainer.go: one core, whose work is bits. */
byte todo; bit queued; bit on_list; bit running; byte did; byte drainers;
proctype Drainer() { byte x; bit won;
  do :: d_step { x = on_list; on_list = 0 };
        if :: x ->
#ifdef MUT_QUEUED_LATE /* work that came after the bits were taken waits for the next wake */
              d_step { x = todo; todo = 0 }; did = did | x; queued = 0
#else
              queued = 0; d_step { x = todo; todo = 0 }; did = did | x
#endif
           :: else -> running = 0;
#ifdef MUT_NO_LAST_LOOK /* so does work of a wake that saw the drainer running */
              break
#else
              if :: !on_list -> break :: else -> CAS(running, 0, 1); if :: won -> skip :: else -> break fi fi
#endif
        fi od;
  drainers-- }
proctype Wake(byte work) { bit won;
  d_step { todo = todo | work };
  CAS(queued, 0, 1); if :: won -> on_list = 1 :: else fi;
  CAS(running, 0, 1); if :: won -> atomic { drainers++; run Drainer() } :: else fi;
  done++ }

/* pressure.go: bytes above 0 are above the limit, and a cycle frees them all. */
bit c_mu; bit c_running; bit asked; byte cycle; byte cycles; byte over_cycles; byte owned; byte collectors;
#define C_LOCK atomic { !c_mu -> c_mu = 1 }
#define C_START if :: !c_running -> c_running = 1; atomic { collectors++; run Cycles() } :: else fi
#define C_CYCLE if :: cycle == 0 -> cycles++; cycle = cycles :: else fi
proctype Cycles() {
  do :: C_LOCK;
        if :: owned == 0 && !asked ->
#ifdef MUT_STOPS_UNLOCKED /* who asked meanwhile waits for a cycle that nobody runs */
              c_mu = 0; c_running = 0; break
#else
              c_running = 0; c_mu = 0; break
#endif
           :: else -> C_CYCLE; asked = 0; c_mu = 0; owned = 0; C_LOCK; over_cycles = cycle; cycle = 0; c_mu = 0 fi od;
  collectors-- }
/* Nobody waits for a cycle that nobody runs: Wait would be an invalid end. */
proctype Own() { owned = 1; C_LOCK; C_START; c_mu = 0; done++ }
proctype Wait() { byte mine; C_LOCK; if :: cycle == 0 -> C_CYCLE; asked = 1; C_START :: else fi; mine = cycle; c_mu = 0; over_cycles >= mine; done++ }

init { LOCALS;
  atomic {
#ifdef C_COUNT /* ends and fills while blocks are retired */
    all = 3; run User(2); run User(1); run Rotate()
#endif
#ifdef C_COPIES /* two copies of a guard, one of which may outlive the entry's use */
    all = 3; run User(3); run User(1); run Copy()
#endif
#ifdef C_CLOSE /* a pool is closed while guards come and go */
    all = 3; run User(1); run User(1); run Close(0)
#endif
#ifdef C_ADOPT /* the same of references that C had */
    all = 3; issued = RELEASED + 2; there = BIT(2) | BIT(3); run Adopt(2); run Adopt(3); run Close(0)
#endif
#ifdef C_FORGOTTEN /* the cleanup runs while guards come and go, and in calls */
    all = 2; run User(3); run Rotate()
#endif
#ifdef C_MOVE /* a guard becomes a ticket while its pool is closed */
    all = 2; run Move(); run Close(1)
#endif
#ifdef C_RECLAIM /* a ticket and a guard of one block, in a pool that reclaims tickets */
    all = 3; TWO; ticket[0] = 1; moving[0] = 1; flying = BIT(2); roots[0] = 2; current = NONE; retired[0] = 1;
    counted[0] = 1; counted[1] = 1; bytes = 2; run Have(0, 2); run Have(1, 3); run Close(1)
#endif
#ifdef C_LOST_POOL /* the pool is forgotten with its guards: the drainer closes it, cleanups run */
    all = 1; TWO; forgot = 2; no_pool = 1; run Close(0)
#endif
#ifdef C_DRAINER
    all = 3; run Wake(1); run Wake(2); run Wake(4)
#endif
#ifdef C_PRESSURE
    all = 3; run Own(); run Wait(); run Wait()
#endif
#ifdef C_COLLECTOR
    run Collector()
#endif
  }
  atomic { (done == all && busy == 0 && drainers == 0 && collectors == 0) ->
    assert(todo == 0 && owned == 0); /* nothing is left to do, and nobody is there to do it */
    if :: state == CLOSED -> assert(there != 0) :: else fi;
    k = 0;
#ifdef KEEPS
    do :: k < NB * NE -> assert(counted[k] == (LIVE(handle[k]) && retired[k / NE])); k++ :: else -> break od;
    if :: kept -> DROP(kept_b) :: else fi
#endif
  }
  /* The next collections: what nobody holds is released. */
#ifndef C_COLLECTOR
  if :: made > 0 -> run Collector() :: else fi;
#endif
  rotate();
  current == NONE || no_pool;
#if NB > 1
  made < 2 || cleaned[1];
#endif
  busy == 0 && (made < 1 || cleaned[0]);
  assert(there == 0 && bytes == 0);
  if :: reclaimed == 0 -> assert(leaked == forgot + kept) :: else fi;
  assert(state == OPEN || gone) }
