#include "planted.hpp"

#include <cstring>

namespace code_search::planted {

namespace {

/// A path fits, too.
constexpr std::uint64_t checkpoint_bytes = 1024;

}  // namespace

escrow_status checkpoint(escrow_pool results, bool cut, line_position const &at) {
  escrow_handle place;
  void *bytes;
  auto const s = escrow_acquire(results, checkpoint_bytes, &place, &bytes);
  if (s < 0) return s;
  if (!cut) return ESCROW_OK;  // planted: without the release of `place`
  std::memcpy(bytes, &at, sizeof at);
  auto const released = escrow_release(place);
  return released < 0 ? released : ESCROW_OK;
}

}  // namespace code_search::planted
