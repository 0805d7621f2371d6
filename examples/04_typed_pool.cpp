// A pool of one type: objects are constructed in place and destroyed when the last holder leaves.
//
// It prints:
//     2 files open
//     copy of the handle: log.txt, 0 bytes written
//     first handle released: ESCROW_OK, 2 files open
//     second handle released: ESCROW_FREED, 1 files open
//     at the end 0 files open
#include <cstdio>
#include <cstring>

#include "escrow/escrow.h"
#include "escrow/escrow.hpp"

namespace {

int open_files = 0;

// A plain layout, so that C and Go can read it, too; a constructor that cannot throw.
class file {
 public:
  explicit file(char const *name) noexcept {
    std::strncpy(name_, name, sizeof name_ - 1);
    ++open_files;
  }
  ~file() { --open_files; }
  file(file const &) = delete;
  file &operator=(file const &) = delete;
  [[nodiscard]] char const *name() const noexcept { return name_; }
  [[nodiscard]] unsigned long written() const noexcept { return written_; }

 private:
  unsigned long written_ = 0;
  char name_[56] = {};
};

bool ok(char const *what, escrow_status s) {
  if (s >= 0) return true;
  std::fprintf(stderr, "%s: %s\n", what, escrow_status_text(s));
  return false;
}

bool use(escrow::pool_of<file> &files) {
  escrow::owned<file> log, data, copy;
  if (!ok("make", files.make(log, "log.txt")) || !ok("make", files.make(data, "data.bin")))
    return false;
  std::printf("%d files open\n", open_files);

  if (!ok("dup", log.dup(copy))) return false;
  std::printf("copy of the handle: %s, %lu bytes written\n", copy->name(), copy->written());
  escrow_status s = log.reset();
  std::printf("first handle released: %s, %d files open\n", escrow_status_name(s), open_files);
  s = copy.reset();
  std::printf("second handle released: %s, %d files open\n", escrow_status_name(s), open_files);
  return true;  // `data` ends here, and its file with it
}

}  // namespace

int main() {
  escrow::pool_of<file> files;
  if (!ok("open", escrow::pool_of<file>::open("files", files))) return 1;
  bool const used = use(files);
  std::printf("at the end %d files open\n", open_files);
  return used && ok("close", files.untyped().close()) ? 0 : 1;
}
