// escrow/site_text.hpp: a site of the ledger in words, for reports of a process that is ending.
// [L3]
#ifndef ESCROW_SITE_TEXT_HPP
#define ESCROW_SITE_TEXT_HPP

#include <dlfcn.h>
#include <unistd.h>

#include <cstring>

#include "call_stack.hpp"
#include "fingerprint.hpp"
#include "ledger_entry.hpp"
#include "line.hpp"
#include "platform.hpp"
#include "table.hpp"

#if defined(ESCROW_MALLOC_OBJECTS) || defined(ESCROW_ADDRESS_SANITIZER)
// Weak: there where any unit of the image is sanitized, be it not this one.
// NOLINTNEXTLINE(readability-redundant-declaration): the sanitizer's own is not weak
extern "C" [[gnu::weak]] void __sanitizer_symbolize_pc(void *pc, char const *fmt, char *out_buf,
                                                       std::size_t out_buf_size);
#endif

namespace escrow::inline ESCROW_ABI {

/// One line a frame. A frame of C or C++ is function, file and line where a sanitizer is linked
/// that knows them, else the module's offset, which addr2line takes; frames of Go have no names
/// here but those that Go has given the site.
struct site_text {
  /// The site of the note of the reference `name`; 0: there is none.
  [[nodiscard]] static u32 of(u64 name) noexcept {
    slot const at = slot::at(name);
    ledger_note n;
    ledger_entry const *const e = at.header == nullptr ? nullptr : ledger_entry::of(at, name);
    return e != nullptr && e->read(*at.header, name, n) ? n.site : 0;
  }

  /// `plainly`: from a signal handler, where the loader may hold its lock: bare addresses.
  static void write(int fd, u32 site, bool plainly) noexcept {
    // acquire: the zero pages; pairs with ledger::stacks [F2]
    fingerprints const *const known = table().sites.load(std::memory_order_acquire);
    call_stack stack;
    u64 seen = 0;
    if (known == nullptr || !known->read(site, stack, seen)) return;
    for (u32 i = 0; i < stack.native; ++i) write_native(fd, stack.frames[i], plainly);
    if (char const *const text = known->name(site); text != nullptr) {
      write_lines(fd, text);
      return;
    }
    for (u32 i = stack.native; i < stack.count; ++i) write_managed(fd, stack.frames[i]);
  }

 private:
  [[gnu::noinline]] static void write_managed(int fd, u64 pc) noexcept {
    line().add("    Go ").hex(pc).write(fd);
  }
  [[gnu::noinline]] static void write_native(int fd, u64 pc, bool plainly) noexcept {
    void *const call = reinterpret_cast<void *>(pc - 1);  // of the call, not of what follows it
    if (!plainly && write_symbol(fd, call)) return;
    line out;
    out.add("    ");
    Dl_info where;
    if (plainly || ::dladdr(call, &where) == 0 || where.dli_fname == nullptr) {
      out.hex(pc - 1).write(fd);
      return;
    }
    if (where.dli_sname != nullptr) out.add(where.dli_sname).add(" ");
    out.add(where.dli_fname).add("+").hex(pc - 1 - reinterpret_cast<u64>(where.dli_fbase));
    out.write(fd);
  }
  /// False: there is nobody who knows names.
  [[gnu::noinline]] static bool write_symbol(int fd, void *call) noexcept {
#if defined(ESCROW_MALLOC_OBJECTS) || defined(ESCROW_ADDRESS_SANITIZER)
    if (&__sanitizer_symbolize_pc == nullptr) return false;
    char text[400];
    __sanitizer_symbolize_pc(call, "    %f %s:%l\n", text, sizeof text);
    (void)!::write(fd, text, std::strlen(text));
    if (text[std::strlen(text) - 1] != '\n') (void)!::write(fd, "\n", 1);
    return true;
#else
    (void)fd;
    (void)call;
    return false;
#endif
  }
  /// Each line indented, as long as it is.
  static void write_lines(int fd, char const *text) noexcept {
    while (*text != '\0') {
      std::size_t const bytes = std::strcspn(text, "\n");
      (void)!::write(fd, "    ", 4);
      (void)!::write(fd, text, bytes);
      (void)!::write(fd, "\n", 1);
      text += bytes + (text[bytes] == '\n' ? 1 : 0);
    }
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
