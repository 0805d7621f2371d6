//go:build cgo && (linux || darwin) && (amd64 || arm64)

// The one translation unit of this image that defines the facade.
#define ESCROW_FACADE_TU
#include "escrow/capi.hpp"
