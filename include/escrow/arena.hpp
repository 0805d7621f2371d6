// escrow/arena.hpp: ranges of payload memory, cut from regions that are never unmapped. [L2]
#ifndef ESCROW_ARENA_HPP
#define ESCROW_ARENA_HPP

#include <bit>
#include <cstring>

#include "check.hpp"
#include "lock.hpp"
#include "pages.hpp"
#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// Memory lent to a slab.
struct range {
  char *first;
  u32 region;
  u32 units;
};

/// 4 MiB of address space in units of 1 KiB, or one block that is larger than a quarter of that.
struct region {
  static constexpr u32 unit_bytes = 1024;
  static constexpr u32 shared_units = 4096;
  static constexpr u32 words = shared_units / 64;

  char *first;
  u32 units;
  u32 free_units;
  bool huge;        // of huge pages
  bool single;      // one block, taken whole
  u32 next_single;  // index + 1
  u64 used[words];
  u64 dirty[words];  // handed out since the system last zeroed it

  [[nodiscard]] static bool bit(u64 const *bits, u32 at) noexcept {
    return (bits[at / 64] >> (at % 64) & 1) != 0;
  }
  static void put(u64 *bits, u32 at, u32 count, bool value) noexcept {
    for (u32 i = at; i < at + count;) {
      u32 const in_word = i % 64;
      u32 const n = count - (i - at) < 64 - in_word ? count - (i - at) : 64 - in_word;
      u64 const mask = (n == 64 ? ~0ull : (1ull << n) - 1) << in_word;
      if (value) {
        bits[i / 64] |= mask;
      } else {
        bits[i / 64] &= ~mask;
      }
      i += n;
    }
  }
  /// One past the last set bit in [at, at + count), or `at` when none is set.
  [[nodiscard]] static u32 last_set(u64 const *bits, u32 at, u32 count) noexcept {
    for (u32 end = at + count; end > at;) {
      u32 const w = (end - 1) / 64;
      u32 const low = w * 64 > at ? 0 : at % 64;
      u64 const below = end - w * 64 == 64 ? ~0ull : (1ull << (end - w * 64)) - 1;
      u64 const seen = bits[w] & below & ~((1ull << low) - 1);
      if (seen != 0) return w * 64 + static_cast<u32>(std::bit_width(seen));
      end = w * 64;
    }
    return at;
  }
  /// First unit of a free run, or shared_units.
  [[nodiscard]] u32 find(u32 count, u32 alignment) const noexcept {
    for (u32 at = 0; at + count <= shared_units;) {
      u32 const blocked = last_set(used, at, count);
      if (blocked == at) return at;
      at = static_cast<u32>(align_up(blocked, alignment));
    }
    return shared_units;
  }
};

/// All payload memory of the image. Address space is reserved once and reused; pages go back to the
/// system as soon as every unit on them is free. Zero-initialised is empty.
class arena {
 public:
  /// Takes `bytes` aligned to `alignment` (up to 4096). `zeroed`: it must read as zero.
  /// False: the system has no memory.
  [[nodiscard]] bool take(u64 bytes, u64 alignment, bool huge, bool zeroed, range &out) noexcept {
    u32 const units = static_cast<u32>(align_up(bytes, region::unit_bytes) / region::unit_bytes);
    lock_hold const hold(lock_);
    if (units > region::shared_units / 4) return take_single(units, huge, out);
    u32 const step =
        alignment > region::unit_bytes ? static_cast<u32>(alignment / region::unit_bytes) : 1;
    u32 &hint = first_with_room_[huge ? 1 : 0];
    u32 looked = 0;
    for (u32 i = hint; i < count_ && looked < most_looks; ++i) {
      region &r = at(i);
      if (r.single || r.huge != huge || r.free_units == 0) {
        if (i == hint) ++hint;
        continue;
      }
      ++looked;
      if (r.free_units < units) continue;
      u32 const unit = r.find(units, step);
      if (unit != region::shared_units) return cut(i, unit, units, zeroed, out);
    }
    u32 const fresh = map(region::shared_units, huge, false);
    return fresh != none && cut(fresh, 0, units, zeroed, out);
  }

  /// Takes a range back and gives its whole pages to the system.
  void give_back(range const &r) noexcept {
    lock_hold const hold(lock_);
    region &home = at(r.region);
    home.free_units += home.single ? home.units : r.units;
    if (home.single) {
      ++idle_singles_;
      u64 const bytes = u64{home.units} * region::unit_bytes;
      if (!pages::decommit(home.first, bytes)) std::memset(home.first, 0, bytes);
      return;
    }
    u32 const unit = static_cast<u32>((r.first - home.first) / region::unit_bytes);
    region::put(home.used, unit, r.units, false);
    region::put(home.dirty, unit, r.units, true);
    decommit_around(home, unit, r.units);
    u32 &hint = first_with_room_[home.huge ? 1 : 0];
    if (r.region < hint) hint = r.region;
  }

 private:
  static constexpr u32 none = ~0u;
  static constexpr u32 most_looks = 64;  // fragmented regions examined before a new one is mapped
  static constexpr u32 segment_regions = 256;
  static constexpr u32 most_segments = 4096;  // 4 TiB of shared regions

  [[nodiscard]] region &at(u32 index) noexcept {
    return segments_[index / segment_regions][index % segment_regions];
  }

  [[nodiscard]] bool cut(u32 index, u32 unit, u32 units, bool zeroed, range &out) noexcept {
    region &r = at(index);
    region::put(r.used, unit, units, true);
    r.free_units -= units;
    out = {r.first + u64{unit} * region::unit_bytes, index, units};
    if (!zeroed) return true;
    for (u32 i = unit; i < unit + units; ++i) {
      if (!region::bit(r.dirty, i)) continue;
      std::memset(r.first + u64{i} * region::unit_bytes, 0, region::unit_bytes);
      region::put(r.dirty, i, 1, false);
    }
    return true;
  }

  /// A block of its own; one that was given back is reused when at most half of it would be idle.
  [[nodiscard]] bool take_single(u32 units, bool huge, range &out) noexcept {
    for (u32 next = idle_singles_ != 0 ? singles_ : 0; next != 0;) {
      region &r = at(next - 1);
      if (r.free_units == r.units && r.huge == huge && r.units >= units && r.units / 2 <= units) {
        r.free_units = 0;
        --idle_singles_;
        out = {r.first, next - 1, r.units};
        return true;
      }
      next = r.next_single;
    }
    u32 const fresh = map(units, huge, true);
    if (fresh == none) return false;
    region &r = at(fresh);
    r.free_units = 0;
    r.next_single = singles_;
    singles_ = fresh + 1;
    out = {r.first, fresh, r.units};
    return true;
  }

  /// Reserves a region. Returns its index or `none`.
  [[nodiscard]] u32 map(u32 units, bool huge, bool single) noexcept {
    if (count_ == segment_regions * most_segments) return none;
    region *&segment = segments_[count_ / segment_regions];
    u64 const page = pages::size();
    if (segment == nullptr) {
      segment = pages::reserve_for<region>(segment_regions);
      if (segment == nullptr) return none;
    }
    u64 const bytes = align_up(u64{units} * region::unit_bytes, page);
    bool const large_pages = huge && bytes >= pages::huge_bytes;
    char *const first = pages::reserve(bytes, large_pages ? pages::huge_bytes : page);
    if (first == nullptr) return none;
    if (large_pages) pages::prefer_huge(first, bytes);
    region &r = at(count_);
    r.first = first;
    r.units = static_cast<u32>(bytes / region::unit_bytes);
    r.free_units = r.units;
    r.huge = huge;
    r.single = single;
    return count_++;
  }

  /// Decommits every page that touches the range and has no used unit.
  static void decommit_around(region &r, u32 unit, u32 units) noexcept {
    u32 const per_page = static_cast<u32>(pages::size() / region::unit_bytes);
    u32 const begin = unit / per_page * per_page;
    u32 const end = static_cast<u32>(align_up(unit + units, per_page));
    for (u32 page = begin; page < end;) {
      u32 stop = page;
      while (stop < end && region::last_set(r.used, stop, per_page) == stop) stop += per_page;
      if (stop == page) {
        page += per_page;
        continue;
      }
      if (pages::decommit(r.first + u64{page} * region::unit_bytes,
                          u64{stop - page} * region::unit_bytes))
        region::put(r.dirty, page, stop - page, false);
      page = stop;
    }
  }

  lock lock_;
  u32 count_ = 0;
  u32 singles_ = 0;       // index + 1 of the newest single block
  u32 idle_singles_ = 0;  // how many of them may be reused: with none the list is not walked
  u32 first_with_room_[2] = {0, 0};
  region *segments_[most_segments] = {};
};

}  // namespace escrow::inline ESCROW_ABI

#endif
