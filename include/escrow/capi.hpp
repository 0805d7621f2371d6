// escrow/capi.hpp: the definitions behind escrow.h, for exactly one translation unit of an image.
// [L5]
//
//     #define ESCROW_FACADE_TU
//     #include "escrow/capi.hpp"
//
// In a Go program that unit is part of example.com/escrow/go/escrow; other packages only declare.
#ifndef ESCROW_CAPI_HPP
#define ESCROW_CAPI_HPP

#if !defined(ESCROW_FACADE_TU)
#error \
    "escrow/capi.hpp defines the facade and belongs in exactly one translation unit of an image: define ESCROW_FACADE_TU there. Elsewhere include escrow/escrow.h (C) or escrow/escrow.hpp (C++); in Go, import example.com/escrow/go/escrow, which holds that unit."
#endif

#include <signal.h>

#include <cstddef>
#include <utility>

#include "address.hpp"
#include "binding.hpp"
#include "cell.h"
#include "cell_census.hpp"
#include "cell_lifecycle.hpp"
#include "cell_proposals.hpp"
#include "cell_reader.hpp"
#include "cell_writer.hpp"
#include "census.hpp"
#include "code.h"
#include "code_entry.hpp"
#include "code_lifecycle.hpp"
#include "code_swap.hpp"
#include "escrow.h"
#include "guarded.h"
#include "guarded_objects.hpp"
#include "layout.h"
#include "leaf.h"
#include "ledger.h"
#include "ledger.hpp"
#include "ledger_text.hpp"
#include "ledger_walk.hpp"
#include "lifecycle.hpp"
#include "map.h"
#include "map_access.hpp"
#include "map_bytes.h"
#include "map_control.hpp"
#include "map_handles.h"
#include "map_place.h"
#include "map_words.h"
#include "object.hpp"
#include "reference.hpp"
#include "sequence.h"
#include "sequence.hpp"
#include "table.hpp"

/// The image's table. A second facade unit in one image defines this symbol twice: a link error.
struct alignas(escrow::cache_line) escrow1_table_storage {
  escrow::slot_table value;
};
constinit escrow1_table_storage escrow1_table{};
extern "C" {
constinit unsigned char const escrow1_abi_minor_0 = ESCROW_ABI_MINOR;
}

namespace escrow::inline ESCROW_ABI {

/// What the C functions share: outputs zeroed on failure, misuse counted.
struct facade {
  /// Counts a refusal on the pool that owns the handle's slot now; returns it.
  [[gnu::cold, gnu::noinline]] static escrow_status refused(u64 bits, escrow_status why) noexcept {
    if (why == ESCROW_E_BUSY || !handle::names_slot(bits)) return why;
    slot const at = slot::at(bits);
    if (at.header == nullptr) return why;
    if (pool_control *const c = owner_of(*at.home); c != nullptr) c->count_misuse(why);
    return why;
  }
  [[nodiscard]] static escrow_status counted(u64 bits, escrow_status status) noexcept {
    return status >= 0 ? status : refused(bits, status);
  }
  /// The same for calls that name a pool.
  [[gnu::cold, gnu::noinline]] static escrow_status pool_refused(u64 pool,
                                                                 escrow_status why) noexcept {
    pool_control *c = nullptr;
    if (find_pool(pool, c) == ESCROW_OK && pool_status(*c, pool) != ESCROW_E_STALE)
      c->count_misuse(why);
    return why;
  }
  /// What escrow_acquire leaves to a call: whatever is not the common case. `site`: who called it.
  [[nodiscard, gnu::noinline]] static escrow_status acquire(u64 pool, u64 bytes, u64 *out_handle,
                                                            void **out_payload,
                                                            void const *site) noexcept {
    pool_control *c = nullptr;
    char *payload = nullptr;
    auto s = open_pool(pool, c);
    if (s == ESCROW_OK) s = acquisition::object(*c, pool, bytes, *out_handle, payload);
    if (s != ESCROW_OK) return pool_refused(pool, s);
    if (out_payload != nullptr) *out_payload = payload;
    ledger::acquired_at(*c, *out_handle, site);
    return s;
  }
  /// What escrow_release leaves to a call.
  [[nodiscard, gnu::noinline]] static escrow_status release(u64 bits) noexcept {
    return counted(bits, patiently([=] { return reference::release(bits, false); }));
  }
  /// An open pool's control block.
  [[nodiscard]] static escrow_status open_pool(u64 pool, pool_control *&c) noexcept {
    if (auto const s = find_pool(pool, c); s != ESCROW_OK) [[unlikely]]
      return s;
    // acquire: the options; re-checked after the claim [P1]
    if (c->word.load(std::memory_order_acquire) == block_word::open_at(pool)) [[likely]]
      return ESCROW_OK;
    auto const s = pool_status(*c, pool);
    return s == ESCROW_OK ? ESCROW_E_BUSY : s;
  }
};

/// FNV-1a over the numbers that inline code of two units must agree on.
constexpr u64 abi_hash() noexcept {
  u64 const numbers[] = {ESCROW_ABI_MAJOR,
                         sizeof(slot_header),
                         offsetof(slot_header, word),
                         offsetof(slot_header, payload),
                         offsetof(slot_header, about),
                         word::generation_shift,
                         word::occ,
                         word::rev,
                         word::tra,
                         word::own,
                         word::ref,
                         word::lend,
                         word::last_generation,
                         handle::index_shift,
                         handle::tag_shift,
                         sizeof(slab),
                         sizeof(segment),
                         sizeof(slot_table),
                         sizeof(pool_control),
                         offsetof(pool_control, shelves),
                         sizeof(cell_control),
                         offsetof(cell_control, word),
                         sizeof(snapshot),
                         slot_build::redzone,
                         slot_build::checked,
                         slot_build::of_malloc,
                         sizeof(lane),
                         sizeof(escrow_pool_options),
                         sizeof(escrow_pool_stats)};
  u64 hash = 0xCBF29CE484222325ull;
  for (u64 const n : numbers)
    for (u32 byte = 0; byte < 8; ++byte)
      hash = (hash ^ (n >> (8 * byte) & 0xFF)) * 0x100000001B3ull;
  return hash;
}

}  // namespace escrow::inline ESCROW_ABI

#include "capi_calls.hpp"

// The unit of a Go program is compiled with a bound on frames that is meant for leaves; none of
// these is one. clang only warns, and knows the flag by another name.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wframe-larger-than="
#endif
#include "capi_cell.hpp"
#include "capi_code.hpp"
#include "capi_layout.hpp"
#include "capi_map.hpp"
#include "capi_map_bytes.hpp"
#include "capi_map_handles.hpp"
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include "capi_guarded.hpp"
#include "capi_leaf.hpp"
#include "capi_ledger.hpp"
#include "capi_map_leaf.hpp"
#include "capi_map_place.hpp"
#include "capi_sequence.hpp"

#endif
