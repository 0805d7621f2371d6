// What a pool must answer, for sequences of operations: docs/protocol.tsv says it for one call, and
// the counts kept here say in which state of the table an object is. For tests only.
//
// The table shows a count at one and at its limit, where it matters. In between, a call that takes
// from a count above one leaves its state: it is asked in the state that another holder keeps.
#ifndef ESCROW_TESTS_FUZZ_POOL_MODEL_HPP
#define ESCROW_TESTS_FUZZ_POOL_MODEL_HPP

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "../protocol/table.hpp"
#include "escrow/status.h"
#include "op_stream.hpp"

namespace fuzz {

#if defined(ESCROW_SMALL_COUNTS)
constexpr std::uint64_t most_references = 7, most_loans = 3, last_generation = 31;
#else
constexpr std::uint64_t most_references = 65535, most_loans = 65535,
                        last_generation = (1ull << 28) - 4;
#endif
constexpr std::uint64_t generation_bits = (1ull << 28) - 1;

inline escrow_status code(std::string const &name) {
#define ESCROW_STATUS_BY_NAME(symbol, value, text) \
  if (name == std::string(#symbol).substr(7)) return symbol;
  ESCROW_STATUS_LIST(ESCROW_STATUS_BY_NAME)
#undef ESCROW_STATUS_BY_NAME
  std::fprintf(stderr, "the table names a status %s\n", name.c_str());
  std::abort();
}

/// What the table says of a call.
struct verdict {
  escrow_status status;
  std::string next;  // `same`, `revoked`, or a state
};

/// The one row that answers. Aborts where none or several do: a call of these targets always has
/// one.
inline verdict const &ask(protocol_table::key const &k) {
  static protocol_table::table const rules = protocol_table::read();
  // Found from where this file was compiled: with a relative path, from the directory of that.
  FUZZ_EXPECT(rules.faults.empty());
  static std::map<protocol_table::key, verdict> known;
  auto const at = known.find(k);
  if (at != known.end()) return at->second;
  std::vector<verdict> found;
  for (auto const &row : rules.rows)
    if (row.matches(k)) found.push_back({code(row.answer.status), row.answer.next});
  if (found.size() != 1) {
    std::fprintf(stderr, "%zu rows for: %s\n", found.size(), protocol_table::name(k).c_str());
    std::abort();
  }
  return known.emplace(k, found[0]).first->second;
}

/// One object, by the counts that are visible from outside.
struct object {
  unsigned pool = 0;
  std::uint64_t size = 0;
  unsigned char *payload = nullptr;
  unsigned char seed = 0;   // of what is written into it
  bool owned = true;        // by its first handle, or the ticket of that
  bool in_transit = false;  // that handle is a ticket
  bool revoked = false;
  bool dead = false;  // freed, its destructor owed
  bool freed = false;
  std::uint64_t duplicates = 0;  // their tickets included
  std::uint64_t loans = 0;       // with a handle
  std::uint64_t borrows = 0;     // without
  std::uint64_t root = 0;        // the handle it has or had last

  [[nodiscard]] std::uint64_t lent() const { return loans + borrows; }
  [[nodiscard]] std::uint64_t references() const { return duplicates + (owned ? 1 : 0); }
  [[nodiscard]] bool held() const { return !freed && !dead; }
  [[nodiscard]] std::string state() const {
    if (freed) return "FREE";
    if (dead) return "DEAD";
    if (in_transit) return "TRANSIT";
    std::string const also = lent() != 0 ? "LENT" : "";
    if (duplicates == 0 && !owned) return "ORPHAN";
    if (owned && duplicates == 0) return also.empty() ? "LIVE" : also;
    std::string const by = owned ? "SHARED" : "OWNERLESS";
    return also.empty() ? by : by + "+LENT";
  }
};

/// A handle, ticket or loan that was ever given out, under the table's word for it.
struct name {
  std::uint64_t bits = 0;
  std::string kind;
  std::size_t object = 0;
  std::size_t giver = 0;  // of a ticket: the name it was moved out of

  [[nodiscard]] bool is(char const *k) const { return kind == k; }
  [[nodiscard]] bool stale() const { return kind.rfind("stale", 0) == 0; }
  [[nodiscard]] bool forged() const { return object == 0; }
  [[nodiscard]] bool ticket() const { return kind.rfind("ticket", 0) == 0; }
  [[nodiscard]] bool worn() const { return (bits & generation_bits) + 2 > last_generation; }
};

/// Does the call take from a count that stays above zero?
inline bool one_of_many(std::string const &operation, name const &n, object const &o) {
  if (operation == "release" || operation == "release_deferred")
    return o.duplicates > 1 && (n.is("duplicate") || n.is("ticket_of_duplicate"));
  return (operation == "give_back" || operation == "return") && o.lent() > 1;
}

/// In which of the table's states `o` is for `operation` on `n`.
inline std::string state_for(std::string const &operation, name const &n, object const &o) {
  if (n.stale() && (!n.is("stale_object") || n.bits != o.root)) return "FREE";
  bool const open = !o.revoked && (n.is("object") || n.is("duplicate"));
  if (open && operation == "dup" && o.references() >= most_references) return "MOST_REFS";
  if (open && (operation == "lend" || operation == "borrow") && o.lent() >= most_loans)
    return "MOST_LENDS";
  bool const moves = n.is("duplicate") || o.state() == "LIVE";
  if (open && operation == "move_out" && n.worn() && moves) return "WORN";
  std::string state = o.state();
  if (!one_of_many(operation, n, o)) return state;
  if (state == "OWNERLESS") return "SHARED";
  if (state == "OWNERLESS+LENT" && operation != "return") return "SHARED+LENT";
  return state == "ORPHAN" ? "OWNERLESS+LENT" : state;
}

}  // namespace fuzz

#endif
