// A shared library that offers a facade of its own, with a table of its own.
#define ESCROW_FACADE_TU
#define ESCROW_EXPORT
#include "escrow/capi.hpp"
