// bench/harness.hpp: contests, in which several subjects do the same work in turns.
//
// A contest first finds, for each entry, how many operations fill a slice of time. Then it runs
// rounds: every entry once a round, A B C, and the next round begins with another one, so that what
// else the machine does falls on all of them. Ratios are taken within a round. Each slice returns a
// checksum over what it read from the memory it used; a wrong one ends the program with status 1.
#ifndef ESCROW_BENCH_HARNESS_HPP
#define ESCROW_BENCH_HARNESS_HPP

#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace bench {

using u64 = std::uint64_t;

/// Nanoseconds of a clock of clock_gettime.
inline double now_ns(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

inline double median(std::vector<double> values) {
  if (values.empty()) return 0;
  auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

struct options {
  bool quick = false;
  double seconds = 0;  // a contest's rounds together; 0: as the contest says
  int rounds = 0;      // 0 = 15 when quick, else 25
  std::string filter;  // part of a contest's name
  std::string rows;    // file for the raw rows
};

/// Reads the command line; ends the program where it is wrong.
inline options parse(int argc, char **argv) {
  char const *const usage =
      "[--quick] [--seconds S] [--rounds N] [--filter TEXT] [--rows FILE]\n"
      "  --quick      only what bench/targets.tsv asks for\n"
      "  --seconds S  time for the rounds of a contest\n"
      "  --rounds N   rounds of a contest\n"
      "  --filter T   only contests with T in their name\n"
      "  --rows FILE  raw rows: contest, subject, form, round, unit, value\n";
  options o;
  for (int i = 1; i < argc; ++i) {
    bool const more = i + 1 < argc;
    if (std::strcmp(argv[i], "--quick") == 0) {
      o.quick = true;
    } else if (std::strcmp(argv[i], "--seconds") == 0 && more) {
      o.seconds = std::strtod(argv[++i], nullptr);
    } else if (std::strcmp(argv[i], "--rounds") == 0 && more) {
      o.rounds = static_cast<int>(std::strtol(argv[++i], nullptr, 10));
    } else if (std::strcmp(argv[i], "--filter") == 0 && more) {
      o.filter = argv[++i];
    } else if (std::strcmp(argv[i], "--rows") == 0 && more) {
      o.rows = argv[++i];
    } else {
      bool const asked = std::strcmp(argv[i], "-h") == 0 || std::strcmp(argv[i], "--help") == 0;
      (void)std::fprintf(asked ? stdout : stderr, "usage: %s %s", argv[0], usage);
      std::exit(asked ? 0 : 2);
    }
  }
  if (o.rounds <= 0) o.rounds = o.quick ? 15 : 25;
  return o;
}

/// One run of a bench program: its options and where its rows go.
class session {
 public:
  explicit session(options wanted) : options_(std::move(wanted)) {
    // Before any peer is skipped: ctest takes a test whose output begins so for one that did not
    // run.
    std::printf("%d rounds a contest\n", options_.rounds);
    if (options_.rows.empty()) return;
    rows_ = std::fopen(options_.rows.c_str(), "w");
    if (rows_ == nullptr) {
      std::perror(options_.rows.c_str());
      std::exit(2);
    }
    (void)std::fprintf(rows_, "contest\tsubject\tform\tround\tunit\tvalue\n");
  }
  ~session() {
    if (rows_ != nullptr) (void)std::fclose(rows_);
  }
  session(session const &) = delete;
  session &operator=(session const &) = delete;

  [[nodiscard]] options const &chosen() const { return options_; }
  [[nodiscard]] bool wants(std::string const &contest) const {
    return contest.find(options_.filter) != std::string::npos;
  }
  /// Says once that a peer is not here.
  void skip(std::string const &peer, std::string const &why) {
    if (skipped_[peer]++ == 0) std::printf("skipped: %s: %s\n", peer.c_str(), why.c_str());
  }
  void row(std::string const &contest, std::string const &subject, char const *form, int round,
           char const *unit, double value) {
    if (rows_ != nullptr)
      (void)std::fprintf(rows_, "%s\t%s\t%s\t%d\t%s\t%.4f\n", contest.c_str(), subject.c_str(),
                         form, round, unit, value);
  }

 private:
  options options_;
  std::FILE *rows_ = nullptr;
  std::map<std::string, int> skipped_;
};

/// Ends the program because the work was not done as it should have been.
[[noreturn]] inline void wrong(std::string const &where, u64 expected, u64 got) {
  (void)std::fflush(stdout);
  (void)std::fprintf(stderr, "wrong checksum: %s: expected %llu, got %llu\n", where.c_str(),
                     static_cast<unsigned long long>(expected),
                     static_cast<unsigned long long>(got));
  std::exit(1);
}

/// What one slice measured, in nanoseconds, and the sum over what it read.
struct slice {
  u64 checksum;
  double wall;
  double cpu;
};

class contest {
 public:
  /// Does that many operations and returns the checksum.
  using work = std::function<u64(u64 operations)>;
  /// The same for work that only a part of is measured.
  using measured_work = std::function<slice(u64 operations)>;

  /// Operations of a slice are a multiple of this, so that batches and threads come out even.
  static constexpr u64 grain = 4096;

  /// `expected`: the checksum of that many operations, the same for every subject.
  contest(session &s, std::string name, std::function<u64(u64)> expected)
      : session_(s), name_(std::move(name)), expected_(std::move(expected)) {}

  void enter(std::string subject, char const *form, work run) {
    enter_measured(std::move(subject), form, [run = std::move(run)](u64 n) -> slice {
      double const wall = now_ns(CLOCK_MONOTONIC);
      double const cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
      u64 const sum = run(n);
      return {sum, now_ns(CLOCK_MONOTONIC) - wall, now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu};
    });
  }
  void enter_measured(std::string subject, char const *form, measured_work run) {
    entries_.push_back({std::move(subject), form, std::move(run), 0, {}, {}});
  }

  /// Runs the rounds, prints medians and writes the rows. An entry gets so many seconds, unless the
  /// command line says how long.
  void run(double when_quick = 0.06, double otherwise = 0.25) {
    if (!session_.wants(name_)) return;
    options const &o = session_.chosen();
    double const count = static_cast<double>(entries_.size());
    double const seconds = o.seconds > 0 ? o.seconds : count * (o.quick ? when_quick : otherwise);
    double const slice_ns = seconds * 1e9 / (count * o.rounds);
    for (entry &e : entries_) calibrate(e, slice_ns);
    for (int round = 0; round < o.rounds; ++round)
      for (std::size_t i = 0; i < entries_.size(); ++i)
        measure(entries_[(i + static_cast<std::size_t>(round)) % entries_.size()], round);
    print();
  }

 private:
  struct entry {
    std::string subject;
    char const *form;
    measured_work run;
    u64 operations;
    std::vector<double> wall;  // per operation, one a round
    std::vector<double> cpu;
  };

  slice checked(entry const &e, u64 operations) const {
    slice const s = e.run(operations);
    if (s.checksum != expected_(operations))
      wrong(name_ + " " + e.subject + " " + e.form, expected_(operations), s.checksum);
    return s;
  }
  void calibrate(entry &e, double slice_ns) const {
    u64 n = grain;
    // By the slower of the two clocks: waiting must not make a slice long either.
    auto const trial = [&] {
      slice const s = checked(e, n);
      return std::max(s.cpu, s.wall);
    };
    double took = trial();  // also warms up
    while (took < slice_ns / 3 && n < (u64{1} << 30)) {
      n *= 2;
      took = trial();
    }
    double const scaled = static_cast<double>(n) * slice_ns / std::max(took, 1.0);
    e.operations = std::max(grain, static_cast<u64>(scaled) / grain * grain);
  }
  void measure(entry &e, int round) {
    slice const s = checked(e, e.operations);
    double const n = static_cast<double>(e.operations);
    e.wall.push_back(s.wall / n);
    e.cpu.push_back(s.cpu / n);
    session_.row(name_, e.subject, e.form, round, "wall_ns", s.wall / n);
    session_.row(name_, e.subject, e.form, round, "cpu_ns", s.cpu / n);
  }
  void print() const {
    std::printf("%s\n", name_.c_str());
    for (entry const &e : entries_) {
      auto const [least, most] = std::minmax_element(e.cpu.begin(), e.cpu.end());
      std::printf("  %-22s %-8s %8.2f ns wall  %8.2f ns cpu (%.2f to %.2f)\n", e.subject.c_str(),
                  e.form, median(e.wall), median(e.cpu), *least, *most);
    }
    (void)std::fflush(stdout);
  }

  session &session_;
  std::string name_;
  std::function<u64(u64)> expected_;
  std::vector<entry> entries_;
};

}  // namespace bench

#endif
