/* Says that its table is smaller. */
#define NUMBER 18
#define SHORT
#include "library.h"
