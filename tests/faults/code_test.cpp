// Code slots whose memory is refused: versions of the program, and libraries with their private
// copies.
// Guarantee G of docs/trust.md.
#define ESCROW_FAULTS
#include <dirent.h>

#include "escrow/code.h"
#include "refusal.hpp"
#include "table.h"

namespace {

std::uint64_t one() {
  return 1;
}
std::uint64_t two() {
  return 2;
}

unsigned open_descriptors() {
  unsigned n = 0;
  DIR *const folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  while (::readdir(folder) != nullptr) ++n;
  ::closedir(folder);
  return n;
}

void end(attempt &a, escrow_code_slot slot) {
  a.must("close", [&] { return escrow_code_close(slot); });
  a.must("destroy", [&] { return escrow_code_destroy(slot); });
}

TEST(RefusedMemory, ACodeSlotRunsWhatWasPublishedLast) {
  using function = std::uint64_t (*)();
  refuse_each_request(
      [](attempt &a) {
        escrow_code_options o{};
        o.struct_size = sizeof o;
        o.history = 1;
        o.table_bytes = sizeof(function);
        escrow_code_slot slot = 0;
        if (!a.make("open", [&] { return escrow_code_open(&o, &slot); })) return;
        function const tables[] = {one, two};
        std::uint64_t version = 0, last = 0;
        for (std::uint64_t i = 0; i < 6; ++i) {
          if (a.make("swap", [&] {
                return escrow_code_swap(slot, &tables[i % 2], ESCROW_CODE_ANY, nullptr, &version);
              }))
            last = i % 2 + 1;
          escrow_code_call call{};
          auto const s = escrow_code_enter(slot, &call);
          a.expect_equal(s == ESCROW_OK, last != 0, "whether there is a version");
          if (s != ESCROW_OK) continue;
          a.expect_equal((*static_cast<function const *>(call.table))(), last, "what is called");
          escrow_code_hold hold = 0;
          a.must("retain", [&] { return escrow_code_retain(&call, &hold); });
          a.must("leave", [&] { return escrow_code_leave(&call); });
          a.must("release", [&] { return escrow_code_release(hold); });
        }
        end(a, slot);
      },
      2);
}

#if defined(ESCROW_CODE_LIBRARIES)
TEST(RefusedMemory, ALibraryIsLoadedOrNothingOfItIsLeft) {
  refuse_each_request(
      [](attempt &a) {
        escrow_code_options o{};
        o.struct_size = sizeof o;
        o.abi = CODE_TEST_ABI;
        o.table_bytes = sizeof(code_test_table);
        escrow_code_slot slot = 0;
        unsigned const before = open_descriptors();
        if (!a.make("open", [&] { return escrow_code_open(&o, &slot); })) return;
        escrow_code_library_options library{};
        library.struct_size = sizeof library;
        library.path = ESCROW_CODE_LIBRARIES "/good_1.so";
        std::uint64_t version = 0;
        bool const there = a.make("swap", [&] {
          return escrow_code_swap_library(slot, &library, ESCROW_CODE_ANY, nullptr, &version);
        });
        a.expect_equal(open_descriptors(), before + (there ? 1 : 0), "open descriptors");
        end(a, slot);
        a.expect_equal(open_descriptors(), before, "open descriptors after the end");
      },
      5);
}
#endif

}  // namespace
