// Wrong: a second facade unit in one binary.
#define ESCROW_FACADE_TU
#include "escrow/capi.hpp"
