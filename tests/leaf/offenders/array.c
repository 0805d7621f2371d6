// refused: offender has a frame whose size is known at run time only
long offender(unsigned long size) {
  char memory[size];
  __asm__ volatile("" : : "r"(memory) : "memory");
  return memory[0];
}
