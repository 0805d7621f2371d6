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

#include <bit>
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
#include "managed.h"
#include "map.h"
#include "map_access.hpp"
#include "map_bytes.h"
#include "map_control.hpp"
#include "map_handles.h"
#include "map_place.h"
#include "map_words.h"
#include "misuse.h"
#include "misuse.hpp"
#include "object.hpp"
#include "reference.hpp"
#include "sequence.h"
#include "sequence.hpp"
#include "table.hpp"
#include "trace.h"
#include "trace.hpp"
#include "watch.hpp"

/// The image's table. A second facade unit in one image defines this symbol twice: a link error.
struct alignas(escrow::cache_line) escrow1_table_storage {
  escrow::slot_table value;
};
constinit escrow1_table_storage escrow1_table{};
extern "C" {
constinit unsigned char const escrow1_abi_minor_0 = ESCROW_ABI_MINOR;
}

namespace escrow::inline ESCROW_ABI {

/// Who called: a function of C, whose calls are noted and traced by their site; or somebody who
/// does so himself. Asked only where the answer is needed: always in line.
struct by_site {
  static constexpr bool noted = true;
  [[nodiscard, gnu::always_inline]] static inline void const *site() noexcept {
    return __builtin_return_address(0);
  }
};
struct by_caller {
  static constexpr bool noted = false;
  [[nodiscard, gnu::always_inline]] static inline void const *site() noexcept { return nullptr; }
};

/// What the C functions, those for managed callers and the leaves share: outputs zeroed on failure,
/// refusals counted. `site` nullptr: the caller notes and traces himself.
struct facade {
  [[nodiscard]] static escrow_status counted(u64 bits, escrow_status status) noexcept {
    return status >= 0 ? status : misuse::count(bits, status);
  }
  /// The same for calls that name a pool.
  [[nodiscard, gnu::always_inline]] static inline escrow_status pool_refused(
      u64 pool, escrow_status why, u32 operation = 0, void const *site = nullptr) noexcept {
    return site == nullptr ? misuse::count_pool(pool, why)
                           : misuse::pool_refused(pool, why, operation, site);
  }
  /// Does `act`, an operation on `bits` that puts what comes of it at `peer`; NULL: nothing does.
  template <class Caller, class Act>
  [[nodiscard, gnu::always_inline]] static inline escrow_status run(u32 operation, u64 bits,
                                                                    u64 const *peer,
                                                                    Act act) noexcept {
    if constexpr (!Caller::noted) {
      return counted(bits, act());
    } else {
      if (trace::is_on()) [[unlikely]]
        return watch::traced_at(operation, bits, peer, Caller::site(), act);
      escrow_status const s = act();
      if (s < 0) [[unlikely]]
        return misuse::refused(bits, s, operation, Caller::site());
      return s;
    }
  }

  /// What escrow_acquire leaves to a call: whatever is not the common case.
  [[nodiscard, gnu::noinline]] static escrow_status acquire(u64 pool, u64 bytes, u64 *out_handle,
                                                            void **out_payload,
                                                            void const *site) noexcept {
    pool_control *c = nullptr;
    char *payload = nullptr;
    auto s = open_pool(pool, c);
    if (s == ESCROW_OK) s = acquisition::object(*c, pool, bytes, *out_handle, payload);
    if (s != ESCROW_OK) return pool_refused(pool, s, ESCROW_OPERATION_ACQUIRE, site);
    if (out_payload != nullptr) *out_payload = payload;
    if (site != nullptr) watch::acquired_at(*c, *out_handle, site);
    return s;
  }
  [[nodiscard]] static escrow_status acquire_n(u64 pool, u64 bytes, u64 count, u64 *out_handles,
                                               void **out_payloads, void const *site) noexcept {
    constexpr u64 most = 65536;
    if (out_handles == nullptr) return ESCROW_E_NULL;
    if (count == 0 || count > most)
      return pool_refused(pool, ESCROW_E_SIZE, ESCROW_OPERATION_ACQUIRE, site);
    pool_control *c = nullptr;
    auto s = open_pool(pool, c);
    u64 done = 0;
    if (s == ESCROW_OK)
      s = acquisition::objects(*c, pool, bytes, count, out_handles, out_payloads, done);
    if (s == ESCROW_OK) {
      if (site != nullptr && ledger::watched(*c) != 0) [[unlikely]] {
        for (u64 i = 0; i < count; ++i) watch::acquired_at(*c, out_handles[i], site);
      }
      return s;
    }
    while (done-- > 0) acquisition::undo(out_handles[done]);
    for (u64 i = 0; i < count; ++i) {
      out_handles[i] = 0;
      if (out_payloads != nullptr) out_payloads[i] = nullptr;
    }
    return pool_refused(pool, s, ESCROW_OPERATION_ACQUIRE, site);
  }
  template <class Caller>
  [[nodiscard, gnu::always_inline]] static inline escrow_status dup(u64 handle, u64 *out) noexcept {
    if (out == nullptr) return ESCROW_E_NULL;
    *out = 0;
    auto const s = run<Caller>(ESCROW_OPERATION_DUP, handle, out,
                               [=]() noexcept { return reference::dup(handle, *out); });
    if constexpr (Caller::noted)
      if (s == ESCROW_OK) ledger::attached_at(*out, Caller::site());
    return s;
  }
  /// What escrow_release leaves to a call.
  [[nodiscard, gnu::noinline]] static escrow_status release(u64 bits, void const *site) noexcept {
    auto const act = [=]() noexcept {
      return patiently([=] { return reference::release(bits, false); });
    };
    if (site != nullptr && trace::is_on()) [[unlikely]]
      return watch::traced_at(ESCROW_OPERATION_RELEASE, bits, nullptr, site, act);
    auto const s = act();
    if (s >= 0 || site == nullptr) return counted(bits, s);
    return misuse::refused(bits, s, ESCROW_OPERATION_RELEASE, site);
  }
  template <class Caller>
  [[nodiscard, gnu::always_inline]] static inline escrow_status release_deferred(
      u64 bits) noexcept {
    return run<Caller>(ESCROW_OPERATION_RELEASE, bits, nullptr,
                       [=]() noexcept { return reference::release(bits, true); });
  }
  template <class Caller>
  [[nodiscard, gnu::always_inline]] static inline escrow_status borrow(u64 handle,
                                                                       escrow_view *out) noexcept {
    if (out == nullptr) return ESCROW_E_NULL;
    *out = escrow_view{};
    return run<Caller>(ESCROW_OPERATION_BORROW, handle, nullptr,
                       [=]() noexcept { return reference::borrow(handle, *out); });
  }
  template <class Caller>
  [[nodiscard, gnu::always_inline]] static inline escrow_status give_back_anonymous(
      u64 root) noexcept {
    return run<Caller>(ESCROW_OPERATION_RETURN, root, nullptr,
                       [=]() noexcept { return reference::give_back_anonymous(root); });
  }
  template <class Caller>
  [[nodiscard, gnu::always_inline]] static inline escrow_status move_out(u64 handle,
                                                                         u64 *out) noexcept {
    if (out == nullptr) return ESCROW_E_NULL;
    *out = 0;
    return run<Caller>(ESCROW_OPERATION_MOVE_OUT, handle, out,
                       [=]() noexcept { return reference::move_out(handle, *out); });
  }
  template <class Caller>
  [[nodiscard, gnu::always_inline]] static inline escrow_status move_in(u64 ticket,
                                                                        u64 *out) noexcept {
    if (out == nullptr) return ESCROW_E_NULL;
    *out = 0;
    return run<Caller>(ESCROW_OPERATION_MOVE_IN, ticket, out,
                       [=]() noexcept { return reference::move_in(ticket, *out); });
  }
  template <class Caller>
  [[nodiscard, gnu::always_inline]] static inline escrow_status revoke(u64 handle) noexcept {
    return run<Caller>(ESCROW_OPERATION_REVOKE, handle, nullptr,
                       [=]() noexcept { return reference::revoke(handle); });
  }
  template <class Caller>
  [[nodiscard, gnu::always_inline]] static inline escrow_status read(u64 handle,
                                                                     escrow_view *out) noexcept {
    if (out == nullptr) return ESCROW_E_NULL;
    *out = escrow_view{};
    auto const s = reference::read(handle, *out);
    if (s >= 0 || !Caller::noted) return counted(handle, s);
    return misuse::refused(handle, s, ESCROW_OPERATION_READ, Caller::site());
  }
  [[nodiscard]] static escrow_status close(u64 pool, u32 flags, u64 *out_live,
                                           void const *site) noexcept {
    u64 live = 0;
    auto const s = lifecycle::close(pool, flags, live);
    if (out_live != nullptr) *out_live = live;
    return s < 0 ? pool_refused(pool, s, ESCROW_OPERATION_CLOSE_POOL, site) : s;
  }
  [[nodiscard]] static escrow_status destroy(u64 pool, void const *site) noexcept {
    auto const s = lifecycle::destroy(pool);
    return s < 0 ? pool_refused(pool, s, ESCROW_OPERATION_DESTROY_POOL, site) : s;
  }
  [[nodiscard]] static escrow_status drain(u64 pool, u64 max, u64 *out_ran,
                                           void const *site) noexcept {
    u64 ran = 0;
    pool_control *c = nullptr;
    auto s = readable_pool(pool, c);
    if (s == ESCROW_OK) s = destruction::drain(*c, max, ran);
    if (out_ran != nullptr) *out_ran = ran;
    return s < 0 ? pool_refused(pool, s, ESCROW_OPERATION_DRAIN_POOL, site) : s;
  }
  [[nodiscard]] static escrow_status trim(u64 pool, u64 *out_bytes, void const *site) noexcept {
    u64 bytes = 0;
    pool_control *c = nullptr;
    auto s = open_pool(pool, c);
    if (s == ESCROW_OK) bytes = supply::trim(*c);
    if (out_bytes != nullptr) *out_bytes = bytes;
    return s < 0 ? pool_refused(pool, s, ESCROW_OPERATION_TRIM_POOL, site) : s;
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
#include "capi_managed.hpp"
#include "capi_map_leaf.hpp"
#include "capi_map_place.hpp"
#include "capi_misuse.hpp"
#include "capi_sequence.hpp"
#include "capi_trace.hpp"

#endif
