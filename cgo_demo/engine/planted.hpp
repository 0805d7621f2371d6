// planted.hpp: the mistake of engine_options::plant_leak, for docs/leaks.md to find.
#ifndef CGO_DEMO_ENGINE_PLANTED_HPP
#define CGO_DEMO_ENGINE_PLANTED_HPP

#include <escrow/escrow.h>

#include "line_scan.hpp"

namespace code_search::planted {

/// Notes in an object of its own where a page was cut, so that another engine could go on there.
/// Leaks that object for each page that was not cut: an early return forgets it.
[[nodiscard]] escrow_status checkpoint(escrow_pool results, bool cut, line_position const &at);

}  // namespace code_search::planted

#endif
