// bench/subject.hpp: escrow as a subject, and the field of all allocators.
#ifndef ESCROW_BENCH_SUBJECT_HPP
#define ESCROW_BENCH_SUBJECT_HPP

#include <string>

#include "block.hpp"
#include "escrow/escrow.h"
#include "escrow/escrow.hpp"
#include "peers/boost_pool.hpp"
#include "peers/libc.hpp"
#include "peers/loaded.hpp"
#include "peers/pmr.hpp"

namespace bench {

inline escrow::pool open_pool() {
  escrow::pool pool;
  if (escrow::pool::open(escrow::pool::options(), pool) != ESCROW_OK) refused("pool::open");
  return pool;
}

/// The inline C++ functions: a handle and its memory.
class escrow_raw {
 public:
  static constexpr bool zeroes = true;
  static constexpr bool shared = true;
  explicit escrow_raw(escrow::pool &pool) : pool_(pool) {}
  [[gnu::always_inline]] block acquire(u64 bytes) {
    block b{};
    if (pool_.acquire_raw(bytes, b.token, b.memory) != ESCROW_OK) [[unlikely]]
      refused("acquire_raw");
    return b;
  }
  [[gnu::always_inline]] void release(block b, u64) {
    if (escrow::owned<>::adopt(b.token).reset() != ESCROW_FREED) [[unlikely]]
      refused("owned::reset");
  }

 private:
  escrow::pool &pool_;
};

/// The guard, asked for its memory through its handle.
class escrow_owned {
 public:
  static constexpr bool zeroes = true;
  static constexpr bool shared = true;
  explicit escrow_owned(escrow::pool &pool) : pool_(pool) {}
  [[gnu::always_inline]] block acquire(u64 bytes) {
    escrow::owned<char> guard;
    if (pool_.acquire(bytes, guard) != ESCROW_OK) [[unlikely]]
      refused("acquire");
    char *const memory = guard.get();
    return {memory, guard.detach()};
  }
  [[gnu::always_inline]] void release(block b, u64) { (void)escrow::owned<char>::adopt(b.token); }

 private:
  escrow::pool &pool_;
};

/// The C facade.
class escrow_facade {
 public:
  static constexpr bool zeroes = true;
  static constexpr bool shared = true;
  explicit escrow_facade(escrow::pool &pool) : pool_(pool.id()) {}
  [[gnu::always_inline]] block acquire(u64 bytes) {
    u64 handle = 0;
    void *memory = nullptr;
    if (escrow_acquire(pool_, bytes, &handle, &memory) != ESCROW_OK) [[unlikely]]
      refused("escrow_acquire");
    return {static_cast<char *>(memory), handle};
  }
  [[gnu::always_inline]] void release(block b, u64) {
    if (escrow_release(b.token) != ESCROW_FREED) [[unlikely]]
      refused("escrow_release");
  }

 private:
  escrow_pool pool_;
};

/// Everybody who hands out memory, for objects of one size.
class field {
 public:
  field(session &s, u64 bytes) : asked_for_only_(s.chosen().quick), boost_(bytes) {
    if (!mimalloc().why.empty()) s.skip("mimalloc", mimalloc().why);
    if (!jemalloc().why.empty()) s.skip("jemalloc", jemalloc().why);
    if (!boost_pool::here) s.skip("boost::pool", "no header boost/pool/pool.hpp");
  }

  [[nodiscard]] escrow::pool &pool() { return pool_; }

  /// Calls `visit(name, subject)` for each that is there, when quick for those that the targets
  /// name; the subjects live as long as the field.
  template <class Visitor>
  void each(Visitor visit) {
    visit("escrow", raw_);
    visit("escrow.c", facade_);
    visit("glibc.calloc", calloc_);
    if (mimalloc().why.empty()) visit("mimalloc.calloc", mi_calloc_);
    if (jemalloc().why.empty()) visit("jemalloc.calloc", je_calloc_);
    visit("glibc.malloc", malloc_);
    if (mimalloc().why.empty()) visit("mimalloc.malloc", mi_malloc_);
    if (jemalloc().why.empty()) visit("jemalloc.malloc", je_malloc_);
    if (asked_for_only_) return;
    visit("escrow.owned", owned_);
    if (boost_pool::here) visit("boost::pool+memset", boost_);
    visit("pmr+memset", pmr_);
  }

 private:
  static loaded const &mimalloc() {
    static loaded const library = loaded::open("libmimalloc.so.2", "mi_");
    return library;
  }
  static loaded const &jemalloc() {
    static loaded const library = loaded::open("libjemalloc.so.2", "");
    return library;
  }

  bool asked_for_only_;
  escrow::pool pool_ = open_pool();
  escrow_raw raw_{pool_};
  escrow_owned owned_{pool_};
  escrow_facade facade_{pool_};
  libc_calloc calloc_;
  libc_malloc malloc_;
  loaded_calloc mi_calloc_{mimalloc()};
  loaded_malloc mi_malloc_{mimalloc()};
  loaded_calloc je_calloc_{jemalloc()};
  loaded_malloc je_malloc_{jemalloc()};
  boost_pool boost_;
  pmr_pool pmr_;
};

}  // namespace bench

#endif
