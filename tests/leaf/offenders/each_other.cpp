// refused: even is called by itself, directly or by what it calls
// refused: odd is called by itself, directly or by what it calls
[[gnu::noinline]] static bool odd(unsigned long n);
[[gnu::noinline]] static bool even(unsigned long n) {
  return n == 0 || !odd(n - 1);
}
[[gnu::noinline]] static bool odd(unsigned long n) {
  return n != 0 && !even(n - 1);
}
extern "C" long offender(unsigned long n) {
  return even(n) ? 1 : 0;
}
