// Writers, readers of all kinds and deciders at work on three cells. What is checked:
//
//   whole       a content follows from one number
//   in order    after a swap has returned, whoever looks sees that version or a newer one; a thread
//               never sees an older one than it has seen, whichever way it reads
//   bounded     snapshots in memory are at most those that readers hold, those under way, the
//               history and the current one
//   examined    a decider sees each proposal once
//
// Found out within three seconds, on two busy cores: the second look of cell_face::copy() removed;
// the first store of publish() left out (not in every run; tests/model finds it for certain); one
// loan in 64 not counted.
// Guarantee L of docs/trust.md.
#include <cstring>
#include <mutex>
#include <string>

#include "escrow/cell.h"
#include "escrow/cell.hpp"
#include "options.hpp"

namespace {

using escrow::bytes;
using escrow::cell;
using escrow::cell_if;
using escrow::u64;

struct config {
  u64 number;
  u64 words[15];

  static config of(u64 n) {
    config c{n, {}};
    for (u64 i = 0; i < 15; ++i) c.words[i] = n * 0x9E3779B97F4A7C15ull + i;
    return c;
  }
  [[nodiscard]] bool is_whole() const { return std::memcmp(this, &whole(), sizeof *this) == 0; }

 private:
  [[nodiscard]] config const &whole() const {
    static thread_local config c;
    return c = of(number);
  }
};

std::string text_of(u64 n) {
  return std::string(n * 37 % 1500, static_cast<char>('a' + n % 26));
}
bool is_whole(bytes const &b) {
  for (u64 i = 1; i < b.size; ++i)
    if (b.data[i] != b.data[0]) return false;
  return true;
}

void raise(std::atomic<u64> &to, u64 version) {
  u64 seen = to.load();
  while (seen < version && !to.compare_exchange_weak(seen, version)) {
  }
}

/// The highest version whose swap has returned, or that somebody has read.
struct shared {
  cell<config> configs;
  cell<bytes> texts;
  cell<config> decided;
  std::atomic<u64> config_known{0};
  std::atomic<u64> text_known{0};
  std::atomic<u64> decided_known{0};
  std::atomic<u64> taken{0};
  std::atomic<u64> proposed{0};
  std::mutex kept_guard;
  struct {
    cell<config>::held snapshot;
    u64 number = 0;
  } kept[8];  // held by one thread, let go of by another

  static constexpr escrow::u32 history = 3;
};

/// What one thread has.
struct worker {
  cell<config>::reader configs;
  cell<bytes>::reader texts;
  config const *last = nullptr;  // what `configs` gave, and holds
  u64 last_number = 0;
  u64 config_seen = 0;
  u64 text_seen = 0;
};

void saw(u64 version, u64 known, u64 &mine, std::atomic<u64> &all) {
  STRESS_EXPECT(version >= known);
  STRESS_EXPECT(version >= mine);
  mine = version;
  raise(all, version);
}

void read_config(shared &s, worker &w, u64 way) {
  u64 const known = s.config_known.load();
  if (way == 0) {
    STRESS_EXPECT(w.last == nullptr || (w.last->is_whole() && w.last->number == w.last_number));
    config const *const c = w.configs.get();
    STRESS_EXPECT(c != nullptr && c->is_whole());
    w.last = c;
    w.last_number = c->number;
    saw(w.configs.version(), known, w.config_seen, s.config_known);
  } else if (way == 1) {
    config c{};
    u64 version = 0;
    STRESS_EXPECT(s.configs.copy(c, version) == ESCROW_OK);
    STRESS_EXPECT(c.is_whole() && c.number <= version);
    saw(version, known, w.config_seen, s.config_known);
  } else if (way == 2) {
    cell<config>::held h;
    STRESS_EXPECT(s.configs.load(h) == ESCROW_OK);
    STRESS_EXPECT(h->is_whole());
    saw(h.version(), known, w.config_seen, s.config_known);
    STRESS_EXPECT(h->is_whole());
  } else if (way == 3) {
    u64 const version = s.configs.version();
    saw(version, known, w.config_seen, s.config_known);
  } else {
    escrow_cell_view view;
    STRESS_EXPECT(escrow_cell_load(s.configs.id(), &view) == ESCROW_OK);
    STRESS_EXPECT(static_cast<config const *>(view.content)->is_whole());
    saw(view.version, known, w.config_seen, s.config_known);
    STRESS_EXPECT(escrow_cell_release(view.loan) >= ESCROW_OK);
  }
}

void write_config(shared &s, worker &w, u64 random) {
  if (random % 8 == 0) {
    u64 version = 0;
    u64 const back = w.config_seen > 2 ? w.config_seen - random / 8 % 3 : 1;
    auto const status = s.configs.roll_back(back, &version);
    STRESS_EXPECT(status == ESCROW_OK || status == ESCROW_ALREADY || status == ESCROW_E_ABSENT);
    if (status == ESCROW_OK) saw(version, 0, w.config_seen, s.config_known);
    return;
  }
  // The number is that of the version, so two that are published as one would be found out.
  u64 const now = s.configs.version();
  u64 version = 0;
  auto const status = s.configs.swap_if(cell_if::version(now), config::of(now + 1), &version);
  STRESS_EXPECT(status == ESCROW_OK || status == ESCROW_E_DIFFERS);
  if (status == ESCROW_OK) {
    STRESS_EXPECT(version == now + 1);
    saw(version, 0, w.config_seen, s.config_known);
  }
}

/// Puts what it holds into a place that others empty, on whatever thread.
void hand_over(shared &s, u64 random) {
  cell<config>::held h;
  if (random % 4 == 0) {
    auto const version = s.configs.version();
    auto const status = s.configs.load_version(version > 2 ? version - 2 : 1, h);
    STRESS_EXPECT(status == ESCROW_OK || status == ESCROW_E_ABSENT);
  } else {
    STRESS_EXPECT(s.configs.load(h) == ESCROW_OK);
  }
  if (h) STRESS_EXPECT(h->is_whole());
  std::lock_guard const hold(s.kept_guard);
  auto &place = s.kept[random / 4 % 8];
  if (place.snapshot)
    STRESS_EXPECT(place.snapshot->is_whole() && place.snapshot->number == place.number);
  place.number = h ? h->number : 0;
  place.snapshot = std::move(h);
}

void use_text(shared &s, worker &w, u64 random) {
  u64 const known = s.text_known.load();
  u64 version = 0;
  if (random % 4 == 0) {
    std::string const text = text_of(random / 4);
    STRESS_EXPECT(s.texts.swap({text.data(), text.size()}, &version) == ESCROW_OK);
    saw(version, known, w.text_seen, s.text_known);
  } else if (random % 4 == 1) {
    bytes const b = w.texts.get();
    STRESS_EXPECT(is_whole(b));
    saw(w.texts.version(), known, w.text_seen, s.text_known);
  } else {
    char out[2000];
    u64 size = 0;
    STRESS_EXPECT(s.texts.copy(out, sizeof out, size, version) == ESCROW_OK);
    STRESS_EXPECT(is_whole({out, size}));
    saw(version, known, w.text_seen, s.text_known);
  }
}

void propose(shared &s, u64 random) {
  u64 const known = s.decided_known.load();
  u64 const timeout = random % 16 == 0 ? random / 16 % 100'000 : ESCROW_FOREVER;
  u64 const number = random / 64;
  u64 version = 0;
  ++s.proposed;
  auto const status = s.decided.propose({}, config::of(number), timeout, &version);
  if (status == ESCROW_OK) {
    STRESS_EXPECT(number % 2 == 0 && version > known);
    raise(s.decided_known, version);
  } else {
    STRESS_EXPECT((status == ESCROW_E_REFUSED && number % 2 == 1) ||
                  (status == ESCROW_E_TIMEOUT && timeout != ESCROW_FOREVER));
  }
  u64 const since = s.decided_known.load();  // before the cell is asked: others publish meanwhile
  STRESS_EXPECT(s.decided.version() >= since);
}

void decide(shared &s) {
  escrow_cell_view view;
  while (escrow_cell_take(s.decided.id(), ESCROW_FOREVER, &view) == ESCROW_OK) {
    ++s.taken;
    auto const &c = *static_cast<config const *>(view.content);
    STRESS_EXPECT(c.is_whole());
    if (c.number % 2 == 0) {
      u64 version = 0;
      auto const status = escrow_cell_accept(s.decided.id(), view.snapshot, &version);
      STRESS_EXPECT(status == ESCROW_OK || status == ESCROW_E_STALE);
      if (status == ESCROW_OK) raise(s.decided_known, version);
    } else {
      auto const status = escrow_cell_refuse(s.decided.id(), view.snapshot, nullptr);
      STRESS_EXPECT(status == ESCROW_OK || status == ESCROW_E_STALE);
    }
    STRESS_EXPECT(c.is_whole());
    STRESS_EXPECT(escrow_cell_release(view.loan) >= ESCROW_OK);
  }
}

template <class T>
u64 snapshots(cell<T> const &c) {
  escrow_cell_stats stats{};
  STRESS_EXPECT(c.read_stats(stats) == ESCROW_OK);
  return stats.snapshots;
}

/// Of several looks one must find no more than `bound`: a look takes each slot at its own instant,
/// so one that is interrupted counts what lived before and what lived after. What leaks is in all
/// of them.
template <class T>
bool is_bounded(cell<T> const &c, u64 bound) {
  for (int look = 0; look < 100; ++look)
    if (snapshots(c) <= bound) return true;
  return false;
}

}  // namespace

int main(int argc, char **argv) {
  auto const options = stress_options::parse(argc, argv);
  shared s;
  auto o = cell<config>::options();
  o.history = shared::history;
  STRESS_EXPECT(cell<config>::open(o, s.configs) == ESCROW_OK);
  STRESS_EXPECT(cell<bytes>::open(cell<bytes>::options(), s.texts) == ESCROW_OK);
  o.flags = ESCROW_CELL_DECIDED;
  STRESS_EXPECT(cell<config>::open(o, s.decided) == ESCROW_OK);
  STRESS_EXPECT(s.configs.swap(config::of(1)) == ESCROW_OK);
  STRESS_EXPECT(s.texts.swap({"a", 1}) == ESCROW_OK);

  // Readers, places of kept ones, one under way in each of the threads, the decider's.
  u64 const bound = 2 * options.threads + 8 + shared::history + 2;
  std::vector<worker> workers(options.threads);
  for (auto &w : workers) {
    w.configs = cell<config>::reader(s.configs);
    w.texts = cell<bytes>::reader(s.texts);
  }
  std::thread decider([&] { decide(s); });
  std::atomic<u64> waited{0};
  std::thread waiter([&] {
    u64 version = 0;
    while (s.configs.await(version, ESCROW_FOREVER, &version) == ESCROW_OK) ++waited;
  });
  options.run([&](unsigned thread, auto &random) {
    u64 const r = random();
    worker &w = workers[thread];
    switch (r % 16) {
      case 0:
      case 1:
        write_config(s, w, r / 16);
        break;
      case 2:
        hand_over(s, r / 16);
        break;
      case 3:
      case 4:
        use_text(s, w, r / 16);
        break;
      case 5:
        if (r / 16 % 8 == 0) propose(s, r / 128);
        break;
      case 6:
        if (r / 16 % 256 == 0) {
          STRESS_EXPECT(is_bounded(s.configs, bound));
          STRESS_EXPECT(is_bounded(s.texts, bound));
          STRESS_EXPECT(is_bounded(s.decided, bound + ESCROW_CELL_MOST_PROPOSALS));
        }
        break;
      default:
        read_config(s, w, r / 16 % 5);
    }
  });
  STRESS_EXPECT(s.configs.close() == ESCROW_OK);
  STRESS_EXPECT(s.decided.close() == ESCROW_OK);
  decider.join();
  waiter.join();
  STRESS_EXPECT(s.taken <= s.proposed);
  std::printf("%llu and %llu versions, %llu of %llu proposals decided, %llu waits\n",
              static_cast<unsigned long long>(s.configs.version()),
              static_cast<unsigned long long>(s.texts.version()),
              static_cast<unsigned long long>(s.taken.load()),
              static_cast<unsigned long long>(s.proposed.load()),
              static_cast<unsigned long long>(waited.load()));
  workers.clear();
  for (auto &k : s.kept) k.snapshot.reset();
  STRESS_EXPECT(snapshots(s.configs) == 1 + shared::history);
  STRESS_EXPECT(snapshots(s.texts) == 1);
  STRESS_EXPECT(s.configs.destroy() == ESCROW_OK);
  STRESS_EXPECT(s.decided.destroy() == ESCROW_OK);
  return stress_failures == 0 ? 0 : 1;
}
