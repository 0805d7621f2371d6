// A plugin that is not linked to escrow: its host hands it a table of functions and an object.
//
// It prints:
//     the plugin answers: 3 vowels
//     a table that ends too early: ESCROW_E_VERSION
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "escrow/escrow.h"

/// Counts vowels in an object that the caller keeps; the answer is an object of the caller's pool.
/// @param out_answer (out) (transfer full)  an unsigned; end it with release
static escrow_status count_vowels(escrow_api const *escrow, escrow_pool pool, escrow_handle text,
                                  escrow_handle *out_answer) {
  *out_answer = 0;
  // The table may be older than this plugin: `borrow` and `return_borrow` must be in it.
  if (escrow->major != ESCROW_ABI_MAJOR ||
      escrow->struct_size < offsetof(escrow_api, return_borrow) + sizeof escrow->return_borrow)
    return ESCROW_E_VERSION;

  escrow_view view;
  escrow_status s = escrow->borrow(text, &view);  // stays, even if the host releases it meanwhile
  if (s != ESCROW_OK) return s;
  void *answer = NULL;
  s = escrow->acquire(pool, sizeof(unsigned), out_answer, &answer);
  if (s == ESCROW_OK) {
    unsigned vowels = 0;
    char const *const bytes = view.payload;
    for (uint64_t i = 0; i < view.size; ++i)
      vowels += bytes[i] != 0 && strchr("aeiou", bytes[i]) != NULL;
    memcpy(answer, &vowels, sizeof vowels);
  }
  escrow_status const returned = escrow->return_borrow(view.root);
  return s == ESCROW_OK && returned < 0 ? returned : s;
}

static int failed(char const *what, escrow_status why) {
  (void)fprintf(stderr, "%s: %s\n", what, escrow_status_text(why));
  return 1;
}

int main(void) {
  escrow_api const *const api = escrow_api_get(ESCROW_ABI_MAJOR);
  escrow_pool_options const options = {.struct_size = sizeof options, .name = "host"};
  escrow_pool pool = 0;
  escrow_handle text = 0, answer = 0;
  void *memory = NULL;
  escrow_view view;
  escrow_status s = escrow_pool_open(&options, &pool);
  if (s == ESCROW_OK) s = escrow_acquire(pool, 12, &text, &memory);
  if (s != ESCROW_OK) return failed("set up", s);
  memcpy(memory, "hello, world", 12);

  s = count_vowels(api, pool, text, &answer);
  if (s == ESCROW_OK) s = escrow_read(answer, &view);
  if (s != ESCROW_OK) return failed("plugin", s);
  printf("the plugin answers: %u vowels\n", *(unsigned const *)view.payload);

  escrow_api old = *api;
  old.struct_size = offsetof(escrow_api, borrow);
  escrow_handle none = 0;
  s = count_vowels(&old, pool, text, &none);
  printf("a table that ends too early: %s\n", escrow_status_name(s));

  escrow_handle const both[] = {text, answer};
  s = escrow_release_n(both, 2, NULL);
  if (s == ESCROW_OK) s = escrow_pool_close(pool, 0, NULL);
  if (s == ESCROW_OK) s = escrow_pool_destroy(pool);
  return s == ESCROW_OK ? 0 : failed("end", s);
}
