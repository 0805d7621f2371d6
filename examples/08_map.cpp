// A map that any number of threads share: counters, conditional changes, a walk while others write.
//
// It prints:
//     the: 3, cat: 2, dog: 0 (ESCROW_E_ABSENT)
//     two threads counted to 200000
//     the second session of 7 is stored: ESCROW_E_DIFFERS
//     expired: 500 of 1000
//     the walk saw 500 sessions, each once
#include <cstdio>
#include <thread>

#include "escrow/escrow.hpp"
#include "escrow/sharded_map.hpp"

using escrow::bytes;
using escrow::u64;

static bool ok(char const *what, escrow_status status) {
  if (status >= 0) return true;
  std::fprintf(stderr, "%s: %s\n", what, escrow_status_text(status));
  return false;
}

int main() {
  // Byte keys are copied; values of up to 8 bytes lie beside them.
  escrow::sharded_map<bytes, u64> words;
  if (!ok("open", escrow::sharded_map<bytes, u64>::open({}, words))) return 1;
  u64 before = 0;
  for (bytes const word :
       {bytes{"the", 3}, bytes{"cat", 3}, bytes{"the", 3}, bytes{"cat", 3}, bytes{"the", 3}})
    if (!ok("add", words.fetch_add(word, 1, before))) return 1;
  u64 the = 0;
  u64 cat = 0;
  u64 dog = 0;
  if (!ok("get", words.get({"the", 3}, the)) || !ok("get", words.get({"cat", 3}, cat))) return 1;
  escrow_status const none = words.get({"dog", 3}, dog);
  std::printf("the: %d, cat: %d, dog: %d (%s)\n", static_cast<int>(the), static_cast<int>(cat),
              static_cast<int>(dog), escrow_status_name(none));

  escrow::sharded_map<int, u64> numbers;
  if (!ok("open", escrow::sharded_map<int, u64>::open({}, numbers))) return 1;
  auto const count = [&numbers] {
    u64 old = 0;
    for (int i = 0; i < 100'000; ++i)
      if (!ok("add", numbers.fetch_add(1, 1, old))) return;
  };
  std::thread first(count);
  std::thread second(count);
  first.join();
  second.join();
  u64 sum = 0;
  if (!ok("get", numbers.get(1, sum))) return 1;
  std::printf("two threads counted to %d\n", static_cast<int>(sum));

  // Sessions by number; the value is when they end. What has expired goes in one call.
  escrow::sharded_map<u64, u64> sessions;
  if (!ok("open", escrow::sharded_map<u64, u64>::open({.expected = 1000}, sessions))) return 1;
  for (u64 n = 0; n < 1000; ++n)
    if (!ok("put", sessions.put(n, n))) return 1;
  std::printf("the second session of 7 is stored: %s\n",
              escrow_status_name(sessions.compare_and_swap(7, 6, 100)));
  u64 const expired = sessions.purge(escrow::map_condition::less, 500);
  std::printf("expired: %d of 1000\n", static_cast<int>(expired));

  // A cursor is an integer; entries that stay are seen once, whatever happens meanwhile.
  escrow::word_entry some[64];
  u64 seen = 0;
  for (u64 cursor = 0; cursor != escrow::map_cursor_end;) {
    u64 n = 0;
    if (!ok("scan", sessions.native_access().scan(cursor, some, 64, n))) return 1;
    seen += n;
  }
  std::printf("the walk saw %d sessions, each once\n", static_cast<int>(seen));
  return 0;
}
