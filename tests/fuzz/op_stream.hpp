// The form in which bytes are operations, for all fuzz targets, and how a target is run. The target
// defines run().
//
// An input is a row of operations: a byte that says which (modulo how many the target has), then as
// many arguments as that one takes, each a byte, a word or a text as source reads them. Where the
// input is over, zeros follow. README.md says what the operations of each target are.
#ifndef ESCROW_TESTS_FUZZ_OP_STREAM_HPP
#define ESCROW_TESTS_FUZZ_OP_STREAM_HPP

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "escrow/hash.hpp"

#define FUZZ_EXPECT(condition)                                                      \
  do {                                                                              \
    if (!(condition)) {                                                             \
      std::fprintf(stderr, "%s:%d: expected %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                 \
    }                                                                               \
  } while (false)

#define FUZZ_EXPECT_STATUS(is, wanted) fuzz::expect_status(is, wanted, #is, __FILE__, __LINE__)

namespace fuzz {

/// One input. Fails by FUZZ_EXPECT, and leaves nothing open.
void run(std::uint8_t const *data, std::size_t size);

/// What FUZZ_EXPECT_STATUS calls: shows both where they differ.
inline void expect_status(int is, int wanted, char const *what, char const *file, int line) {
  if (is == wanted) return;
  std::fprintf(stderr, "%s:%d: %s is %d, expected %d\n", file, line, what, is, wanted);
  std::abort();
}

/// The input, taken from the front; zeros when it is over.
struct source {
  std::uint8_t const *at;
  std::size_t left;
  [[nodiscard]] bool over() const { return left == 0; }
  std::uint8_t byte() {
    if (left == 0) return 0;
    --left;
    return *at++;
  }
  std::uint64_t word() {  // small, or one of the ends of the range
    std::uint8_t const b = byte();
    if (b == 0xFF) return ~0ull;
    if (b == 0xFE) return std::uint64_t{byte()} << 56;
    return b;
  }
  std::string text() {
    std::uint64_t n = byte() % 40;
    if (n == 39) n = 1000 + byte() * 260u;  // up to 67,300: some are too long
    std::string s(n, 'x');
    for (std::uint64_t i = 0; i < n && i < 4; ++i) s[i] = static_cast<char>(byte());
    return s;
  }
};

}  // namespace fuzz

#if defined(ESCROW_LIBFUZZER)
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const *data, std::size_t size) {
  fuzz::run(data, size);
  return 0;
}
#else
int main(int argc, char **argv) {
  std::uint64_t random_inputs = 0;
  std::uint64_t seed = 1;
  std::uint64_t files = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--random") == 0 && i + 1 < argc) {
      random_inputs = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
      seed = std::strtoull(argv[++i], nullptr, 10);
    } else {
      std::ifstream file(argv[i], std::ios::binary);
      std::vector<char> const input((std::istreambuf_iterator<char>(file)), {});
      FUZZ_EXPECT(file && !input.empty());
      fuzz::run(reinterpret_cast<std::uint8_t const *>(input.data()), input.size());
      ++files;
    }
  }
  std::uint64_t state = seed;
  for (std::uint64_t n = 0; n < random_inputs; ++n) {
    std::uint64_t const of_this = state;  // to be given as --seed with --random 1
    std::vector<std::uint8_t> input(64 + escrow::hash_seed::next(state) % 4000);
    for (std::uint8_t &b : input) b = static_cast<std::uint8_t>(escrow::hash_seed::next(state));
    std::printf("\rinput %llu, --seed %llu ", static_cast<unsigned long long>(n),
                static_cast<unsigned long long>(of_this));
    fuzz::run(input.data(), input.size());
  }
  std::printf("\n%llu files, %llu random inputs\n", static_cast<unsigned long long>(files),
              static_cast<unsigned long long>(random_inputs));
  return files + random_inputs == 0 ? 2 : 0;
}
#endif

#endif
