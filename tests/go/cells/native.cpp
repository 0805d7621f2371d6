#include "native.h"

#include <cstring>
#include <ctime>

#include "escrow/cell.h"
#include "escrow/escrow.hpp"

ESCROW_LAYOUT(number, value, same);

namespace {

int32_t store(escrow_cell cell, native_event &e, bool propose) {
  number n{e.value, {}};
  for (uint64_t &word : n.same) word = e.value;
  escrow_bytes const content{&n, sizeof n};
  if (propose)
    return escrow_cell_propose(cell, nullptr, &content, nullptr, ESCROW_FOREVER, &e.version,
                               nullptr);
  return escrow_cell_swap(cell, &content, nullptr, &e.version, nullptr);
}

void saw(native_event &e, number const &n, uint64_t version) {
  e.value = n.value;
  e.version = version;
  for (uint64_t const word : n.same) e.torn |= word != n.value ? 1 : 0;
}

int32_t load(escrow_cell cell, native_event &e) {
  escrow_cell_view view;
  auto const s = escrow_cell_load(cell, &view);
  if (s != ESCROW_OK) return s;
  saw(e, *static_cast<number const *>(view.content), view.version);
  auto const ended = escrow_cell_release(view.loan);
  return ended < 0 ? ended : ESCROW_OK;
}

int32_t copy(escrow_cell cell, native_event &e) {
  number n{};
  escrow_buffer room{&n, sizeof n, 0};
  uint64_t version = 0;
  auto const s = escrow_cell_copy(cell, &room, &version);
  if (s == ESCROW_OK) saw(e, n, version);
  return s;
}

}  // namespace

int64_t native_clock() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

void native_client(uint64_t cell, native_event *events, uint64_t count) {
  escrow::cell<number>::reader cached;
  auto const bound = escrow::cell<number>::reader::bind(cell, cached);
  for (uint64_t i = 0; i < count; ++i) {
    native_event &e = events[i];
    e.call = native_clock();
    switch (e.operation) {
      case native_swap:
      case native_propose:
        e.status = store(cell, e, e.operation == native_propose);
        break;
      case native_reader:
        e.status = bound;
        if (number const *const at = cached.get(); at != nullptr)
          saw(e, *at, cached.version());
        else
          e.status = ESCROW_E_ABSENT;
        break;
      case native_copy:
        e.status = copy(cell, e);
        break;
      default:
        e.status = load(cell, e);
    }
    e.end = native_clock();
  }
}

int32_t native_propose_text(uint64_t cell, char const *text, uint64_t size, uint64_t timeout_ns,
                            uint64_t *out_version, char *out_why) {
  escrow_bytes const content{text, size};
  escrow_cell_reason why{};
  auto const s =
      escrow_cell_propose(cell, nullptr, &content, nullptr, timeout_ns, out_version, &why);
  std::memcpy(out_why, why.text, sizeof why.text);
  return s;
}
