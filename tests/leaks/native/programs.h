/* programs.h: the half of the corpus that is C or C++ alone. X(name): naive_name makes the mistake,
 * escrow_name does the same on escrow and returns what it said. */
#ifndef ESCROW_LEAKS_PROGRAMS_H
#define ESCROW_LEAKS_PROGRAMS_H

#define LEAKS_PROGRAMS(X)   \
  X(clean_native)           \
  X(lost_block)             \
  X(early_return)           \
  X(freed_twice)            \
  X(used_after_free)        \
  X(stale_after_realloc)    \
  X(interior_freed)         \
  X(uninitialised_branch)   \
  X(static_cache)           \
  X(userdata_freed)         \
  X(userdata_of_wrong_type) \
  X(raw_view_kept)          \
  X(overrun_in_pool)        \
  X(shared_ptr_cycle)       \
  X(map_never_erased)       \
  X(reference_into_vector)  \
  X(view_of_temporary)      \
  X(array_deleted_as_one)   \
  X(thrown_past_delete)     \
  X(thread_outlives_object) \
  X(queue_dropped)          \
  X(loan_dropped)

#ifdef __cplusplus
extern "C" {
#endif

#define LEAKS_DECLARE(name) \
  void naive_##name(void);  \
  char const *escrow_##name(void);
LEAKS_PROGRAMS(LEAKS_DECLARE)
#undef LEAKS_DECLARE

#ifdef __cplusplus
}
#endif

/* The place of a mistake: a function that stack traces name, whose accesses no caller makes for it.
 */
#if defined(__clang__)
#define LEAKS_SITE __attribute__((noinline))
#else
#define LEAKS_SITE __attribute__((noipa))
#endif

#endif
