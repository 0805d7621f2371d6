// A function that is replaced by that of another shared library, while a call is inside the old
// one.
//
// It prints:
//     version 1: 20 pieces cost 2000 by list price
//     version 2: 20 pieces cost 1800 by ten for nine
//     the call that began before still runs list price
//     a wrong file is refused: the file is no ELF file
//     version 3: 20 pieces cost 2000 by list price
//     libraries unloaded 1, in use 2, kept by the loader 0
#include <cstdio>
#include <string>

#include "escrow/code_slot.hpp"
#include "libraries/price.h"

using prices_slot = escrow::code_slot<prices>;

static int failed(char const *what, escrow_status why, escrow_code_reason const &reason = {}) {
  (void)std::fprintf(stderr, "%s: %d %s\n", what, static_cast<int>(why), reason.text);
  return 1;
}

static escrow_status show(prices_slot &slot) {
  escrow::code_call<prices> in;  // leaves at the end of the block
  auto const s = slot.enter(in);
  if (s != ESCROW_OK) return s;
  std::printf("version %llu: 20 pieces cost %llu by %s\n",
              static_cast<unsigned long long>(in.version()),
              static_cast<unsigned long long>(in->total(100, 20)), in->offer(20));
  return s;
}

int main() {
  std::string const folder = EXAMPLE_LIBRARIES;
  auto options = prices_slot::options();
  options.abi = PRICE_ABI;
  options.history = 1;  // one version to go back to
  prices_slot slot;
  std::uint64_t version = 0;
  escrow_code_reason why{};
  auto s = prices_slot::open(options, slot);
  if (s == ESCROW_OK)
    s = slot.swap_library((folder + "/price_v1.so").c_str(), version, ESCROW_CODE_ANY, &why);
  if (s == ESCROW_OK) s = show(slot);
  if (s != ESCROW_OK) return failed("first version", s, why);

  escrow::code_call<prices> old;
  s = slot.enter(old);
  if (s == ESCROW_OK)
    s = slot.swap_library((folder + "/price_v2.so").c_str(), version, ESCROW_CODE_ANY, &why);
  if (s == ESCROW_OK) s = show(slot);
  if (s != ESCROW_OK) return failed("second version", s, why);
  std::printf("the call that began before still runs %s\n", old->offer(20));

  s = slot.swap_library(__FILE__, version, ESCROW_CODE_ANY, &why);
  if (s != ESCROW_E_REFUSED) return failed("a source", s, why);
  std::printf("a wrong file is refused: %s\n", why.text);

  s = slot.roll_back(1, version);  // a new version, by the first library
  if (s == ESCROW_OK) s = show(slot);
  if (s == ESCROW_OK)
    s = slot.swap_library((folder + "/price_v1.so").c_str(), version, ESCROW_CODE_ANY, &why);
  if (s != ESCROW_OK) return failed("back", s, why);
  old.leave();  // the last call of its version
  auto const stats = slot.stats();
  std::printf("libraries unloaded %llu, in use %llu, kept by the loader %llu\n",
              static_cast<unsigned long long>(stats.unloaded),
              static_cast<unsigned long long>(stats.libraries),
              static_cast<unsigned long long>(stats.kept));
  return 0;
}
