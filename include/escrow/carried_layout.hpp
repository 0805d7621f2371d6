// escrow/carried_layout.hpp: the layout that a pool, a map or a cell carries. [L2]
#ifndef ESCROW_CARRIED_LAYOUT_HPP
#define ESCROW_CARRIED_LAYOUT_HPP

#include <cstring>

#include "field.h"
#include "layout.hpp"
#include "lock.hpp"
#include "platform.hpp"
#include "status.h"
#include "table.hpp"

namespace escrow::inline ESCROW_ABI {

/// The image's own copy of a layout: the caller's list may lie in a library that is unloaded, or on
/// a stack. One for each layout, however often it is carried; immutable, and never freed, so that
/// who was shown one may keep its address.
struct kept_layout {
#if defined(ESCROW_SMALL_COUNTS)
  static constexpr u32 most = 8;
#else
  static constexpr u32 most = 4096;
#endif

  escrow_layout value;
  kept_layout *next;  // an older one

  /// The copy of `given`, which is well formed; nullptr for nullptr.
  /// @return ESCROW_OK | ESCROW_E_OPTION not well formed | ESCROW_E_NOMEM | ESCROW_E_EXHAUSTED
  /// 4,096 different layouts are kept
  [[nodiscard]] static escrow_status keep(escrow_layout const *given,
                                          escrow_layout const *&out) noexcept {
    out = nullptr;
    if (given == nullptr) return ESCROW_OK;
    if (!layout_rules::well_formed(*given)) return ESCROW_E_OPTION;
    u64 const print =
        layout_rules::fingerprint(given->size, given->alignment, given->fields, given->field_count);
    slot_table &t = table();
    lock_hold const hold(t.layouts_lock);
    for (kept_layout const *k = t.layouts; k != nullptr; k = k->next) {
      if (k->value.fingerprint != print || !layout_rules::same(k->value, *given)) continue;
      out = &k->value;
      return ESCROW_OK;
    }
    if (t.layouts_kept == most) return ESCROW_E_EXHAUSTED;
    u64 const list = sizeof(escrow_field) * u64{given->field_count};
    char *const raw = t.take_record(sizeof(kept_layout) + list);
    if (raw == nullptr) return ESCROW_E_NOMEM;
    auto *const fields = reinterpret_cast<escrow_field *>(raw + sizeof(kept_layout));
    std::memcpy(fields, given->fields, list);
    auto *const fresh = reinterpret_cast<kept_layout *>(raw);
    fresh->value = *given;
    fresh->value.fingerprint = print;
    fresh->value.fields = fields;
    fresh->next = t.layouts;
    t.layouts = fresh;
    ++t.layouts_kept;
    out = &fresh->value;
    return ESCROW_OK;
  }
};

/// What to embed in a control block: zero pages carry nothing. Set while the owner is being opened,
/// before its handle is published, which publishes the layout as well; so who holds a reference, or
/// keeps the owner from ending otherwise, reads a constant. A reader that holds nothing may see
/// that of the block's next owner: it takes the lock under which owners open and end, or looks at
/// the owner's word before and after.
class carried_layout {
 public:
  /// `kept` is what kept_layout::keep() gave.
  void set(escrow_layout const *kept) noexcept {
    // release: the list, for a reader whose handle is stale, too; pairs with get() [Y1]
    at_.store(kept, std::memory_order_release);
  }
  /// Lives as long as the image; NULL: none is carried.
  [[nodiscard]] escrow_layout const *get() const noexcept {
    return at_.load(std::memory_order_acquire);  // acquire: the list; pairs with set() [Y1]
  }
  /// One compare; false, too, where none is carried.
  [[nodiscard]] bool is(u64 fingerprint) const noexcept {
    escrow_layout const *const l = get();
    return l != nullptr && l->fingerprint == fingerprint;
  }

 private:
  std::atomic<escrow_layout const *> at_;
};

}  // namespace escrow::inline ESCROW_ABI

#endif
