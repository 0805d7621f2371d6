// Bytes become calls of the C facade on two pools and on every handle they ever gave out, stale,
// moved and forged ones too. docs/protocol.tsv says what each call must answer and which state
// follows. Statistics must be those of the model, payload zero at acquire and afterwards what was
// written; at the end everything can be ended, and both pools be destroyed.
// Guarantees A, E of docs/trust.md.
#if !defined(ESCROW_LIBFUZZER)
#define ESCROW_SMALL_COUNTS  // a search would use all slots up; a replay reaches limits and
                             // retirement
#endif

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "escrow/escrow.h"
#include "op_stream.hpp"
#include "pool_references.hpp"

namespace {

using fuzz::most_names;
using fuzz::name;
using fuzz::object;
using fuzz::place;
using fuzz::source;

constexpr std::uint32_t type_id = 7;

class subject : fuzz::references {
 public:
  explicit subject(source &in) : in_(in) {
    objects_.emplace_back();  // 0: of no name
    objects_[0].freed = true;
    for (unsigned p = 0; p < places_.size(); ++p) open(p, in_.byte());
  }
  subject(subject const &) = delete;
  subject &operator=(subject const &) = delete;
  ~subject() { finish(); }

  void step() {
    unsigned char const what = in_.byte();
    unsigned char const which = in_.byte();
    unsigned char const argument = in_.byte();
    static constexpr std::array<char const *, 15> by_name{
        "dup",       "dup",     "release", "release_deferred", "lend",
        "give_back", "borrow",  "return",  "move_out",         "move_out",
        "move_in",   "move_in", "revoke",  "validate",         "read"};
    unsigned const operation = what % 25;
    if (operation < by_name.size()) on_name(by_name[operation], which);
    if (operation == 15 || operation == 16) acquire(which % 2, sizes[argument % sizes.size()]);
    if (operation == 17) acquire_some(which, argument);
    if (operation == 18) validate_wrongly(which, argument);
    if (operation == 19) release_some(which, argument);
    if (operation == 20) write(which, argument);
    if (operation == 21) trim(which % 2);
    if (operation == 22) on_pool("pool_drain", which % 2, argument);
    if (operation == 23) life(which, argument);
    if (operation == 24) forged_pool(which, argument);
    if (++steps_ % 16 == 0) check_counts();
  }

  void destroyed(void *payload, std::uint64_t size, unsigned at) {
    FUZZ_EXPECT(running_ == 0 && "a destructor starts no other");
    running_ = 1;
    object *o = nullptr;
    for (object &each : objects_)
      if (!each.freed && each.payload == payload) o = &each;
    FUZZ_EXPECT(o != nullptr && o->pool == at && o->size == size && o->references() <= 1);
    FUZZ_EXPECT(o->lent() == 0);
    check_payload(*o);
    o->payload = nullptr;
    ++destroyed_;
    place &p = places_[at];
    FUZZ_EXPECT(escrow_pool_drain(p.pool, 0, nullptr) ==
                verdict_on_pool("pool_drain", "FREE", "inside", p));
    FUZZ_EXPECT(escrow_pool_close(p.pool, 0, nullptr) ==
                verdict_on_pool("pool_close", "FREE", "inside", p));
    FUZZ_EXPECT(escrow_pool_destroy(p.pool) ==
                verdict_on_pool("pool_destroy", "FREE", "inside", p));
    if (o->seed % 2 == 1) release_inside(*o);
    running_ = 0;
  }

 private:
  static constexpr std::array<std::uint64_t, 16> sizes{
      8, 1, 16, 17, 64, 100, 256, 1000, 4096, 5000, 65536, 65537, 100000, 0, 1ull << 32, ~0ull};

  // ---- Pools
  void open(unsigned at, unsigned char how) {
    static constexpr std::array<std::uint64_t, 4> fixed{0, 0, 48, 70000};
    static constexpr std::array<std::uint64_t, 4> limits{0, 0, 1u << 18, 1u << 20};
    place &p = places_[at];
    auto &o = p.options = {};
    o.struct_size = sizeof o;
    o.type_id = type_id + at;
    o.fixed_size = fixed[how & 3];
    o.limit_bytes = limits[how >> 2 & 3];
    o.alignment = (how & 16) != 0 ? 64 : 0;
    if ((how & 32) != 0)
      o.destructor =
          at == 0
              ? [](void *payload, std::uint64_t size,
                   void *context) { static_cast<subject *>(context)->destroyed(payload, size, 0); }
              : [](void *payload, std::uint64_t size, void *context) {
                  static_cast<subject *>(context)->destroyed(payload, size, 1);
                };
    o.context = this;
    if (o.fixed_size == 48 && (how & 64) != 0) o.reserve_bytes = 4096;
    FUZZ_EXPECT(escrow_pool_open(&o, &p.pool) == ESCROW_OK && p.pool != 0);
    p.state = "open";
  }
  escrow_status verdict_on_pool(char const *operation, std::string const &state,
                                std::string const &pool, place const &p) {
    return fuzz::ask({operation, "pool", state, pool == "closed" ? "yes" : "no", pool,
                      p.owes() ? "yes" : "no"})
        .status;
  }
  [[nodiscard]] std::uint64_t count(unsigned at, bool (*counts)(object const &)) const {
    return static_cast<std::uint64_t>(
        std::count_if(objects_.begin(), objects_.end(),
                      [&](object const &o) { return !o.freed && o.pool == at && counts(o); }));
  }
  [[nodiscard]] std::uint64_t live(unsigned at) const {
    return count(at, [](object const &) { return true; });
  }
  [[nodiscard]] std::uint64_t pending(unsigned at) const {
    return count(at, [](object const &o) { return o.dead; });
  }
  void bury(unsigned at, std::uint64_t destructors) {
    FUZZ_EXPECT(destroyed_ == destructors);
    for (object &o : objects_)
      if (o.dead && o.pool == at && o.payload == nullptr) o.dead = false, o.freed = true;
    destroyed_ = 0;
  }

  void on_pool(char const *operation, unsigned at, std::uint64_t argument) {
    place &p = places_[at];
    std::string const what = operation;
    bool const reclaim = what == "pool_close_reclaim";
    std::uint64_t const dead = pending(at);
    // One object stands for all in the table; live ones matter to destroy alone.
    std::string const state = live(at) == 0 ? "FREE" : dead == live(at) ? "DEAD" : "LIVE";
    auto const expected = verdict_on_pool(operation, state, p.state, p);
    std::uint64_t out = ~0ull;
    destroyed_ = 0;
    if (what == "pool_drain") {
      FUZZ_EXPECT(escrow_pool_drain(p.pool, argument % 4, &out) == expected);
      std::uint64_t const most =
          argument % 4 == 0 ? dead : std::min<std::uint64_t>(dead, argument % 4);
      // What a destructor released meanwhile is owed too, and may be run by the same drain.
      FUZZ_EXPECT(expected < 0 ? out == 0 : out == destroyed_ && out >= most);
      FUZZ_EXPECT(argument % 4 == 0 || out <= argument % 4);
      FUZZ_EXPECT(destroyed_ <= pending(at));
      bury(at, destroyed_);
      if (expected == ESCROW_OK && argument % 4 == 0) FUZZ_EXPECT(pending(at) == 0);
    } else if (what == "pool_destroy") {
      FUZZ_EXPECT(escrow_pool_destroy(p.pool) == expected);
      if (expected == ESCROW_OK) p.state = "destroyed";
    } else {
      bool const takes = expected == ESCROW_OK || expected == ESCROW_E_CLOSED;
      if (takes) {
        for (object &o : objects_)
          if (o.pool == at && o.held()) o.revoked = true;
        if (reclaim) reclaim_tickets(at);
      }
      FUZZ_EXPECT(escrow_pool_close(p.pool, reclaim ? ESCROW_CLOSE_RECLAIM_TICKETS : 0, &out) ==
                  expected);
      if (takes) p.state = "closed";
      bury(at, destroyed_);
      FUZZ_EXPECT(!takes || (pending(at) == 0 && out == live(at)));
    }
    left_work_ = false;
    if (argument % 4 == 1) check_counts();
  }
  /// Tickets end as a finalizer ends them; close then runs what is owed.
  void reclaim_tickets(unsigned at) {
    for (std::size_t i = 0; i < names_.size(); ++i)
      if (names_[i].ticket() && objects_[names_[i].object].pool == at) end(i, true);
  }
  void life(unsigned char which, unsigned char argument) {
    unsigned const at = which % 2;
    switch (argument % 8) {
      case 0:
      case 1:
        return on_pool("pool_close", at, argument);
      case 2:
        return on_pool("pool_close_reclaim", at, argument);
      case 3:
      case 4:
        return on_pool("pool_destroy", at, argument);
      default:
        if (places_[at].state == "destroyed") open(at, which / 2);
    }
  }
  void trim(unsigned at) {
    std::uint64_t bytes = ~0ull;
    auto const s = escrow_pool_trim(places_[at].pool, &bytes);
    std::string const &state = places_[at].state;
    FUZZ_EXPECT(s == (state == "open"     ? ESCROW_OK
                      : state == "closed" ? ESCROW_E_CLOSED
                                          : ESCROW_E_STALE));
    FUZZ_EXPECT(s == ESCROW_OK || bytes == 0);
    if (s == ESCROW_OK && live(at) == 0 && names_in(at) == 0) {
      escrow_pool_stats n{};
      n.struct_size = sizeof n;
      FUZZ_EXPECT(escrow_pool_read_stats(places_[at].pool, &n) == ESCROW_OK &&
                  n.bytes_committed == 0);
    }
  }
  [[nodiscard]] std::uint64_t names_in(unsigned at) const {
    std::uint64_t n = 0;
    for (object const &o : objects_)
      if (!o.freed && o.pool == at) n += 1 + o.duplicates + o.loans;
    return n;
  }
  void forged_pool(unsigned char which, unsigned char argument) {
    static constexpr std::array<char const *, 3> words{"null_pool", "slot_handle", "forged_pool"};
    std::string const kind = words[which % 3];
    escrow_pool const real = places_[argument % 2].pool;
    escrow_pool const p = kind == "null_pool"     ? 0
                          : kind == "forged_pool" ? real | fuzz::generation_bits << 28
                          : names_.empty()        ? (7ull << 56) + 1
                                                  : names_[argument % names_.size()].bits;
    auto const expected = [&](char const *operation) {
      return fuzz::ask({operation, kind, "FREE", "no", "open", "no"}).status;
    };
    std::uint64_t out = ~0ull;
    FUZZ_EXPECT(escrow_pool_close(p, 0, &out) == expected("pool_close") && out == 0);
    FUZZ_EXPECT(escrow_pool_drain(p, 0, nullptr) == expected("pool_drain"));
    FUZZ_EXPECT(escrow_pool_destroy(p) == expected("pool_destroy"));
    out = ~0ull;
    FUZZ_EXPECT(escrow_acquire(p, 8, &out, nullptr) == expected("acquire") && out == 0);
  }

  // ---- Objects
  escrow_status acquired(unsigned at, std::uint64_t bytes) {
    place const &p = places_[at];
    auto const s = verdict_on_pool("acquire", "FREE", p.state, p);
    if (s != ESCROW_OK) return s;
    std::uint64_t const most = p.options.fixed_size != 0 ? p.options.fixed_size : 0xFFFFFFFF;
    if (bytes == 0 || bytes > most) return ESCROW_E_SIZE;
    return p.options.limit_bytes != 0 && bytes > p.options.limit_bytes ? ESCROW_E_SIZE : ESCROW_OK;
  }
  void acquire(unsigned at, std::uint64_t bytes) {
    if (names_.size() >= most_names) return;
    place const &p = places_[at];
    auto const expected = acquired(at, bytes);
    if (p.state != "open" && (bytes == 0 || bytes > 65536))
      return;  // which comes first is not said
    escrow_handle h = ~0ull;
    void *payload = &h;
    auto const s = escrow_acquire(p.pool, bytes, &h, &payload);
    if (s != ESCROW_OK) {
      FUZZ_EXPECT(h == 0 && payload == nullptr);
      if (s != ESCROW_E_FULL || !full(at)) FUZZ_EXPECT_STATUS(s, expected);
      return;
    }
    FUZZ_EXPECT(expected == ESCROW_OK);
    add_object(at, bytes, h, payload);
  }
  /// A pool may be full only where it has a limit, and holds something.
  [[nodiscard]] bool full(unsigned at) const {
    return places_[at].options.limit_bytes != 0 && names_in(at) != 0;
  }
  void acquire_some(unsigned char which, unsigned char argument) {
    unsigned const at = which % 2;
    std::uint64_t const n = which / 2 % 5;
    std::uint64_t const bytes = sizes[argument % 12];
    if (names_.size() + n > most_names) return;
    std::array<escrow_handle, 5> h{};
    std::array<void *, 5> payloads{};
    h.fill(9);
    auto const s = escrow_acquire_n(places_[at].pool, bytes, n, h.data(), payloads.data());
    auto const expected = acquired(at, bytes);
    if (n == 0 || s != ESCROW_OK) {
      bool const full = s == ESCROW_E_FULL && places_[at].options.limit_bytes != 0;
      if (!full) FUZZ_EXPECT_STATUS(s, n == 0 ? ESCROW_E_SIZE : expected);
      for (std::uint64_t i = 0; i < n; ++i) FUZZ_EXPECT(h[i] == 0);
      return;
    }
    FUZZ_EXPECT(expected == ESCROW_OK);
    for (std::uint64_t i = 0; i < n; ++i) add_object(at, bytes, h[i], payloads[i]);
  }
  void write(unsigned char which, unsigned char argument) {
    auto const n = pick(which);
    if (!n.is("object") && !n.is("duplicate") && !n.is("loan")) return;
    object &o = objects_[n.object];
    check_payload(o);
    o.seed = argument;
    fill(o);
  }

  void validate_wrongly(unsigned char which, unsigned char argument) {
    name const n = pick(which);
    object const &o = objects_[n.object];
    if (!n.is("object") || o.state() != "LIVE" || places_[o.pool].state != "open") return;
    bool const foreign = argument % 2 == 0;
    auto const s = foreign ? escrow_validate(n.bits, places_[1 - o.pool].pool, 0)
                           : escrow_validate(n.bits, 0, type_id + 1 - o.pool);
    FUZZ_EXPECT(s == fuzz::ask({"validate", foreign ? "foreign" : "wrong_type", "LIVE",
                                o.revoked ? "yes" : "no", "open", "no"})
                         .status);
    FUZZ_EXPECT(escrow_validate(n.bits, places_[o.pool].pool, type_id + o.pool) ==
                (o.revoked ? ESCROW_E_REVOKED : ESCROW_OK));
  }
  /// In pools without destructors, so that one call has one effect after the other.
  void release_some(unsigned char which, unsigned char argument) {
    std::vector<std::uint64_t> handles;
    std::vector<std::size_t> ends;
    for (std::size_t i = which; i < names_.size() && handles.size() < argument % 5u; ++i) {
      object const &o = objects_[names_[i].object];
      if (!names_[i].is("object") || places_[o.pool].owes()) continue;
      handles.push_back(names_[i].bits);
      ends.push_back(i);
    }
    handles.push_back(0);
    std::vector<escrow_status> each(handles.size(), 99);
    FUZZ_EXPECT(escrow_release_n(handles.data(), handles.size(), each.data()) == ESCROW_OK);
    for (std::size_t k = 0; k < ends.size(); ++k) {
      end(ends[k], false);
      object const &o = objects_[names_[ends[k]].object];
      FUZZ_EXPECT(each[k] == (o.freed               ? ESCROW_FREED
                              : o.references() != 0 ? ESCROW_OK
                                                    : ESCROW_DEFERRED));
    }
  }

  // ---- What is left
  void check_counts() {
    for (unsigned at = 0; at < places_.size(); ++at) {
      escrow_pool_stats n{};
      n.struct_size = sizeof n;
      auto const s = escrow_pool_read_stats(places_[at].pool, &n);
      FUZZ_EXPECT(s == (places_[at].state == "destroyed" ? ESCROW_E_STALE : ESCROW_OK));
      if (s != ESCROW_OK) continue;
      std::uint64_t duplicates = 0, loans = 0, lent = 0, tickets = 0, bytes = 0;
      for (object const &o : objects_) {
        if (o.freed || o.pool != at) continue;
        duplicates += o.duplicates;
        loans += o.loans;
        lent += o.lent();
        bytes += o.size;
        if (!o.dead) check_payload(o);
      }
      for (name const &t : names_) tickets += t.ticket() && objects_[t.object].pool == at ? 1 : 0;
      FUZZ_EXPECT(n.live == live(at));
      FUZZ_EXPECT(n.duplicates == duplicates);
      FUZZ_EXPECT(n.loans == loans);
      FUZZ_EXPECT(n.borrows == lent);
      FUZZ_EXPECT(n.tickets == tickets);
      FUZZ_EXPECT(n.pending == pending(at));
      FUZZ_EXPECT(n.bytes_live == bytes);
      FUZZ_EXPECT(n.bytes_committed >= bytes && n.bytes_peak >= n.bytes_committed);
      auto const limit = places_[at].options.limit_bytes;
      FUZZ_EXPECT(n.bytes_limit == limit && (limit == 0 || n.bytes_committed <= limit));
    }
  }
  void finish() {
    check_counts();
    for (object &o : objects_)
      while (o.borrows != 0) {
        // Its root, by whatever word the table has for that name now.
        name const n = names_[index_of({o.root, "", 0, 0})];
        call("return", n);
      }
    for (std::size_t i = 0; i < names_.size(); ++i) {
      name const n = names_[i];
      if (n.is("loan")) call("give_back", n);
      if (n.is("object") || n.is("duplicate") || n.ticket()) call("release", n);
    }
    check_counts();
    for (unsigned at = 0; at < places_.size(); ++at) {
      if (places_[at].state == "destroyed") continue;
      on_pool("pool_close", at, 0);
      on_pool("pool_destroy", at, 0);
      FUZZ_EXPECT(places_[at].state == "destroyed");
    }
    for (name const &n : names_) FUZZ_EXPECT(escrow_release_deferred(n.bits) == ESCROW_E_STALE);
  }

  source &in_;
  std::uint64_t steps_ = 0;
};

}  // namespace

void fuzz::run(std::uint8_t const *data, std::size_t size) {
  source in{data, size};
  subject all(in);
  while (!in.over()) all.step();
}
