// refused: add_race has a loop .* that nobody has looked at
#include <atomic>
[[gnu::always_inline]] static inline unsigned long add_race(std::atomic<unsigned long> &word) {
  unsigned long seen = word.load(std::memory_order_relaxed);
  while (!word.compare_exchange_weak(seen, seen + 1, std::memory_order_relaxed)) {
  }
  return seen;
}
extern "C" unsigned long offender(std::atomic<unsigned long> *word) {
  return add_race(*word);
}
