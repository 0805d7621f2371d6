// refused: weight is a weak symbol: the linker may keep another unit's copy
[[gnu::noinline]] inline long weight(long a) {
  asm volatile("" : : : "memory");
  return a * 3;
}
extern "C" long offender(long a) {
  return weight(a) + 1;
}
