#define ESCROW_FACADE_TU
#include <escrow/capi.hpp>
