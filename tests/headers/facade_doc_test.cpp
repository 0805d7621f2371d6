#include "facade_doc.hpp"

#include <gtest/gtest.h>

namespace {

std::set<std::string> const codes{"ESCROW_OK", "ESCROW_E_STALE"};

std::string const sound =
    "/**\n"
    " * Ends it, and\n"
    " * says how.\n"
    " * @param handle    (transfer full)  on OK\n"
    " * @param out_size  (out) (nullable)  bytes\n"
    " * @return ESCROW_OK | ESCROW_E_STALE\n"
    " * Threads: any.  Finalizer-safe: yes.  Cost: one CAS.\n"
    " */\n"
    "ESCROW_API escrow_status escrow_end(escrow_handle handle,\n"
    "                                    uint64_t *out_size) ESCROW_NOEXCEPT;\n";

std::string complaints_of(std::string const &text) {
  return laws::joined(laws::check_facade_doc(text, codes));
}

std::string without(std::string const &part, std::string const &instead = "") {
  auto text = sound;
  auto const at = text.find(part);
  EXPECT_NE(at, std::string::npos);
  return text.replace(at, part.size(), instead);
}

TEST(FacadeDoc, EveryFunctionOfTheFacadeIsDocumented) {
  auto const folder = std::filesystem::path(ESCROW_SOURCE_DIR) / "include/escrow";
  auto const names = laws::status_names(laws::read_text(folder / "status.h"));
  EXPECT_EQ(names.size(), 33u);
  struct header {
    char const *name;
    std::size_t functions;
  };
  for (auto const &h :
       {header{"escrow.h", 27}, header{"layout.h", 5}, header{"map.h", 11},
        header{"map_words.h", 13}, header{"map_bytes.h", 11}, header{"map_handles.h", 8},
        header{"cell.h", 25}, header{"code.h", 15}, header{"ledger.h", 12}, header{"guarded.h", 5},
        header{"misuse.h", 4}, header{"trace.h", 7}}) {
    auto const text = laws::read_text(folder / h.name);
    EXPECT_EQ(laws::facade_functions(text).size(), h.functions) << h.name;
    EXPECT_EQ(laws::joined(laws::check_facade_doc(text, names)), "") << h.name;
  }
}

TEST(FacadeDoc, ASoundCommentHasNoComplaint) {
  auto const functions = laws::facade_functions(sound);
  ASSERT_EQ(functions.size(), 1u);
  EXPECT_EQ(functions[0].name, "escrow_end");
  ASSERT_EQ(functions[0].parameters.size(), 2u);
  EXPECT_EQ(functions[0].parameters[1].second, "uint64_t *");
  EXPECT_EQ(complaints_of(sound), "");
}

TEST(FacadeDoc, AMissingCommentIsReported) {
  EXPECT_EQ(complaints_of(sound.substr(sound.find("ESCROW_API"))), "escrow_end: no comment\n");
}

TEST(FacadeDoc, AMissingParameterIsReported) {
  EXPECT_EQ(complaints_of(without(" * @param handle    (transfer full)  on OK\n")),
            "escrow_end: no @param handle\n");
}

TEST(FacadeDoc, AParameterThatIsNotThereIsReported) {
  EXPECT_EQ(complaints_of(without(" * @return", " * @param ghost  no\n * @return")),
            "escrow_end: @param ghost describes nothing\n");
}

TEST(FacadeDoc, MissingOwnershipIsReported) {
  EXPECT_EQ(complaints_of(without("(transfer full)")),
            "escrow_end: handle does not say (transfer full) or (transfer none)\n");
}

TEST(FacadeDoc, AMissingDirectionIsReported) {
  EXPECT_EQ(complaints_of(without("(out) ")),
            "escrow_end: out_size is written but not marked (out)\n");
}

TEST(FacadeDoc, AMissingReturnIsReported) {
  EXPECT_EQ(complaints_of(without(" * @return ESCROW_OK | ESCROW_E_STALE\n")),
            "escrow_end: no @return\n");
}

TEST(FacadeDoc, ACodeThatIsNotThereIsReported) {
  EXPECT_EQ(complaints_of(without("ESCROW_E_STALE", "ESCROW_E_STAIL")),
            "escrow_end: ESCROW_E_STAIL is no code of status.h\n");
}

TEST(FacadeDoc, AMissingClauseIsReported) {
  for (std::string const clause : {"Threads:", "Finalizer-safe:", "Cost:"}) {
    EXPECT_EQ(complaints_of(without(clause)), "escrow_end: no " + clause + "\n");
  }
}

}  // namespace
