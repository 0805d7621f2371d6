// Numbers are given once, whoever asks and however: one, by a leaf, several in a row; ordered and
// by blocks, with more threads than cores.
//
// Oracle: a bit for each number, set by whoever got it, that must not be set yet; for an ordered
// sequence also a number that somebody had before the call began, which must be smaller.
#include "escrow/leaf.h"
#include "escrow/sequence.h"
#include "options.hpp"

namespace {

constexpr std::uint64_t limit = 1ull << 24;  // numbers of a round
std::atomic<std::uint64_t> taken[limit / 64];
std::atomic<std::uint64_t> known;  // largest number that some call has returned
std::atomic<std::uint64_t> given;
alignas(64) escrow_sequence sequence;

void take(std::uint64_t first, std::uint64_t count) {
  for (std::uint64_t n = first; n < first + count && n < limit; ++n) {
    std::uint64_t const bit = 1ull << (n % 64);
    STRESS_EXPECT((taken[n / 64].fetch_or(bit) & bit) == 0);
  }
}

void ask(std::uint64_t kind, bool ordered) {
  std::uint64_t const before = known.load();
  std::uint64_t first = 0, count = 1;
  if (kind % 16 == 0) {
    count = 1 + kind / 16 % 40;
    STRESS_EXPECT(escrow_sequence_next_n(&sequence, count, &first) == ESCROW_OK);
  } else if (kind % 2 == 0) {
    STRESS_EXPECT(escrow_sequence_next(&sequence, &first) == ESCROW_OK);
  } else {
    auto const s = escrow1_leaf_sequence_next(&sequence, &first);
    STRESS_EXPECT(s == ESCROW_OK || s == ESCROW_E_BUSY);
    if (s != ESCROW_OK) return;
  }
  STRESS_EXPECT(!ordered || first > before);
  take(first, count);
  std::uint64_t largest = known.load();
  while (largest < first + count - 1 && !known.compare_exchange_weak(largest, first + count - 1)) {
  }
  given.fetch_add(count, std::memory_order_relaxed);
}

}  // namespace

int main(int argc, char **argv) {
  auto options = stress_options::parse(argc, argv);
  options.threads *= 2;
  double const whole = options.seconds;
  constexpr std::uint64_t blocks[] = {0, 2, 0, 16, 1024, 65536};
  constexpr unsigned rounds = 24;
  options.seconds = whole / rounds;
  for (unsigned round = 0; round < rounds; ++round) {
    std::uint64_t const block = blocks[round % 6];
    for (auto &word : taken) word.store(0, std::memory_order_relaxed);
    known.store(0);
    STRESS_EXPECT(escrow_sequence_init(&sequence, 1, block) == ESCROW_OK);
    options.seed += 1;
    options.run([&](unsigned, auto &random) {
      if (known.load() >= limit) {
        std::this_thread::yield();
        return;
      }
      for (unsigned i = 0; i < 64; ++i) ask(random(), block == 0);
    });
  }
  std::printf("%llu numbers, %u failures\n", static_cast<unsigned long long>(given.load()),
              stress_failures.load());
  return stress_failures.load() == 0 && given.load() != 0 ? 0 : 1;
}
