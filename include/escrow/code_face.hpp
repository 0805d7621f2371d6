// escrow/code_face.hpp: how calls enter and leave a version of code, and when nobody is in it. [L2]
#ifndef ESCROW_CODE_FACE_HPP
#define ESCROW_CODE_FACE_HPP

#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// The counts of one version: who came and who went, each a sum over stripes that only rises and is
/// never set back, also when the gate is used for another version.
///
///     entered   calls that began here, and those that looked and went again
///     left      their ends
///     held      references that keep the version without a call: made inside a call, or from
///               another one
///     dropped   their ends
///     retired   1: no longer current nor kept, and not let go yet; who leaves looks whether it was
///               the last
///
/// Any thread may end what another began, in any stripe: sums tell, not lanes.
///
/// Nobody is inside [U1]. idle() adds up left and dropped, then entered and held, and compares.
/// Each end that it counted has its beginning counted: the beginning happened before the end, which
/// idle() acquired. So equal sums mean that all beginnings it counted have ended. A call whose
/// beginning it did not count is (b) below:
///
///     writer              1 current = another (seq_cst)      caller   a now = current
///                         2 retired = 1   (seq_cst)                   b entered += 1 (seq_cst)
///     whoever calls       3 reads left, dropped (seq_cst)             c current == now ? (seq_cst)
///     idle()              4 reads entered, held (seq_cst)             d inside; e left += 1
///
/// 4 did not see b, so b comes after 4 and after 1 in the order of all seq_cst accesses, and c sees
/// 1 or something newer: it is not inside, and goes again having read nothing of the version. A
/// hold whose beginning was not counted was made by a call or a hold that was not counted as ended,
/// so there is none.
///
/// Somebody finds it out [U2]. 2 before 3, e before the look at retired, all seq_cst: either 3 sees
/// e, or who did e sees retired and calls idle() itself.
///
/// A gate may be used again as soon as it was idle. A caller that took its address long ago counts
/// itself in and out there: a disturbance that ends by a look at retired, as every end. If the gate
/// is current again at its second look (c), it is inside the new version, whose content it has not
/// read before.
template <template <class> class Atomic, u32 Stripes>
struct basic_code_gate {
  static constexpr u32 stripe_count = Stripes;

  struct alignas(cache_line) stripe {
    Atomic<u64> entered{0};
    Atomic<u64> left{0};
    Atomic<u64> held{0};
    Atomic<u64> dropped{0};
  };

  stripe stripes[Stripes];
  alignas(cache_line) Atomic<u32> retired{0};

  /// A call ends. True: the version is retired, and this may have been the last call.
  [[nodiscard, gnu::always_inline]] inline bool leave(u32 index) noexcept {
    // seq_cst: shows idle() what the call did, before the look at retired; e [U1] [U2]
    stripes[index].left.fetch_add(1, std::memory_order_seq_cst);
    return retired.load(std::memory_order_seq_cst) != 0;  // seq_cst: [U2]
  }
  /// Keeps the version beyond the call or the hold that the caller is in.
  void hold(u32 index) noexcept {
    // relaxed: ordered by the end of the caller's call or hold, which comes later [U1]
    stripes[index].held.fetch_add(1, std::memory_order_relaxed);
  }
  /// The end of a hold. True: as leave().
  [[nodiscard]] bool drop(u32 index) noexcept {
    stripes[index].dropped.fetch_add(1,
                                     std::memory_order_seq_cst);  // seq_cst: as leave() [U1] [U2]
    return retired.load(std::memory_order_seq_cst) != 0;          // seq_cst: [U2]
  }

  /// The version is neither current nor kept any more; idle() is asked afterwards.
  void retire() noexcept { retired.store(1, std::memory_order_seq_cst); }  // seq_cst: 2 [U2]
  /// The gate was idle, and nobody waits for it any more.
  void let_go() noexcept {
    // relaxed: who still sees 1 looks once too often; retire() comes after publish() anyway
    retired.store(0, std::memory_order_relaxed);
  }

  /// No call is inside and nobody holds it, and no one ever will: of a gate that is not current.
  [[nodiscard]] bool idle() const noexcept {
    u64 ended = 0;
    u64 begun = 0;
    for (auto const &s : stripes) {
      // seq_cst: after retired = 1; acquires what the calls did; 3 [U1] [U2]
      ended += s.left.load(std::memory_order_seq_cst);
      ended += s.dropped.load(std::memory_order_seq_cst);
    }
    for (auto const &s : stripes) {
      begun +=
          s.entered.load(std::memory_order_seq_cst);    // seq_cst: after current = another; 4 [U1]
      begun += s.held.load(std::memory_order_relaxed);  // relaxed: ordered by the ends above [U1]
    }
    return ended == begun;
  }

  /// How many calls are inside; with those that look and go again. Exact when nobody comes.
  [[nodiscard]] u64 inside() const noexcept {
    u64 ended = 0;
    u64 begun = 0;
    for (auto const &s : stripes) ended += s.left.load(std::memory_order_acquire);  // acquire: [U1]
    // relaxed: as in idle()
    for (auto const &s : stripes) begun += s.entered.load(std::memory_order_relaxed);
    return begun - ended;
  }
  [[nodiscard]] u64 holds() const noexcept {
    u64 ended = 0;
    u64 begun = 0;
    for (auto const &s : stripes) ended += s.dropped.load(std::memory_order_acquire);  // [U1]
    for (auto const &s : stripes) begun += s.held.load(std::memory_order_relaxed);  // relaxed: same
    return begun - ended;
  }
};

/// Which version calls go to. `Gate` is a basic_code_gate, or has one as its base; Gate::at(name)
/// is the gate of a number that is not 0, gate.name() its number.
template <template <class> class Atomic, class Gate>
struct basic_code_face {
  Atomic<u64> current{0};  // name of a gate; 0: no version, or no more

  /// Counts the caller into the current version. NULL: there is none. `last(gate)` is called when
  /// passing through a gate was the last that a retired version waited for.
  /// Progress: lock-free; every turn is a swap that another thread has made.
  template <class Last>
  [[nodiscard, gnu::always_inline]] inline Gate *enter(u32 index, Last const &last) noexcept {
    u64 now = current.load(std::memory_order_acquire);  // acquire: the memory of the gate; a [U1]
    for (;;) {
      if (now == 0) [[unlikely]]
        return nullptr;
      Gate *const gate = Gate::at(now);
      gate->stripes[index].entered.fetch_add(1, std::memory_order_seq_cst);  // seq_cst: b [U1]
      u64 const again = current.load(std::memory_order_seq_cst);  // seq_cst: the version; c [U1]
      if (again == now) [[likely]]
        return gate;
      if (gate->leave(index)) last(*gate);
      now = again;
    }
  }

  /// Calls that begin later go to this version. NULL: nowhere. One writer at a time.
  void publish(Gate const *gate) noexcept {
    // seq_cst: the version's content, before 2 to 4; 1 [U1]
    current.store(gate == nullptr ? 0 : gate->name(), std::memory_order_seq_cst);
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
