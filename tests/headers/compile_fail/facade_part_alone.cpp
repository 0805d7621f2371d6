// expect: is part of escrow/capi.hpp
#define ESCROW_FACADE_TU
#ifdef OK
#include "escrow/capi.hpp"
#else
#include "escrow/capi_calls.hpp"
#endif
