/* Has a descriptor of another code_table.h. */
#define NUMBER 20
#define OTHER_FORMAT
#include "library.h"
