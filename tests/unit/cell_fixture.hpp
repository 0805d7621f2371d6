// What the tests of cells share.
#ifndef ESCROW_TESTS_CELL_FIXTURE_HPP
#define ESCROW_TESTS_CELL_FIXTURE_HPP

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "escrow/cell.hpp"

using escrow::bytes;
using escrow::cell;
using escrow::cell_control;
using escrow::cell_if;
using escrow::u32;
using escrow::u64;

/// Memory that would be missed: 40 bytes, each word of which follows from `number`.
struct config {
  u64 number;
  u64 square;
  u64 rest[3];

  static config of(u64 n) { return {n, n * n, {n + 1, n + 2, n + 3}}; }
  [[nodiscard]] bool is_whole() const {
    return square == number * number && rest[0] == number + 1 && rest[2] == number + 3;
  }
};

ESCROW_LAYOUT(config, number, square, rest);

inline bytes of(std::string const &text) {
  return {text.data(), text.size()};
}
inline std::string text_of(bytes const &b) {
  return {b.data, b.size};
}

/// An open cell that is closed and destroyed at the end, with nothing left.
template <class T = config>
struct test_cell : cell<T> {
  explicit test_cell(escrow_cell_options const &o = cell<T>::options()) {
    EXPECT_EQ(cell<T>::open(o, *this), ESCROW_OK);
  }
  test_cell(test_cell const &) = delete;
  ~test_cell() {
    if (!*this) return;
    (void)this->close();
    EXPECT_EQ(this->destroy(), ESCROW_OK);
  }
  [[nodiscard]] escrow_cell_stats stats() const {
    escrow_cell_stats s{};
    EXPECT_EQ(this->read_stats(s), ESCROW_OK);
    return s;
  }
  [[nodiscard]] cell_control &control() const {
    cell_control *c = nullptr;
    EXPECT_EQ(escrow::find_cell(this->id(), c), ESCROW_OK);
    return *c;
  }
  u64 put(u64 number) requires std::is_same_v<T, config> {
    u64 version = 0;
    EXPECT_EQ(this->swap(config::of(number), &version), ESCROW_OK);
    return version;
  }
};

#endif
