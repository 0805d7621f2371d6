// One thread fills an object and sends it to another. Between the two only the ticket holds it.
//
// It prints:
//     after sending, the handle is ESCROW_E_MOVED
//     received 1000 numbers, sum 499500
#include <cstdint>
#include <cstdio>
#include <future>
#include <numeric>
#include <thread>
#include <utility>

#include "escrow/escrow.h"
#include "escrow/escrow.hpp"

namespace {

constexpr std::uint64_t numbers = 1000;

bool ok(char const *what, escrow_status s) {
  if (s >= 0) return true;
  std::fprintf(stderr, "%s: %s\n", what, escrow_status_text(s));
  return false;
}

// A dropped ticket frees the object, so a receiver that gives up leaks nothing.
void receive(std::future<escrow::ticket> from) {
  escrow::ticket sent = from.get();
  escrow::owned<std::uint64_t> mine;
  if (!ok("move in", sent.move_in(mine))) return;
  std::uint64_t const *const first = mine.get();
  std::uint64_t const count = mine.size() / sizeof *first;
  std::uint64_t const sum = std::accumulate(first, first + count, std::uint64_t{0});
  std::printf("received %llu numbers, sum %llu\n", static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(sum));
}

}  // namespace

int main() {
  escrow::pool pool;
  if (!ok("open", escrow::pool::open(escrow::pool::options(), pool))) return 1;

  escrow::owned<std::uint64_t> object;
  if (!ok("acquire", pool.acquire(numbers * sizeof(std::uint64_t), object))) return 1;
  for (std::uint64_t i = 0; i < numbers; ++i) object.get()[i] = i;

  // From here on nobody can use the object: this guard is empty, the old handle refused.
  escrow_handle const old = object.handle();
  escrow::ticket ticket;
  if (!ok("move out", object.move_out(ticket))) return 1;
  std::printf("after sending, the handle is %s\n", escrow_status_name(escrow_release(old)));

  std::promise<escrow::ticket> mailbox;
  std::thread receiver(receive, mailbox.get_future());
  mailbox.set_value(std::move(ticket));
  receiver.join();

  std::uint64_t live = 0;
  if (!ok("close", pool.close(0, &live)) || live != 0) return 1;
  return ok("destroy", pool.destroy()) ? 0 : 1;
}
