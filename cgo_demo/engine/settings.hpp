// settings.hpp: the settings of one moment, which hold for the whole of a search.
#ifndef CGO_DEMO_ENGINE_SETTINGS_HPP
#define CGO_DEMO_ENGINE_SETTINGS_HPP

#include <escrow/cell.h>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "settings.h"

namespace code_search {

/// Whether the contents of the cell are engine_settings.
/// @return ESCROW_OK | ESCROW_E_LAYOUT they are something else | what is said of something that is
///         no cell
[[nodiscard]] escrow_status check_settings(escrow_cell cell);

/// Holds one version of the settings. Any thread may end it; it keeps no swap waiting.
class settings_hold {
 public:
  settings_hold() = default;
  settings_hold(settings_hold const &) = delete;
  settings_hold &operator=(settings_hold const &) = delete;
  ~settings_hold() {
    if (view_.loan != 0) (void)escrow_cell_release(view_.loan);
  }

  /// The current version of a cell that check_settings() found right; once.
  [[nodiscard]] escrow_status load(escrow_cell cell) { return escrow_cell_load(cell, &view_); }

  [[nodiscard]] engine_settings const &operator*() const {
    return *static_cast<engine_settings const *>(view_.content);
  }
  [[nodiscard]] engine_settings const *operator->() const { return &**this; }
  [[nodiscard]] std::uint64_t version() const { return view_.version; }

 private:
  escrow_cell_view view_{};
};

/// The files that are not searched. Belongs to one thread at a time; the settings outlive it.
class skip_list {
 public:
  /// Throws std::bad_alloc.
  explicit skip_list(engine_settings const &of);

  /// Whether a pattern matches the path or a directory on the way to it. Throws std::bad_alloc.
  [[nodiscard]] bool has(std::string_view path);

 private:
  std::vector<char const *> names_;  // patterns without a slash
  std::vector<char const *> paths_;
  std::string prefix_;  // of the path, ended where a component ends
};

}  // namespace code_search

#endif
