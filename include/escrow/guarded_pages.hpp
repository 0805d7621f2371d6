// escrow/guarded_pages.hpp: places between inaccessible pages, for single objects. [L2]
#ifndef ESCROW_GUARDED_PAGES_HPP
#define ESCROW_GUARDED_PAGES_HPP

#include "canary.hpp"
#include "lock.hpp"
#include "pages.hpp"
#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// What is known of the object that lies, or lay last, in a place. Read in signal handlers without
/// a lock, so all is atomic; `object` names the one that the others belong to.
///
///   begin  (1) object = 0;  (2) the fields;  (3) object = its handle
///   end    (4) site, then ended
///   read   (a) object;  (b) the fields;  (c) object again
///
/// Each field is stored with release and loaded with acquire: a reader whose (b) sees a field of a
/// later object has that object's (1) behind it, so its (c) does not find the old handle, which
/// never comes back. [G2]
template <template <class> class Atomic>
struct basic_guarded_place {
  Atomic<u64> object;   // the handle it was acquired under; 0: none yet, or it is changing
  Atomic<u64> pool;     // its pool's handle
  Atomic<u64> payload;  // its address
  Atomic<u64> bytes;    // as asked for
  Atomic<u64> ended;    // when its pages became inaccessible, CLOCK_MONOTONIC ns; 0: held
  Atomic<u32> site;     // of its acquisition, where the ledger noted it; set when it ended
  u32 next;             // of the queue, number + 1; under the lock

  /// By whoever took the place.
  void begin(u64 handle, u64 of_pool, u64 address, u64 size) noexcept {
    object.store(0, std::memory_order_relaxed);  // relaxed: shown by each of the following
    // release: after the 0; pairs with read() [G2]
    pool.store(of_pool, std::memory_order_release);
    payload.store(address, std::memory_order_release);
    bytes.store(size, std::memory_order_release);
    ended.store(0, std::memory_order_release);
    site.store(0, std::memory_order_release);
    object.store(handle, std::memory_order_release);  // release: the fields; pairs with read() [G2]
  }
  /// By whoever ended the object, before the place can be taken again.
  void end(u64 now, u32 where) noexcept {
    // release: after our object's begin; pairs with read() [G2]
    site.store(where, std::memory_order_release);
    ended.store(now, std::memory_order_release);  // release: the site, too; pairs with read() [G2]
  }
  /// What lies or lay in the place; false: nothing yet, or it changes.
  [[nodiscard]] bool read(u64 &out_object, u64 &out_pool, u64 &out_payload, u64 &out_bytes,
                          u64 &out_ended, u32 &out_site) const noexcept {
    out_object = object.load(std::memory_order_acquire);  // acquire: the fields [G2]
    // acquire: before the second look [G2]
    out_pool = pool.load(std::memory_order_acquire);
    out_payload = payload.load(std::memory_order_acquire);
    out_bytes = bytes.load(std::memory_order_acquire);
    out_ended = ended.load(std::memory_order_acquire);
    out_site = site.load(std::memory_order_acquire);
    // relaxed: cannot come before the loads of the fields [G2]
    return out_object != 0 && object.load(std::memory_order_relaxed) == out_object;
  }
};
using guarded_place = basic_guarded_place<std::atomic>;

/// 1,024 places of up to 64 KiB for the whole process, in one reservation:
///
///     | page | ....... object | page | ....... object | page |      | page |: never accessible
///
/// An object ends where its place ends, so the first byte behind it is inaccessible, but for what
/// alignment leaves: at most 15 bytes, or as many as the pool's alignment. These, and what lies
/// before the object on its first page, are canaries, looked at when it ends. The rest of its place
/// is inaccessible, too.
///
/// When an object ends its pages become inaccessible and give their memory back. The place goes to
/// the end of a queue, and is used again after all that ended before it: the quarantine is as long
/// as places are left, and bounded by them.
class guarded_pages {
 public:
  static constexpr u32 places = 1024;
  static constexpr u64 most_bytes = 64u << 10;

  /// Is there address space for the places?
  [[nodiscard]] bool is_prepared() const noexcept {
    return first_.load(std::memory_order_acquire) != nullptr;  // acquire: pairs with prepare() [G1]
  }
  /// Address space for all places, unless it is there; its record begins with zero memory. Under a
  /// lock of the caller's. False: the system has none.
  [[nodiscard]] bool prepare() noexcept {
    if (first_.load(std::memory_order_relaxed) != nullptr) return true;  // relaxed: under the lock
    u64 const page = pages::size();
    u64 const bytes = places * pitch() + page;
    char *const first = pages::reserve_sealed(bytes);
    if (first == nullptr) return false;
    // release: the reservation is there; pairs with find() [G1]
    first_.store(first + page, std::memory_order_release);
    return true;
  }

  /// A place for an object of `bytes`, at most most_bytes, that reads as zero and is aligned to
  /// `alignment`, at most a page. Returns its number + 1, or 0: all are taken, or the system
  /// refuses.
  [[nodiscard]] u32 take(u64 bytes, u64 alignment, char *&out_payload) noexcept {
    u32 number = 0;
    {
      lock_hold const hold(lock_);
      if (fresh_ < places) {
        number = ++fresh_;
      } else if (oldest_ != 0) {
        number = oldest_;
        oldest_ = at(number).next;
        if (oldest_ == 0) newest_ = 0;
      }
    }
    if (number == 0) return 0;
    char *const end = end_of(number);
    char *const payload = end - align_up(bytes, alignment > 16 ? alignment : 16);
    char *const first = first_page(number, payload);
    if (!pages::unseal(first, static_cast<u64>(end - first))) {
      lock_hold const hold(lock_);
      enqueue(number);
      return 0;
    }
    canary::fill(first, static_cast<u64>(payload - first));
    out_payload = payload;
    return number;
  }

  /// Says what lies in a place, once its payload is zeroed; from here on its canaries stand.
  void arm(u32 number, u64 object, u64 pool, char *payload, u64 bytes) noexcept {
    canary::fill(payload + bytes, static_cast<u64>(end_of(number) - payload) - bytes);
    at(number).begin(object, pool, reinterpret_cast<u64>(payload), bytes);
  }

  /// A byte around the object that is no longer as arm() left it; nullptr: none.
  [[nodiscard]] char const *broken(u32 number) noexcept {
    guarded_place const &p = at(number);
    // relaxed: the caller ended the object, and has the place alone
    char const *const payload =
        reinterpret_cast<char const *>(p.payload.load(std::memory_order_relaxed));
    char const *const behind = payload + p.bytes.load(std::memory_order_relaxed);
    char const *const first = first_page(number, payload);
    char const *const bad = canary::broken(first, static_cast<u64>(payload - first));
    return bad != nullptr ? bad : canary::broken(behind, static_cast<u64>(end_of(number) - behind));
  }

  /// The object has ended: nobody may touch its pages until another lies there.
  void give_back(u32 number, char *payload, u64 now, u32 site) noexcept {
    at(number).end(now, site);
    char *const first = first_page(number, payload);
    // Refused where the process has too many mappings: then the place is lost, and not used again
    // as if it were clean.
    if (!pages::seal(first, static_cast<u64>(end_of(number) - first))) return;
    lock_hold const hold(lock_);
    enqueue(number);
  }

  /// The number + 1 of the place that an address lies in, or before, or right behind; 0: none.
  [[nodiscard]] u32 find(u64 address) const noexcept {
    // acquire: pairs with prepare() [G1]
    u64 const first = reinterpret_cast<u64>(first_.load(std::memory_order_acquire));
    u64 const page = pages::size();
    if (first == 0 || address < first - page || address >= first + places * pitch()) return 0;
    if (address < first) return 1;
    return static_cast<u32>((address - first) / pitch()) + 1;
  }

  /// What lies or lay in a place; false: nothing yet, or it changes.
  [[nodiscard]] bool read(u32 number, u64 &object, u64 &pool, u64 &payload, u64 &bytes, u64 &ended,
                          u32 &site) const noexcept {
    return number - 1 < places &&
           places_[number - 1].read(object, pool, payload, bytes, ended, site);
  }

 private:
  /// From one place to the next: its bytes and one page that is never accessible.
  [[nodiscard]] static u64 pitch() noexcept {
    u64 const page = pages::size();
    return align_up(most_bytes, page) + page;
  }
  [[nodiscard]] guarded_place &at(u32 number) noexcept { return places_[number - 1]; }
  [[nodiscard]] char *end_of(u32 number) const noexcept {
    // relaxed: who has a number has come by prepare()
    return first_.load(std::memory_order_relaxed) + number * pitch() - pages::size();
  }
  [[nodiscard]] char *first_page(u32 number, char const *payload) const noexcept {
    char *const end = end_of(number);
    return end - align_up(static_cast<u64>(end - payload), pages::size());
  }
  void enqueue(u32 number) noexcept {
    at(number).next = 0;
    if (newest_ != 0) {
      at(newest_).next = number;
    } else {
      oldest_ = number;
    }
    newest_ = number;
  }

  guarded_place places_[places];
  std::atomic<char *> first_;
  lock lock_;
  u32 fresh_;   // places that were ever taken
  u32 oldest_;  // of the queue, number + 1
  u32 newest_;
};

}  // namespace escrow::inline ESCROW_ABI

#endif
