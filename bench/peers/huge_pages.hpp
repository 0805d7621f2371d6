// bench/peers/huge_pages.hpp: an allocator that asks for huge pages, as escrow does, so that no map
// wins by its pages. Memory of less than one comes from the C library.
#ifndef ESCROW_BENCH_PEERS_HUGE_PAGES_HPP
#define ESCROW_BENCH_PEERS_HUGE_PAGES_HPP

#include <sys/mman.h>

#include <cstdlib>

#include "../block.hpp"

namespace bench {

template <class T>
class huge_pages {
 public:
  using value_type = T;

  huge_pages() = default;
  template <class U>
  huge_pages(huge_pages<U> const &) noexcept {}  // NOLINT(google-explicit-constructor): rebinding

  T *allocate(std::size_t count) {
    constexpr u64 huge = u64{2} << 20;
    u64 const wanted = count * sizeof(T);
    u64 const step = wanted < huge ? 64 : huge;
    u64 const bytes = (wanted + step - 1) / step * step;
    void *const memory = std::aligned_alloc(step, bytes);
    if (memory == nullptr) refused("aligned_alloc");
    if (step == huge) (void)madvise(memory, bytes, MADV_HUGEPAGE);
    return static_cast<T *>(memory);
  }
  void deallocate(T *memory, std::size_t) noexcept { std::free(memory); }

  template <class U>
  bool operator==(huge_pages<U> const &) const noexcept {
    return true;
  }
};

}  // namespace bench

#endif
