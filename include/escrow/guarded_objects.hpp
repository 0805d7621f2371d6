// escrow/guarded_objects.hpp: one in so many objects of a pool lies between inaccessible pages.
// [L3]
#ifndef ESCROW_GUARDED_OBJECTS_HPP
#define ESCROW_GUARDED_OBJECTS_HPP

#include "control.hpp"
#include "guarded_pages.hpp"
#include "platform.hpp"
#include "site_text.hpp"
#include "slab.hpp"
#include "slab_memory.hpp"
#include "slot_build.hpp"
#include "slot_damage.hpp"
#include "table.hpp"

namespace escrow::inline ESCROW_ABI {

/// Which objects are guarded, and what happens at their begin and end. A guarded object is a block:
/// a slab by itself, whose memory comes from guarded_pages.
///
/// The short way of acquire is not asked, so with no rate it costs nothing, and with one it costs
/// what a refill from freed slots costs elsewhere:
///
///   rate 0       none
///   below 64     each acquisition takes the slow path: n = 1
///   from 64 on   acquisitions take the slow path where their slab's mask is used up, which stands
///                for as many as the slab has slots: n
///
/// A visit is chosen with n / (n + rate - 1): it leaves the mask as it is, so the next acquisition
/// comes here again, and on average n / (rate - 1) are guarded for n that are not. Choices are a
/// mixture of a count, so no pattern of the program falls in step with them.
struct guarded_objects {
  static constexpr u32 rare = slab::slots;
  static constexpr u32 rarest = 1u << 31;

  /// One in `rate` objects from now on, 0 none. The pool's guard is held, or nobody knows it yet.
  static void set_rate(pool_control &c, u32 rate) noexcept {
    constexpr auto relaxed =
        std::memory_order_relaxed;  // each word for itself; nothing hangs on it
    bool const always = slot_build::slowly || (rate != 0 && rate < rare);
    c.guard_rate.store(rate, relaxed);
    c.guards.store(always      ? guarding::always
                   : rate != 0 ? guarding::now_and_then
                               : guarding::none,
                   relaxed);
    c.most_direct.store(always ? 0 : most_direct_of(c), relaxed);
  }

  /// Is this visit of the slow path to bring a guarded object? `slots`: of a slab of its class.
  [[nodiscard]] static bool chosen(pool_control &c, u64 bytes, u32 slots) noexcept {
    u64 const rate = c.guard_rate.load(std::memory_order_relaxed);  // relaxed: a rate
    if (rate == 0 || bytes > guarded_pages::most_bytes) return false;
    bool const always = c.guards.load(std::memory_order_relaxed) == guarding::always;
    // relaxed: a count
    u64 mixed = c.guard_turns.fetch_add(1, std::memory_order_relaxed) * 0x9E3779B97F4A7C15ull;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9ull;
    u64 const each = always ? 1 : slots;
    return (mixed >> 32) * (rate - 1 + each) < each << 32;
  }

  /// An object of the caller's lies there, zeroed: from here on what surrounds it is watched.
  static void begin(slot const &at, u64 name, u64 pool, u64 bytes) noexcept {
    // acquire: the places; pairs with slab_memory::guarded [M1]
    guarded_pages *const places = table().guarded.load(std::memory_order_acquire);
    // relaxed: the object is ours
    char *const payload =
        reinterpret_cast<char *>(at.header->payload.load(std::memory_order_relaxed));
    poison::show(payload, align_up(bytes, 16));
    places->arm(at.home->units, name, pool, payload, bytes);
    poison::hide(payload + bytes, align_up(bytes, 16) - bytes);
  }

  /// Looks around an object whose slab is being taken back, its payload shown. Returns where it was
  /// acquired, where the ledger knows.
  [[nodiscard]] static u32 ended(slab const &s) noexcept {
    guarded_pages *const places = table().guarded.load(std::memory_order_acquire);  // acquire: [M1]
    u64 object, pool, payload, bytes, over;
    u32 site;
    // Withdrawn before it was handed out: what the place shows is of an earlier one.
    if (!places->read(s.units, object, pool, payload, bytes, over, site) || over != 0) return 0;
    slot_header const &h = s.header(0);
    if (char const *const at = places->broken(s.units); at != nullptr)
      slot_damage::report(s, h, at, false);
    // relaxed: its slot is RESERVED by the caller
    u64 const last = word::generation(h.word.load(std::memory_order_relaxed)) - 1;
    return site_text::of(s.name_at(0, last));
  }

 private:
  /// The most bytes of an object that the pool's shape lets take the short way; 0: none.
  [[nodiscard]] static u64 most_direct_of(pool_control const &c) noexcept {
    constexpr auto relaxed = std::memory_order_relaxed;  // as in set_rate
    u32 const only = c.only_class.load(relaxed);
    if (only == block_class) return 0;
    if (only != class_count) return c.most_bytes.load(relaxed);
    return c.alignment.load(relaxed) <= 16 ? size_class::largest - slot_build::redzone : 0;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
