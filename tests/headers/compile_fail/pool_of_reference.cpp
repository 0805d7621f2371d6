// expect: pool_of<T>: T must have a standard layout
#include "escrow/escrow.hpp"

#ifdef OK
escrow::pool_of<int> numbers;
#else
escrow::pool_of<int &> numbers;
#endif
