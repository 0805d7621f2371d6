// refused: gcd is called by itself
// The optimiser makes a loop of it.
static unsigned long gcd(unsigned long a, unsigned long b) {
  return b == 0 ? a : gcd(b, a % b);
}
extern "C" unsigned long offender(unsigned long a, unsigned long b) {
  return gcd(a, b);
}
