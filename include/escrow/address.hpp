// escrow/address.hpp: which object an address belongs, or belonged, to. [L3]
#ifndef ESCROW_ADDRESS_HPP
#define ESCROW_ADDRESS_HPP

#include "clock.hpp"
#include "control.hpp"
#include "guarded_objects.hpp"
#include "guarded_pages.hpp"
#include "guarded_types.h"
#include "line.hpp"
#include "platform.hpp"
#include "site_text.hpp"
#include "slab.hpp"
#include "table.hpp"

namespace escrow::inline ESCROW_ABI {

/// Takes no lock, allocates nothing and reads no payload: fit for a signal handler. What changes
/// meanwhile may be told wrongly; the object of a fault does not.
struct address {
  /// False: it is no memory of a pool.
  [[nodiscard, gnu::noinline]] static bool describe(u64 at, escrow_address_info &out) noexcept {
    out = {};
    return describe_guarded(at, out) || describe_slot(at, out);
  }

  /// False: the same, nothing is written.
  [[nodiscard, gnu::noinline]] static bool write(int fd, u64 at) noexcept {
    escrow_address_info a;
    if (!describe(at, a)) return false;
    line out;
    out.add("escrow: address ").hex(at).add(" is ");
    if (a.offset < 0) {
      out.number(static_cast<u64>(-a.offset)).add(" bytes before ");
    } else if (static_cast<u64>(a.offset) < a.size) {
      out.add("byte ").number(static_cast<u64>(a.offset)).add(" of ");
    } else {
      out.number(static_cast<u64>(a.offset) - a.size).add(" bytes behind the end of ");
    }
    if (a.handle == 0)
      out.add("a slot that was never handed out");
    else
      out.add("object ").hex(a.handle).add(", ").number(a.size).add(" bytes, ");
    if (a.handle != 0) out.add(a.state == ESCROW_ADDRESS_HELD ? "held" : "released");
    if (a.ended != 0)
      out.add(" ").number((read_clock(CLOCK_MONOTONIC) - a.ended) / 1'000'000).add(" ms ago");
    pool_control *c = nullptr;
    if (find_pool(a.pool, c) == ESCROW_OK && pool_status(*c, a.pool) != ESCROW_E_STALE)
      out.add(", of pool \"").add(c->name).add("\"");
    if (a.site != 0) out.add(", acquired at:");
    out.write(fd);
    if (a.site != 0) site_text::write(fd, a.site, true);
    return true;
  }

 private:
  [[nodiscard]] static bool describe_guarded(u64 at, escrow_address_info &out) noexcept {
    // acquire: the places; pairs with slab_memory::guarded [M1]
    guarded_pages const *const places = table().guarded.load(std::memory_order_acquire);
    u32 const number = places == nullptr ? 0 : places->find(at);
    if (number == 0) return false;
    out.guarded = 1;
    // A place that nothing lies in yet: the reservation's own.
    if (!places->read(number, out.handle, out.pool, out.payload, out.size, out.ended, out.site)) {
      out = {};
      out.guarded = 1;
      return true;
    }
    out.state = out.ended == 0 ? ESCROW_ADDRESS_HELD : ESCROW_ADDRESS_RELEASED;
    out.offset = static_cast<int64_t>(at - out.payload);
    if (out.ended != 0) return true;
    slot const where = slot::at(out.handle);
    u64 const w = where.header->word.load(std::memory_order_acquire);  // acquire: its note [S1]
    bool const held = word::is_occupied(w);
    if (!held) out.state = ESCROW_ADDRESS_RELEASED;  // its pages are about to be taken
    out.site = site_text::of(where.home->name_at(0, word::generation(w) - (held ? 0 : 1)));
    return true;
  }

  [[nodiscard]] static bool describe_slot(u64 at, escrow_address_info &out) noexcept {
    u32 const slabs = table().slabs();
    for (u32 i = 0; i < slabs; ++i) {
      slab const &s = table().slab_at(i);
      u64 const key = s.owner.load(std::memory_order_acquire);  // acquire: the slab is set up [B1]
      u64 const first = reinterpret_cast<u64>(s.payload.load(std::memory_order_relaxed));
      u64 const stride = s.stride.load(std::memory_order_relaxed);  // relaxed: as above
      if (key == 0 || stride == 0 || at < first || at - first >= stride * s.used()) continue;
      u64 const k = (at - first) / stride;
      slot_header const &h = s.header(static_cast<u32>(k));
      u64 const w = h.word.load(std::memory_order_acquire);  // acquire: the fields below [S1]
      bool const held = word::is_occupied(w);
      out.pool = slab::pool_of(key);
      out.payload = first + k * stride;
      out.offset = static_cast<int64_t>(at - out.payload);
      // acquire: as every reader of a header; pairs with the claim [S1]
      out.size = slot_header::size_of(h.about.load(std::memory_order_acquire));
      if (!held && out.size == 0) return true;
      out.state = held ? ESCROW_ADDRESS_HELD : ESCROW_ADDRESS_RELEASED;
      out.handle = s.name_at(k, word::generation(w) - (held ? 0 : 1));
      out.site = site_text::of(out.handle);
      return true;
    }
    return false;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
