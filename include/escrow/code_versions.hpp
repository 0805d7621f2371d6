// escrow/code_versions.hpp: the versions of a code slot: published, kept, retired, let go. [L3]
#ifndef ESCROW_CODE_VERSIONS_HPP
#define ESCROW_CODE_VERSIONS_HPP

#include <cstring>

#include "code_control.hpp"
#include "code_library.hpp"
#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

struct code_versions {
  /// Publishes a copy of a table as the next version. On success the version has the caller's
  /// reference to the library. The caller calls collect() afterwards.
  /// @return ESCROW_OK | ESCROW_E_DIFFERS another version than `expected` is current |
  ///         ESCROW_E_CLOSED | ESCROW_E_STALE | ESCROW_E_NOMEM
  [[nodiscard]] static escrow_status publish(code_control &c, u64 slot, void const *functions,
                                             code_library *library, u64 expected,
                                             u64 &out_version) noexcept {
    lock_hold const hold(c.guard);
    if (auto const s = c.status_at(slot); s != ESCROW_OK) return s;
    if (!is_current(c, expected)) return ESCROW_E_DIFFERS;
    if (library != nullptr) ++library->references;
    if (!publish_locked(c, slot, functions, library)) return ESCROW_E_NOMEM;
    if (library != nullptr) ++c.libraries;
    ++c.swapped;
    out_version = c.latest;
    return ESCROW_OK;
  }
  /// Before somebody takes the trouble of a verification, which uses options that the slot must
  /// outlive: on ESCROW_OK it is not destroyed before end_swap(). @return as publish()
  [[nodiscard]] static escrow_status begin_swap(code_control &c, u64 slot, u64 expected) noexcept {
    lock_hold const hold(c.guard);
    if (auto const s = c.status_at(slot); s != ESCROW_OK) return s;
    if (!is_current(c, expected)) return ESCROW_E_DIFFERS;
    ++c.swapping;
    return ESCROW_OK;
  }
  static void end_swap(code_control &c) noexcept {
    lock_hold const hold(c.guard);
    --c.swapping;
  }

  /// Publishes a kept version once more, as a new one; the current one stays as it is.
  /// @return ESCROW_OK | ESCROW_E_ABSENT not kept | ESCROW_E_CLOSED | ESCROW_E_STALE |
  ///         ESCROW_E_NOMEM
  [[nodiscard]] static escrow_status roll_back(code_control &c, u64 slot, u64 to,
                                               u64 &out_version) noexcept {
    lock_hold const hold(c.guard);
    if (auto const s = c.status_at(slot); s != ESCROW_OK) return s;
    for (u32 i = 0; i < c.kept_count; ++i) {
      code_version const &v = *c.kept[i];
      if (v.version != to) continue;
      if (to != c.latest) {
        if (v.library != nullptr) ++v.library->references;
        if (!publish_locked(c, slot, v.table, v.library)) return ESCROW_E_NOMEM;
        ++c.rolled_back;
      }
      out_version = c.latest;
      return ESCROW_OK;
    }
    return ESCROW_E_ABSENT;
  }

  /// Nobody enters any more, and no version is kept. guard is held.
  static void retire_all(code_control &c) noexcept {
    c.face.publish(nullptr);
    for (u32 i = 0; i < c.kept_count; ++i) retire(c, *c.kept[i]);
    c.kept_count = 0;
  }

  /// Lets go what nobody is in any more. How many versions. May unload libraries, which runs their
  /// destructors: no lock is held then.
  static u32 collect(code_control &c) noexcept {
    code_library *gone = nullptr;
    u32 count = 0;
    {
      lock_hold const hold(c.guard);
      for (code_version **at = &c.waiting; *at != nullptr;) {
        code_version &v = **at;
        if (!v.idle()) {
          at = &v.next;
          continue;
        }
        *at = v.next;
        let_go(c, v, gone);
        ++count;
      }
    }
    while (gone != nullptr) {
      code_library *const l = gone;
      gone = l->next;
      finish(c, l);
    }
    return count;
  }
  /// What a leaver does that may have been the last. Where it was not, it asks for no lock.
  [[gnu::cold, gnu::noinline]] static void look(code_version const &v) noexcept {
    if (v.idle()) (void)collect(*v.home);
  }

  /// Lets a library go that nobody uses.
  static void unload(code_control &c, code_library *l) noexcept {
    {
      lock_hold const hold(c.guard);
      ++c.going;
    }
    finish(c, l);
  }

  static escrow_status refuse(code_control &c, escrow_status why,
                              escrow_code_reason const &reason) noexcept {
    lock_hold const hold(c.guard);
    if (why == ESCROW_E_DIFFERS) {
      ++c.differed;
    } else {
      ++c.refused;
      c.reason = reason;
    }
    return why;
  }

  /// The versions that a roll back may go to, oldest first; the last is the current one. How many
  /// there are, of which the first `capacity` are written.
  [[nodiscard]] static u32 list(code_control &c, escrow_code_version_info *out,
                                u32 capacity) noexcept {
    lock_hold const hold(c.guard);
    for (u32 i = 0; i < c.kept_count && i < capacity; ++i) {
      code_version const &v = *c.kept[i];
      out[i] = {v.version, v.inside(), v.holds(), v.library != nullptr};
    }
    return c.kept_count;
  }

  static void stats(code_control &c, escrow_code_stats &out) noexcept {
    lock_hold const hold(c.guard);
    out.current = c.kept_count == 0 ? 0 : c.latest;
    for (u32 i = 0; i < c.kept_count; ++i) count(*c.kept[i], out);
    for (code_version const *v = c.waiting; v != nullptr; v = v->next) {
      ++out.waiting;
      count(*v, out);
    }
    out.swapped = c.swapped;
    out.rolled_back = c.rolled_back;
    out.differed = c.differed;
    out.refused = c.refused;
    out.libraries = c.libraries;
    out.unloaded = c.unloaded;
    out.kept = c.left_loaded;
    out.leaked = c.leaked;
    out.reason = c.reason;
  }

 private:
  static void count(code_version const &v, escrow_code_stats &out) noexcept {
    ++out.live;
    out.inside += v.inside();
    out.holds += v.holds();
  }
  [[nodiscard]] static bool is_current(code_control const &c, u64 expected) noexcept {
    return expected == ESCROW_CODE_ANY || expected == c.latest;
  }

  /// The version's reference to the library is counted already. False: no memory, and nothing is
  /// changed but that. guard is held.
  [[nodiscard]] static bool publish_locked(code_control &c, u64 slot, void const *functions,
                                           code_library *library) noexcept {
    code_version *const v = take(c);
    if (v == nullptr) {
      if (library != nullptr) --library->references;
      return false;
    }
    std::memcpy(v->table, functions, c.table_bytes);
    v->slot = slot;
    v->version = ++c.latest;
    v->library = library;
    v->leaked.store(0, std::memory_order_relaxed);  // relaxed: before publication
    code_version *oldest = nullptr;
    if (c.kept_count == c.history + 1) {
      oldest = c.kept[0];
      --c.kept_count;
      for (u32 i = 0; i < c.kept_count; ++i) c.kept[i] = c.kept[i + 1];
    }
    c.kept[c.kept_count++] = v;
    c.face.publish(v);
    if (oldest != nullptr) retire(c, *oldest);  // after another one is current [U1]
    return true;
  }
  static void retire(code_control &c, code_version &v) noexcept {
    v.next = c.waiting;
    c.waiting = &v;
    v.retire();
  }
  [[nodiscard]] static code_version *take(code_control &c) noexcept {
    code_version *v = c.unused;
    if (v != nullptr) {
      c.unused = v->next;
      return v;
    }
    v = reinterpret_cast<code_version *>(table().take_record(sizeof(code_version)));
    if (v != nullptr) v->home = &c;
    return v;
  }

  /// An idle version becomes a free record; its library, when that was the last reference, goes on
  /// the list. guard is held.
  static void let_go(code_control &c, code_version &v, code_library *&gone) noexcept {
    code_library *const l = v.library;
    // relaxed: set before the end that idle() acquired
    bool const leaked = v.leaked.load(std::memory_order_relaxed) != 0;
    if (leaked) ++c.leaked;
    if (l != nullptr) {
      l->stays |= leaked;
      if (--l->references == 0) {
        l->next = gone;
        gone = l;
        --c.libraries;
        ++c.going;
      }
    }
    v.library = nullptr;
    v.gate_type::let_go();
    v.next = c.unused;
    c.unused = &v;
  }
  static void finish(code_control &c, code_library *l) noexcept {
    bool const gone = code_library::unload(l);
    lock_hold const hold(c.guard);
    --c.going;
    ++(gone ? c.unloaded : c.left_loaded);
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
