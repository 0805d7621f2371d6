// A unit as an author of leaves writes one; everything in it keeps to the contract.
// loop: {anonymous}::counter::next	at most 64 lost races, then false
// loop: leaf_sum	count is cut to 64
#include <atomic>
#include <cstring>

namespace {

template <class T>
struct counter {
  std::atomic<T> word;

  [[gnu::always_inline]] bool next(T &out) {
    T seen = word.load(std::memory_order_relaxed);
    for (unsigned lost = 0; lost != 64; ++lost)
      if (word.compare_exchange_weak(seen, seen + 1, std::memory_order_relaxed)) {
        out = seen;
        return true;
      }
    return false;
  }
};

}  // namespace

extern "C" {

long leaf_next(counter<unsigned long> *from, unsigned long *out) {
  return from != nullptr && out != nullptr && from->next(*out) ? 0 : -1;
}

unsigned long leaf_sum(unsigned long const *from, unsigned long count) {
  unsigned long sum = 0;
  for (unsigned long at = 0; at != (count < 64 ? count : 64); ++at) sum += from[at];
  return sum;
}

long leaf_same(char const *a, char const *b, unsigned long size) {
  return size <= 4096 && std::memcmp(a, b, size) == 0 ? 1 : 0;
}
}
