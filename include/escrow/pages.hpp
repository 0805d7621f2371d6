// escrow/pages.hpp: memory from and to the system, by whole pages. [L1]
#ifndef ESCROW_PAGES_HPP
#define ESCROW_PAGES_HPP

#include <sys/mman.h>
#include <unistd.h>

#include "memory_request.hpp"
#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// The pages of the process. Address space that was reserved here is never unmapped while the
/// process lives: a stale pointer into memory that became something else is undebuggable.
struct pages {
  static constexpr u64 huge_bytes = 2u << 20;

  [[nodiscard]] static u64 size() noexcept { return static_cast<u64>(::sysconf(_SC_PAGESIZE)); }

  /// Zero pages, committed by the system on first touch. `bytes` is a multiple of the page size,
  /// `alignment` a power of two. NULL: the system has none.
  [[nodiscard]] static char *reserve(u64 bytes, u64 alignment) noexcept {
    if (memory_request::is_refused(memory_request::mapping)) return nullptr;
    u64 const slack = alignment > size() ? alignment : 0;
    void *const raw = ::mmap(nullptr, bytes + slack, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (raw == MAP_FAILED) return nullptr;
    char *const first = static_cast<char *>(raw);
    if (slack == 0) return first;
    char *const aligned =
        first + (align_up(reinterpret_cast<u64>(first), alignment) - reinterpret_cast<u64>(first));
    // Nobody has seen the slack yet: the only unmapping there is.
    if (aligned != first) ::munmap(first, static_cast<u64>(aligned - first));
    u64 const behind = slack - static_cast<u64>(aligned - first);
    if (behind != 0) ::munmap(aligned + bytes, behind);
    return aligned;
  }

  /// Zero pages for `count` things whose first state is zero. nullptr: as reserve().
  template <class T>
  [[nodiscard]] static T *reserve_for(u64 count = 1) noexcept {
    return reinterpret_cast<T *>(reserve(align_up(sizeof(T) * count, size()), size()));
  }

  /// Address space that nobody may touch, by whole pages. NULL: the system has none.
  [[nodiscard]] static char *reserve_sealed(u64 bytes) noexcept {
    if (memory_request::is_refused(memory_request::mapping)) return nullptr;
    void *const raw =
        ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return raw == MAP_FAILED ? nullptr : static_cast<char *>(raw);
  }
  /// Makes whole sealed pages accessible; they read as zero. False: the system refused.
  [[nodiscard]] static bool unseal(char *first, u64 bytes) noexcept {
    return !memory_request::is_refused(memory_request::access) &&
           ::mprotect(first, bytes, PROT_READ | PROT_WRITE) == 0;
  }
  /// Makes whole pages inaccessible and gives their memory back, in one step: there is no moment at
  /// which they read as zero. False: the system refused, nothing has changed.
  [[nodiscard]] static bool seal(char *first, u64 bytes) noexcept {
    return !memory_request::is_refused(memory_request::seal) &&
           ::mmap(first, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
                  -1, 0) != MAP_FAILED;
  }

  /// Gives whole pages back; they read as zero afterwards. False: the system refused and the
  /// content is unchanged.
  [[nodiscard]] static bool decommit(char *first, u64 bytes) noexcept {
    if (memory_request::is_refused(memory_request::back)) return false;
#if defined(__linux__)
    return ::madvise(first, bytes, MADV_DONTNEED) == 0;
#else
    // Elsewhere MADV_DONTNEED and MADV_FREE may keep the content; a fresh mapping does not.
    return ::mmap(first, bytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) != MAP_FAILED;
#endif
  }

  /// Asks for huge pages behind the range; a wish that the system may ignore.
  static void prefer_huge(char *first, u64 bytes) noexcept {
    if (memory_request::is_refused(memory_request::wish)) return;
#if defined(MADV_HUGEPAGE)
    (void)::madvise(first, bytes, MADV_HUGEPAGE);
#else
    (void)first;
    (void)bytes;
#endif
  }

#if defined(__linux__)
  /// A file of `bytes` zeros that lies in memory alone, whose descriptor is the caller's to close.
  /// -1: the system has no memory or no descriptor.
  [[nodiscard]] static int make_file(char const *name, u64 bytes) noexcept {
    if (memory_request::is_refused(memory_request::file)) return -1;
    int const file = ::memfd_create(name, MFD_CLOEXEC);
    if (file < 0) return -1;
    if (::ftruncate(file, static_cast<off_t>(bytes)) == 0) return file;
    (void)::close(file);
    return -1;
  }
#endif
  /// The first `bytes` of a file, to be read and written. (transfer full) end it with unmap_file().
  /// NULL: the system refused.
  [[nodiscard]] static char *map_file(int file, u64 bytes) noexcept {
    if (memory_request::is_refused(memory_request::file)) return nullptr;
    void *const raw = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    return raw == MAP_FAILED ? nullptr : static_cast<char *>(raw);
  }
  static void unmap_file(char *first, u64 bytes) noexcept {
    (void)::munmap(first, bytes);
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
