// escrow/code_swap.hpp: what a table or library must pass before it is a version. [L3]
#ifndef ESCROW_CODE_SWAP_HPP
#define ESCROW_CODE_SWAP_HPP

#include <cstring>

#include "code_library.hpp"
#include "code_reason.hpp"
#include "code_versions.hpp"
#include "platform.hpp"
#include "status.h"

// The unit of a Go program is compiled with a bound on frames that is meant for leaves; reasons are
// longer, and nothing here is a leaf. clang only warns, and knows the flag by another name.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wframe-larger-than="
#endif

namespace escrow::inline ESCROW_ABI {

/// Every refusal is counted, has a reason, and leaves the current version.
struct code_swap {
  /// Publishes functions of the program itself.
  /// @return ESCROW_OK | ESCROW_E_REFUSED | as code_versions::publish()
  [[nodiscard]] static escrow_status table(code_control &c, u64 slot, void const *functions,
                                           u64 expected, code_reason &why,
                                           u64 &out_version) noexcept {
    auto s = code_versions::begin_swap(c, slot, expected);
    if (s != ESCROW_OK) return end(c, s, why);
    s = look_at(c, functions, why);
    if (s == ESCROW_OK)
      s = code_versions::publish(c, slot, functions, nullptr, expected, out_version);
    code_versions::end_swap(c);
    return end(c, s, why);
  }

  /// Publishes functions of a library. Nothing is locked while it is copied, verified and loaded.
  /// @return ESCROW_OK | ESCROW_E_VERSION another ABI, table size or descriptor |
  ///         as code_library::load() | as table()
  [[nodiscard]] static escrow_status library(code_control &c, u64 slot, char const *path,
                                             char const *symbol, u64 expected, code_reason &why,
                                             u64 &out_version) noexcept {
    code_library *l = nullptr;
    auto s = code_versions::begin_swap(c, slot, expected);
    if (s != ESCROW_OK) return end(c, s, why);
    s = code_library::load(path, symbol, l, why);
    if (s == ESCROW_OK) s = look_at(c, *l->about, why);
    if (s == ESCROW_OK)
      s = code_versions::publish(c, slot, l->about->table, l, expected, out_version);
    if (s != ESCROW_OK && l != nullptr) code_versions::unload(c, l);
    code_versions::end_swap(c);
    return end(c, s, why);
  }

  /// @return as code_versions::roll_back()
  [[nodiscard]] static escrow_status roll_back(code_control &c, u64 slot, u64 to,
                                               u64 &out_version) noexcept {
    auto const s = code_versions::roll_back(c, slot, to, out_version);
    if (s == ESCROW_OK) (void)code_versions::collect(c);
    return s;
  }

 private:
  [[nodiscard]] static escrow_status end(code_control &c, escrow_status s,
                                         code_reason const &why) noexcept {
    if (s == ESCROW_E_CLOSED || s == ESCROW_E_STALE) return s;
    if (s != ESCROW_OK) return code_versions::refuse(c, s, why.said());
    (void)code_versions::collect(c);
    return s;
  }
  [[nodiscard]] static escrow_status look_at(code_control const &c, escrow_code_descriptor const &d,
                                             code_reason &why) noexcept {
    if (d.abi != c.abi) {
      why.add("its ABI version is ").add(d.abi).add(", not ").add(c.abi);
      return ESCROW_E_VERSION;
    }
    if (d.table_bytes != c.table_bytes) {
      why.add("its table has ").add(d.table_bytes).add(" bytes, not ").add(c.table_bytes);
      return ESCROW_E_VERSION;
    }
    if (auto const s = has_functions(c, d.table, why); s != ESCROW_OK) return s;
    if (d.self_test != nullptr) {
      code_reason said;
      auto const code = said.ask([&](escrow_code_reason &room) noexcept {
        return d.self_test(room.text, sizeof room.text);
      });
      if (code != 0) {
        why.add("its self-test says: ").add(*said.text() != 0 ? said.text() : "no");
        return ESCROW_E_REFUSED;
      }
    }
    return ask_host(c, d.table, why);
  }
  [[nodiscard]] static escrow_status look_at(code_control const &c, void const *functions,
                                             code_reason &why) noexcept {
    auto const s = has_functions(c, functions, why);
    return s != ESCROW_OK ? s : ask_host(c, functions, why);
  }
  [[nodiscard]] static escrow_status has_functions(code_control const &c, void const *functions,
                                                   code_reason &why) noexcept {
    for (u64 i = 0; i < c.table_bytes / sizeof(u64); ++i) {
      u64 word;
      std::memcpy(&word, static_cast<char const *>(functions) + i * sizeof word, sizeof word);
      if (word != 0) continue;
      why.add("function ").add(i).add(" of the table is NULL");
      return ESCROW_E_REFUSED;
    }
    return ESCROW_OK;
  }
  [[nodiscard]] static escrow_status ask_host(code_control const &c, void const *functions,
                                              code_reason &why) noexcept {
    if (c.check == nullptr) return ESCROW_OK;
    code_reason said;
    auto const s = said.ask(
        [&](escrow_code_reason &room) noexcept { return c.check(functions, c.context, &room); });
    if (s == ESCROW_OK) return s;
    why.add("the check says: ").add(*said.text() != 0 ? said.text() : "no");
    return ESCROW_E_REFUSED;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#endif
