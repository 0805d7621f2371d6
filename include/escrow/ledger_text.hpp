// escrow/ledger_text.hpp: what is live, by site, as text that a dying process writes. [L3]
#ifndef ESCROW_LEDGER_TEXT_HPP
#define ESCROW_LEDGER_TEXT_HPP

#include "fingerprint.hpp"
#include "ledger_types.h"
#include "ledger_walk.hpp"
#include "line.hpp"
#include "platform.hpp"
#include "site_text.hpp"
#include "table.hpp"

namespace escrow::inline ESCROW_ABI {

/// Allocates nothing and takes no lock of escrow's: for a sanitizer's callback at death, where
/// nobody can ask Go for names any more.
struct ledger_text {
  /// One paragraph a site, then one line for what the ledgers do not know. Sites are added up one
  /// by one, so that no table of them is needed. Returns the number of live noted references.
  static u64 write(int fd, bool plainly) noexcept {
    // acquire: the zero pages; pairs with ledger::stacks [F2]
    fingerprints const *const known = table().sites.load(std::memory_order_acquire);
    u64 all = 0;
    for (u32 number = 0; known != nullptr && number <= fingerprints::places; ++number) {
      if (number != 0 && !known->has(number)) continue;
      u64 live = 0;
      u64 bytes = 0;
      count(number, live, bytes);
      if (live == 0) continue;
      all += live;
      line out;
      out.add("escrow: ").number(live).add(" live, ").number(bytes).add(" bytes, acquired at ");
      out.add(number != 0 ? "site " : "places that found no room");
      if (number != 0) out.number(number).add(":");
      out.write(fd);
      if (number != 0) site_text::write(fd, number, plainly);
    }
    return all;
  }

 private:
  [[gnu::noinline]] static void count(u32 site, u64 &live, u64 &bytes) noexcept {
    escrow_ledger_entry page[4];
    u64 cursor = 0;
    do {
      u32 n = 0;
      if (ledger_walk::list(0, cursor, page, 4, n) != ESCROW_OK) return;
      for (u32 i = 0; i < n; ++i) {
        if (page[i].site != site) continue;
        ++live;
        bytes += page[i].size;
      }
    } while (cursor != 0);
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
