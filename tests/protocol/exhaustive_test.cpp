// Brings a pool into every state of docs/protocol.tsv, makes the call, and compares what it
// returned, what is left, how many destructors ran, and that nothing was lost: the pool can be
// destroyed.
// Guarantees A, B, G of docs/trust.md.
#define ESCROW_SMALL_COUNTS  // limits and worn-out slots within a few calls

#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "escrow/escrow.h"
#include "scene.hpp"
#include "table.hpp"

namespace {

using protocol_table::entry;
using protocol_table::key;
using protocol_table::scene;

/// The states that inspection tells apart.
std::string visible(key const &k, std::string const &state) {
  bool const by_duplicate = k[protocol_table::handle] == "duplicate";
  if (state == "REUSED")
    return k[protocol_table::handle] == "stale_duplicate" ||
                   k[protocol_table::handle] == "stale_loan"
               ? "SHARED"
               : "LIVE";
  if (state == "IN_FLIGHT") return "OWNERLESS";
  if (state == "MOST_REFS") return "SHARED";
  if (state == "MOST_LENDS") return by_duplicate ? "SHARED+LENT" : "LENT";
  if (state == "WORN") return by_duplicate ? "SHARED" : "LIVE";
  return state;
}

escrow_status code(std::string const &name) {
#define ESCROW_STATUS_BY_NAME(symbol, value, text) \
  if (name == std::string(#symbol).substr(7)) return symbol;
  ESCROW_STATUS_LIST(ESCROW_STATUS_BY_NAME)
#undef ESCROW_STATUS_BY_NAME
  ADD_FAILURE() << "no such status: " << name;
  return ESCROW_OK;
}

void check(entry const &e, bool by_leaf) {
  SCOPED_TRACE(protocol_table::name(e.asked) + " -> " + e.answer.status + ", " + e.answer.next +
               " (" + e.answer.reason + ")");
  key const &k = e.asked;
  std::string const before = visible(k, k[protocol_table::state]);
  scene s(k, by_leaf);
  ASSERT_EQ(s.state(), before) << "the scene is not set";
  auto const inventory = s.inventory();

  auto const status = s.call();
  EXPECT_STREQ(escrow_status_name(status), escrow_status_name(code(e.answer.status)));

  bool const unchanged = e.answer.next == "same" || e.answer.next == "revoked";
  std::string const after = unchanged ? before : visible(k, e.answer.next);
  EXPECT_EQ(s.state(), after);
  if (code(e.answer.status) < 0 && unchanged) {
    EXPECT_EQ(s.inventory(), inventory);
  }
  bool const ended = after == "FREE" && before != "FREE";
  EXPECT_EQ(s.destructors(), k[protocol_table::owed] == "yes" && ended ? 1 : 0);
  if (after != "FREE" && after != "DEAD" && before != "FREE") {
    std::string const revoked = s.revoked();
    if (!revoked.empty()) {
      EXPECT_EQ(revoked, e.answer.next == "revoked" ? "yes" : k[protocol_table::revoked]);
    }
  }
}

class Operation : public testing::TestWithParam<std::string> {};

void check_all(std::string const &operation, bool by_leaf) {
  int cases = 0;
  for (entry const &e : protocol_table::read().entries) {
    if (e.asked[protocol_table::operation] != operation) continue;
    check(e, by_leaf);
    ++cases;
  }
  EXPECT_GT(cases, 4);
  testing::Test::RecordProperty("cases", cases);
}

TEST_P(Operation, DoesWhatTheTableSaysInEveryState) {
  check_all(GetParam(), false);
}

/// Leaves, and where they answer BUSY the ordinary function after them.
class ByLeaf : public testing::TestWithParam<std::string> {};

TEST_P(ByLeaf, DoesTheSame) {
  check_all(GetParam(), true);
}

INSTANTIATE_TEST_SUITE_P(Protocol, ByLeaf,
                         testing::Values("acquire", "dup", "release", "release_deferred", "borrow",
                                         "return", "move_out", "move_in", "revoke", "validate",
                                         "read"),
                         [](auto const &info) { return info.param; });

INSTANTIATE_TEST_SUITE_P(Protocol, Operation,
                         testing::Values("acquire", "dup", "release", "release_deferred", "lend",
                                         "give_back", "borrow", "return", "move_out", "move_in",
                                         "revoke", "validate", "read", "pool_close",
                                         "pool_close_reclaim", "pool_drain", "pool_destroy"),
                         [](auto const &info) { return info.param; });

TEST(ProtocolTable, HasExactlyOneRowForEveryCase) {
  auto const t = protocol_table::read();
  for (auto const &fault : t.faults) ADD_FAILURE() << fault;
  EXPECT_GT(t.entries.size(), 2000u);
}

TEST(ProtocolTable, KnowsNoOperationThatIsNotTested) {
  std::set<std::string> named;
  for (entry const &e : protocol_table::read().entries)
    named.insert(e.asked[protocol_table::operation]);
  EXPECT_EQ(named.size(), 17u);
}

std::vector<std::string> faults_of(std::string const &rows) {
  std::istringstream in("#case\tdup\tobject\tLIVE|SHARED\tno\topen\tno\nheading" +
                        std::string(9, '\t') + "\n" + rows);
  return protocol_table::read_from(in).faults;
}

TEST(ProtocolTable, RefusesTwoRowsForOneCase) {
  EXPECT_TRUE(faults_of("dup\t*\t*\t*\t*\t*\tOK\tsame\t-\t-\n").empty());
  EXPECT_EQ(faults_of("dup\t*\t*\t*\t*\t*\tOK\tsame\t-\t-\n"
                      "*\t*\tSHARED\t*\t*\t*\tOK\tsame\t-\t-\n")
                .size(),
            1u);
}

TEST(ProtocolTable, RefusesACaseWithoutARowAndARowWithoutACase) {
  EXPECT_EQ(faults_of("dup\t*\tLIVE\t*\t*\t*\tOK\tsame\t-\t-\n").size(), 1u);
  EXPECT_EQ(faults_of("dup\t*\t*\t*\t*\t*\tOK\tsame\t-\t-\n"
                      "lend\t*\t*\t*\t*\t*\tOK\tsame\t-\t-\n")
                .size(),
            1u);
}

}  // namespace
