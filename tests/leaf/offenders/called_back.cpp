// refused: again is called by itself
// Only inlining resolves the pointer.
static inline long step(long (*function)(long), long n) {
  return function(n - 1) * 3 + n % 5;
}
[[gnu::noinline]] static long again(long n) {
  return n <= 0 ? 1 : step(again, n) + step(again, n / 2);
}
extern "C" long offender(long n) {
  return again(n);
}
