// refused: calls sched_yield, which is not in this unit
// refused: offender calls sched_yield through the procedure linkage table
// Inline assembly hides the call from the compiler.
extern "C" long offender() {
#if defined(__x86_64__)
  asm volatile("call sched_yield@PLT" : : : "rax", "rcx", "rdx", "rsi", "rdi", "memory");
#else
  asm volatile("bl sched_yield" : : : "x0", "x30", "memory");
#endif
  return 0;
}
