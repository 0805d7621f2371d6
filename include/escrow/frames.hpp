// escrow/frames.hpp: which threads are inside a payload's destructor. [L2]
#ifndef ESCROW_FRAMES_HPP
#define ESCROW_FRAMES_HPP

#include "lane.hpp"
#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// The threads that are inside a payload's destructor right now, so that a release in there only
/// marks and a drain in there is refused: no recursion, whatever the objects own.
///
/// All accesses relaxed: a thread only ever looks for its own token, which only it writes.
class destructor_frames {
 public:
  static constexpr u32 places = 256;

  /// Enters; false when this thread is inside one already, or 256 threads are.
  [[nodiscard]] bool enter() noexcept {
    if (inside()) return false;
    u64 const me = thread_token();
    for (u32 i = 0; i < places; ++i) {
      u64 nobody = 0;
      if (!place(i).compare_exchange_strong(nobody, me, std::memory_order_relaxed)) continue;
      running_.fetch_add(1, std::memory_order_relaxed);
      return true;
    }
    return false;
  }
  /// Leaves; true when mark() was called meanwhile.
  bool leave() noexcept {
    std::atomic<u64> *const mine = find();
    bool const marked = mine->load(std::memory_order_relaxed) & marked_bit;
    mine->store(0, std::memory_order_relaxed);
    running_.fetch_sub(1, std::memory_order_relaxed);
    return marked;
  }
  /// Is the calling thread inside a destructor?
  [[nodiscard]] bool inside() noexcept {
    return running_.load(std::memory_order_relaxed) != 0 && find() != nullptr;
  }
  /// Notes, for leave(), that the destructor left work behind.
  void mark() noexcept {
    if (std::atomic<u64> *const mine = find(); mine != nullptr)
      mine->fetch_or(marked_bit, std::memory_order_relaxed);
  }

 private:
  static constexpr u64 marked_bit = 1;  // thread pointers are aligned to more than that

  [[nodiscard]] std::atomic<u64> &place(u32 i) noexcept {
    return places_[(thread_token() / cache_line + i) % places];
  }
  [[nodiscard]] std::atomic<u64> *find() noexcept {
    u64 const me = thread_token();
    for (u32 i = 0; i < places; ++i)
      if ((place(i).load(std::memory_order_relaxed) & ~marked_bit) == me) return &place(i);
    return nullptr;
  }

  std::atomic<u32> running_{0};
  std::atomic<u64> places_[places]{};
};

}  // namespace escrow::inline ESCROW_ABI

#endif
