// escrow/last_word.hpp: the ledgers' report where a sanitizer ends the process. [L3]
#ifndef ESCROW_LAST_WORD_HPP
#define ESCROW_LAST_WORD_HPP

#include <unistd.h>

#include "ledger.hpp"
#include "ledger_text.hpp"
#include "platform.hpp"
#include "slot_build.hpp"

#if defined(ESCROW_MALLOC_OBJECTS)
// Weak: there where any unit of the image is sanitized, be it not this one.
// NOLINTNEXTLINE(readability-redundant-declaration): the sanitizer's own is not weak
extern "C" [[gnu::weak]] void __sanitizer_set_death_callback(void (*callback)());
#endif

namespace escrow::inline ESCROW_ABI {

/// Where objects are blocks of malloc, LeakSanitizer reports each that was never released, with the
/// stack that called malloc. For what Go acquired that ends at cgo. So in such a build each pool's
/// ledger notes everything from the beginning, and where a sanitizer ends the process the ledgers
/// write what is live, with the names that Go has given its sites.
struct last_word {
  /// With each pool that was opened.
  static void arrange(u64 pool) noexcept {
#if defined(ESCROW_MALLOC_OBJECTS)
    (void)ledger::set(pool, 1, false);  // no memory: then LeakSanitizer's stacks are what there is
    if (&__sanitizer_set_death_callback != nullptr)
      __sanitizer_set_death_callback(say);  // the same one as before: no harm
#else
    (void)pool;
#endif
  }

 private:
  static void say() noexcept {
    (void)ledger_text::write(STDERR_FILENO, false);
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
