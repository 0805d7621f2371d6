// Bytes become calls of the whole C facade with integers that are no handles, handles of another
// kind, handles of what was closed and destroyed, and option structs of wrong sizes and random
// fields. Each call must give a code; what the caller holds stays held, whatever was tried on it:
// at the end every reference is still there to be ended, and pools, maps and cells can be
// destroyed.
//
// Pointers are good ones or NULL: bad memory is no misuse that a library could answer.
// Guarantee I of docs/trust.md.
#include <array>
#include <vector>

#include "escrow/cell.h"
#include "escrow/escrow.h"
#include "escrow/ledger.h"
#include "escrow/map.h"
#include "escrow/map_bytes.h"
#include "escrow/map_handles.h"
#include "escrow/map_words.h"
#include "escrow/trace.h"
#include "facade_scene.hpp"
#include "op_stream.hpp"

namespace {

using fuzz::source;

void is_code(escrow_status s) {
  FUZZ_EXPECT(s >= -ESCROW_ERROR_COUNT && s <= ESCROW_CREATED);
  FUZZ_EXPECT(escrow_status_name(s)[7] != '?');
}
/// A call that may not have had an effect: the handle it was given is nobody's.
void refused(escrow_status s, int line = __builtin_LINE()) {
  is_code(s);
  if (s < 0) return;
  std::fprintf(stderr, "line %d: %s, and no error\n", line, escrow_status_name(s));
  std::abort();
}

class subject : fuzz::facade_scene {
 public:
  explicit subject(source &in) : facade_scene(in) {}

  void step() {
    std::uint64_t const h = integer();
    switch (in_.byte() % 9) {
      case 0:
        return references(h);
      case 1:
        return pools(h);
      case 2:
        return words(h);
      case 3:
        return texts(h);
      case 4:
        return handles(h);
      case 5:
        return cells(h);
      case 6:
        return publishers(h);
      case 7:
        return notes(h);
      default:
        return options();
    }
  }

 private:
  void references(std::uint64_t h) {
    if (is_reference(h)) return;
    std::uint64_t out = 9;
    escrow_view view{&out, 9, 9};
    refused(escrow_dup(h, &out));
    FUZZ_EXPECT(out == 0);
    refused(escrow_release(h));
    refused(escrow_release_deferred(h));
    refused(escrow_lend(h, &out, &view));
    FUZZ_EXPECT(out == 0 && view.payload == nullptr && view.root == 0);
    refused(escrow_give_back(h));
    refused(escrow_borrow(h, &view));
    refused(escrow_return(h));
    refused(escrow_move_out(h, &out));
    refused(escrow_move_in(h, &out));
    refused(escrow_revoke(h));
    refused(escrow_validate(h, in_.byte() % 2 == 0 ? 0 : pool_, in_.byte()));
    refused(escrow_read(h, &view));
    FUZZ_EXPECT(view.payload == nullptr);
    refused(escrow_dup(held_[0], nullptr));
    refused(escrow_borrow(held_[0], nullptr));
    refused(escrow_move_out(held_[2], nullptr));
    refused(escrow_move_in(held_[2], nullptr));
    refused(escrow_read(held_[0], nullptr));
    std::array<std::uint64_t, 3> several{h, 0, h};
    std::array<escrow_status, 3> each{};
    auto const s = escrow_release_n(several.data(), several.size(), each.data());
    FUZZ_EXPECT(h == 0 ? s == ESCROW_OK : s < 0 && each[0] < 0 && each[2] < 0);
  }
  void pools(std::uint64_t h) {
    if (h == pool_) return;
    std::uint64_t out = 9;
    std::array<std::uint64_t, 4> many{};
    escrow_pool_stats n{};
    n.struct_size = in_.byte() % 2 == 0 ? sizeof n : in_.byte();
    escrow_class_stats classes[2];
    escrow_reference_info info[2];
    std::uint32_t count = 9;
    refused(escrow_acquire(h, in_.word(), &out, nullptr));
    FUZZ_EXPECT(out == 0);
    refused(escrow_acquire_n(h, 8, in_.byte() % 5u, many.data(), nullptr));
    refused(escrow_pool_drain(h, 0, &out));
    refused(escrow_pool_trim(h, &out));
    refused(escrow_pool_close(h, in_.byte(), &out));
    refused(escrow_pool_destroy(h));
    refused(escrow_pool_read_stats(h, &n));
    refused(escrow_pool_read_stats(pool_, nullptr));
    refused(escrow_pool_read_classes(h, classes, 2, &count));
    std::uint64_t cursor = in_.word();
    refused(escrow_pool_inspect(h, &cursor, info, 2, &count));
    is_code(escrow_pool_inspect(pool_, &cursor, info, 2, &count));
    refused(escrow_pool_inspect(pool_, &cursor, info, 0, &count));
    refused(escrow_pool_close(pool_, 2u | in_.byte(), &out));
    refused(escrow_pool_destroy(pool_));
    refused(escrow_acquire(pool_, 8, nullptr, nullptr));
  }
  void words(std::uint64_t h) {
    if (h == words_) return;
    std::uint64_t const key = in_.word();
    std::uint64_t out = 9, cursor = in_.word();
    std::uint64_t keys[2]{key, key}, values[2]{};
    escrow_status each[2]{};
    escrow_map_entry entries[2];
    refused(escrow_map_get(h, key, &out));
    refused(escrow_map_put(h, key, 1));
    refused(escrow_map_put_if_absent(h, key, 1, &out));
    refused(escrow_map_swap(h, key, 1, &out));
    refused(escrow_map_compare_and_swap(h, key, 1, 2));
    refused(escrow_map_add(h, key, 1, &out));
    refused(escrow_map_erase(h, key));
    refused(escrow_map_take(h, key, &out));
    refused(escrow_map_erase_if(h, key, in_.byte(), 1));
    refused(escrow_map_get_n(h, keys, 2, values, each, &out));
    refused(escrow_map_put_n(h, keys, values, 2, each, &out));
    refused(escrow_map_erase_n(h, keys, 2, each, &out));
    refused(escrow_map_scan(h, &cursor, entries, 2, &out));
    is_code(escrow_map_scan(words_, &cursor, entries, 2, &out));
    refused(escrow_map_erase_if(words_, 1, 3u + in_.byte(), 1));
    if (h == texts_ || h == handles_) return;
    any_map(h);
  }
  void any_map(std::uint64_t h) {
    std::uint64_t out = 9;
    escrow_map_stats n{};
    n.struct_size = sizeof n;
    refused(escrow_map_purge(h, 0, 1, &out));
    refused(escrow_map_clear(h));
    refused(escrow_map_sweep(h));
    refused(escrow_map_length(h, &out));
    refused(escrow_map_reserve(h, in_.word()));
    refused(escrow_map_grow(h));
    refused(escrow_map_shrink(h, &out));
    refused(escrow_map_read_stats(h, &n));
    refused(escrow_map_close(h));
    refused(escrow_map_destroy(h));
    refused(escrow_map_destroy(words_));
  }
  void texts(std::uint64_t h) {
    if (h == texts_ || h == words_ || h == handles_) return;
    std::string const key = in_.text();
    char room[16];
    std::uint64_t out = 9, cursor = in_.word();
    escrow_bytes const value{key.data(), key.size()};
    escrow_buffer buffer{room, sizeof room, 0};
    refused(escrow_map_get_bytes(h, key.data(), key.size(), &buffer));
    refused(escrow_map_put_bytes(h, key.data(), key.size(), &value));
    refused(escrow_map_put_bytes_if_absent(h, key.data(), key.size(), &value, &buffer));
    refused(escrow_map_swap_bytes(h, key.data(), key.size(), &value, &buffer));
    refused(escrow_map_compare_and_swap_bytes(h, key.data(), key.size(), &value, &value));
    refused(escrow_map_compare_and_erase_bytes(h, key.data(), key.size(), &value));
    refused(escrow_map_add_bytes(h, key.data(), key.size(), 1, &out));
    refused(escrow_map_erase_bytes(h, key.data(), key.size()));
    refused(escrow_map_take_bytes(h, key.data(), key.size(), &buffer));
    refused(escrow_map_erase_bytes_if(h, key.data(), key.size(), in_.byte(), 1));
    refused(escrow_map_scan_bytes(h, &cursor, &buffer, &out));
    is_code(escrow_map_scan_bytes(texts_, &cursor, &buffer, &out));
    refused(escrow_map_put_bytes(texts_, nullptr, 1, &value));
    refused(escrow_map_put_bytes(texts_, key.data(), key.size(), nullptr));
    refused(escrow_map_get_bytes(texts_, key.data(), key.size(), &buffer));
  }
  void handles(std::uint64_t h) {
    std::uint64_t const key = in_.word();
    std::uint64_t out = 9;
    escrow_view view{};
    if (!is_reference(h)) {  // nothing comes into the map
      refused(escrow_map_put_handle(handles_, &key, 8, h));
      refused(escrow_map_put_handle_if_absent(handles_, &key, 8, h, &out));
      FUZZ_EXPECT(escrow_map_length(handles_, &out) == ESCROW_OK && out == 0);
    }
    if (h == handles_) return;
    refused(escrow_map_get_handle(h, &key, 8, &out));
    refused(escrow_map_borrow_handle(h, &key, 8, &view));
    refused(escrow_map_put_handle(h, &key, 8, held_[3]));
    refused(escrow_map_put_handle_if_absent(h, &key, 8, held_[3], &out));
    refused(escrow_map_take_handle(h, &key, 8, &out));
    refused(escrow_map_erase_handle(h, &key, 8));
    refused(escrow_map_erase_stale(h, &key, 8));
    refused(escrow_map_purge_stale(h, &out));
    refused(escrow_map_put_handle(handles_, &key, in_.byte() % 8, held_[3]));
  }
  void cells(std::uint64_t h) {
    std::uint64_t out = 9;
    std::uint64_t const *word = nullptr;
    escrow_layout const *layout = nullptr;
    escrow_cell_view view{};
    char room[8];
    escrow_buffer buffer{room, 8, 0};
    escrow_cell_entry entries[2];
    std::uint32_t count = 9;
    escrow_cell_stats n{};
    n.struct_size = in_.byte() % 2 == 0 ? sizeof n : in_.byte();
    if (!is_reference(h)) refused(escrow_cell_release(h));
    if (h == cell_) return;
    refused(escrow_cell_load(h, &view));
    refused(escrow_cell_load_version(h, in_.word(), &view));
    refused(escrow_cell_copy(h, &buffer, &out));
    refused(escrow_cell_version(h, &out));
    refused(escrow_cell_await(h, 0, 0, &out));
    refused(escrow_cell_word(h, &word));
    FUZZ_EXPECT(word == nullptr);
    refused(escrow_cell_read_layout(h, &layout));
    refused(escrow_cell_notify(h, -1));
    refused(escrow_cell_read_history(h, entries, 2, &count));
    refused(escrow_cell_read_stats(h, &n));
    refused(escrow_cell_close(h));
    refused(escrow_cell_destroy(h));
    refused(escrow_cell_destroy(cell_));
    refused(escrow_cell_notify(cell_, -2 - in_.byte()));
  }
  void publishers(std::uint64_t h) {
    if (h == cell_ || is_reference(h)) return;
    std::string const text = in_.text();
    std::uint64_t out = 9;
    escrow_bytes const content{text.data(), text.size()};
    escrow_cell_condition condition{};
    condition.kind = in_.byte();
    escrow_cell_reason why{};
    escrow_cell_view view{};
    refused(escrow_cell_swap(h, &content, nullptr, &out, &why));
    refused(escrow_cell_swap_if(h, &condition, &content, nullptr, &out, &why));
    refused(escrow_cell_prepare(h, &content, nullptr, &out, &why));
    refused(escrow_cell_propose(h, &condition, &content, nullptr, 0, &out, &why));
    refused(escrow_cell_take(h, 0, &view));
    refused(escrow_cell_roll_back(h, in_.word(), &out));
    for (std::uint64_t const cell : {h, cell_}) {
      refused(escrow_cell_publish(cell, h, nullptr, &out));
      refused(escrow_cell_discard(cell, h));
      refused(escrow_cell_read_prepared(cell, h, &view));
      refused(escrow_cell_accept(cell, h, &out));
      refused(escrow_cell_refuse(cell, h, nullptr));
    }
    escrow_bytes const nowhere{nullptr, 1};
    refused(escrow_cell_swap(cell_, nullptr, nullptr, &out, &why));
    refused(escrow_cell_swap(cell_, &nowhere, nullptr, &out, &why));
  }
  void notes(std::uint64_t h) {
    std::uint64_t out = 9, cursor = in_.word();
    std::uint64_t const frames[2]{in_.word(), in_.word()};
    std::uint32_t site = 9, count = 9;
    std::uint32_t const *limit = nullptr;
    std::uint64_t const *watched = nullptr, *limits = nullptr;
    escrow_ledger_state state{};
    escrow_ledger_entry entries[2];
    escrow_trace_event events[2];
    if (h != pool_) {
      refused(escrow_pool_set_ledger(h, in_.byte(), in_.byte()));
      refused(escrow_pool_read_ledger(h, &state));
      refused(escrow_pool_ledger_limit(h, &limit));
      refused(escrow_pool_set_trace(h, in_.byte()));
      refused(escrow_pool_watch_limits(h, &watched, &limits));
      if (h != 0) refused(escrow_ledger_list(h, &cursor, entries, 2, &count));
    }
    refused(escrow_pool_set_ledger(pool_, 3u + in_.byte() % 13u, 1));
    is_code(escrow_pool_set_ledger(pool_, in_.byte() % 3u, in_.byte()));
    is_code(escrow_pool_set_trace(pool_, in_.byte()));
    if (!is_reference(h)) {
      refused(escrow_ledger_note(h, frames, in_.byte() % 3u, in_.byte()));
      refused(escrow_ledger_find(h, &site));
      FUZZ_EXPECT(site == 0);
      is_code(escrow_trace_root(h, &out, nullptr));
      FUZZ_EXPECT(out == 0);
    }
    is_code(escrow_ledger_list(0, &cursor, entries, 2, &count));
    cursor = in_.word();
    is_code(escrow_trace_list(h, &cursor, events, 2, &count));
    escrow_ledger_site about{};
    is_code(escrow_ledger_read_site(static_cast<std::uint32_t>(h), &about));
    escrow_pool listed[2];
    cursor = h;
    is_code(escrow_pool_list(&cursor, listed, 2, &count));
  }

  /// Options of any content and any size: refused, or opened, and then they can be closed.
  void options() {
    unsigned char const what = in_.byte();
    unsigned char const size = in_.byte();
    union {
      std::uint64_t fields[24];
      escrow_pool_options pool;
      escrow_map_options map;
      escrow_cell_options cell;
    } o{};
    for (auto &field : o.fields) field = in_.byte() % 4 == 0 ? in_.word() : 0;
    std::uint64_t out = 9;
    bool const wrong = size % 4 == 0;
    if (what % 3 == 0) {
      o.pool.struct_size = wrong ? size : sizeof o.pool;
      o.pool.name = nullptr, o.pool.destructor = nullptr, o.pool.layout = nullptr;
      o.pool.reserve_bytes %= 1u << 20;
      auto const s = escrow_pool_open(&o.pool, &out);
      auto const closed = escrow_pool_close(out, 0, nullptr);
      ended(s, o.pool.struct_size == sizeof o.pool, out, closed, escrow_pool_destroy(out));
    } else if (what % 3 == 1) {
      o.map.struct_size = wrong ? size : sizeof o.map;
      o.map.key_layout = o.map.value_layout = nullptr;
      o.map.expected %= 1000;
      auto const s = escrow_map_open(&o.map, &out);
      auto const closed = escrow_map_close(out);
      ended(s, o.map.struct_size == sizeof o.map, out, closed, escrow_map_destroy(out));
    } else {
      o.cell.struct_size = wrong ? size : sizeof o.cell;
      o.cell.name = nullptr, o.cell.layout = nullptr, o.cell.validator = nullptr,
      o.cell.destructor = nullptr;
      auto const s = escrow_cell_open(&o.cell, &out);
      auto const closed = escrow_cell_close(out);
      ended(s, o.cell.struct_size == sizeof o.cell, out, closed, escrow_cell_destroy(out));
    }
    refused(escrow_pool_open(nullptr, &out));
    refused(escrow_map_open(nullptr, &out));
    refused(escrow_cell_open(nullptr, &out));
  }
  static void ended(escrow_status opened, bool right, std::uint64_t out, escrow_status closed,
                    escrow_status destroyed) {
    is_code(opened);
    if (!right) FUZZ_EXPECT_STATUS(opened, ESCROW_E_VERSION);
    FUZZ_EXPECT((opened == ESCROW_OK) == (out != 0));
    FUZZ_EXPECT((opened == ESCROW_OK) == (closed == ESCROW_OK));
    FUZZ_EXPECT((opened == ESCROW_OK) == (destroyed == ESCROW_OK));
  }
};

}  // namespace

void fuzz::run(std::uint8_t const *data, std::size_t size) {
  source in{data, size};
  subject all(in);
  while (!in.over()) all.step();
}
