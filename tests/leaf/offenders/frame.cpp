// refused: offender: 1[0-9]+ bytes of stack, more than 512
extern "C" long offender(char const *from) {
  char copy[1000];
  __builtin_memcpy(copy, from, sizeof copy);
  asm volatile("" : : "r"(copy) : "memory");
  return copy[7];
}
