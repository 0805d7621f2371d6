#define NUMBER 2
#include "library.h"
