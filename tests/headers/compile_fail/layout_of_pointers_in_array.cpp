// expect: ESCROW_LAYOUT\(table\): field rows is a pointer
#include "escrow/layout_of.hpp"

struct table {
#ifdef OK
  int rows[2][3];
#else
  int *rows[2][3];
#endif
};
ESCROW_LAYOUT(table, rows);
