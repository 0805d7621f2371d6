#include "code_law.hpp"

#include <gtest/gtest.h>

namespace {

std::string complaints_of(std::string const &text) {
  return laws::joined(laws::check_code({{"x.hpp", text}}));
}

TEST(CodeLaw, TheLibraryObeys) {
  auto const tree = laws::read_headers(std::filesystem::path(ESCROW_SOURCE_DIR) / "include/escrow");
  ASSERT_GE(tree.size(), 10u);
  EXPECT_EQ(laws::joined(laws::check_code(tree)), "");
}

TEST(CodeLaw, SoundCodeHasNoComplaint) {
  EXPECT_EQ(complaints_of("// static thread_local throw\n"
                          "#define X \\\n  static int hidden\n"
                          "namespace a::inline v1 {\n"
                          "static_assert(1'000 == 1000, \"static\");\n"
                          "constexpr int limit = 3;\n"
                          "enum class e : int { one };\n"
                          "[[nodiscard]] inline int f(int x = 0) noexcept { return x; }\n"
                          "template <class T> class c {\n"
                          " public:\n"
                          "  static c make() { return c{}; }\n"
                          "  static constexpr int count = 1;\n"
                          "  c(c const &) = delete;\n"
                          "  inline bool operator==(c const &) const = default;\n"
                          "  void go() { ::new (at) T(); patience.wait(); }\n"
                          "};\n"
                          "extern \"C\" { static int g(void); }\n"
                          "}\n"),
            "");
}

TEST(CodeLaw, ALongHeaderIsReported) {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "//\n";
  EXPECT_EQ(complaints_of(text), "");
  EXPECT_EQ(complaints_of(text + "//\n"), "x.hpp:401: more than 400 lines\n");
}

TEST(CodeLaw, AStaticInAFunctionIsReported) {
  EXPECT_EQ(complaints_of("inline int f() {\n  static int n = 0;\n  return n;\n}\n"),
            "x.hpp:2: static variable in a function\n");
  EXPECT_EQ(
      complaints_of("class c { int f() const noexcept { if (x) { static constexpr int n{}; } } };"),
      "x.hpp:1: static variable in a function\n");
  EXPECT_EQ(complaints_of("auto f() -> int {\n  static int n;\n}\n"),
            "x.hpp:2: static variable in a function\n");
}

TEST(CodeLaw, AnInlineVariableIsReported) {
  EXPECT_EQ(complaints_of("inline int a = 3;\n"), "x.hpp:1: inline variable\n");
  EXPECT_EQ(complaints_of("inline constinit alignas(64) std::atomic<int> a{0};\n"),
            "x.hpp:1: inline variable\n");
  EXPECT_EQ(complaints_of("struct s {\n  static inline int a;\n};\n"),
            "x.hpp:2: inline variable\n");
}

TEST(CodeLaw, ForbiddenWordsAreReported) {
  for (std::string const word :
       {"thread_local", "atomic_thread_fence", "notify_one", "throw", "dynamic_cast"}) {
    EXPECT_EQ(complaints_of("\n" + word + " x;\n"), "x.hpp:2: '" + word + "' is not allowed\n");
  }
}

TEST(CodeLaw, AtomicWaitIsReported) {
  EXPECT_EQ(complaints_of("void f() { word.wait(old); }\n"), "x.hpp:1: atomic wait\n");
  EXPECT_EQ(complaints_of("void f() { word->wait(0, order); }\n"), "x.hpp:1: atomic wait\n");
}

TEST(CodeLaw, AllocationIsReported) {
  EXPECT_EQ(complaints_of("void f() { auto *p = new int; }\n"),
            "x.hpp:1: 'new' allocates outside a pool\n");
  EXPECT_EQ(complaints_of("void f() { delete p; }\n"),
            "x.hpp:1: 'delete' allocates outside a pool\n");
}

TEST(CodeLaw, MemoryPastTheTwoHeadersThatMayBeRefusedItIsReported) {
  std::string const text = "void f() { ::mmap(nullptr, 1); madvise(p, 2); }\n";
  EXPECT_EQ(complaints_of(text),
            "x.hpp:1: 'mmap' asks for memory past pages.hpp and heap.hpp\n"
            "x.hpp:1: 'madvise' asks for memory past pages.hpp and heap.hpp\n");
  EXPECT_EQ(complaints_of("void f() { auto *p = std::calloc(1, 2); }\n"),
            "x.hpp:1: 'calloc' asks for memory past pages.hpp and heap.hpp\n");
  EXPECT_EQ(laws::joined(laws::check_code({{"pages.hpp", text}})), "");
}

}  // namespace
