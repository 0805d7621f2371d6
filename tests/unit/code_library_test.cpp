// Code slots with shared libraries: which come in, which are refused and why, and when they are
// gone.
#include "escrow/code_library.hpp"

#include <gtest/gtest.h>

#include "escrow/code_slot.hpp"

#if !defined(ESCROW_CODE_LIBRARIES)

TEST(CodeLibrary, LibrariesAreRefusedWhereTheLoaderDoesNotTell) {
  GTEST_SKIP() << "this program is linked statically, or this is not Linux: no library is loaded";
}

#else

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "escrow/escrow.h"
#include "escrow/pool.hpp"
#include "table.h"

namespace {

using escrow::u32;
using escrow::u64;
using slot_type = escrow::code_slot<code_test_table>;

std::string library(std::string const &name) {
  return std::string(ESCROW_CODE_LIBRARIES) + "/" + name + ".so";
}
/// How many libraries of code slots the process has mapped now, by what the system says.
u64 mapped() {
  std::ifstream maps("/proc/self/maps");
  u64 count = 0;
  for (std::string line, before; std::getline(maps, line);) {
    auto const at = line.find("memfd:escrow-code");
    if (at == std::string::npos) continue;
    std::istringstream words(line);
    std::string range, rights, offset, device, inode;
    words >> range >> rights >> offset >> device >> inode;
    if (inode != before) ++count;
    before = inode;
  }
  return count;
}
u64 descriptors() {
  u64 count = 0;
  for (auto const &each : std::filesystem::directory_iterator("/proc/self/fd")) {
    (void)each;
    ++count;
  }
  return count;
}

class CodeLibrary : public ::testing::Test {
 protected:
  void open(u32 history) {
    auto o = slot_type::options();
    o.abi = CODE_TEST_ABI;
    o.history = history;
    ASSERT_EQ(slot_type::open(o, slot_), ESCROW_OK);
  }
  escrow_status swap(std::string const &path, char const *symbol = "escrow_code_table") {
    return slot_.swap_library(path.c_str(), version_, ESCROW_CODE_ANY, &why_, symbol);
  }
  void swap_in(char const *name) { ASSERT_EQ(swap(library(name)), ESCROW_OK) << why_.text; }
  u64 number() {
    u64 n = 0;
    EXPECT_EQ(slot_.call(n, &code_test_table::number), ESCROW_OK);
    return n;
  }
  void refused(std::string const &path, escrow_status with, std::string const &because) {
    EXPECT_EQ(swap(path), with) << path;
    EXPECT_NE(std::string(why_.text).find(because), std::string::npos) << path << ": " << why_.text;
    EXPECT_EQ(version_, 0u);
  }
  void end() {
    EXPECT_EQ(slot_.close(), ESCROW_OK);
    EXPECT_EQ(slot_.destroy(), ESCROW_OK);
  }

  slot_type slot_;
  u64 version_ = 0;
  escrow_code_reason why_{};
};

TEST_F(CodeLibrary, ComesInAndGoes) {
  u64 const before = descriptors();
  open(0);
  swap_in("good_1");
  EXPECT_EQ(number(), 1u);
  EXPECT_EQ(mapped(), 1u);
  swap_in("good_2");
  EXPECT_EQ(number(), 2u);
  EXPECT_EQ(mapped(), 1u);
  auto s = slot_.stats();
  EXPECT_EQ(s.libraries, 1u);
  EXPECT_EQ(s.unloaded, 1u);
  EXPECT_EQ(s.kept, 0u);
  EXPECT_EQ(slot_.close(), ESCROW_OK);
  EXPECT_EQ(mapped(), 0u);
  EXPECT_EQ(slot_.stats().unloaded, 2u);
  EXPECT_EQ(slot_.destroy(), ESCROW_OK);
  EXPECT_EQ(descriptors(), before);
}

TEST_F(CodeLibrary, EachBadOneIsRefusedForItsReason) {
  open(0);
  swap_in("good_1");
  refused(library("unique"), ESCROW_E_REFUSED, "symbol shared_by_all is unique");
  refused(library("nodelete"), ESCROW_E_REFUSED, "marked NODELETE");
  refused(library("thread_local"), ESCROW_E_REFUSED, "thread_local objects with destructors");
  refused(library("nameless"), ESCROW_E_REFUSED, "does not export the function escrow_code_table");
  refused(library("wrong_abi"), ESCROW_E_VERSION, "its ABI version is 4, not 3");
  refused(library("short_table"), ESCROW_E_VERSION, "its table has 32 bytes, not 40");
  refused(library("no_table"), ESCROW_E_REFUSED, "escrow_code_table() gives no table");
  refused(library("other_format"), ESCROW_E_VERSION, "its descriptor has another format");
  refused(library("failing"), ESCROW_E_REFUSED, "its self-test says: two and two are five");
  refused(library("hole"), ESCROW_E_REFUSED, "function 4 of the table is NULL");
  refused(library("nowhere"), ESCROW_E_ABSENT, "cannot be opened");
  refused("/proc/self", ESCROW_E_REFUSED, "no file");
  refused(ESCROW_CODE_LIBRARIES "/CTestTestfile.cmake", ESCROW_E_REFUSED, "no ELF file");
  EXPECT_EQ(number(), 1u);
  EXPECT_EQ(mapped(), 1u) << "what was loaded to be tested is gone again";
  auto const s = slot_.stats();
  EXPECT_EQ(s.refused, 13u);
  EXPECT_EQ(s.current, 1u);
  EXPECT_EQ(s.unloaded, 6u) << "those that were loaded before they were refused";
  EXPECT_EQ(s.kept, 0u);
  EXPECT_EQ(swap(library("nameless"), "another_table"), ESCROW_OK);
  EXPECT_EQ(number(), 16u);
  end();
}

TEST_F(CodeLibrary, AFileThatIsCutOffIsRefused) {
  open(0);
  std::ifstream in(library("good_1"), std::ios::binary);
  std::string const whole((std::istreambuf_iterator<char>(in)), {});
  auto const path =
      std::filesystem::temp_directory_path() / ("escrow-cut-" + std::to_string(::getpid()) + ".so");
  for (std::size_t bytes :
       {std::size_t{0}, std::size_t{63}, std::size_t{64}, whole.size() / 2, std::size_t{12288}}) {
    std::ofstream(path, std::ios::binary) << whole.substr(0, bytes);
    EXPECT_EQ(swap(path), ESCROW_E_REFUSED) << bytes;
    EXPECT_NE(std::string(why_.text), "");
  }
  std::filesystem::remove(path);
  EXPECT_EQ(mapped(), 0u);
  end();
}

TEST_F(CodeLibrary, TheFileOnDiskMayBeOverwritten) {
  open(0);
  auto const path = std::filesystem::temp_directory_path() /
                    ("escrow-over-" + std::to_string(::getpid()) + ".so");
  auto const write = [&](char const *name) {
    std::ifstream in(library(name), std::ios::binary);
    std::ofstream(path, std::ios::binary) << in.rdbuf();  // the same inode, while it is in use
  };
  write("good_1");
  ASSERT_EQ(swap(path), ESCROW_OK) << why_.text;
  auto code = std::ofstream(path, std::ios::binary);
  code << std::string(65536, '\xCC');
  code.close();
  EXPECT_EQ(number(), 1u);
  write("good_2");
  ASSERT_EQ(swap(path), ESCROW_OK) << why_.text;
  EXPECT_EQ(number(), 2u) << "one path, and new code";
  std::filesystem::remove(path);
  EXPECT_EQ(number(), 2u);
  end();
}

TEST_F(CodeLibrary, ARollBackSharesTheLibrary) {
  open(1);
  swap_in("good_1");
  swap_in("good_2");
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(slot_.roll_back(version_ - 1, version_), ESCROW_OK);
    EXPECT_EQ(number(), i % 2 == 0 ? 1u : 2u);
  }
  EXPECT_EQ(mapped(), 2u);
  auto const s = slot_.stats();
  EXPECT_EQ(s.libraries, 2u);
  EXPECT_EQ(s.unloaded, 0u);
  escrow_code_version_info infos[2];
  ASSERT_EQ(slot_.versions(infos, 2), 2u);
  EXPECT_EQ(infos[0].library, 1u);
  swap_in("good_1");
  swap_in("good_1");
  EXPECT_EQ(slot_.stats().unloaded, 2u);
  EXPECT_EQ(mapped(), 2u) << "one library twice is two";
  end();
  EXPECT_EQ(mapped(), 0u);
}

TEST_F(CodeLibrary, ACallThatSleepsKeepsItsLibraryWhileOthersAreSwapped) {
  open(0);
  swap_in("good_1");
  u32 until = 0;
  std::atomic<bool> begun{false};
  u64 answer = 0;
  std::thread sleeper([&] {
    escrow::code_call<code_test_table> call;
    ASSERT_EQ(slot_.enter(call), ESCROW_OK);
    begun = true;
    answer = call->wait(&until, 100);
    call.leave();
  });
  while (!begun) std::this_thread::yield();
  for (int i = 0; i < 100; ++i) {
    swap_in("good_2");
    ASSERT_EQ(number(), 2u);
    ASSERT_EQ(mapped(), 2u) << "the sleeper's and the current one";
  }
  auto s = slot_.stats();
  EXPECT_EQ(s.unloaded, 99u);
  EXPECT_EQ(s.waiting, 1u);
  EXPECT_EQ(s.inside, 1u);
  __atomic_store_n(&until, 1, __ATOMIC_RELEASE);
  sleeper.join();
  EXPECT_EQ(answer, 101u);
  EXPECT_EQ(mapped(), 1u) << "gone when the call has left, without another swap";
  s = slot_.stats();
  EXPECT_EQ(s.unloaded, 100u);
  EXPECT_EQ(s.waiting, 0u);
  end();
}

TEST_F(CodeLibrary, OneThatACallNeverReturnedFromStays) {
  open(1);
  swap_in("good_1");
  {
    escrow::code_call<code_test_table> call;
    ASSERT_EQ(slot_.enter(call), ESCROW_OK);
    call.abandon();
  }
  swap_in("good_2");
  ASSERT_EQ(slot_.roll_back(1, version_), ESCROW_OK);  // another version with its library
  EXPECT_EQ(number(), 1u);
  end();
  EXPECT_EQ(mapped(), 1u);
  open(0);
  swap_in("good_2");  // must not be taken for the one that stays
  EXPECT_EQ(number(), 2u);
  end();
  EXPECT_EQ(mapped(), 1u);
}

TEST_F(CodeLibrary, AStayingLibraryIsCounted) {
  u64 const before = mapped();
  open(0);
  swap_in("good_1");
  escrow::code_call<code_test_table> call;
  ASSERT_EQ(slot_.enter(call), ESCROW_OK);
  call.abandon();
  swap_in("good_2");
  auto const s = slot_.stats();
  EXPECT_EQ(s.leaked, 1u);
  EXPECT_EQ(s.kept, 1u);
  EXPECT_EQ(s.unloaded, 0u);
  end();
  EXPECT_EQ(mapped(), before + 1);
}

/// Somebody else who uses the library keeps it in the process, and the slot says so.
TEST_F(CodeLibrary, OneThatTheLoaderKeepsIsCountedSo) {
  u64 const before = mapped();
  open(0);
  swap_in("good_1");
  // The loader knows the library by its descriptor's number; lower ones may be of tests before.
  void *other = nullptr;
  for (int n = 1000; n > 2 && other == nullptr; --n) {
    auto const path = "/proc/self/fd/" + std::to_string(n);
    std::error_code none;
    auto const target = std::filesystem::read_symlink(path, none).string();
    if (target.find("memfd:escrow-code") != std::string::npos)
      other = ::dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD);
  }
  ASSERT_NE(other, nullptr);
  swap_in("good_2");
  EXPECT_EQ(slot_.stats().kept, 1u);
  EXPECT_EQ(slot_.stats().unloaded, 0u);
  EXPECT_EQ(mapped(), before + 2);
  end();
  (void)::dlclose(other);
  EXPECT_EQ(mapped(), before);
}

/// An object of a pool that a library made, and whose destructor is the library's.
struct made_elsewhere {
  escrow_code_hold hold;
  code_test_object object;
};
void destroy_made(void *payload, u64, void *) {
  auto &made = *static_cast<made_elsewhere *>(payload);
  auto hold = escrow::version_hold<code_test_table>::adopt(made.hold);
  hold->destroy(&made.object);
}

TEST_F(CodeLibrary, AnObjectKeepsTheLibraryThatHasItsDestructor) {
  u64 const before = mapped();
  auto o = escrow::pool::options();
  o.destructor = &destroy_made;
  escrow::pool pool;
  ASSERT_EQ(escrow::pool::open(o, pool), ESCROW_OK);
  open(0);
  swap_in("good_1");
  u64 ended = 0;
  u64 handle = 0;
  char *payload = nullptr;
  ASSERT_EQ(pool.acquire_raw(sizeof(made_elsewhere), handle, payload), ESCROW_OK);
  {
    escrow::code_call<code_test_table> call;
    ASSERT_EQ(slot_.enter(call), ESCROW_OK);
    auto *const made = reinterpret_cast<made_elsewhere *>(payload);
    made->hold = call.hold().detach();
    made->object = {&ended, call->number()};
  }
  swap_in("good_2");
  EXPECT_EQ(mapped(), before + 2);
  EXPECT_EQ(slot_.stats().holds, 1u);
  EXPECT_EQ(slot_.close(), ESCROW_OK);
  EXPECT_EQ(slot_.destroy(), ESCROW_E_LEAK);
  EXPECT_EQ(mapped(), before + 1);
  EXPECT_GE(escrow_release(handle), ESCROW_OK);
  EXPECT_EQ(ended, 1u) << "by the library that was swapped out";
  EXPECT_EQ(mapped(), before);
  EXPECT_EQ(slot_.destroy(), ESCROW_OK);
}

TEST_F(CodeLibrary, ASwapThatComesTooLateUnloadsWhatItLoaded) {
  u64 const before = mapped();
  open(0);
  swap_in("good_1");
  u64 version = 0;
  EXPECT_EQ(slot_.swap_library(library("good_2").c_str(), version, 5), ESCROW_E_DIFFERS);
  EXPECT_EQ(mapped(), before + 1);
  EXPECT_EQ(slot_.stats().differed, 1u);
  EXPECT_EQ(slot_.swap_library(library("good_2").c_str(), version, 1), ESCROW_OK);
  EXPECT_EQ(slot_.close(), ESCROW_OK);
  EXPECT_EQ(slot_.swap_library(library("good_2").c_str(), version), ESCROW_E_CLOSED);
  EXPECT_EQ(mapped(), before);
  EXPECT_EQ(slot_.destroy(), ESCROW_OK);
}

}  // namespace

#endif
