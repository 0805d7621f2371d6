// escrow/elf_file.hpp: what the file of a shared library says before it is loaded. [L2]
#ifndef ESCROW_ELF_FILE_HPP
#define ESCROW_ELF_FILE_HPP

#include <cstring>

#include "code_reason.hpp"
#include "platform.hpp"

#if defined(__linux__)
#include <elf.h>

namespace escrow::inline ESCROW_ABI {

/// Reads 64-bit ELF of this machine. Never looks outside of its bytes, whatever they say; costs two
/// passes over the dynamic symbols.
class elf_file {
 public:
  elf_file(char const *bytes, u64 size) noexcept : bytes_(bytes), size_(size) {}

  /// May this file be loaded into a process and taken out again? It must be whole, of this machine,
  /// define the function `symbol`, and have nothing that makes the loader keep it for ever. False:
  /// `why` ends with a sentence about it.
  [[nodiscard]] bool may_be_swapped(char const *symbol, code_reason &why) noexcept {
    return read_header(why) && read_segments(why) && read_dynamic(why) && find_symbols(why) &&
           look_at_symbols(symbol, why);
  }

 private:
#if defined(__x86_64__)
  static constexpr u32 machine = EM_X86_64;
#else
  static constexpr u32 machine = EM_AARCH64;
#endif

  static bool refuse(code_reason &why, char const *sentence) noexcept {
    why.add(sentence);
    return false;
  }
  static bool cut_off(code_reason &why) noexcept {
    return refuse(why, "the file is cut off or damaged");
  }
  [[nodiscard]] bool has(u64 offset, u64 bytes) const noexcept {
    return offset <= size_ && bytes <= size_ - offset;
  }
  /// Copies: offsets in a damaged file have any alignment.
  template <class T>
  [[nodiscard]] bool read(u64 offset, T &out) const noexcept {
    if (!has(offset, sizeof out)) return false;
    std::memcpy(&out, bytes_ + offset, sizeof out);
    return true;
  }
  template <class T>
  [[nodiscard]] bool read_at(u64 table, u64 index, T &out) const noexcept {
    if (index > size_ / sizeof(T)) return false;
    return table <= size_ && read(table + index * sizeof(T), out);
  }

  [[nodiscard]] bool read_header(code_reason &why) noexcept {
    if (!read(0, header_) || std::memcmp(header_.e_ident, ELFMAG, SELFMAG) != 0)
      return refuse(why, "the file is no ELF file");
    if (header_.e_ident[EI_CLASS] != ELFCLASS64 || header_.e_ident[EI_DATA] != ELFDATA2LSB ||
        header_.e_machine != machine)
      return refuse(why, "the file is for another machine");
    if (header_.e_type != ET_DYN)
      return refuse(why, "the file is no shared library: link it with -shared");
    // Nobody reads the sections here, but they come last, and their loss shows that the end is
    // gone.
    u64 const sections = u64{header_.e_shnum} * header_.e_shentsize;
    return (header_.e_phentsize == sizeof(Elf64_Phdr) && has(header_.e_shoff, sections)) ||
           cut_off(why);
  }

  [[nodiscard]] bool read_segments(code_reason &why) noexcept {
    for (u32 i = 0; i < header_.e_phnum; ++i) {
      Elf64_Phdr p;
      if (!read_at(header_.e_phoff, i, p)) return cut_off(why);
      // A page of a mapping that lies behind the file's end is a SIGBUS when it is touched.
      if (p.p_type == PT_LOAD && !has(p.p_offset, p.p_filesz)) return cut_off(why);
      if (p.p_type == PT_DYNAMIC) dynamic_ = p;
    }
    if (dynamic_.p_type != PT_DYNAMIC) return refuse(why, "the file has no dynamic section");
    return true;
  }

  [[nodiscard]] bool read_dynamic(code_reason &why) noexcept {
    for (u64 i = 0; i < dynamic_.p_filesz / sizeof(Elf64_Dyn); ++i) {
      Elf64_Dyn d;
      if (!read_at(dynamic_.p_offset, i, d)) return cut_off(why);
      switch (d.d_tag) {
        case DT_NULL:
          return true;
        case DT_SYMTAB:
          symbols_ = d.d_un.d_ptr;
          break;
        case DT_STRTAB:
          names_ = d.d_un.d_ptr;
          break;
        case DT_STRSZ:
          names_bytes_ = d.d_un.d_val;
          break;
        case DT_HASH:
          hash_ = d.d_un.d_ptr;
          break;
        case DT_GNU_HASH:
          gnu_hash_ = d.d_un.d_ptr;
          break;
        case DT_FLAGS_1:
          if ((d.d_un.d_val & DF_1_NODELETE) != 0)
            return refuse(why, "it is marked NODELETE: link it without -z nodelete");
          break;
        default:
          break;
      }
    }
    return true;
  }

  /// The place in the file of an address; false where no segment has `bytes` bytes for it.
  [[nodiscard]] bool place_of(u64 address, u64 bytes, u64 &out) const noexcept {
    for (u32 i = 0; i < header_.e_phnum; ++i) {
      Elf64_Phdr p;
      if (!read_at(header_.e_phoff, i, p) || p.p_type != PT_LOAD || address < p.p_vaddr) continue;
      u64 const inside = address - p.p_vaddr;
      if (inside > p.p_filesz || bytes > p.p_filesz - inside) continue;
      out = p.p_offset + inside;
      return true;
    }
    return false;
  }

  [[nodiscard]] bool find_symbols(code_reason &why) noexcept {
    if (symbols_ == 0 || names_ == 0 || names_bytes_ == 0 ||
        !place_of(symbols_, sizeof(Elf64_Sym), symbols_) ||
        !place_of(names_, names_bytes_, names_) || bytes_[names_ + names_bytes_ - 1] != 0)
      return cut_off(why);
    return (gnu_hash_ != 0 ? count_by_gnu_hash() : count_by_hash()) || cut_off(why);
  }
  [[nodiscard]] bool count_by_hash() noexcept {
    std::uint32_t chains = 0;
    if (hash_ == 0 || !place_of(hash_, 8, hash_) || !read(hash_ + 4, chains)) return false;
    count_ = chains;
    return true;
  }
  /// The table has what is defined, in chains whose last entry has bit 0 set; what is imported
  /// comes before the first of them.
  [[nodiscard]] bool count_by_gnu_hash() noexcept {
    struct {
      std::uint32_t buckets, first, blooms, shift;
    } h;
    if (!place_of(gnu_hash_, sizeof h, gnu_hash_) || !read(gnu_hash_, h)) return false;
    u64 const buckets = gnu_hash_ + sizeof h + u64{h.blooms} * 8;
    u64 const chains = buckets + u64{h.buckets} * 4;
    std::uint32_t last = 0;
    for (u64 i = 0; i < h.buckets; ++i) {
      std::uint32_t bucket = 0;
      if (!read_at(buckets, i, bucket)) return false;
      if (bucket > last) last = bucket;
    }
    count_ = h.first;
    if (last < h.first) return true;  // nothing is defined
    for (u64 i = last;; ++i) {
      std::uint32_t entry = 0;
      if (!read_at(chains, i - h.first, entry)) return false;
      if ((entry & 1) == 0) continue;
      count_ = i + 1;
      return true;
    }
  }

  [[nodiscard]] bool look_at_symbols(char const *symbol, code_reason &why) noexcept {
    bool found = false;
    for (u64 i = 1; i < count_; ++i) {
      Elf64_Sym s;
      if (!read_at(symbols_, i, s) || s.st_name >= names_bytes_) return cut_off(why);
      char const *const name = bytes_ + names_ + s.st_name;
      bool const defined = s.st_shndx != SHN_UNDEF;
      if (defined && ELF64_ST_BIND(s.st_info) == STB_GNU_UNIQUE) {
        why.add("its symbol ").add(name);
        return refuse(why, " is unique, which is never unloaded: compile it with -fno-gnu-unique");
      }
      if (!defined && (std::strcmp(name, "__cxa_thread_atexit") == 0 ||
                       std::strcmp(name, "__cxa_thread_atexit_impl") == 0))
        return refuse(why, "it has thread_local objects with destructors, which keep it loaded");
      if (defined && ELF64_ST_TYPE(s.st_info) == STT_FUNC && std::strcmp(name, symbol) == 0)
        found = true;
    }
    if (found) return true;
    why.add("it does not export the function ").add(symbol);
    return false;
  }

  char const *bytes_;
  u64 size_;
  Elf64_Ehdr header_{};
  Elf64_Phdr dynamic_{};
  u64 symbols_ = 0;  // addresses, then places in the file
  u64 names_ = 0;
  u64 names_bytes_ = 0;
  u64 hash_ = 0;
  u64 gnu_hash_ = 0;
  u64 count_ = 0;
};

}  // namespace escrow::inline ESCROW_ABI

#endif
#endif
