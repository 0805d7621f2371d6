// ranking.hpp: the ranking of one search: the version of its first call, to its end.
#ifndef CGO_DEMO_ENGINE_RANKING_HPP
#define CGO_DEMO_ENGINE_RANKING_HPP

#include <escrow/code.h>
#include <cstdint>

#include "ranking.h"

namespace code_search {

/// Publishes the engine's own function in a slot that has no version yet.
/// @return as escrow_code_swap
[[nodiscard]] escrow_status publish_built_in(escrow_code_slot slot);

/// Inside one version of a ranking from the first score on, so that all scores of a search can be
/// compared and its library stays. Any thread may end it; it keeps no swap waiting.
class ranking_call {
 public:
  ranking_call() = default;
  ranking_call(ranking_call const &) = delete;
  ranking_call &operator=(ranking_call const &) = delete;
  ~ranking_call() {
    if (call_.place != 0) (void)escrow_code_leave(&call_);
  }

  /// @return ESCROW_OK | as escrow_code_enter
  [[nodiscard]] escrow_status score(escrow_code_slot slot, engine_ranked const &file,
                                    engine_weights const &weights, double &out);
  /// 0: no score was asked for.
  [[nodiscard]] std::uint64_t version() const { return call_.version; }

 private:
  escrow_code_call call_{};
};

}  // namespace code_search

#endif
