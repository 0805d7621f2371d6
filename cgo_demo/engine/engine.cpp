#include "engine.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <new>
#include <system_error>

#include "corpus.hpp"
#include "intake.hpp"

using namespace code_search;

namespace {

constexpr std::uint32_t max_workers = 64;
constexpr std::uint32_t max_queue = 65536;
constexpr std::uint32_t max_page = 65536;
constexpr std::uint64_t max_text = 65536;
constexpr std::uint64_t max_plan = 65536;

/// No exception crosses the C boundary: what the standard library throws becomes a code.
template <class Body>
escrow_status guarded(Body const &body) noexcept {
  try {
    return body();
  } catch (std::bad_alloc const &) {
    return ESCROW_E_NOMEM;
  } catch (std::system_error const &) {  // no thread to be had
    return ESCROW_E_NOMEM;
  }
}

/// Moves a copy of `elements` out to whoever takes the ticket in; no ticket for none.
template <class Element>
escrow_status deliver(escrow_pool pool, std::vector<Element> const &elements,
                      escrow_ticket *out_ticket, std::uint32_t *out_count) {
  if (elements.empty()) return ESCROW_OK;
  std::size_t const bytes = elements.size() * sizeof(Element);
  escrow_handle handle;
  void *payload;
  if (auto const s = escrow_acquire(pool, bytes, &handle, &payload); s < 0) return s;
  auto buffer = escrow::owned<std::byte>::adopt(handle);  // released on an early return
  std::memcpy(payload, elements.data(), bytes);
  escrow::ticket ticket;
  if (auto const s = buffer.move_out(ticket); s < 0) return s;
  *out_ticket = ticket.detach();
  *out_count = static_cast<std::uint32_t>(elements.size());
  return ESCROW_OK;
}

}  // namespace

/// Begins as an intake; seal turns it into a corpus, once. `sealed` is what searches look at.
struct engine {
  explicit engine(engine_options const &o)
      : results(o.results), intake(o.workers, o.queue_capacity) {}

  escrow_pool const results;
  class intake intake;
  class corpus corpus;
  engine_counts counts{};
  std::atomic<bool> sealing{false};
  std::atomic<bool> sealed{false};

  [[nodiscard]] bool ready() const {
    return sealed.load(std::memory_order_acquire);  // acquire: the corpus; pairs with seal [E1]
  }
};

escrow_status engine_open(engine_options const *options, engine **out_engine) noexcept {
  if (out_engine == nullptr) return ESCROW_E_NULL;
  *out_engine = nullptr;
  if (options == nullptr) return ESCROW_E_NULL;
  if (options->workers == 0 || options->workers > max_workers || options->queue_capacity == 0 ||
      options->queue_capacity > max_queue) {
    return ESCROW_E_OPTION;
  }
  return guarded([&]() -> escrow_status {
    *out_engine = std::make_unique<engine>(*options).release();
    return ESCROW_OK;
  });
}

escrow_status engine_add(engine *self, escrow_ticket ticket, std::uint32_t file) noexcept {
  if (self == nullptr || ticket == 0) return ESCROW_E_NULL;
  if (file == UINT32_MAX) return ESCROW_E_SIZE;
  // Checked here, where the caller still has it, rather than in a thread that can tell nobody.
  auto const is = escrow_validate(ticket, 0, 0);
  if (is != ESCROW_E_TRANSIT) return is < 0 ? is : ESCROW_E_KIND;
  return guarded([&]() -> escrow_status {
    return self->intake.add({ticket, file}) ? ESCROW_OK : ESCROW_E_CLOSED;
  });
}

escrow_status engine_seal(engine *self) noexcept {
  if (self == nullptr) return ESCROW_E_NULL;
  if (self->sealing.exchange(true)) return ESCROW_E_CLOSED;
  return guarded([&]() -> escrow_status {
    auto const begin = std::chrono::steady_clock::now();
    self->intake.finish();
    if (auto const s = self->corpus.build(self->intake.harvests()); s != ESCROW_OK) return s;
    self->counts = self->corpus.counts();
    self->counts.seal_ns = static_cast<std::uint64_t>(
        std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin).count());
    self->sealed.store(true,
                       std::memory_order_release);  // release: the corpus; pairs with ready [E1]
    return ESCROW_OK;
  });
}

escrow_status engine_search(engine const *self, char const *text, std::uint64_t length,
                            std::uint32_t limit, engine_cursor *cursor, escrow_ticket *out_ticket,
                            std::uint32_t *out_count) noexcept {
  if (out_ticket != nullptr) *out_ticket = 0;
  if (out_count != nullptr) *out_count = 0;
  if (self == nullptr || text == nullptr || cursor == nullptr || out_ticket == nullptr ||
      out_count == nullptr) {
    return ESCROW_E_NULL;
  }
  if (length == 0 || length > max_text || limit == 0 || limit > max_page) return ESCROW_E_SIZE;
  if (std::memchr(text, '\n', length) != nullptr) return ESCROW_E_OPTION;
  if (!self->ready()) return ESCROW_E_CLOSED;
  return guarded([&]() -> escrow_status {
    engine_cursor next = *cursor;
    std::vector<engine_match> matches;
    if (next.done == 0) self->corpus.search({text, length}, limit, next, matches);
    auto const s = deliver(self->results, matches, out_ticket, out_count);
    if (s == ESCROW_OK) *cursor = next;
    return s;
  });
}

escrow_status engine_candidates(engine const *self, std::uint32_t const *plan, std::uint64_t words,
                                escrow_ticket *out_ticket, std::uint32_t *out_count) noexcept {
  if (out_ticket != nullptr) *out_ticket = 0;
  if (out_count != nullptr) *out_count = 0;
  if (self == nullptr || plan == nullptr || out_ticket == nullptr || out_count == nullptr) {
    return ESCROW_E_NULL;
  }
  if (words == 0 || words > max_plan) return ESCROW_E_SIZE;
  if (!self->ready()) return ESCROW_E_CLOSED;
  return guarded([&]() -> escrow_status {
    file_list files;
    if (!self->corpus.index().evaluate({plan, words}, files)) return ESCROW_E_OPTION;
    return deliver(self->results, files, out_ticket, out_count);
  });
}

escrow_status engine_lend_file(engine const *self, std::uint32_t file, escrow_loan *out_loan,
                               escrow_view *out_view) noexcept {
  if (out_loan != nullptr) *out_loan = 0;
  if (out_view != nullptr) *out_view = {};
  if (self == nullptr || out_loan == nullptr || out_view == nullptr) return ESCROW_E_NULL;
  if (!self->ready()) return ESCROW_E_CLOSED;
  held_file const *const held = self->corpus.find(file);
  if (held == nullptr) return ESCROW_E_RANGE;
  return escrow_lend(held->memory.handle(), out_loan, out_view);
}

escrow_status engine_give_back_file(escrow_loan loan) noexcept {
  return escrow_give_back(loan);
}

escrow_status engine_stats(engine const *self, engine_counts *out_counts) noexcept {
  if (out_counts != nullptr) *out_counts = {};
  if (self == nullptr || out_counts == nullptr) return ESCROW_E_NULL;
  if (!self->ready()) return ESCROW_E_CLOSED;
  *out_counts = self->counts;
  return ESCROW_OK;
}

escrow_status engine_close(engine *self, std::uint64_t *out_refused) noexcept {
  if (out_refused != nullptr) *out_refused = 0;
  if (self == nullptr) return ESCROW_E_NULL;
  self->intake.abandon();
  std::uint64_t refused = self->corpus.clear();
  for (auto const &h : self->intake.harvests()) {
    refused += h->refused;
    for (held_file &f : h->files) {
      if (f.memory.reset() < 0) ++refused;
    }
  }
  if (out_refused != nullptr) *out_refused = refused;
  delete self;
  return ESCROW_OK;
}
