// expect: exactly one
#ifdef OK
#define ESCROW_FACADE_TU
#endif
#include "escrow/capi.hpp"
