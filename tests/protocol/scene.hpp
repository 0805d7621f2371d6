// A pool in any state of docs/protocol.tsv, and the call a case makes. For tests only.
#ifndef ESCROW_TESTS_PROTOCOL_SCENE_HPP
#define ESCROW_TESTS_PROTOCOL_SCENE_HPP

#include <gtest/gtest.h>

#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "escrow/escrow.h"
#include "escrow/leaf.h"
#include "escrow/slot.hpp"
#include "escrow/slot_build.hpp"
#include "table.hpp"

namespace protocol_table {

constexpr uint64_t generation_bits = (1ull << 28) - 1;
/// A reference that a scene begins with has generations enough for what the scene does with it.
constexpr uint64_t fresh_enough = escrow::word::last_generation - 11;
constexpr uint32_t type_id = 7;

uint64_t slot_of(uint64_t handle) {
  return (handle & ~(127ull << 56)) >> 28;
}

/// A pool in the state a case asks for, and every reference that was made on the way.
class scene {
 public:
  explicit scene(key const &k, bool by_leaf = false) : key_(k), by_leaf_(by_leaf) { build(); }
  ~scene() { finish(); }
  scene(scene const &) = delete;
  scene &operator=(scene const &) = delete;

  escrow_status call() {
    if (key_[field::pool] != "inside") return operate();
    escrow_status status = ESCROW_OK;
    std::function<void()> body = [&] { status = operate(); };
    escrow_pool_options o{};
    o.struct_size = sizeof o;
    o.destructor = [](void *, uint64_t, void *context) {
      (*static_cast<std::function<void()> *>(context))();
    };
    o.context = &body;
    escrow_pool outer = 0;
    escrow_handle trigger = 0;
    EXPECT_EQ(escrow_pool_open(&o, &outer), ESCROW_OK);
    EXPECT_EQ(escrow_acquire(outer, 8, &trigger, nullptr), ESCROW_OK);
    EXPECT_GE(escrow_release(trigger), ESCROW_OK);
    EXPECT_EQ(escrow_pool_close(outer, 0, nullptr), ESCROW_OK);
    EXPECT_EQ(escrow_pool_destroy(outer), ESCROW_OK);
    return status;
  }

  /// The state of the one object, as the table names it.
  [[nodiscard]] std::string state() const {
    auto const all = inspect();
    for (auto const &r : all) {
      if (r.kind == ESCROW_KIND_PENDING) return "DEAD";
      if (r.root != r.handle) continue;
      if (r.kind == ESCROW_KIND_TICKET) return "TRANSIT";
      std::string const lent = r.loans != 0 ? "LENT" : "";
      if (r.kind == ESCROW_KIND_OBJECT) {
        if (r.references == 1) return lent.empty() ? "LIVE" : lent;
        return lent.empty() ? "SHARED" : "SHARED+LENT";
      }
      if (r.references == 0) return "ORPHAN";
      return lent.empty() ? "OWNERLESS" : "OWNERLESS+LENT";
    }
    return "FREE";
  }

  /// Everything a failed call must leave as it was.
  [[nodiscard]] std::string inventory() const {
    std::ostringstream text;
    for (auto const &r : inspect())
      text << r.handle << ' ' << r.root << ' ' << r.kind << ' ' << r.references << ' ' << r.loans
           << ' ' << r.size << '\n';
    escrow_pool_stats n{};
    n.struct_size = sizeof n;
    (void)escrow_pool_read_stats(pool_, &n);
    text << n.live << ' ' << n.duplicates << ' ' << n.loans << ' ' << n.borrows << ' ' << n.tickets
         << ' ' << n.pending << ' ' << n.bytes_live;
    return text.str();
  }

  /// "yes", "no", or "" where no reference is left to ask through. May take a ticket in.
  [[nodiscard]] std::string revoked() {
    for (uint64_t h : made_) {
      auto s = escrow_validate(h, 0, 0);
      if (s == ESCROW_E_TRANSIT) {
        escrow_handle taken = 0;
        s = escrow_move_in(h, &taken);
        if (taken != 0) made_.push_back(taken);
      }
      if (s == ESCROW_OK) return "no";
      if (s == ESCROW_E_REVOKED) return "yes";
    }
    return "";
  }

  [[nodiscard]] int destructors() const { return destructors_; }

 private:
  void build() {
    open();
    std::string const &state = key_[field::state];
    std::string const &handle = key_[field::handle];
    if (handle.rfind("stale_", 0) == 0 && (state == "FREE" || state == "REUSED"))
      end_reference(handle, state == "REUSED");
    else if (handle.rfind("forged", 0) == 0 || handle == "slot_handle")
      release(passed_ = acquire());
    else if (state != "FREE" && state != "DEAD")
      hold(state, handle);
    if (handle == "forged_shape") passed_ |= 1ull << 63;
    if (handle == "forged_index") passed_ = (passed_ & (127ull << 56)) | ((1ull << 56) - 1);
    if (handle == "forged_generation") passed_ |= generation_bits;
    if (handle == "forged_pool") passed_ = pool_ | (generation_bits << 28);
    if (handle == "pool_handle" || handle == "pool") passed_ = pool_;
    if (handle == "null" || handle == "null_pool") passed_ = 0;
    uint64_t const doomed = state == "DEAD" ? acquire() : 0;
    std::string const &pool = key_[field::pool];
    if (pool == "closed" || pool == "destroyed") {
      EXPECT_EQ(escrow_pool_close(pool_, 0, nullptr), ESCROW_OK);
    }
    if (pool == "destroyed") {
      EXPECT_EQ(escrow_pool_destroy(pool_), ESCROW_OK);
    }
    if (doomed != 0) {
      EXPECT_EQ(escrow_release_deferred(doomed), ESCROW_PENDING);
      if (handle == "stale_object") passed_ = doomed;
    }
    destructors_ = 0;
  }

  void open() {
    escrow_pool_options o{};
    o.struct_size = sizeof o;
    o.type_id = type_id;
    o.context = this;
    if (key_[field::owed] == "yes")
      o.destructor = [](void *, uint64_t, void *context) {
        ++static_cast<scene *>(context)->destructors_;
      };
    ASSERT_EQ(escrow_pool_open(&o, &pool_), ESCROW_OK);
  }

  /// An object that is held, and the handle the case passes.
  void hold(std::string const &state, std::string const &handle) {
    uint64_t const object = acquire();
    bool const by_duplicate = handle.find("duplicate") != std::string::npos;
    bool const has_duplicate = by_duplicate || state == "IN_FLIGHT" ||
                               state.find("SHARED") != std::string::npos ||
                               state.find("OWNERLESS") != std::string::npos;
    uint64_t const duplicate = has_duplicate ? dup(object) : 0;
    uint64_t loan = 0;
    if (state.find("LENT") != std::string::npos || state == "ORPHAN") {
      if (key_[field::operation] == "return" && handle != "loan") {
        borrow(object);
      } else {
        loan = lend(object);
      }
    }
    passed_ = handle == "loan" ? loan : by_duplicate ? duplicate : object;
    if (state == "MOST_REFS")
      for (escrow_handle more = 0; escrow_dup(object, &more) == ESCROW_OK;) made_.push_back(more);
    if (state == "MOST_LENDS")
      while (borrow(object)) {
      }
    if (state == "WORN") wear_out();
    if (handle.rfind("ticket_of", 0) == 0 || handle.rfind("moved", 0) == 0 || state == "TRANSIT" ||
        state == "IN_FLIGHT") {
      uint64_t const ticket = move_out(state == "IN_FLIGHT" ? duplicate : passed_);
      if (handle.rfind("ticket_of", 0) == 0) passed_ = ticket;
    }
    if (key_[field::revoked] == "yes" && key_[field::pool] == "open") {
      EXPECT_EQ(escrow_revoke(object), ESCROW_OK);
    }
    if (state.find("OWNERLESS") != std::string::npos || state == "ORPHAN" || state == "IN_FLIGHT")
      release(object);
  }

  /// A reference that is over, and with `reused` its slot under a new one.
  void end_reference(std::string const &handle, bool reused) {
    uint64_t const object = acquire();
    if (handle == "stale_object") {
      release(passed_ = object);
    } else if (handle == "stale_duplicate") {
      release(passed_ = dup(object));
    } else if (handle == "stale_loan") {
      passed_ = lend(object);
      EXPECT_EQ(escrow_give_back(passed_), ESCROW_OK);
    } else {
      passed_ = move_out(object);
      escrow_handle taken = 0;
      EXPECT_EQ(escrow_move_in(passed_, &taken), ESCROW_OK);
      release(taken);
    }
    bool const of_reference = handle == "stale_duplicate" || handle == "stale_loan";
    if (reused) reuse(object, of_reference);
    if (of_reference && !reused) release(object);
  }
  void reuse(uint64_t object, bool reference) {
    std::vector<uint64_t> others;
    uint64_t found = 0;
    for (int tries = 0; tries < 5000 && found == 0; ++tries) {
      uint64_t h = 0;
      // A reference at a time: their number is limited, and a freed slot is found again in time. An
      // object too where freed slots rest, which they do until others of their slab were freed.
      EXPECT_EQ(reference ? escrow_dup(object, &h) : escrow_acquire(pool_, 8, &h, nullptr),
                ESCROW_OK);
      if (slot_of(h) == slot_of(passed_))
        found = h;
      else if (reference || escrow::slot_build::checked)
        release(h);
      else
        others.push_back(h);
    }
    for (uint64_t h : others) release(h);
    EXPECT_NE(found, 0u) << "the slot was not used again";
    made_.push_back(found);
  }

  /// Objects and duplicates in slots with generations enough for the scene.
  uint64_t acquire() {
    std::vector<uint64_t> worn;
    uint64_t h = 0;
    do {
      if (h != 0) worn.push_back(h);
      EXPECT_EQ(escrow_acquire(pool_, 8, &h, nullptr), ESCROW_OK);
    } while ((h & generation_bits) > fresh_enough);
    for (uint64_t w : worn) release(w);
    made_.push_back(h);
    return h;
  }
  uint64_t dup(uint64_t of) {
    uint64_t h = 0;
    do {
      if (h != 0) release(h);
      EXPECT_EQ(escrow_dup(of, &h), ESCROW_OK);
    } while ((h & generation_bits) > fresh_enough);
    made_.push_back(h);
    return h;
  }
  uint64_t lend(uint64_t of) {
    uint64_t h = 0;
    do {
      if (h != 0) {
        EXPECT_EQ(escrow_give_back(h), ESCROW_OK);
      }
      EXPECT_EQ(escrow_lend(of, &h, nullptr), ESCROW_OK);
    } while ((h & generation_bits) > fresh_enough);
    made_.push_back(h);
    return h;
  }
  bool borrow(uint64_t h) {
    escrow_view view{};
    if (escrow_borrow(h, &view) != ESCROW_OK) return false;
    borrows_.push_back(view.root);
    return true;
  }
  uint64_t move_out(uint64_t h) {
    uint64_t ticket = 0;
    EXPECT_EQ(escrow_move_out(h, &ticket), ESCROW_OK);
    made_.push_back(ticket);
    return ticket;
  }
  void release(uint64_t h) { EXPECT_GE(escrow_release(h), ESCROW_OK); }
  void wear_out() {
    for (uint64_t ticket = 0; escrow_move_out(passed_, &ticket) == ESCROW_OK;)
      EXPECT_EQ(escrow_move_in(ticket, &passed_), ESCROW_OK);
    made_.push_back(passed_);
  }

  escrow_status operate() {
    std::string const &op = key_[field::operation];
    std::string const &handle = key_[field::handle];
    uint64_t out = 0;
    escrow_view view{};
    auto const made = [&](escrow_status s) {
      EXPECT_EQ(out != 0, s >= 0) << "the output is written on success, zeroed on failure";
      if (out != 0) made_.push_back(out);
      return s;
    };
    auto const seen = [&](escrow_status s) {
      EXPECT_EQ(view.payload != nullptr, s >= 0);
      return s;
    };
    if (op == "dup")
      return made(first_by_leaf([&] { return escrow1_leaf_dup(passed_, &out); },
                                [&] { return escrow_dup(passed_, &out); }));
    if (op == "release")
      return first_by_leaf([&] { return escrow1_leaf_release(passed_); },
                           [&] { return escrow_release(passed_); });
    if (op == "release_deferred")
      return first_by_leaf([&] { return escrow1_leaf_release_deferred(passed_); },
                           [&] { return escrow_release_deferred(passed_); });
    if (op == "lend") return seen(made(escrow_lend(passed_, &out, &view)));
    if (op == "give_back") return escrow_give_back(passed_);
    if (op == "borrow") {
      auto const s = seen(first_by_leaf([&] { return escrow1_leaf_borrow(passed_, &view); },
                                        [&] { return escrow_borrow(passed_, &view); }));
      if (s == ESCROW_OK) borrows_.push_back(view.root);
      return s;
    }
    if (op == "return")
      return first_by_leaf([&] { return escrow1_leaf_return(passed_); },
                           [&] { return escrow_return(passed_); });
    if (op == "move_out")
      return made(first_by_leaf([&] { return escrow1_leaf_move_out(passed_, &out); },
                                [&] { return escrow_move_out(passed_, &out); }));
    if (op == "move_in")
      return made(first_by_leaf([&] { return escrow1_leaf_move_in(passed_, &out); },
                                [&] { return escrow_move_in(passed_, &out); }));
    if (op == "revoke")
      return first_by_leaf([&] { return escrow1_leaf_revoke(passed_); },
                           [&] { return escrow_revoke(passed_); });
    if (op == "validate" && handle == "foreign") return validate_elsewhere();
    if (op == "validate") {
      uint32_t const type = handle == "wrong_type" ? 8 : 0;
      return first_by_leaf([&] { return escrow1_leaf_validate(passed_, 0, type); },
                           [&] { return escrow_validate(passed_, 0, type); });
    }
    if (op == "read")
      return seen(first_by_leaf([&] { return escrow1_leaf_read(passed_, &view); },
                                [&] { return escrow_read(passed_, &view); }));
    if (op == "acquire")
      return made(first_by_leaf([&] { return escrow1_leaf_acquire(passed_, 8, &out); },
                                [&] { return escrow_acquire(passed_, 8, &out, nullptr); }));
    if (op == "pool_close") return escrow_pool_close(passed_, 0, nullptr);
    if (op == "pool_close_reclaim")
      return escrow_pool_close(passed_, ESCROW_CLOSE_RECLAIM_TICKETS, nullptr);
    if (op == "pool_drain") return escrow_pool_drain(passed_, 0, nullptr);
    if (op == "pool_destroy") return escrow_pool_destroy(passed_);
    ADD_FAILURE() << "no such operation: " << op;
    return ESCROW_OK;
  }
  /// BUSY from a leaf: nothing happened, and the ordinary function goes on from there.
  template <class Leaf, class Ordinary>
  escrow_status first_by_leaf(Leaf leaf, Ordinary ordinary) {
    if (!by_leaf_) return ordinary();
    auto const before = inventory();
    auto const s = static_cast<escrow_status>(leaf());
    if (s != ESCROW_E_BUSY) return s;
    EXPECT_EQ(inventory(), before) << "BUSY, and something happened";
    return ordinary();
  }
  escrow_status validate_elsewhere() {
    escrow_pool_options o{};
    o.struct_size = sizeof o;
    escrow_pool other = 0;
    EXPECT_EQ(escrow_pool_open(&o, &other), ESCROW_OK);
    auto const s = escrow_validate(passed_, other, 0);
    EXPECT_EQ(escrow_pool_close(other, 0, nullptr), ESCROW_OK);
    EXPECT_EQ(escrow_pool_destroy(other), ESCROW_OK);
    return s;
  }

  [[nodiscard]] std::vector<escrow_reference_info> inspect() const {
    std::vector<escrow_reference_info> all;
    uint64_t cursor = 0;
    do {
      escrow_reference_info some[16];
      uint32_t count = 0;
      if (escrow_pool_inspect(pool_, &cursor, some, 16, &count) != ESCROW_OK) break;
      all.insert(all.end(), some, some + count);
    } while (cursor != 0);
    return all;
  }

  /// Ends whatever is left, by every name it ever had. Then nothing may be live.
  void finish() {
    for (uint64_t root : borrows_) (void)escrow_return(root);
    for (uint64_t h : made_) {
      (void)escrow_give_back(h);
      (void)escrow_release(h);
    }
    auto const closed = escrow_pool_close(pool_, 0, nullptr);
    if (closed == ESCROW_E_STALE) return;
    EXPECT_EQ(escrow_pool_destroy(pool_), ESCROW_OK) << "something is lost:\n" << inventory();
  }

  key key_;
  bool by_leaf_;
  escrow_pool pool_ = 0;
  uint64_t passed_ = 0;
  std::vector<uint64_t> made_;
  std::vector<uint64_t> borrows_;
  int destructors_ = 0;
};

}  // namespace protocol_table

#endif
