// escrow/cell_proposals.hpp: contents that wait for the decider of a cell. [L3]
#ifndef ESCROW_CELL_PROPOSALS_HPP
#define ESCROW_CELL_PROPOSALS_HPP

#include <cstring>

#include "bell.hpp"
#include "bytes.hpp"
#include "cell_control.hpp"
#include "cell_snapshots.hpp"
#include "cell_types.h"
#include "cell_writer.hpp"
#include "lock.hpp"
#include "platform.hpp"
#include "reference.hpp"
#include "status.h"

namespace escrow::inline ESCROW_ABI {

/// Places in the control block, all under the cell's lock.
///
///     none --propose--> waiting --take--> taken --accept, refuse--> decided --proposer--> none
///                          \________________\___ time is up, or the cell closed: proposer ---^
///
/// A proposal is handed out once, whoever takes it: nothing is examined twice. Its snapshot is the
/// place's until it is accepted; the proposer lets it go when it leaves. Who took it holds a loan,
/// so a proposer that gives up takes no memory away from under a decoder; accept then finds no
/// place and nothing is published.
///
/// Accepting publishes under the snapshot's own handle, which the decider knew before: a cache
/// entry of it is complete before any reader can see it in the word.
struct cell_proposals {
  using stage = cell_proposal::stage;

  /// Proposes a content and sleeps until it is decided, or the time is up.
  /// @return as cell_writer::publish | ESCROW_E_REFUSED | ESCROW_E_TIMEOUT | ESCROW_E_CLOSED |
  ///         ESCROW_E_KIND the cell has no decider | as cell_snapshots::make
  [[nodiscard]] static escrow_status propose(cell_control &c, u64 cell, bytes const &content,
                                             bytes const &etag,
                                             escrow_cell_condition const &condition, u64 timeout_ns,
                                             u64 &out_version, escrow_cell_reason &why) noexcept {
    out_version = 0;
    if (!c.decided()) return ESCROW_E_KIND;
    if (!cell_writer::is_condition(condition)) return ESCROW_E_OPTION;
    if (condition.etag_size > ESCROW_CELL_MOST_ETAG) return ESCROW_E_DIFFERS;  // no version has it
    auto const end = deadline::after(timeout_ns);
    u64 h = 0;
    snapshot *at = nullptr;
    if (auto const s = cell_snapshots::make(c, content, etag, h, at); s != ESCROW_OK) return s;
    cell_proposal *mine = nullptr;
    (void)c.asked.until([&] { return enter(c, cell, h, condition, mine); }, end);
    if (mine == nullptr) {
      cell_snapshots::release(h);
      return given_up(c, cell);
    }
    c.asked.ring();
    (void)c.asked.until([&] { return is_over(c, cell, *mine); }, end);
    auto const s = leave(c, cell, *mine, out_version, why);
    c.asked.ring();  // a place is free
    if (s != ESCROW_OK) cell_snapshots::release(h);
    return s;
  }

  /// Takes the proposal that has waited longest, with a loan of it (transfer full).
  /// @return ESCROW_OK | ESCROW_E_TIMEOUT none came | ESCROW_E_CLOSED | ESCROW_E_KIND | as
  ///         reference::lend
  [[nodiscard]] static escrow_status take(cell_control &c, u64 cell, u64 timeout_ns,
                                          escrow_cell_view &out) noexcept {
    if (!c.decided()) return ESCROW_E_KIND;
    auto status = escrow_status{ESCROW_E_TIMEOUT};
    (void)c.asked.until(
        [&] {
          lock_hold const hold(c.writer);
          if (!c.is_open(cell)) {
            status = ESCROW_E_CLOSED;
            return true;
          }
          cell_proposal *const p = longest_waiting(c);
          if (p == nullptr) return false;
          u64 loan = 0;
          escrow_view ignored;
          status = reference::lend(p->snapshot, loan, ignored);
          if (status != ESCROW_OK) return true;
          p->at = stage::taken;
          out = cell_snapshots::view(loan, p->snapshot);
          return true;
        },
        deadline::after(timeout_ns));
    return status;
  }

  /// Publishes what was taken, if the proposer's condition holds. The loan stays the caller's.
  /// @return as cell_writer::publish | ESCROW_E_STALE its proposer has given up, or it was decided
  [[nodiscard]] static escrow_status accept(cell_control &c, u64 cell, u64 h,
                                            u64 &out_version) noexcept {
    u64 leaves = 0;
    escrow_status s = ESCROW_OK;
    {
      lock_hold const hold(c.writer);
      cell_proposal *const p = taken(c, h);
      if (p == nullptr) return ESCROW_E_STALE;
      s = cell_writer::publish_locked(c, cell, h, p->condition, out_version, leaves);
      p->version = out_version;
      p->result = s;
      p->at = stage::decided;
    }
    if (s == ESCROW_OK) cell_writer::announce(c, leaves);
    c.asked.ring();
    return s;
  }
  /// Refuses what was taken. The loan stays the caller's. @return ESCROW_OK | ESCROW_E_STALE
  [[nodiscard]] static escrow_status refuse(cell_control &c, u64 h,
                                            escrow_cell_reason const &why) noexcept {
    {
      lock_hold const hold(c.writer);
      cell_proposal *const p = taken(c, h);
      if (p == nullptr) return ESCROW_E_STALE;
      p->reason = why;
      p->reason.text[sizeof why.text - 1] = 0;
      p->result = ESCROW_E_REFUSED;
      p->at = stage::decided;
      cell_writer::count_refusal(c, p->reason);
    }
    c.asked.ring();
    return ESCROW_OK;
  }

  /// How many are there. The lock is not held.
  [[nodiscard]] static u32 any(cell_control &c) noexcept {
    lock_hold const hold(c.writer);
    return count(c);
  }
  /// Is it the snapshot of a proposal? The lock is held.
  [[nodiscard]] static bool has(cell_control const &c, u64 h) noexcept {
    bool found = false;
    for (auto const &p : c.proposals) found = found || (p.at != stage::none && p.snapshot == h);
    return found;
  }
  /// The lock is held.
  [[nodiscard]] static u32 count(cell_control const &c) noexcept {
    u32 n = 0;
    for (auto const &p : c.proposals) n += p.at != stage::none ? 1 : 0;
    return n;
  }

 private:
  /// Takes a place. True: there is one, or there will be none.
  [[nodiscard]] static bool enter(cell_control &c, u64 cell, u64 h,
                                  escrow_cell_condition const &condition,
                                  cell_proposal *&out) noexcept {
    lock_hold const hold(c.writer);
    if (!c.is_open(cell)) return true;
    for (auto &p : c.proposals) {
      if (p.at != stage::none) continue;
      p.at = stage::waiting;
      p.snapshot = h;
      p.number = ++c.proposed;
      p.version = 0;
      p.condition = condition;
      if (condition.etag_size != 0) std::memcpy(p.etag, condition.etag, condition.etag_size);
      p.condition.etag = p.etag;
      p.reason = {};
      out = &p;
      c.tell();
      return true;
    }
    return false;
  }
  [[nodiscard]] static bool is_over(cell_control &c, u64 cell, cell_proposal const &p) noexcept {
    lock_hold const hold(c.writer);
    return p.at == stage::decided || !c.is_open(cell);
  }
  [[nodiscard]] static escrow_status leave(cell_control &c, u64 cell, cell_proposal &p,
                                           u64 &out_version, escrow_cell_reason &why) noexcept {
    lock_hold const hold(c.writer);
    bool const decided = p.at == stage::decided;
    p.at = stage::none;
    if (!decided) return given_up(c, cell);
    out_version = p.version;
    if (p.result == ESCROW_E_REFUSED) why = p.reason;
    return p.result;
  }
  [[nodiscard]] static escrow_status given_up(cell_control const &c, u64 cell) noexcept {
    return c.is_open(cell) ? ESCROW_E_TIMEOUT : ESCROW_E_CLOSED;
  }
  [[nodiscard]] static cell_proposal *longest_waiting(cell_control &c) noexcept {
    cell_proposal *found = nullptr;
    for (auto &p : c.proposals)
      if (p.at == stage::waiting && (found == nullptr || p.number < found->number)) found = &p;
    return found;
  }
  [[nodiscard]] static cell_proposal *taken(cell_control &c, u64 h) noexcept {
    for (auto &p : c.proposals)
      if (p.at == stage::taken && p.snapshot == h) return &p;
    return nullptr;
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
