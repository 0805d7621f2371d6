// refused: offender has a frame whose size is known at run time only
extern "C" long offender(unsigned long size) {
  char *const memory = static_cast<char *>(__builtin_alloca(size));
  asm volatile("" : : "r"(memory) : "memory");
  return memory[0];
}
