/* Describes a table, and gives none. */
#define NUMBER 19
#define NO_TABLE
#include "library.h"
