// The one translation unit of a test program that defines the facade.
#define ESCROW_FACADE_TU
#include "escrow/capi.hpp"
