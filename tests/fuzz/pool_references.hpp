// Two pools, every handle they ever gave out, and the calls on those: each is made on a pool and on
// the model, which must agree. For tests only.
#ifndef ESCROW_TESTS_FUZZ_POOL_REFERENCES_HPP
#define ESCROW_TESTS_FUZZ_POOL_REFERENCES_HPP

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "escrow/escrow.h"
#include "op_stream.hpp"
#include "pool_model.hpp"

namespace fuzz {

constexpr std::size_t most_names = 300;

/// One pool and what the model knows of it.
struct place {
  escrow_pool pool = 0;
  std::string state = "destroyed";  // as the table says
  escrow_pool_options options{};
  [[nodiscard]] bool owes() const { return options.destructor != nullptr; }
};

class references {
 protected:
  /// All of what is small, else both ends.
  template <class Each>
  static void bytes_of(object const &o, Each each) {
    for (std::uint64_t i = 0; i < o.size; ++i)
      if (i < 512 || i + 64 >= o.size)
        each(o.payload[i], static_cast<unsigned char>(o.seed + i * 31));
  }
  static void fill(object const &o) {
    bytes_of(o, [](unsigned char &b, unsigned char to) { b = to; });
  }
  static void check_payload(object const &o) {
    bytes_of(o, [](unsigned char &b, unsigned char is) { FUZZ_EXPECT(b == is); });
  }
  void add_object(unsigned at, std::uint64_t bytes, std::uint64_t h, void *payload) {
    auto const &o = places_[at].options;
    std::uint64_t const alignment = o.alignment != 0 ? o.alignment : 16;
    FUZZ_EXPECT(payload != nullptr && reinterpret_cast<std::uintptr_t>(payload) % alignment == 0);
    object made;
    made.pool = at;
    made.size = bytes;
    made.payload = static_cast<unsigned char *>(payload);
    made.root = h;
    FUZZ_EXPECT(made.payload[0] == 0 &&
                std::memcmp(made.payload, made.payload + 1, bytes - 1) == 0);
    made.seed = static_cast<unsigned char>(objects_.size());
    fill(made);
    objects_.push_back(made);
    add_name(h, "object", objects_.size() - 1);
  }
  std::size_t add_name(std::uint64_t bits, char const *kind, std::size_t of,
                       std::size_t giver = 0) {
    FUZZ_EXPECT(bits >> 63 == 0 && (bits & fuzz::generation_bits) <= fuzz::last_generation);
    for (name const &n : names_) FUZZ_EXPECT(n.bits != bits && "no handle comes back");
    names_.push_back({bits, kind, of, giver});
    return names_.size() - 1;
  }
  // ---- References
  /// The newest names are the lowest numbers; the highest numbers are no names.
  name pick(unsigned char which) const {
    if (names_.empty()) return {0, "null", 0, 0};
    std::uint64_t const some = names_[which % names_.size()].bits;
    switch (which) {
      case 255:
        return {0, "null", 0, 0};
      case 254:
        return {some | 1ull << 63, "forged_shape", 0, 0};
      case 253:
        return {(some & 127ull << 56) | ((1ull << 56) - 1), "forged_index", 0, 0};
      case 252:
        return {some | fuzz::generation_bits, "forged_generation", 0, 0};
      case 251:
        return {places_[0].pool, "pool_handle", 0, 0};
      default:
        return names_[names_.size() - 1 - which % names_.size()];
    }
  }
  std::size_t index_of(name const &n) const {
    for (std::size_t i = 0; i < names_.size(); ++i)
      if (names_[i].bits == n.bits) return i;
    return names_.size();
  }
  void on_name(std::string const &operation, unsigned char which) {
    name n = pick(which);
    if (operation == "return" && !n.forged()) {
      // A second return takes somebody else's: borrows are counted, so only those who have one
      // return.
      object const &o = objects_[n.object];
      if (n.bits == o.root && o.borrows == 0 && o.loans != 0) return;
    }
    call(operation, n);
  }
  void call(std::string const &operation, name const &n) {
    object &o = objects_[n.object];
    bool const makes = operation == "dup" || operation == "lend" || operation.rfind("move", 0) == 0;
    if (makes && names_.size() >= most_names) return;
    place const &p = places_[o.pool];
    std::string const state = n.forged() ? "FREE" : fuzz::state_for(operation, n, o);
    std::string const before = o.state();
    bool const by_itself = !fuzz::one_of_many(operation, n, o);
    std::string const pool = running_ != 0 ? "inside" : n.forged() ? "open" : p.state;
    bool const owes = !n.forged() && p.owes();
    // Of a name that is no more, only the state of its own slot matters, which is nobody's.
    bool const revoked = state != "FREE" && state != "DEAD" && o.revoked;
    auto const &v = fuzz::ask({operation, n.kind, state, revoked ? "yes" : "no",
                               pool == "destroyed" ? "destroyed" : pool, owes ? "yes" : "no"});
    std::uint64_t const ran = destroyed_;
    std::uint64_t out = 9;
    escrow_view view{&out, 1, 1};
    escrow_status s = ESCROW_OK;
    if (operation == "dup") s = escrow_dup(n.bits, &out);
    if (operation == "release") s = escrow_release(n.bits);
    if (operation == "release_deferred") s = escrow_release_deferred(n.bits);
    if (operation == "lend") s = escrow_lend(n.bits, &out, &view);
    if (operation == "give_back") s = escrow_give_back(n.bits);
    if (operation == "borrow") s = escrow_borrow(n.bits, &view);
    if (operation == "return") s = escrow_return(n.bits);
    if (operation == "move_out") s = escrow_move_out(n.bits, &out);
    if (operation == "move_in") s = escrow_move_in(n.bits, &out);
    if (operation == "revoke") s = escrow_revoke(n.bits);
    if (operation == "validate")
      s = escrow_validate(n.bits, n.stale() || n.forged() ? 0 : p.pool, 0);
    if (operation == "read") s = escrow_read(n.bits, &view);
    bool const here = v.status == ESCROW_FREED && owes;
    // What its destructor released is owed: the outer call says so.
    bool const left_work = here && left_work_;
    left_work_ = false;
    if (s != (left_work ? ESCROW_PENDING : v.status)) {
      std::fprintf(stderr, "%s %s in %s%s, pool %s: %s, and the table has %s\n", operation.c_str(),
                   n.kind.c_str(), state.c_str(), revoked ? " revoked" : "", pool.c_str(),
                   escrow_status_name(s), escrow_status_name(v.status));
      std::abort();
    }
    if (makes) FUZZ_EXPECT(s >= 0 ? out != 0 : out == 0);
    if (operation == "lend" || operation == "borrow" || operation == "read") {
      FUZZ_EXPECT(s >= 0 ? view.payload == o.payload && view.size == o.size && view.root == o.root
                         : view.payload == nullptr && view.size == 0 && view.root == 0);
      if (s >= 0) check_payload(o);
    }
    if (s < 0 || n.forged()) return;
    took_effect(operation, index_of(n), out);
    object const &now = objects_[n.object];
    FUZZ_EXPECT(destroyed_ == ran + (here ? 1 : 0));
    destroyed_ = 0;
    std::string const next = v.next == "same" || v.next == "revoked" ? before : v.next;
    if (by_itself && now.state() != next) {
      std::fprintf(stderr, "%s %s: from %s to %s, the table has %s\n", operation.c_str(),
                   n.kind.c_str(), before.c_str(), now.state().c_str(), v.next.c_str());
      std::abort();
    }
    FUZZ_EXPECT(v.next != "revoked" || now.revoked);
  }
  void took_effect(std::string const &operation, std::size_t i, std::uint64_t out) {
    std::size_t const of = names_[i].object;
    object &o = objects_[of];
    if (operation == "dup") ++o.duplicates, add_name(out, "duplicate", of);
    if (operation == "lend") ++o.loans, add_name(out, "loan", of);
    if (operation == "borrow") ++o.borrows;
    if (operation == "return") --o.borrows, settle(o, true);
    if (operation == "revoke") o.revoked = true;
    if (operation == "release") end(i, false);
    if (operation == "release_deferred") end(i, true);
    if (operation == "give_back") names_[i].kind = "stale_loan", --o.loans, settle(o, true);
    if (operation == "move_out") {
      bool const own = names_[i].is("object");
      add_name(out, own ? "ticket_of_object" : "ticket_of_duplicate", of, i);
      names_[i].kind = own ? "moved_object" : "moved_duplicate";
      if (own) o.in_transit = true, o.root = out;
    }
    if (operation == "move_in") {
      bool const own = names_[i].is("ticket_of_object");
      add_name(out, own ? "object" : "duplicate", of);
      after_ticket(i);
      if (own) o.in_transit = false, o.root = out;
    }
  }
  void after_ticket(std::size_t i) {
    name &giver = names_[names_[i].giver];
    giver.kind = giver.is("moved_object") ? "stale_object" : "stale_duplicate";
    names_[i].kind = "stale_ticket";
  }
  void end(std::size_t i, bool deferred) {
    object &o = objects_[names_[i].object];
    bool const own = names_[i].is("object") || names_[i].is("ticket_of_object");
    if (names_[i].ticket())
      after_ticket(i);
    else
      names_[i].kind = own ? "stale_object" : "stale_duplicate";
    if (own)
      o.owned = o.in_transit = false;
    else
      --o.duplicates;
    settle(o, deferred);
  }
  void settle(object &o, bool deferred) {
    if (o.references() + o.lent() != 0) return;
    bool const owed = places_[o.pool].owes() && (deferred || running_ != 0);
    o.dead = owed;
    o.freed = !owed;
  }
  void release_inside(object const &not_this) {
    for (name const &n : names_) {
      object const &o = objects_[n.object];
      if (&o == &not_this || !n.is("object") || o.state() != "LIVE") continue;
      if (o.payload == nullptr) continue;  // its destructor ran, the call is not over
      name const copy = n;
      std::uint64_t const ran = destroyed_;
      call("release", copy);
      destroyed_ = ran;
      left_work_ = places_[o.pool].owes();
      return;
    }
  }

  std::array<place, 2> places_;
  std::vector<object> objects_;
  std::vector<name> names_;
  std::uint64_t destroyed_ = 0;  // destructors of the call that is under way
  int running_ = 0;
  bool left_work_ = false;  // the destructor that ran last released what owes one
};

}  // namespace fuzz

#endif
