/* Linked with -z nodelete. */
#define NUMBER 12
#include "library.h"
