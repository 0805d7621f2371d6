#include "corpus.hpp"

#include <array>
#include <utility>

namespace code_search {

namespace {

bool is_below(std::string_view path, std::string_view directory) {
  return directory.empty() || path == directory ||
         (path.size() > directory.size() && path.substr(0, directory.size()) == directory &&
          path[directory.size()] == '/');
}

/// From how many changes on it is worth looking at all the lists for memory to give back.
constexpr std::uint64_t many_changes = 1024;

}  // namespace

escrow_status corpus::open(std::uint32_t ledger_rate) {
  if (auto const s = documents_.open(ledger_rate); s != ESCROW_OK) return s;
  return postings_.open();
}

escrow_status corpus::visit(engine_file const &about) {
  reading const held = documents_.find({about.path, about.path_length});
  if (!held) return ESCROW_E_ABSENT;
  if (about.place != ENGINE_PLACE_KEEP) documents_.set_place(held->number, about.place);
  if (about.stamp == 0 || held->stamp.load(std::memory_order_relaxed) != about.stamp ||
      held->bytes.size() != about.size) {
    return ESCROW_E_DIFFERS;
  }
  held->walk.store(about.walk, std::memory_order_relaxed);  // read when the walk is over
  return ESCROW_OK;
}

escrow_status corpus::put(escrow_ticket ticket, engine_file const &about) {
  if (batched_.load(std::memory_order_relaxed) >= batch_bytes) {
    std::unique_lock const alone(gate_);
    if (batched_.load(std::memory_order_relaxed) >= batch_bytes) {  // nobody else was faster
      if (auto const s = commit_alone(); s != ESCROW_OK) return s;
    }
  }
  return enter({ticket, std::string(about.path, about.path_length), about}, about.size);
}

escrow_status corpus::remove(std::string_view path) {
  if (!documents_.find(path)) return ESCROW_E_ABSENT;
  return enter({0, std::string(path), {}}, 0);
}

escrow_status corpus::enter(file_change change, std::uint64_t size) {
  std::shared_lock const open(gate_);
  std::string path = change.path;
  {
    std::lock_guard const lock(names_);
    if (!in_batch_.insert(path).second) return ESCROW_E_OPTION;
  }
  batched_.fetch_add(size, std::memory_order_relaxed);
  if (intake_.add(std::move(change))) return ESCROW_OK;
  std::lock_guard const lock(names_);
  in_batch_.erase(path);
  return ESCROW_E_CLOSED;
}

escrow_status corpus::remove_unseen(std::string_view below, std::uint64_t walk) {
  for (std::uint32_t span = 0; span < documents_.spans(); ++span) {
    file_set files;
    documents_.list(span, files);
    escrow_status failed = ESCROW_OK;
    files.each([&](std::uint16_t file) {
      if (failed != ESCROW_OK) return;
      std::string gone;
      {
        reading const held = documents_.find(span << span_bits | file);
        if (!held || held->walk.load(std::memory_order_relaxed) == walk) return;
        if (!is_below(held->path(), below)) return;
        gone = held->path();
      }
      auto const s = remove(gone);
      // In the batch already: it has changed.
      if (s != ESCROW_E_ABSENT && s != ESCROW_E_OPTION) failed = s;
    });
    if (failed != ESCROW_OK) return failed;
  }
  return ESCROW_OK;
}

escrow_status corpus::commit() {
  std::unique_lock const alone(gate_);
  return commit_alone();
}

escrow_status corpus::commit_alone() {
  intake_.wait_idle();
  escrow_status failed = ESCROW_OK;
  for (auto const &h : intake_.harvests()) {
    if (h->failed != ESCROW_OK) failed = std::exchange(h->failed, ESCROW_OK);
  }
  if (failed == ESCROW_OK) failed = make_changes();
  forget_changes();
  return failed;
}

/// The three steps. After an error some lists name files that do not hold their trigram, which
/// costs time and no answer.
escrow_status corpus::make_changes() {
  std::vector<trigram_runs *> added, removed;
  for (auto const &h : intake_.harvests()) {
    added.push_back(&h->added);
    removed.push_back(&h->removed);
  }
  if (auto const s = postings_.apply(change::insert, added, workers_); s < 0) return s;

  engine_changes now{};
  for (auto const &h : intake_.harvests()) {
    now.unchanged += std::exchange(h->unchanged, 0);
    for (prepared &p : h->changes) {
      if (!p.next) {
        documents_.withdraw(p.path, p.number);
        p.frees_number = true;
        ++now.removed;
        continue;
      }
      bool const fresh = p.frees_number;
      std::uint32_t const place = p.next->place;
      if (place != ENGINE_PLACE_KEEP) documents_.set_place(p.number, place);
      if (place == ENGINE_PLACE_KEEP && fresh) documents_.set_last_place(p.number);
      if (auto const s = documents_.publish(std::move(p.next)); s < 0) return s;
      ++(fresh ? now.added : now.replaced);
      p.frees_number = false;
    }
  }
  auto const s = postings_.apply(change::erase, removed, workers_);
  if (s >= 0 && now.removed + now.replaced >= many_changes) postings_.shrink();
  std::lock_guard const lock(names_);
  done_.added += now.added;
  done_.replaced += now.replaced;
  done_.removed += now.removed;
  done_.unchanged += now.unchanged;
  return s;
}

void corpus::forget_changes() {
  for (auto const &h : intake_.harvests()) {
    for (prepared const &p : h->changes) {
      if (!p.frees_number) continue;
      documents_.set_place(p.number, documents::no_place);
      documents_.give_number(p.number);
    }
    h->changes = std::vector<prepared>();
    h->added.clear();
    h->removed.clear();
  }
  std::lock_guard const lock(names_);
  in_batch_.clear();
  batched_.store(0, std::memory_order_relaxed);
}

engine_changes corpus::take_changes() {
  std::lock_guard const lock(names_);
  return std::exchange(done_, {});
}

engine_counts corpus::counts() const {
  engine_counts counts{};
  counts.files = documents_.files();
  counts.bytes = documents_.bytes();
  counts.spans = documents_.spans();
  escrow_pool_stats const pool = documents_.pool_stats();
  counts.documents = pool.live;
  counts.document_bytes = pool.bytes_committed;
  counts.path_bytes = documents_.map_bytes();
  escrow::map_stats const lists = postings_.stats();
  counts.lists = lists.entries;
  counts.list_bytes = lists.bytes_records_live;
  counts.index_bytes = lists.bytes_index + lists.bytes_records_held;
  return counts;
}

std::uint64_t corpus::close() {
  intake_.abandon();
  std::uint64_t refused = 0;
  for (auto const &h : intake_.harvests()) {
    refused += h->refused;
    h->changes = std::vector<prepared>();
  }
  return refused + documents_.close();
}

}  // namespace code_search
