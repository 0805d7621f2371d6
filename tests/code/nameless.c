/* Does not export what it is asked for. */
#define NUMBER 16
#define SYMBOL another_table
#include "library.h"
