// escrow/call_stack.hpp: where a thread is: its return addresses, or those of a caller that has
// its own. [L1]
#ifndef ESCROW_CALL_STACK_HPP
#define ESCROW_CALL_STACK_HPP

#if defined(__linux__)
#include <sys/auxv.h>
#endif

#include "lane.hpp"
#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// The innermost frames of a stack, innermost first: native ones, then those that a managed caller
/// (Go) handed in. What does not fit is cut at the outer end.
///
/// The first native frame is a return address that the compiler vouches for. Those above it are
/// found by saved frame pointers, where they are asked for: an unwinder would take locks, allocate,
/// cost a microsecond a frame and make every Go binary need libgcc. Code that is compiled without
/// frame pointers keeps something else in that register, so each step is checked to stay inside the
/// thread's stack and to go outwards: wrong frames are possible then, a fault is not.
struct call_stack {
  static constexpr u32 most = 29;

  u64 frames[most];
  u32 count;
  u32 native;  // how many of them are native

  void clear() noexcept { count = native = 0; }
  /// Adds a native frame outside of those that are there; no managed one may be there yet.
  void add(u64 pc) noexcept {
    if (count == most) return;
    frames[count++] = pc;
    native = count;
  }
  /// Adds the frames of a managed caller.
  void add_managed(u64 const *pcs, u64 n) noexcept {
    for (u64 i = 0; i < n && count < most; ++i) frames[count++] = pcs[i];
  }

  /// FNV-1a of 64 bits in steps of 64, not 8: one multiplication a frame. Never 0. Stacks that
  /// differ in one frame have different keys for certain, as the prime is odd.
  [[nodiscard]] u64 key() const noexcept {
    u64 hash = 0xCBF29CE484222325ull ^ native;
    for (u32 i = 0; i < count; ++i) hash = (hash ^ frames[i]) * 0x100000001B3ull;
    return hash != 0 ? hash : 1;
  }

  /// The end of the calling thread's own stack, above `within` it; 0 where it cannot be told. The
  /// system gives no cheap answer, but everything between a place in the stack and what lies at its
  /// end is mapped: the thread's control block (glibc puts it there), and for the first thread the
  /// random bytes of the program's start. NOT for code that runs on stacks of its own making.
  [[nodiscard]] static u64 end_of_stack(u64 within) noexcept {
#if defined(__linux__) && defined(__GLIBC__)
    constexpr u64 most_stack = 256u << 20;
    if (u64 const block = thread_token(); block > within && block - within < most_stack)
      return block;
    constexpr u64 most_first_stack = 8u << 20;
    if (u64 const start = ::getauxval(AT_RANDOM);
        start > within && start - within < most_first_stack)
      return start;
#endif
    (void)within;
    return 0;
  }

  /// Adds return addresses by the chain of frame pointers that begins at `frame`, a frame of the
  /// calling thread that is still there. `site`, added before, is looked for in the first frames,
  /// which are the library's own: what comes before it is left out, or else the first alone.
  [[gnu::noinline, gnu::no_sanitize_address]] void walk(u64 frame, u64 site) noexcept {
    constexpr u32 own = 6;  // frames between the walk and the site, at most
    u64 const end = end_of_stack(frame);
    u32 const from = count;
    u32 seen = 0;
    while (count < most && frame % sizeof(u64) == 0 && frame < end &&
           end - frame >= 2 * sizeof(u64)) {
      u64 const next = *reinterpret_cast<u64 const volatile *>(frame);
      u64 const pc = *reinterpret_cast<u64 const volatile *>(frame + sizeof(u64));
      if (pc < 4096) break;
      if (pc == site && seen < own) {
        count = native = from;
      } else if (seen != 0) {
        add(pc);
      }
      ++seen;
      if (next <= frame) break;
      frame = next;
    }
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
