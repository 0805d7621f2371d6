// The C++ half: takes the greeting in, reads it, and closes the pool with nothing left.
#include <escrow/escrow.hpp>

#include <cstring>

extern "C" escrow_status send_greeting(escrow_pool pool, escrow_ticket *out_ticket);

int main() {
  escrow_pool_options options{};
  options.struct_size = sizeof options;
  escrow::pool pool;
  if (escrow::pool::open(options, pool) != ESCROW_OK) return 1;
  std::uint64_t raw = 0;
  if (send_greeting(pool.id(), &raw) != ESCROW_OK) return 2;
  {
    auto ticket = escrow::ticket::adopt(raw);
    escrow::owned<> greeting;
    if (ticket.move_in(greeting) != ESCROW_OK) return 3;
    if (std::memcmp(greeting.get(), "hello", 6) != 0) return 4;
  }
  std::uint64_t live = 1;
  return pool.close(0, &live) == ESCROW_OK && live == 0 ? 0 : 5;
}
