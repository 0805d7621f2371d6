// What is read of a library's file, on files made by hand: each with one thing wrong.
#include "escrow/elf_file.hpp"

#include <gtest/gtest.h>

#if defined(__linux__)

#include <cstring>
#include <string>
#include <vector>

namespace {

using escrow::code_reason;
using escrow::u32;
using escrow::u64;

struct symbol {
  char const *name;
  unsigned char bind = STB_GLOBAL;
  unsigned char type = STT_FUNC;
  bool defined = true;
};

/// A shared library with one segment: header, program headers, dynamic section, symbols, names and
/// a hash table of one kind.
struct image {
  std::vector<symbol> symbols{{"puts", STB_GLOBAL, STT_FUNC, false}, {"table"}};
  u64 flags = 0;
  bool gnu_hash = true;
  Elf64_Half type = ET_DYN;
#if defined(__x86_64__)
  Elf64_Half machine = EM_X86_64;
#else
  Elf64_Half machine = EM_AARCH64;
#endif
  unsigned char bits = ELFCLASS64;
  static constexpr u64 base = 0x10000;  // addresses differ from places in the file

  std::string bytes;

  template <class T>
  u64 append(T const &value) {
    bytes.resize((bytes.size() + 7) & ~std::size_t{7});
    u64 const at = bytes.size();
    bytes.append(reinterpret_cast<char const *>(&value), sizeof value);
    return at;
  }
  template <class T>
  T &at(u64 offset) {
    return *reinterpret_cast<T *>(bytes.data() + offset);
  }

  std::string build() {
    bytes.clear();
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = bits;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = type;
    header.e_machine = machine;
    header.e_phoff = sizeof header;
    header.e_phnum = 2;
    header.e_phentsize = sizeof(Elf64_Phdr);
    append(header);
    u64 const load = append(Elf64_Phdr{});
    u64 const dynamic = append(Elf64_Phdr{});

    std::string names(1, '\0');
    std::vector<Elf64_Sym> table(1);
    for (auto const &s : symbols) {
      Elf64_Sym entry{};
      entry.st_name = static_cast<Elf64_Word>(names.size());
      entry.st_info = ELF64_ST_INFO(s.bind, s.type);
      entry.st_shndx = s.defined ? 1 : 0;
      table.push_back(entry);
      names += s.name;
      names += '\0';
    }
    u64 const symbols_at = (bytes.size() + 7) & ~u64{7};
    for (auto const &entry : table) append(entry);
    u64 const names_at = bytes.size();
    bytes += names;
    u64 const hash_at = gnu_hash ? append_gnu_hash(table.size()) : append_hash(table.size());

    u64 const first = append(Elf64_Dyn{DT_SYMTAB, {base + symbols_at}});
    append(Elf64_Dyn{DT_STRTAB, {base + names_at}});
    append(Elf64_Dyn{DT_STRSZ, {names.size()}});
    append(Elf64_Dyn{gnu_hash ? DT_GNU_HASH : DT_HASH, {base + hash_at}});
    append(Elf64_Dyn{DT_FLAGS_1, {flags}});
    append(Elf64_Dyn{DT_NULL, {0}});

    Elf64_Phdr p{};
    p.p_type = PT_LOAD;
    p.p_vaddr = base;
    p.p_filesz = p.p_memsz = bytes.size();
    at<Elf64_Phdr>(load) = p;
    p.p_type = PT_DYNAMIC;
    p.p_offset = first;
    p.p_filesz = bytes.size() - first;
    at<Elf64_Phdr>(dynamic) = p;
    return bytes;
  }

 private:
  u64 append_hash(u64 count) {
    u64 const at = append(u64{1} | count << 32);
    for (u64 i = 0; i <= count; ++i) append(u64{0});
    return at;
  }
  /// One bucket with all that is defined; what is not comes first.
  u64 append_gnu_hash(u64 count) {
    u32 first = 1;
    while (first < count && !symbols[first - 1].defined) ++first;
    struct {
      u32 buckets, first, blooms, shift;
      u64 bloom;
      u32 bucket;
    } head{1, first, 1, 0, 0, first < count ? first : 0};
    u64 const at = append(head);
    bytes.resize(at + 28);
    for (u64 i = first; i < count; ++i) {
      u32 const last = i + 1 == count;
      bytes.append(reinterpret_cast<char const *>(&last), sizeof last);
    }
    return at;
  }
};

/// Empty: it may be swapped in. From memory that ends where the file does.
std::string verdict(std::string const &file) {
  std::vector<char> const exact(file.begin(), file.end());
  code_reason why;
  bool const good = escrow::elf_file(exact.data(), exact.size()).may_be_swapped("table", why);
  EXPECT_EQ(good, *why.text() == 0);
  return why.text();
}
std::string verdict(image i) {
  return verdict(i.build());
}

TEST(ElfFile, AGoodOneIsTakenWithEitherHashTable) {
  EXPECT_EQ(verdict(image{}), "");
  image old;
  old.gnu_hash = false;
  EXPECT_EQ(verdict(old), "");
}

TEST(ElfFile, AUniqueSymbolIsRefusedWhereItIsDefined) {
  image i;
  i.symbols.push_back({"shared", STB_GNU_UNIQUE, STT_OBJECT});
  EXPECT_EQ(verdict(i),
            "its symbol shared is unique, which is never unloaded: compile it with "
            "-fno-gnu-unique");
  i.symbols.pop_back();
  i.symbols.insert(i.symbols.begin(), {"shared", STB_GNU_UNIQUE, STT_OBJECT, false});
  EXPECT_EQ(verdict(i), "") << "whose it is keeps itself";
}

TEST(ElfFile, ADestructorOfAThreadIsRefused) {
  for (char const *name : {"__cxa_thread_atexit", "__cxa_thread_atexit_impl"}) {
    image i;
    i.symbols.insert(i.symbols.begin(), {name, STB_WEAK, STT_NOTYPE, false});
    EXPECT_EQ(verdict(i), "it has thread_local objects with destructors, which keep it loaded");
  }
  image own;
  own.symbols.push_back({"__cxa_thread_atexit"});
  EXPECT_EQ(verdict(own), "");
}

TEST(ElfFile, OneThatIsMarkedIsRefused) {
  image i;
  i.flags = DF_1_NODELETE | DF_1_NOW;
  EXPECT_EQ(verdict(i), "it is marked NODELETE: link it without -z nodelete");
  i.flags = DF_1_NOW;
  EXPECT_EQ(verdict(i), "");
}

TEST(ElfFile, AFunctionMustBeThereAndBeOne) {
  image i;
  i.symbols[1] = {"another"};
  EXPECT_EQ(verdict(i), "it does not export the function table");
  i.symbols[1] = {"table", STB_GLOBAL, STT_OBJECT};
  EXPECT_EQ(verdict(i), "it does not export the function table");
  i.symbols = {{"table", STB_GLOBAL, STT_FUNC, false}};
  EXPECT_EQ(verdict(i), "it does not export the function table");
}

TEST(ElfFile, AnotherMachineOrKindIsRefused) {
  image i;
  i.machine = EM_386;
  EXPECT_EQ(verdict(i), "the file is for another machine");
  i = {};
  i.bits = ELFCLASS32;
  EXPECT_EQ(verdict(i), "the file is for another machine");
  i = {};
  i.type = ET_REL;
  EXPECT_EQ(verdict(i), "the file is no shared library: link it with -shared");
  EXPECT_EQ(verdict(std::string("#!/bin/sh\n")), "the file is no ELF file");
  EXPECT_EQ(verdict(std::string()), "the file is no ELF file");
}

TEST(ElfFile, OneThatIsCutOffAnywhereIsRefused) {
  for (bool const gnu : {true, false}) {
    image i;
    i.gnu_hash = gnu;
    auto const whole = i.build();
    for (std::size_t bytes = 0; bytes < whole.size(); ++bytes)
      EXPECT_NE(verdict(whole.substr(0, bytes)), "") << bytes;
  }
}

TEST(ElfFile, OneWhoseSectionsAreCutOffIsRefused) {
  image i;
  auto file = i.build();
  Elf64_Ehdr header;
  std::memcpy(&header, file.data(), sizeof header);
  header.e_shoff = file.size();
  header.e_shnum = 1;
  header.e_shentsize = sizeof(Elf64_Shdr);
  std::memcpy(file.data(), &header, sizeof header);
  EXPECT_EQ(verdict(file), "the file is cut off or damaged");
  file.resize(file.size() + sizeof(Elf64_Shdr));
  EXPECT_EQ(verdict(file), "");
}

/// Whatever the file says, nothing outside of it is read; that is what the sanitizers look at.
TEST(ElfFile, DamageIsAnsweredAndNotFollowed) {
  for (bool const gnu : {true, false}) {
    image i;
    i.gnu_hash = gnu;
    auto const whole = i.build();
    for (std::size_t at = 0; at < whole.size(); ++at)
      for (char const to : {'\0', '\1', '\x7F', '\x80', '\xFF'}) {
        auto damaged = whole;
        damaged[at] = to;
        (void)verdict(damaged);
        for (std::size_t k = at; k < at + 8 && k < whole.size(); ++k) damaged[k] = to;
        (void)verdict(damaged);
      }
  }
}

}  // namespace

#endif
