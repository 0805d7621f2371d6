// Something of every kind that is held, the handles of what is gone, and integers near both. At the
// end what was held must be there still. For tests only.
#ifndef ESCROW_TESTS_FUZZ_FACADE_SCENE_HPP
#define ESCROW_TESTS_FUZZ_FACADE_SCENE_HPP

#include <array>

#include "escrow/cell.h"
#include "escrow/escrow.h"
#include "escrow/map.h"
#include "escrow/map_words.h"
#include "op_stream.hpp"

namespace fuzz {

class facade_scene {
 public:
  explicit facade_scene(source &in) : in_(in) {
    gone_ = ended();  // their blocks serve what is held from now on
    escrow_pool_options const o = pool_options();
    FUZZ_EXPECT(escrow_pool_open(&o, &pool_) == ESCROW_OK);
    // What is held, and must stay so.
    FUZZ_EXPECT(escrow_acquire_n(pool_, 24, held_.size(), held_.data(), nullptr) == ESCROW_OK);
    FUZZ_EXPECT(escrow_dup(held_[0], &duplicate_) == ESCROW_OK &&
                escrow_lend(held_[1], &loan_, nullptr) == ESCROW_OK);
    escrow_map_options m = map_options();
    m.values = ESCROW_MAP_HANDLE;
    FUZZ_EXPECT(escrow_map_open(&m, &handles_) == ESCROW_OK);
    m.values = ESCROW_MAP_WORD;
    FUZZ_EXPECT(escrow_map_open(&m, &words_) == ESCROW_OK &&
                escrow_map_put(words_, 1, 2) == ESCROW_CREATED);
    m.keys = m.values = ESCROW_MAP_BYTES;
    FUZZ_EXPECT(escrow_map_open(&m, &texts_) == ESCROW_OK);
    escrow_cell_options const c = cell_options();
    FUZZ_EXPECT(escrow_cell_open(&c, &cell_) == ESCROW_OK);
    escrow_cell_stats n{};
    n.struct_size = sizeof n;
    FUZZ_EXPECT(escrow_cell_read_stats(cell_, &n) == ESCROW_OK);
    cells_pool_ = n.pool;
    next_ = ended();
    for (auto &each : next_) ++each;
  }
  facade_scene(facade_scene const &) = delete;
  facade_scene &operator=(facade_scene const &) = delete;
  ~facade_scene() { finish(); }

 protected:
  /// 64 bits that name nothing that may be ended: random, of the past, or of a neighbour. A cell's
  /// own pool is a pool.
  std::uint64_t integer() {
    std::uint64_t const h = any_integer();
    return h == cells_pool_ ? 0 : h;
  }
  /// Does `h` lead to one of our references? Its tag is not looked at by operations that are told
  /// no pool: they go by index and generation.
  [[nodiscard]] bool is_reference(std::uint64_t h) const {
    constexpr std::uint64_t untagged = ~(127ull << 56);
    for (auto const each : held_)
      if ((h & untagged) == (each & untagged)) return true;
    return (h & untagged) == (duplicate_ & untagged) || (h & untagged) == (loan_ & untagged);
  }

  source &in_;
  escrow_pool pool_ = 0;
  std::array<escrow_handle, 4> held_{};
  escrow_handle duplicate_ = 0;
  escrow_loan loan_ = 0;
  escrow_map words_ = 0, texts_ = 0, handles_ = 0;
  escrow_cell cell_ = 0;
  escrow_pool cells_pool_ = 0;
  std::array<std::uint64_t, 4> gone_{};  // a pool, an object, a map, a cell
  std::array<std::uint64_t, 4> next_{};  // what the next of each will be called

 private:
  static escrow_pool_options pool_options() {
    escrow_pool_options o{};
    o.struct_size = sizeof o;
    return o;
  }
  static escrow_map_options map_options() {
    escrow_map_options m{};
    m.struct_size = sizeof m;
    m.keys = m.values = ESCROW_MAP_WORD;
    return m;
  }
  static escrow_cell_options cell_options() {
    escrow_cell_options c{};
    c.struct_size = sizeof c;
    return c;
  }
  /// Handles of what is gone. The pool is the last, since the cell has one of its own.
  static std::array<std::uint64_t, 4> ended() {
    escrow_cell_options const c = cell_options();
    escrow_map_options const m = map_options();
    escrow_pool_options const o = pool_options();
    escrow_cell cell = 0;
    escrow_map map = 0;
    escrow_pool pool = 0;
    escrow_handle h = 0;
    FUZZ_EXPECT(escrow_cell_open(&c, &cell) == ESCROW_OK && escrow_cell_close(cell) == ESCROW_OK);
    FUZZ_EXPECT(escrow_cell_destroy(cell) == ESCROW_OK);
    FUZZ_EXPECT(escrow_map_open(&m, &map) == ESCROW_OK && escrow_map_close(map) == ESCROW_OK);
    FUZZ_EXPECT(escrow_map_destroy(map) == ESCROW_OK);
    FUZZ_EXPECT(escrow_pool_open(&o, &pool) == ESCROW_OK);
    FUZZ_EXPECT(escrow_acquire(pool, 8, &h, nullptr) == ESCROW_OK &&
                escrow_release(h) == ESCROW_FREED);
    FUZZ_EXPECT(escrow_pool_close(pool, 0, nullptr) == ESCROW_OK &&
                escrow_pool_destroy(pool) == ESCROW_OK);
    return {pool, h, map, cell};
  }
  std::uint64_t any_integer() {
    unsigned char const how = in_.byte();
    std::uint64_t random = 0;
    for (int i = 0; i < 8; ++i) random = random << 8 | in_.byte();
    if (how % 4 == 0) return random;
    std::array<std::uint64_t, 12> const names{held_[0], pool_,    words_,   cell_,
                                              gone_[0], gone_[1], gone_[2], gone_[3],
                                              next_[0], next_[1], next_[2], next_[3]};
    std::size_t const which = how / 4 % names.size();
    std::uint64_t const one = names[which];
    if (how % 4 == 1) return which < 4 ? one ^ (1ull << (random & 63)) : one;  // one bit is wrong
    if (how % 4 == 2)
      return one + (random & 0xFF) + 3;  // generations to come; a ticket would be +1
    return (one & ~(127ull << 56)) | (random & 127) << 56;  // another tag
  }
  void finish() {
    std::uint64_t out = 9;
    FUZZ_EXPECT(escrow_map_get(words_, 1, &out) == ESCROW_OK && out == 2);
    FUZZ_EXPECT(escrow_map_length(texts_, &out) == ESCROW_OK && out == 0);
    FUZZ_EXPECT(escrow_cell_version(cell_, &out) == ESCROW_E_ABSENT);
    for (auto const map : {words_, texts_, handles_})
      FUZZ_EXPECT(escrow_map_close(map) == ESCROW_OK && escrow_map_destroy(map) == ESCROW_OK);
    FUZZ_EXPECT(escrow_cell_close(cell_) == ESCROW_OK && escrow_cell_destroy(cell_) == ESCROW_OK);
    FUZZ_EXPECT(escrow_pool_close(pool_, 0, &out) == ESCROW_OK && out == held_.size());
    FUZZ_EXPECT(escrow_acquire(pool_, 8, &out, nullptr) == ESCROW_E_CLOSED);
    FUZZ_EXPECT(escrow_dup(held_[0], &out) == ESCROW_E_REVOKED);
    FUZZ_EXPECT(escrow_pool_destroy(pool_) == ESCROW_E_LEAK);
    FUZZ_EXPECT(escrow_give_back(loan_) == ESCROW_OK && escrow_release(duplicate_) == ESCROW_OK);
    for (auto const h : held_) FUZZ_EXPECT(escrow_release(h) == ESCROW_FREED);
    FUZZ_EXPECT(escrow_pool_destroy(pool_) == ESCROW_OK);
  }
};

}  // namespace fuzz

#endif
