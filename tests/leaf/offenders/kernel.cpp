// refused: offender enters the kernel
extern "C" long offender() {
#if defined(__x86_64__)
  long result = 24;
  asm volatile("syscall" : "+a"(result) : : "rcx", "r11", "memory");
#else
  register long result asm("x0") = 0;
  asm volatile("mov x8, 124\n\tsvc 0" : "+r"(result) : : "x8", "memory");
#endif
  return result;
}
