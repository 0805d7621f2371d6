// What a call writes to a descriptor, as text.
#ifndef ESCROW_TESTS_CAPI_WRITTEN_H
#define ESCROW_TESTS_CAPI_WRITTEN_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "expect.h"

/// A file that is written to and read again.
static FILE *written_file;

static inline int written_begin(void) {
  written_file = tmpfile();
  EXPECT(written_file != NULL);
  return written_file == NULL ? -1 : fileno(written_file);
}
/// What came since written_begin, up to the next call.
static inline char const *written_end(void) {
  static char text[16384];
  size_t n = 0;
  if (written_file != NULL) {
    rewind(written_file);
    n = fread(text, 1, sizeof text - 1, written_file);
    (void)fclose(written_file);
  }
  text[n] = '\0';
  return text;
}
static inline void expect_text(char const *text, char const *part, char const *file, int line) {
  if (strstr(text, part) != NULL) return;
  ++expect_failures;
  (void)fprintf(stderr, "%s:%d: expected \"%s\" in\n%s\n", file, line, part, text);
}
#define EXPECT_TEXT(text, part) expect_text((text), (part), __FILE__, __LINE__)

#endif
