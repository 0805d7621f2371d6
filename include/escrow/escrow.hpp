// escrow/escrow.hpp: everything for C++. Link with exactly one unit that compiles capi.hpp. [L5]
#ifndef ESCROW_HPP
#define ESCROW_HPP

#include "binding.hpp"
#include "cell.hpp"
#include "code_slot.hpp"
#include "escrow.h"
#include "guard.hpp"
#include "layout_of.hpp"
#include "map_binding.hpp"
#include "pool.hpp"
#include "sequence.hpp"
#include "sharded_map.hpp"

#endif
