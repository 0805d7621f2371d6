// Runs one program of the corpus: PROGRAM naive | PROGRAM escrow; -l lists them.
#include <cstdio>
#include <cstring>

#include "programs.h"

namespace {

struct program {
  char const *name;
  void (*naive)();
  char const *(*escrow)();
};

constexpr program programs[] = {
#define LEAKS_ENTRY(name) {#name, naive_##name, escrow_##name},
    LEAKS_PROGRAMS(LEAKS_ENTRY)
#undef LEAKS_ENTRY
};

}  // namespace

int main(int count, char **arguments) {
  if (count == 2 && std::strcmp(arguments[1], "-l") == 0) {
    for (auto const &p : programs) std::puts(p.name);
    return 0;
  }
  for (auto const &p : programs) {
    if (count != 3 || std::strcmp(arguments[1], p.name) != 0) continue;
    if (std::strcmp(arguments[2], "naive") == 0) {
      p.naive();
      return 0;
    }
    if (std::strcmp(arguments[2], "escrow") == 0) {
      std::printf("escrow: %s\n", p.escrow());
      return 0;
    }
  }
  std::fputs("usage: native -l | PROGRAM naive | PROGRAM escrow\n", stderr);
  return 2;
}
