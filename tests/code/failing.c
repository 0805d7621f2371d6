#define NUMBER 15
#define FAILS
#include "library.h"
