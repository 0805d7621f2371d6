// Cells whose memory is refused: versions, history, what readers hold, prepared and proposed ones.
// That a refused proposal leaves no trace when it is refused again and again is in
// tests/unit/cell_proposals_test.cpp.
// Guarantee G of docs/trust.md.
#define ESCROW_FAULTS
#include <array>
#include <string>

#include "escrow/cell.h"
#include "refusal.hpp"

namespace {

struct cell_scene {
  attempt &a;
  escrow_cell cell = 0;
  std::uint64_t version = 0;  // the last that was published, and its content
  std::string text;

  bool open(std::uint32_t history, std::uint32_t flags) {
    escrow_cell_options o{};
    o.struct_size = sizeof o;
    o.history = history;
    o.flags = flags;
    return a.make("open", [&] { return escrow_cell_open(&o, &cell); });
  }
  void look() const {
    escrow_buffer out{};
    std::string room(2'000'000, 0);
    out.data = room.data();
    out.capacity = room.size();
    std::uint64_t seen = 0;
    auto const s = escrow_cell_copy(cell, &out, &seen);
    a.expect_equal(s == ESCROW_OK, version != 0, "whether there is a version");
    a.expect_equal(seen, version, "the current version");
    if (s == ESCROW_OK)
      a.expect(text.compare(0, std::string::npos, room.data(), out.size) == 0,
               "that the content is what was published last");
  }
  void swap(std::uint64_t size) {
    std::string const next(size, static_cast<char>('a' + size % 26));
    escrow_bytes const content = {next.data(), next.size()};
    std::uint64_t out = 77;
    if (a.make("swap", [&] { return escrow_cell_swap(cell, &content, nullptr, &out, nullptr); })) {
      a.expect_equal(out, version + 1, "the version of a swap");
      version = out;
      text = next;
    } else {
      a.expect_equal(out, 0, "the version of a refused swap");
    }
    look();
  }
  void end(std::uint64_t kept) const {
    escrow_cell_stats stats{};
    stats.struct_size = sizeof stats;
    a.must("stats", [&] { return escrow_cell_read_stats(cell, &stats); });
    a.expect_equal(stats.loans, 0, "loans");
    a.expect_equal(stats.proposals, 0, "proposals");
    a.expect_equal(stats.snapshots, version < kept ? version : kept, "snapshots in memory");
    a.must("close", [&] { return escrow_cell_close(cell); });
    look();
    a.must("destroy", [&] { return escrow_cell_destroy(cell); });
  }
};

TEST(RefusedMemory, ACellShowsWhatWasPublishedLast) {
  refuse_each_request(
      [](attempt &a) {
        cell_scene c{a, 0, 0, ""};
        if (!c.open(2, 0)) return;
        std::array<escrow_cell_view, 9> held{};
        for (std::uint64_t const size :
             {10u, 300u, 5000u, 70'000u, 12u, 90'000u, 1500u, 2'000'000u, 8u}) {
          c.swap(size);
          auto &view = held[c.version % held.size()];
          if (c.version != 0 && view.loan == 0)
            (void)a.make("load", [&] { return escrow_cell_load(c.cell, &view); });
        }
        for (auto const &view : held) {
          if (view.loan == 0) continue;
          auto const *const text = static_cast<char const *>(view.content);
          a.expect(view.size > 0 && text[0] == static_cast<char>('a' + view.size % 26) &&
                       text[view.size - 1] == text[0],
                   "that a snapshot stays as it was for who holds it");
          a.must("release", [&] { return escrow_cell_release(view.loan); });
        }
        std::uint64_t out = 0;
        std::uint32_t kept = 0;
        escrow_cell_entry entries[8]{};
        a.must("history", [&] { return escrow_cell_read_history(c.cell, entries, 8, &kept); });
        if (kept > 1) {  // where nothing was refused the large one, which needs a block once more
          std::string const before(entries[1].size, static_cast<char>('a' + entries[1].size % 26));
          if (a.make("roll back",
                     [&] { return escrow_cell_roll_back(c.cell, entries[1].version, &out); })) {
            c.version = out;
            c.text = before;
          }
          c.look();
        }
        c.end(3);
      },
      10);
}

TEST(RefusedMemory, WhatCannotBePreparedOrProposedLeavesTheCellAsItWas) {
  refuse_each_request(
      [](attempt &a) {
        cell_scene c{a, 0, 0, ""};
        if (!c.open(0, ESCROW_CELL_DECIDED)) return;
        for (std::uint64_t const size : {20u, 4000u, 80'000u}) {
          std::string const next(size, static_cast<char>('a' + size % 26));
          escrow_bytes const content = {next.data(), next.size()};
          std::uint64_t snapshot = 0, out = 0;
          if (a.make("prepare", [&] {
                return escrow_cell_prepare(c.cell, &content, nullptr, &snapshot, nullptr);
              })) {
            if (size == 4000) {
              a.must("discard", [&] { return escrow_cell_discard(c.cell, snapshot); });
            } else {
              a.must("publish",
                     [&] { return escrow_cell_publish(c.cell, snapshot, nullptr, &out); });
              c.version = out;
              c.text = next;
            }
          } else {
            a.expect_equal(snapshot, 0, "a snapshot that was not prepared");
          }
          c.look();
          // Nobody decides: what is proposed times out, or is refused memory first.
          std::uint64_t const refused = asked.refused;
          auto const s =
              escrow_cell_propose(c.cell, nullptr, &content, nullptr, 1000, &out, nullptr);
          a.expect(s == ESCROW_E_TIMEOUT || (s == ESCROW_E_NOMEM && asked.refused != refused),
                   "that a proposal times out, or was refused memory");
          c.look();
        }
        c.end(1);
      },
      6);
}

}  // namespace
