// escrow/code_library.hpp: a shared library that can be taken out of the process again. [L3]
#ifndef ESCROW_CODE_LIBRARY_HPP
#define ESCROW_CODE_LIBRARY_HPP

#include <cstring>

#include "code_reason.hpp"
#include "code_table.h"
#include "elf_file.hpp"
#include "heap.hpp"
#include "pages.hpp"
#include "platform.hpp"
#include "status.h"

#if defined(__linux__)
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

// The unit of a Go program is compiled with a bound on frames that is meant for leaves; reasons are
// longer, and nothing here is a leaf. clang only warns, and knows the flag by another name.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wframe-larger-than="
#endif

namespace escrow::inline ESCROW_ABI {

/// A library in the process, from a private copy of its file: an inode that nobody else has, so the
/// loader takes it for new code whatever was loaded before, and what happens to the file on disk
/// does no harm. Belongs to one code slot, whose lock guards `references`.
///
/// The copy's descriptor stays open while the library is mapped: the loader knows a library by its
/// path, which is that of the descriptor, and a number that is in use is given to nobody else.
struct code_library {
  static constexpr u64 most_bytes = 1ull << 30;

  void *loaded;
  int descriptor;
  u64 device;
  u64 inode;
  bool seen;   // the process's map showed it when it was loaded
  bool stays;  // a call never returned from it: it is never unloaded
  u64 references;
  code_library *next;  // of those that are about to be let go
  escrow_code_descriptor const *about;

  /// Copies, verifies, loads, and asks `symbol` for the descriptor. Runs the library's
  /// constructors. `why` says what was wrong; where `out` is set all the same, the caller unloads
  /// it. @return ESCROW_OK | ESCROW_E_ABSENT no such file | ESCROW_E_REFUSED | ESCROW_E_VERSION the
  /// descriptor's format | ESCROW_E_NOMEM | ESCROW_E_UNSUPPORTED
  [[nodiscard]] static escrow_status load(char const *path, char const *symbol, code_library *&out,
                                          code_reason &why) noexcept;
  /// Takes it out and frees this object. True: it is gone from the process. False: the loader kept
  /// it. Runs the library's destructors.
  [[nodiscard]] static bool unload(code_library *l) noexcept;

 private:
  static escrow_status copy(char const *path, char const *symbol, code_library &l,
                            code_reason &why) noexcept;
  static escrow_status fill(int from, u64 bytes, char const *symbol, code_library &l,
                            code_reason &why) noexcept;
  static escrow_status open(char const *symbol, code_library &l, code_reason &why) noexcept;
  static bool is_mapped(u64 device, u64 inode) noexcept;
};

#if defined(__linux__)

/// Whether a line of /proc/self/maps is of one file: a range, permissions, an offset, the device as
/// two hexadecimal numbers, and the inode.
class map_lines {
 public:
  map_lines(u64 device, u64 inode) noexcept : device_(device), inode_(inode) {}

  void read(char const *text, u64 bytes) noexcept {
    for (u64 i = 0; i < bytes; ++i) read(text[i]);
  }
  [[nodiscard]] bool found() const noexcept { return found_; }

 private:
  void read(char c) noexcept {
    if (c == '\n' || c == ' ') {
      if (field_ == 4) found_ |= number_ == inode_ && (major_ << 32 | minor_) == device_;
      if (field_ == 3) minor_ = number_;
      number_ = 0;
      field_ = c == '\n' ? 0 : field_ + 1;
    } else if (c == ':' && field_ == 3) {
      major_ = number_;
      number_ = 0;
    } else if (field_ == 3 || field_ == 4) {
      u64 const digit = static_cast<u64>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
      number_ = number_ * (field_ == 3 ? 16 : 10) + digit;
    }
  }

  u64 device_;
  u64 inode_;
  u64 number_ = 0;
  u64 major_ = 0;
  u64 minor_ = 0;
  u64 field_ = 0;
  bool found_ = false;
};

inline bool code_library::is_mapped(u64 device, u64 inode) noexcept {
  int const maps = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (maps < 0) return true;  // nobody can say that it is gone
  map_lines lines(device, inode);
  char text[256];
  for (;;) {
    auto const got = ::read(maps, text, sizeof text);
    if (got <= 0) break;
    lines.read(text, static_cast<u64>(got));
  }
  (void)::close(maps);
  return lines.found();
}

inline escrow_status code_library::load(char const *path, char const *symbol, code_library *&out,
                                        code_reason &why) noexcept {
  auto *const l = static_cast<code_library *>(heap::take_zeroed(sizeof(code_library)));
  if (l == nullptr) return ESCROW_E_NOMEM;
  l->descriptor = -1;
  auto s = copy(path, symbol, *l, why);
  if (s == ESCROW_OK) s = open(symbol, *l, why);
  if (l->loaded != nullptr) {
    out = l;
    return s;
  }
  if (l->descriptor >= 0) (void)::close(l->descriptor);
  heap::give_back(l);
  return s;
}

inline escrow_status code_library::copy(char const *path, char const *symbol, code_library &l,
                                        code_reason &why) noexcept {
  int const from = ::open(path, O_RDONLY | O_CLOEXEC);
  if (from < 0) {
    why.add("the file cannot be opened");
    return ESCROW_E_ABSENT;
  }
  struct stat about;
  escrow_status s = ESCROW_E_REFUSED;
  if (::fstat(from, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size <= 0 ||
      static_cast<u64>(about.st_size) > most_bytes)
    why.add("the file is empty, above 1 GiB, or no file");
  else
    s = fill(from, static_cast<u64>(about.st_size), symbol, l, why);
  (void)::close(from);
  return s;
}

/// Verifies the copy and not the file, which may change meanwhile.
inline escrow_status code_library::fill(int from, u64 bytes, char const *symbol, code_library &l,
                                        code_reason &why) noexcept {
  l.descriptor = pages::make_file("escrow-code", bytes);
  if (l.descriptor < 0) {
    why.add("no memory file for a private copy");
    return ESCROW_E_NOMEM;
  }
  char *const text = pages::map_file(l.descriptor, bytes);
  if (text == nullptr) return ESCROW_E_NOMEM;
  u64 done = 0;
  while (done < bytes) {
    auto const got = ::read(from, text + done, bytes - done);
    if (got <= 0) break;
    done += static_cast<u64>(got);
  }
  // What a file that shrinks meanwhile no longer has is zero in the copy.
  bool const good = elf_file(text, bytes).may_be_swapped(symbol, why);
  pages::unmap_file(text, bytes);
  return good ? ESCROW_OK : ESCROW_E_REFUSED;
}

inline escrow_status code_library::open(char const *symbol, code_library &l,
                                        code_reason &why) noexcept {
  struct stat about;
  if (::fstat(l.descriptor, &about) != 0) return ESCROW_E_NOMEM;
  // By hand: <sys/sysmacros.h> would make macros of the words major and minor.
  u64 const device = about.st_dev;
  u64 const first = (device >> 8 & 0xFFF) | (device >> 32 & ~u64{0xFFF});
  l.device = first << 32 | (device & 0xFF) | (device >> 12 & 0xFFFFFF00);
  l.inode = about.st_ino;
  code_reason path;
  path.add("/proc/self/fd/").add(static_cast<u64>(l.descriptor));
  l.loaded = ::dlopen(path.text(), RTLD_NOW | RTLD_LOCAL);
  if (l.loaded == nullptr) {
    char const *const said = ::dlerror();
    why.add("the loader says: ").add(said != nullptr ? said : "nothing");
    return ESCROW_E_REFUSED;
  }
  l.seen = is_mapped(l.device, l.inode);
  using asks = escrow_code_descriptor const *(*)();
  auto const ask = reinterpret_cast<asks>(::dlsym(l.loaded, symbol));
  l.about = ask == nullptr ? nullptr : ask();
  if (l.about == nullptr || l.about->table == nullptr) {
    why.add(symbol).add("() gives no table");
    return ESCROW_E_REFUSED;
  }
  if (l.about->struct_size != sizeof(escrow_code_descriptor) ||
      l.about->format != ESCROW_CODE_FORMAT) {
    why.add("its descriptor has another format: compile it with this code_table.h");
    return ESCROW_E_VERSION;
  }
  return ESCROW_OK;
}

inline bool code_library::unload(code_library *l) noexcept {
  bool const gone =
      !l->stays && ::dlclose(l->loaded) == 0 && l->seen && !is_mapped(l->device, l->inode);
  // A library that is still there keeps its descriptor, or the loader would take the next library
  // that gets this number for it.
  if (gone) (void)::close(l->descriptor);
  heap::give_back(l);
  return gone;
}

#else

inline escrow_status code_library::load(char const *, char const *, code_library *&,
                                        code_reason &why) noexcept {
  why.add("libraries are swapped on Linux alone: the loader here does not say what it unloads");
  return ESCROW_E_UNSUPPORTED;
}
inline bool code_library::unload(code_library *) noexcept {
  return false;
}

#endif

}  // namespace escrow::inline ESCROW_ABI

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#endif
