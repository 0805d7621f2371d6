// bench/peers/loaded.hpp: allocators from shared libraries, which keep to themselves.
//
// Both libraries also export malloc and free; linked, they would replace those of the C library,
// which is a peer itself. Loaded with RTLD_LOCAL they do not, and are called through the addresses
// of their own functions. jemalloc wants more thread-local memory than a program sets aside for
// libraries loaded late, so the program starts itself once more with a tunable that sets it aside.
#ifndef ESCROW_BENCH_PEERS_LOADED_HPP
#define ESCROW_BENCH_PEERS_LOADED_HPP

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "../block.hpp"

namespace bench {

/// Starts the program again with room for thread-local memory of libraries. Call first in main().
inline void make_room_for_libraries(char **argv) {
  char const *const name = "GLIBC_TUNABLES";
  char const *const room = "glibc.rtld.optional_static_tls=16384";
  char const *const now = std::getenv(name);
  if (now != nullptr && std::string(now).find("optional_static_tls") != std::string::npos) return;
  std::string const all = now == nullptr ? room : std::string(now) + ":" + room;
  setenv(name, all.c_str(), 1);
  execv("/proc/self/exe", argv);
  std::perror("/proc/self/exe");  // goes on without; a library that cannot be loaded is skipped
}

/// The functions of a loaded library; `why` it is not there, else empty.
struct loaded {
  void *(*calloc)(size_t, size_t) = nullptr;
  void *(*malloc)(size_t) = nullptr;
  void (*free)(void *) = nullptr;
  std::string why;

  /// Never closed: its memory stays in use.
  static loaded open(char const *library, std::string const &prefix) {
    loaded l;
    void *const handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      l.why = dlerror();
      return l;
    }
    auto const look = [&](char const *name, auto &function) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(
          dlsym(handle, (prefix + name).c_str()));
      if (function == nullptr) l.why = std::string(library) + " has no " + prefix + name;
    };
    look("calloc", l.calloc);
    look("malloc", l.malloc);
    look("free", l.free);
    return l;
  }
};

class loaded_calloc {
 public:
  static constexpr bool zeroes = true;
  static constexpr bool shared = true;
  explicit loaded_calloc(loaded const &from) : calloc_(from.calloc), free_(from.free) {}
  [[gnu::always_inline]] block acquire(u64 bytes) {
    return {static_cast<char *>(calloc_(1, bytes)), 0};
  }
  [[gnu::always_inline]] void release(block b, u64) { free_(b.memory); }

 private:
  void *(*calloc_)(size_t, size_t);
  void (*free_)(void *);
};

class loaded_malloc {
 public:
  static constexpr bool zeroes = false;
  static constexpr bool shared = true;
  explicit loaded_malloc(loaded const &from) : malloc_(from.malloc), free_(from.free) {}
  [[gnu::always_inline]] block acquire(u64 bytes) {
    return {static_cast<char *>(malloc_(bytes)), 0};
  }
  [[gnu::always_inline]] void release(block b, u64) { free_(b.memory); }

 private:
  void *(*malloc_)(size_t);
  void (*free_)(void *);
};

}  // namespace bench

#endif
