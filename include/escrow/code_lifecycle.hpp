// escrow/code_lifecycle.hpp: a code slot opens, closes, ends. [L3]
#ifndef ESCROW_CODE_LIFECYCLE_HPP
#define ESCROW_CODE_LIFECYCLE_HPP

#include "code_control.hpp"
#include "code_versions.hpp"
#include "lock.hpp"
#include "pages.hpp"
#include "platform.hpp"
#include "status.h"
#include "table.hpp"

namespace escrow::inline ESCROW_ABI {

/// Open, closed, gone. close() refuses new calls, and lets go each version as its calls end;
/// destroy() gives the handle up when all of them have.
struct code_lifecycle {
  /// @return ESCROW_OK | ESCROW_E_VERSION | ESCROW_E_OPTION | ESCROW_E_SIZE | ESCROW_E_NOMEM |
  ///         ESCROW_E_EXHAUSTED 65,535 code slots are open
  [[nodiscard]] static escrow_status open(escrow_code_options const &o, u64 &out_slot) noexcept {
    if (o.struct_size != sizeof o) return ESCROW_E_VERSION;
    if (o.history > ESCROW_CODE_MOST_HISTORY) return ESCROW_E_OPTION;
    if (o.table_bytes == 0 || o.table_bytes % sizeof(void *) != 0 ||
        o.table_bytes > ESCROW_CODE_MOST_TABLE)
      return ESCROW_E_SIZE;
    slot_table &t = table();
    lock_hold const hold(t.codes.guard);
    code_control *c = nullptr;
    if (auto const s = t.codes.take(t.first_generation(), c, out_slot); s != ESCROW_OK) return s;
    configure(*c, o);
    // release: all of the above; pairs with code_control::is_open_at [U3]
    c->word.store(block_word::open_at(out_slot), std::memory_order_release);
    return ESCROW_OK;
  }

  /// Every later call gets ESCROW_E_CLOSED; those inside end as they would. @return ESCROW_OK |
  /// ESCROW_E_CLOSED before | ESCROW_E_STALE | as find_code
  [[nodiscard]] static escrow_status close(u64 slot) noexcept {
    code_control *c = nullptr;
    if (auto const s = open_code(slot, c); s != ESCROW_OK) return s;
    {
      lock_hold const hold(c->guard);
      if (auto const s = c->status_at(slot); s != ESCROW_OK) return s;
      // release: pairs with code_control::status_at [U3]; publications look under guard
      c->word.store(block_word::at(slot, block_word::closing), std::memory_order_release);
      code_versions::retire_all(*c);
    }
    (void)code_versions::collect(*c);
    return ESCROW_OK;
  }

  /// The slot is closed. @return ESCROW_OK | ESCROW_E_BUSY it is open, calls are inside, or a swap
  /// or an unloading is under way | ESCROW_E_LEAK holds are out | ESCROW_E_STALE | as find_code
  [[nodiscard]] static escrow_status destroy(u64 slot) noexcept {
    code_control *c = nullptr;
    auto const s = open_code(slot, c);
    if (s == ESCROW_OK) return ESCROW_E_BUSY;
    if (s != ESCROW_E_CLOSED) return s;
    (void)code_versions::collect(*c);
    slot_table &t = table();
    lock_hold const all(t.codes.guard);
    lock_hold const hold(c->guard);
    if (c->status_at(slot) != ESCROW_E_CLOSED) return ESCROW_E_STALE;  // another was faster
    if (c->swapping != 0 || c->going != 0) return ESCROW_E_BUSY;
    if (c->waiting != nullptr) return why_waiting(*c);
    t.codes.give(*c, handle::generation(slot));
    return ESCROW_OK;
  }

 private:
  [[nodiscard]] static escrow_status why_waiting(code_control const &c) noexcept {
    for (code_version const *v = c.waiting; v != nullptr; v = v->next)
      if (v->inside() != 0 || v->holds() == 0) return ESCROW_E_BUSY;
    return ESCROW_E_LEAK;
  }
  static void configure(code_control &c, escrow_code_options const &o) noexcept {
    lock_hold const hold(c.guard);
    c.abi = o.abi;
    c.table_bytes = o.table_bytes;
    c.history = o.history;
    c.check = o.check;
    c.context = o.context;
    c.latest = c.swapped = c.rolled_back = c.differed = c.refused = 0;
    c.libraries = c.unloaded = c.left_loaded = c.leaked = 0;
    c.reason = {};
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
