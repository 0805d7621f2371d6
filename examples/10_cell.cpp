// Limits that change while threads read them: cached, copied, held; conditions, refusal, roll back.
//
// It prints:
//     version 1: 100 requests, 4 workers
//     refused: no workers at all
//     somebody else was faster: ESCROW_E_DIFFERS
//     version 2: 200 requests, 8 workers
//     held: 100 requests, and the cell is at version 2
//     rolled back: version 3 has 100 requests
//     the watcher saw version 3
#include <cstdio>
#include <cstring>
#include <thread>

#include "escrow/escrow.hpp"

struct limits {
  long requests;
  long workers;
};
using limits_cell = escrow::cell<limits>;

static bool ok(char const *what, escrow_status status) {
  if (status >= 0) return true;
  std::fprintf(stderr, "%s: %s\n", what, escrow_status_text(status));
  return false;
}

/// Looks at every content before anybody sees it.
static int32_t sensible(void const *content, uint64_t, void *, escrow_cell_reason *why) {
  if (static_cast<limits const *>(content)->workers > 0) return 0;
  std::strcpy(why->text, "no workers at all");
  return 1;
}

int main() {
  auto options = limits_cell::options();
  options.history = 4;
  options.validator = sensible;
  limits_cell cell;
  if (!ok("open", limits_cell::open(options, cell))) return 1;
  if (!ok("swap", cell.swap({100, 4}))) return 1;

  // One reader a thread: an acquire load and a compare while nothing changes.
  limits_cell::reader reader(cell);
  limits const *now = reader.get();
  std::printf("version 1: %ld requests, %ld workers\n", now->requests, now->workers);

  // Holds this version on any thread, for as long as it likes.
  limits_cell::held first;
  if (!ok("load", cell.load(first))) return 1;

  escrow::u64 seen = 0;
  std::thread watcher([&cell, &seen] {
    while (seen < 3 && ok("await", cell.await(seen, ESCROW_FOREVER, &seen))) {
    }
  });

  escrow_cell_reason why;
  if (cell.swap({200, 0}, nullptr, &why) == ESCROW_E_REFUSED)
    std::printf("refused: %s\n", why.text);
  if (!ok("swap", cell.swap_if(escrow::cell_if::version(1), {200, 8}))) return 1;
  escrow_status const late = cell.swap_if(escrow::cell_if::version(1), {300, 9});
  std::printf("somebody else was faster: %s\n", escrow_status_name(late));

  limits copy{};
  escrow::u64 version = 0;
  if (!ok("copy", cell.copy(copy, version))) return 1;
  std::printf("version %d: %ld requests, %ld workers\n", static_cast<int>(version), copy.requests,
              copy.workers);
  std::printf("held: %ld requests, and the cell is at version %d\n", first->requests,
              static_cast<int>(cell.version()));

  if (!ok("roll back", cell.roll_back(first.version(), &version))) return 1;
  std::printf("rolled back: version %d has %ld requests\n", static_cast<int>(version),
              reader.get()->requests);
  watcher.join();
  std::printf("the watcher saw version %d\n", static_cast<int>(seen));
  return 0;
}
