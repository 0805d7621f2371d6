#define NUMBER 14
#define ABI (CODE_TEST_ABI + 1)
#include "library.h"
