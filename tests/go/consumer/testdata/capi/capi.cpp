// Wrong: the facade's definitions in a unit of the consumer's own.
#include "escrow/capi.hpp"
