// The scenes of tests/model under Relacy: clean in many schedules each, and with an order of the
// code taken for relaxed, found out.
//
//   scenes [ITERATIONS]     of each scene, by Relacy's random scheduler; default 5000
//
// Built where a copy of Relacy is at hand: cmake -DESCROW_RELACY=FOLDER, which holds
// relacy/relacy.hpp.
#include "atomic.hpp"
//
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <ostream>
#include <streambuf>

#include "../model/bucket_scenes.hpp"
#include "../model/clear_scenes.hpp"
#include "../model/code_scenes.hpp"
#include "../model/guarded_place_scenes.hpp"
#include "../model/ledger_scenes.hpp"
#include "../model/trace_scenes.hpp"
// After those of an index, which has its own escrow/backoff.hpp.
#include "../model/blob_scenes.hpp"
#include "../model/slab_scenes.hpp"

namespace {

template <class State>
model::scenario<State> const *current = nullptr;

template <class State, int count>
struct suite : rl::test_suite<suite<State, count>, count> {
  std::unique_ptr<State> state;
  void before() {
    state = std::make_unique<State>();
    if (current<State>->begin) current<State>->begin(*state);
  }
  void thread(unsigned n) { current<State>->threads[n](*state); }
  void after() {
    if (current<State>->finished) current<State>->finished(*state);
    state.reset();
  }
};

/// What Relacy says, as much as has room. It follows every allocation, those of a growing string
/// too, so this one has its memory from the start.
class account : public std::streambuf {
 public:
  account() { setp(text_, text_ + sizeof text_); }
  [[nodiscard]] std::string text() const { return {pbase(), pptr()}; }

 private:
  int_type overflow(int_type c) override { return traits_type::not_eof(c); }
  char text_[1 << 14];
};

/// Empty: nothing was wrong in so many schedules; else Relacy's account of the one that was.
template <class State>
std::string simulate(model::scenario<State> const &s, rl::iteration_t iterations) {
  current<State> = &s;
  account said;
  std::ostream out(&said);
  rl::test_params p;
  p.iteration_count = iterations;
  p.output_stream = p.progress_stream = &out;
  bool const clean = s.threads.size() == 2   ? rl::simulate<suite<State, 2>>(p)
                     : s.threads.size() == 3 ? rl::simulate<suite<State, 3>>(p)
                                             : false;
  return clean ? std::string() : said.text() + "\n";
}

int wrong = 0;

template <class State>
void expect_clean(std::vector<model::scenario<State>> const &scenes, rl::iteration_t iterations) {
  for (auto const &s : scenes) {
    std::string const said = simulate(s, iterations);
    std::printf("%-5s %s\n", said.empty() ? "ok" : "WRONG", s.name.c_str());
    if (said.empty()) continue;
    std::printf("%s\n", said.c_str());
    ++wrong;
  }
}

/// One of the scenes must go wrong while `function` has no `order`.
template <class State>
void expect_needed(std::vector<model::scenario<State>> const &scenes, rl::iteration_t iterations,
                   char const *function, std::memory_order order, char const *what) {
  model::weakened = {function, order};
  bool found = false;
  for (auto const &s : scenes)
    if (!found && !simulate(s, iterations).empty()) {
      std::printf("ok    %s without %s: found out in \"%s\"\n", function, what, s.name.c_str());
      found = true;
    }
  model::weakened = {};
  if (found) return;
  std::printf("WRONG %s without %s: not found out\n", function, what);
  ++wrong;
}

}  // namespace

int main(int argc, char **argv) {
  char *end = nullptr;
  unsigned long const iterations = argc > 1 ? std::strtoul(argv[1], &end, 10) : 5000;
  if (argc > 2 || iterations == 0 || (end != nullptr && *end != '\0')) {
    std::fprintf(stderr, "usage: scenes [ITERATIONS]\n");
    return 2;
  }
  constexpr auto acquire = std::memory_order_acquire, release = std::memory_order_release;
  expect_clean(trace_scenes::all(), iterations);
  expect_needed(trace_scenes::all(), iterations, "read", acquire, "acquire");
  expect_needed(trace_scenes::all(), iterations, "write", release, "release");
  expect_clean(ledger_scenes::all(), iterations);
  expect_needed(ledger_scenes::all(), iterations, "read_around", acquire, "acquire");
  expect_needed(ledger_scenes::all(), iterations, "write", release, "release");
  expect_clean(bucket_scenes::all(), iterations);
  // Not candidates() and seen(): in 400,000 random schedules of each scene their acquire was not
  // missed. The explorer, which searches them all, finds both.
  for (char const *const function : {"find_first", "find_slowly", "key", "value", "read_under"})
    expect_needed(bucket_scenes::all(), iterations, function, acquire, "acquire");
  for (char const *const function : {"edit_slot", "fill", "insert", "leave_node", "publish"})
    expect_needed(bucket_scenes::all(), iterations, function, release, "release");
  // From here on 20,000 random schedules of each scene do not miss renew(), of records load(),
  // has_key(), store(), copy_to() and extend(), of lanes hand() and take_up(). The explorer does.
  expect_clean(clear_scenes::all(), iterations);
  expect_needed(clear_scenes::all(), iterations, "set_epoch", release, "release");
  for (char const *const function : {"update_in_turn", "find_slowly"})
    expect_needed(clear_scenes::all(), iterations, function, acquire, "acquire");
  expect_clean(guarded_place_scenes::all(), iterations);
  expect_needed(guarded_place_scenes::all(), iterations, "read", acquire, "acquire");
  for (char const *const function : {"begin", "end"})
    expect_needed(guarded_place_scenes::all(), iterations, function, release, "release");
  expect_clean(blob_scenes::all(), iterations);
  for (char const *const function : {"header", "live_bytes", "take"})
    expect_needed(blob_scenes::all(), iterations, function, acquire, "acquire");
  for (char const *const function : {"link", "release", "stray"})
    expect_needed(blob_scenes::all(), iterations, function, release, "release");
  expect_clean(slab_scenes::all(), iterations);
  for (char const *const function : {"take_dirty", "try_acquire"})
    expect_needed(slab_scenes::all(), iterations, function, acquire, "acquire");
  for (char const *const function : {"push", "release"})
    expect_needed(slab_scenes::all(), iterations, function, release, "release");
  expect_clean(code_scenes::all(), iterations);
  std::printf("%d not as it must be\n", wrong);
  return wrong != 0;
}
