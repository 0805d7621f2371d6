#include "layer_law.hpp"

#include <gtest/gtest.h>

namespace {

laws::layer_table const table = laws::parse_layers(
    "# a comment\n"
    "L0 low.h side.h\n"
    "L1 high.hpp  # another\n"
    "system stdint.h\n");

laws::source_tree sound_tree() {
  return {{"low.h", "#include <stdint.h>\n"},
          {"side.h", "#include \"low.h\"\n"},
          {"high.hpp", "#include \"escrow/low.h\"\n"}};
}

std::string complaints_of(laws::source_tree const &tree) {
  return laws::joined(laws::check_layers(tree, table));
}

TEST(LayerLaw, TheLibraryObeysTheTable) {
  std::filesystem::path const root = ESCROW_SOURCE_DIR;
  auto const tree = laws::read_headers(root / "include/escrow");
  ASSERT_GE(tree.size(), 10u);
  auto const layers = laws::parse_layers(laws::read_text(root / "tests/headers/layers.txt"));
  EXPECT_EQ(laws::joined(laws::check_layers(tree, layers)), "");
}

TEST(LayerLaw, ASoundTreeHasNoComplaint) {
  EXPECT_EQ(complaints_of(sound_tree()), "");
}

TEST(LayerLaw, AnUpwardIncludeIsReported) {
  auto tree = sound_tree();
  tree["low.h"] = "  #  include \"high.hpp\"\n";
  EXPECT_NE(complaints_of(tree).find("low.h (L0) includes high.hpp (L1)"), std::string::npos);
}

TEST(LayerLaw, AnUpwardIncludeByItsLongNameIsReported) {
  auto tree = sound_tree();
  tree["low.h"] = "#include <escrow/high.hpp>\n";
  EXPECT_NE(complaints_of(tree).find("low.h (L0) includes high.hpp (L1)"), std::string::npos);
}

TEST(LayerLaw, ACycleWithinALayerIsReported) {
  auto tree = sound_tree();
  tree["low.h"] = "#include \"side.h\"\n";
  EXPECT_EQ(complaints_of(tree),
            "cycle: low.h -> side.h -> low.h\n"
            "cycle: side.h -> low.h -> side.h\n");
}

TEST(LayerLaw, AHeaderThatIncludesItselfIsACycle) {
  auto tree = sound_tree();
  tree["side.h"] = "#include \"side.h\"\n";
  EXPECT_EQ(complaints_of(tree), "cycle: side.h -> side.h\n");
}

TEST(LayerLaw, AWrongLayerInTheFirstLineIsReported) {
  auto tree = sound_tree();
  tree["low.h"] = "// low.h: a noun. [L0]\n// see [L1]\n";
  EXPECT_EQ(complaints_of(tree), "");
  tree["low.h"] = "// low.h: a noun. [L1]\n";
  EXPECT_EQ(complaints_of(tree), "low.h calls itself L1, layers.txt L0\n");
}

TEST(LayerLaw, AHeaderOutsideTheTableIsReported) {
  auto tree = sound_tree();
  tree["stray.hpp"] = "";
  EXPECT_EQ(complaints_of(tree), "stray.hpp is in no layer of layers.txt\n");
}

TEST(LayerLaw, AHeaderThatIsMissingIsReported) {
  auto tree = sound_tree();
  tree.erase("side.h");
  EXPECT_EQ(complaints_of(tree), "layers.txt names side.h, which is not there\n");
}

TEST(LayerLaw, ASystemHeaderOffTheListIsReported) {
  auto tree = sound_tree();
  tree["high.hpp"] = "#include <mutex>\n";
  EXPECT_EQ(complaints_of(tree), "high.hpp includes <mutex>, which is not allowed\n");
}

TEST(LayerLaw, AnIncludeOfNoHeaderHereIsReported) {
  auto tree = sound_tree();
  tree["high.hpp"] = "#include \"elsewhere.hpp\"\n";
  EXPECT_EQ(complaints_of(tree), "high.hpp includes \"elsewhere.hpp\", which is no header here\n");
}

}  // namespace
