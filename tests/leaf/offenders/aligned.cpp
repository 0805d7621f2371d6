// refused: offender: [0-9]+ bytes of stack, more than 512
// Most of it is what aligning the frame may take, which the compiler does not count.
extern "C" long offender(char const *from) {
  alignas(512) char copy[64];
  __builtin_memcpy(copy, from, sizeof copy);
  asm volatile("" : : "r"(copy) : "memory");
  return copy[7];
}
