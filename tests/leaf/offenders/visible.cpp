// flags: -fvisibility=default -fplt
// refused: offender calls sum through the procedure linkage table
extern "C" [[gnu::noinline]] long sum(long a, long b) {
  asm volatile("" : : : "memory");
  return a + b;
}
extern "C" long offender(long a, long b) {
  return sum(a, b) + 1;
}
