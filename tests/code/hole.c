/* A function of its table is NULL. */
#define NUMBER 17
#define HOLE
#include "library.h"
