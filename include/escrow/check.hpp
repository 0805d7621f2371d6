// escrow/check.hpp: stops the process when an invariant of the library itself is broken. [L0]
//
// Misuse by a caller is never a check: it is a status code.
#ifndef ESCROW_CHECK_HPP
#define ESCROW_CHECK_HPP

#include <cstdlib>
#include <cstring>

#include <unistd.h>

#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// Prints the sentence and aborts. No allocation, no lock: may be called anywhere.
[[noreturn, gnu::cold, gnu::noinline]] inline void check_failed(char const *sentence) noexcept {
  char const head[] = "escrow: broken invariant: ";
  (void)!::write(STDERR_FILENO, head, sizeof head - 1);
  (void)!::write(STDERR_FILENO, sentence, std::strlen(sentence));
  (void)!::write(STDERR_FILENO, "\n", 1);
  std::abort();
}

}  // namespace escrow::inline ESCROW_ABI

/// ESCROW_CHECK(condition, "function(): what is wrong"): always on; the condition is evaluated
/// once.
#define ESCROW_CHECK(condition, sentence) \
  do {                                    \
    if (!(condition)) [[unlikely]]        \
      ::escrow::check_failed(sentence);   \
  } while (false)

#endif
