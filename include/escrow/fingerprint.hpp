// escrow/fingerprint.hpp: call stacks, each kept once and named by a small number. [L2]
//
// For every sampler that asks "where": it enters a stack and keeps the number. Memory is fixed, an
// entry takes no lock and allocates nothing, and a number stays good for ever.
#ifndef ESCROW_FINGERPRINT_HPP
#define ESCROW_FINGERPRINT_HPP

#include "call_stack.hpp"
#include "keyed_places.hpp"
#include "pages.hpp"
#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// One stack. In zero pages it is a place that nobody uses.
///
///     empty     key 0
///     claimed   key of the stack, shape 0: frames are being written by the thread that claimed
///     ready     shape count | native << 8: key, shape and frames never change again
///
/// Who meets a claimed place with its own key uses the number at once, and who reads waits for
/// nobody: it is told that the stack is not there yet. [F1]
template <template <class> class Atomic, class Stack>
struct alignas(256) basic_fingerprint {
  Atomic<u64> key;
  Atomic<u64> shape;
  Atomic<u64> seen;  // how often it was entered, less what was taken back
  Atomic<u64> frames[Stack::most];
};

/// All stacks of a process: open addressing by the stack's key, nothing ever leaves. Two stacks
/// whose keys are equal share a place; of 4096 that takes odds of 2^-40.
/// Progress: enter() is wait-free, at most `Probes` places.
template <template <class> class Atomic, class Stack, u32 Places, u32 Probes>
class basic_fingerprints {
 public:
  static constexpr u32 places = Places;
  static constexpr u32 probes = Probes;

  /// The number of a stack, from 1; 0 where no place is left, which is counted.
  [[nodiscard]] u32 enter(Stack const &stack) noexcept {
    u32 const number = find(stack);
    if (number != 0)
      places_[number - 1].seen.fetch_add(1, std::memory_order_relaxed);  // relaxed: counter only
    return number;
  }
  /// The same for what is counted elsewhere.
  [[nodiscard]] u32 find(Stack const &stack) noexcept {
    bool fresh;
    u32 const at = keyed_places::claim<probes>(places_, stack.key(), fresh);
    if (at == keyed_places::none) {
      lost_.fetch_add(1, std::memory_order_relaxed);  // relaxed: counter only
      return 0;
    }
    if (fresh) {
      auto &f = places_[at];
      for (u32 k = 0; k < stack.count; ++k)  // relaxed: before publication
        f.frames[k].store(stack.frames[k], std::memory_order_relaxed);
      // release: publishes the frames; pairs with read() [F1]
      f.shape.store(1 << 16 | stack.native << 8 | stack.count, std::memory_order_release);
    }
    return at + 1;
  }
  /// Takes one entry back from the count: it was replaced by another.
  void take_back(u32 number) noexcept {
    if (number - 1 < places)
      places_[number - 1].seen.fetch_sub(1, std::memory_order_relaxed);  // relaxed: counter only
  }
  /// Is there such a number? Then for ever.
  [[nodiscard]] bool has(u32 number) const noexcept {
    return number - 1 < places &&
           places_[number - 1].shape.load(std::memory_order_relaxed) != 0;  // relaxed: see read()
  }
  /// The stack of a number, and how often it was entered; false: there is none, or not yet.
  [[nodiscard]] bool read(u32 number, Stack &out, u64 &out_seen) const noexcept {
    if (number - 1 >= places) return false;
    auto const &f = places_[number - 1];
    u64 const shape = f.shape.load(std::memory_order_acquire);  // acquire: the frames [F1]
    if (shape == 0) return false;
    out.count = static_cast<u32>(shape & 0xFF);
    out.native = static_cast<u32>(shape >> 8 & 0xFF);
    for (u32 k = 0; k < out.count; ++k)  // relaxed: behind shape
      out.frames[k] = f.frames[k].load(std::memory_order_relaxed);
    out_seen = f.seen.load(std::memory_order_relaxed);  // relaxed: counter only
    return true;
  }
  /// Stacks that found no place.
  [[nodiscard]] u64 lost() const noexcept { return lost_.load(std::memory_order_relaxed); }

 protected:
  basic_fingerprint<Atomic, Stack> places_[places];
  Atomic<u64> lost_;
};

/// 4096 stacks, 1 MiB.
class fingerprints : public basic_fingerprints<std::atomic, call_stack, 4096, 32> {
 public:
  /// Zero pages for all of them, never given back. nullptr: the system has none.
  [[nodiscard]] static fingerprints *reserve() noexcept {
    return pages::reserve_for<fingerprints>();
  }
  /// Gives a site's managed frames names that a report of a dying process can show: text that is
  /// never given back. False: it has one, or there is no such site.
  [[nodiscard]] bool set_name(u32 number, char const *text) noexcept {
    if (!has(number)) return false;
    char const *none = nullptr;
    // release: the text; pairs with name() [F3]
    return names_[number - 1].compare_exchange_strong(none, text, std::memory_order_release,
                                                      std::memory_order_relaxed);
  }
  [[nodiscard]] char const *name(u32 number) const noexcept {
    if (number - 1 >= places) return nullptr;
    return names_[number - 1].load(std::memory_order_acquire);  // acquire: the text [F3]
  }

 private:
  std::atomic<char const *> names_[places];
};
static_assert(sizeof(basic_fingerprint<std::atomic, call_stack>) == 256);

}  // namespace escrow::inline ESCROW_ABI

#endif
