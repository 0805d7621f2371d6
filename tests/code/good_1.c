#define NUMBER 1
#include "library.h"
