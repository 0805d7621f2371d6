#include "ranking.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace code_search {

namespace {

double weighted(engine_ranked const *file, engine_weights const *w) {
  std::string_view const path(file->path, file->path_length);
  auto const depth = static_cast<double>(std::ranges::count(path, '/'));
  return w->matches * std::log2(1 + static_cast<double>(file->matches)) + w->depth * depth +
         w->size * std::log2(1 + static_cast<double>(file->bytes) / 1024);
}

constexpr engine_ranking built_in{weighted};

}  // namespace

escrow_status publish_built_in(escrow_code_slot slot) {
  auto const s = escrow_code_swap(slot, &built_in, 0, nullptr, nullptr);
  return s == ESCROW_E_DIFFERS ? ESCROW_OK : s;
}

escrow_status ranking_call::score(escrow_code_slot slot, engine_ranked const &file,
                                  engine_weights const &weights, double &out) {
  if (call_.place == 0) {
    if (auto const s = escrow_code_enter(slot, &call_); s != ESCROW_OK) return s;
  }
  out = static_cast<engine_ranking const *>(call_.table)->score(&file, &weights);
  return ESCROW_OK;
}

}  // namespace code_search
