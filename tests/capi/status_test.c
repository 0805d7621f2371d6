// Every code has a name, a sentence of its own, and a place in the range that counters use.
#include <ctype.h>
#include <string.h>

#include "expect.h"

struct named_code {
  escrow_status value;
  char const *name;
};

static struct named_code const codes[] = {
#define NAMED_CODE(symbol, value, text) {symbol, #symbol},
    ESCROW_STATUS_LIST(NAMED_CODE)
#undef NAMED_CODE
};
enum { code_count = sizeof codes / sizeof codes[0] };

static void each_code_has_its_name_and_sentence(void) {
  for (int i = 0; i < code_count; ++i) {
    char const *const text = escrow_status_text(codes[i].value);
    EXPECT(strcmp(escrow_status_name(codes[i].value), codes[i].name) == 0);
    EXPECT(strlen(text) >= 4 && islower((unsigned char)text[0]));
    EXPECT(text[strlen(text) - 1] != '.');
    for (int k = 0; k < i; ++k) {
      EXPECT(codes[k].value != codes[i].value);
      EXPECT(strcmp(escrow_status_text(codes[k].value), text) != 0);
    }
  }
}

static void errors_are_negative_and_fit_the_counters(void) {
  int errors = 0;
  escrow_status lowest = 0;
  for (int i = 0; i < code_count; ++i) {
    int const is_error = strncmp(codes[i].name, "ESCROW_E_", 9) == 0;
    EXPECT(is_error == (codes[i].value < 0));
    errors += is_error;
    if (codes[i].value < lowest) lowest = codes[i].value;
  }
  EXPECT(errors == ESCROW_ERROR_COUNT);
  EXPECT(lowest == -ESCROW_ERROR_COUNT);
  EXPECT(sizeof((escrow_pool_stats *)0)->misuse / sizeof(uint64_t) == ESCROW_ERROR_COUNT + 1);
}

static void unknown_codes_get_an_answer_too(void) {
  escrow_status const unknown[] = {6, 100, -ESCROW_ERROR_COUNT - 1, -1000, INT32_MAX, INT32_MIN};
  for (int i = 0; i < 6; ++i) {
    EXPECT(strcmp(escrow_status_name(unknown[i]), "ESCROW_?") == 0);
    EXPECT(strlen(escrow_status_text(unknown[i])) != 0);
  }
}

int main(void) {
  each_code_has_its_name_and_sentence();
  errors_are_negative_and_fit_the_counters();
  unknown_codes_get_an_answer_too();
  return expect_result();
}
