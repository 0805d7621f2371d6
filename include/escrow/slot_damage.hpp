// escrow/slot_damage.hpp: looks at what surrounds payload, and reports who was written over. [L3]
#ifndef ESCROW_SLOT_DAMAGE_HPP
#define ESCROW_SLOT_DAMAGE_HPP

#include <cstdlib>

#include "canary.hpp"
#include "claim.hpp"
#include "control.hpp"
#include "line.hpp"
#include "platform.hpp"
#include "site_text.hpp"
#include "slab.hpp"
#include "table.hpp"

namespace escrow::inline ESCROW_ABI {

/// Somebody wrote where nobody may. That is no code: the call which finds it is not the one that
/// did it, whoever did it has gone on, and what lies there now may be anything; so the process ends
/// with a sentence. Its stack is of the release or the acquisition that found it.
struct slot_damage {
  [[noreturn, gnu::cold, gnu::noinline]] static void report(slab const &s, slot_header const &h,
                                                            char const *at, bool ended) noexcept {
    // relaxed, here and below: the slot is the caller's alone, and so pins its slab
    u64 const payload = h.payload.load(std::memory_order_relaxed);
    u64 const bytes = slot_header::size_of(h.about.load(std::memory_order_relaxed));
    u64 const k = static_cast<u64>(&h - s.headers.load(std::memory_order_relaxed));
    // The generation before this one is that of the last holder.
    u64 const name = s.name_at(k, word::generation(h.word.load(std::memory_order_relaxed)) - 1);
    pool_control const *const c = owner_of(s);
    line out;
    out.add("escrow: memory damaged: pool \"").add(c == nullptr ? "" : c->name).add("\": ");
    if (bytes == 0) {
      out.add("a slot that was never handed out was written to");
    } else {
      out.add("object ").hex(name).add(" of ").number(bytes).add(" bytes: ");
      u64 const where = reinterpret_cast<u64>(at);
      if (where < payload) {
        out.number(payload - where).add(" bytes before it was written to while it was held");
      } else if (ended) {
        out.add("byte ").number(where - payload).add(" was written to after its release");
      } else {
        out.add("byte ").number(where - payload);
        out.add(", behind its end, was written to while it was held");
      }
    }
    u32 const site = site_text::of(name);
    out.add(site != 0 ? "; acquired at:" : "; a ledger at full level says where it was acquired");
    out.write(STDERR_FILENO);
    if (site != 0) site_text::write(STDERR_FILENO, site, false);
    std::abort();
  }

  // What follows is of builds with checked slots, in which all memory of a slab that nobody holds
  // is filled.

  /// A slot that is about to be handed out: nobody may have written to it since it was freed.
  static void look_at_claimed(claim const &mine) noexcept {
    slot const at = slot::at(mine.name);
    if (!at.home->is_block()) look_at_free(*at.home, *mine.header);
  }
  /// What is behind the payload that was handed out, zeroed to a multiple of 16, stays filled.
  static void arm(claim const &mine, u64 bytes) noexcept {
    u64 const stride = slot::at(mine.name).home->stride.load(std::memory_order_relaxed);
    canary::fill(reinterpret_cast<char *>(mine.payload) + bytes, stride - bytes);
  }
  /// A slab whose memory goes back, all slots reserved.
  static void look_at_retired(slab const &s) noexcept {
    for (u32 k = 0; k < s.used(); ++k) {
      slot_header const &h = s.header(k);
      if (!s.is_block()) {
        look_at_free(s, h);
        continue;
      }
      // relaxed: all its slots are RESERVED by the caller
      u64 const bytes = slot_header::size_of(h.about.load(std::memory_order_relaxed));
      u64 const stride = s.stride.load(std::memory_order_relaxed);
      char const *const behind = payload_of(h) + bytes;
      if (bytes == 0) continue;  // withdrawn before it was handed out
      if (char const *const at = canary::broken(behind, stride - bytes); at != nullptr)
        report(s, h, at, false);
    }
  }

 private:
  [[nodiscard]] static char const *payload_of(slot_header const &h) noexcept {
    return reinterpret_cast<char const *>(h.payload.load(std::memory_order_relaxed));
  }
  static void look_at_free(slab const &s, slot_header const &h) noexcept {
    char const *const payload = payload_of(h);
    u64 const stride = s.stride.load(std::memory_order_relaxed);  // 0: the slots of references
    if (char const *const at = canary::broken(payload, stride); at != nullptr)
      report(s, h, at, true);
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
