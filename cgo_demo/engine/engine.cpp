#include "engine.h"

#include <cmath>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <system_error>

#include "corpus.hpp"
#include "ranking.hpp"
#include "search.hpp"
#include "settings.hpp"

using namespace code_search;

namespace {

constexpr std::uint32_t max_workers = 64;
constexpr std::uint32_t max_queue = 65536;
constexpr std::uint32_t max_page = 65536;
constexpr std::uint32_t max_path = 65535;
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

escrow_status check(engine const *self, engine_file const *file) noexcept {
  if (self == nullptr || file == nullptr) return ESCROW_E_NULL;
  if (file->path_length - 1 >= max_path) return ESCROW_E_SIZE;  // 0 wraps
  return file->path == nullptr ? ESCROW_E_NULL : ESCROW_OK;
}

}  // namespace

struct engine {
  explicit engine(engine_options const &o)
      : results(o.results),
        settings(o.settings),
        ranking(o.ranking),
        plants_leak(o.plant_leak != 0),
        corpus(o.workers, o.queue_capacity) {}

  escrow_pool const results;
  escrow_cell const settings;
  escrow_code_slot const ranking;
  bool const plants_leak;
  class corpus corpus;
};

struct engine_search {
  explicit engine_search(engine const &in) : results(in.results), ranking(in.ranking) {}

  /// The settings come first: what they say holds for all that the search does.
  template <class What>
  [[nodiscard]] escrow_status begin(engine const &in, What what) {
    if (auto const s = settings.load(in.settings); s != ESCROW_OK) return s;
    run.emplace(in.corpus, *settings, what);
    if (in.plants_leak) run->plant_leak();
    return run->valid() ? ESCROW_OK : ESCROW_E_OPTION;
  }

  escrow_pool const results;
  escrow_code_slot const ranking;
  settings_hold settings;
  ranking_call ranked;
  std::optional<search> run;
};

namespace {

template <class What>
escrow_status begin_search(engine const &in, What what, engine_search **out) {
  auto made = std::make_unique<engine_search>(in);
  if (auto const s = made->begin(in, what); s != ESCROW_OK) return s;
  *out = made.release();
  return ESCROW_OK;
}

}  // namespace

escrow_status engine_open(engine_options const *options, engine **out_engine) noexcept {
  if (out_engine == nullptr) return ESCROW_E_NULL;
  *out_engine = nullptr;
  if (options == nullptr) return ESCROW_E_NULL;
  if (options->workers == 0 || options->workers > max_workers || options->queue_capacity == 0 ||
      options->queue_capacity > max_queue) {
    return ESCROW_E_OPTION;
  }
  if (auto const s = check_settings(options->settings); s != ESCROW_OK) return s;
  if (auto const s = publish_built_in(options->ranking); s != ESCROW_OK) return s;
  return guarded([&]() -> escrow_status {
    auto made = std::make_unique<engine>(*options);
    if (auto const s = made->corpus.open(options->ledger_rate); s != ESCROW_OK) return s;
    *out_engine = made.release();
    return ESCROW_OK;
  });
}

escrow_status engine_visit(engine *self, engine_file const *file) noexcept {
  if (auto const s = check(self, file); s != ESCROW_OK) return s;
  return self->corpus.visit(*file);
}

escrow_status engine_put(engine *self, escrow_ticket ticket, engine_file const *file) noexcept {
  if (auto const s = check(self, file); s != ESCROW_OK) return s;
  // Checked here, where the caller still has it, rather than in a thread that can tell nobody.
  auto const is = escrow_validate(ticket, 0, 0);
  if (is != ESCROW_E_TRANSIT) return is < 0 ? is : ESCROW_E_KIND;
  return guarded([&] { return self->corpus.put(ticket, *file); });
}

escrow_status engine_remove(engine *self, char const *path, std::uint32_t length) noexcept {
  engine_file const file{path, length, ENGINE_PLACE_KEEP, 0, 0, 0};
  if (auto const s = check(self, &file); s != ESCROW_OK) return s;
  return guarded([&] { return self->corpus.remove({path, length}); });
}

escrow_status engine_remove_unseen(engine *self, char const *below, std::uint32_t length,
                                   std::uint64_t walk) noexcept {
  if (self == nullptr || (below == nullptr && length != 0)) return ESCROW_E_NULL;
  return guarded([&] { return self->corpus.remove_unseen({below, length}, walk); });
}

escrow_status engine_commit(engine *self, engine_changes *out_changes) noexcept {
  if (out_changes != nullptr) *out_changes = {};
  if (self == nullptr || out_changes == nullptr) return ESCROW_E_NULL;
  auto const s = guarded([&] { return self->corpus.commit(); });
  *out_changes = self->corpus.take_changes();
  return s;
}

escrow_status engine_find_text(engine const *self, char const *text, std::uint64_t length,
                               engine_search **out_search) noexcept {
  if (out_search != nullptr) *out_search = nullptr;
  if (self == nullptr || text == nullptr || out_search == nullptr) return ESCROW_E_NULL;
  if (length == 0 || length > max_text) return ESCROW_E_SIZE;
  if (std::memchr(text, '\n', length) != nullptr) return ESCROW_E_OPTION;
  return guarded([&] { return begin_search(*self, std::string(text, length), out_search); });
}

escrow_status engine_find_files(engine const *self, std::uint32_t const *plan, std::uint64_t words,
                                engine_search **out_search) noexcept {
  if (out_search != nullptr) *out_search = nullptr;
  if (self == nullptr || plan == nullptr || out_search == nullptr) return ESCROW_E_NULL;
  if (words == 0 || words > max_plan) return ESCROW_E_SIZE;
  return guarded([&] { return begin_search(*self, std::span(plan, words), out_search); });
}

engine_settings const *engine_read_settings(engine_search const *self,
                                            std::uint64_t *out_version) noexcept {
  if (self == nullptr || out_version == nullptr) return nullptr;
  *out_version = self->settings.version();
  return &*self->settings;
}

escrow_status engine_next(engine_search *self, std::uint32_t limit,
                          engine_page *out_page) noexcept {
  if (out_page != nullptr) *out_page = {};
  if (self == nullptr || out_page == nullptr) return ESCROW_E_NULL;
  if (limit == 0 || limit > max_page) return ESCROW_E_SIZE;
  return guarded([&] { return self->run->next(limit, self->results, *out_page); });
}

escrow_status engine_score(engine_search *self, std::uint32_t file, std::uint64_t matches,
                           double *out_score, std::uint64_t *out_version) noexcept {
  if (self == nullptr || out_score == nullptr || out_version == nullptr) return ESCROW_E_NULL;
  engine_ranked ranked{nullptr, 0, 0, matches};
  if (!self->run->describe(file, ranked)) return ESCROW_E_OPTION;
  auto const s = self->ranked.score(self->ranking, ranked, self->settings->weights, *out_score);
  *out_version = self->ranked.version();
  if (s != ESCROW_OK) return s;
  return std::isnan(*out_score) ? ESCROW_E_REFUSED : ESCROW_OK;
}

void engine_end(engine_search *self) noexcept {
  delete self;
}

escrow_status engine_stats(engine const *self, engine_counts *out_counts) noexcept {
  if (out_counts != nullptr) *out_counts = {};
  if (self == nullptr || out_counts == nullptr) return ESCROW_E_NULL;
  *out_counts = self->corpus.counts();
  return ESCROW_OK;
}

escrow_status engine_close(engine *self, std::uint64_t *out_refused) noexcept {
  if (out_refused != nullptr) *out_refused = 0;
  if (self == nullptr) return ESCROW_E_NULL;
  std::uint64_t const refused = self->corpus.close();
  if (out_refused != nullptr) *out_refused = refused;
  delete self;
  return ESCROW_OK;
}
