#include "documents.hpp"

#include <escrow/ledger.h>

#include <cstring>
#include <new>

namespace code_search {

reading::~reading() {
  if (view_.root != 0 && escrow_return(view_.root) == ESCROW_PENDING) of_->drain();
}

void documents::destroy(void *payload, std::uint64_t, void *context) {
  auto *const self = static_cast<documents *>(context);
  auto *const d = static_cast<document *>(payload);
  self->bytes_.fetch_sub(d->bytes.size(), std::memory_order_relaxed);
  if (d->text && d->text.reset() < 0) self->refused_.fetch_add(1, std::memory_order_relaxed);
  d->~document();
}

escrow_status documents::open(std::uint32_t ledger_rate) {
  places_ = std::make_unique<std::atomic<places *>[]>(most_files / span_files);
  escrow_pool_options pool{};
  pool.struct_size = sizeof pool;
  pool.name = "documents";
  pool.destructor = &destroy;
  pool.context = this;
  if (auto const s = escrow_pool_open(&pool, &pool_); s != ESCROW_OK) return s;
  if (ledger_rate != 0) {  // 0: as the pool was built, in some builds it notes all
    auto const s = escrow_pool_set_ledger(pool_, ESCROW_LEDGER_SAMPLED, ledger_rate);
    if (s != ESCROW_OK) return s;
  }
  escrow_map_options map{};
  map.struct_size = sizeof map;
  map.values = ESCROW_MAP_HANDLE;
  map.keys = ESCROW_MAP_BYTES;
  if (auto const s = escrow_map_open(&map, &by_path_); s != ESCROW_OK) return s;
  map.keys = ESCROW_MAP_WORD;
  return escrow_map_open(&map, &by_number_);
}

std::uint64_t documents::close() {
  for (escrow_map *const m : {&by_path_, &by_number_}) {
    if (*m == 0) continue;
    (void)escrow_map_close(*m);
    (void)escrow_map_destroy(*m);
    *m = 0;
  }
  std::uint64_t live = 0;
  if (pool_ != 0) {
    (void)escrow_pool_close(pool_, 0, &live);
    (void)escrow_pool_destroy(pool_);
    pool_ = 0;
  }
  for (std::uint32_t i = 0; places_ != nullptr && i < spans(); ++i) {
    delete places_[i].load(std::memory_order_relaxed);  // nobody else is here
  }
  spans_.store(0, std::memory_order_relaxed);
  return live + refused_.load(std::memory_order_relaxed);
}

reading documents::find(std::string_view path) const {
  escrow_view view{};
  if (escrow_map_borrow_handle(by_path_, path.data(), path.size(), &view) != ESCROW_OK) return {};
  return {this, view};
}

reading documents::find(std::uint32_t number) const {
  escrow_view view{};
  std::uint64_t const key = number;
  if (escrow_map_borrow_handle(by_number_, &key, sizeof key, &view) != ESCROW_OK) return {};
  return {this, view};
}

bool documents::take_number(std::uint32_t wish, std::uint32_t &out) {
  std::lock_guard const lock(numbers_);
  auto const is_free = [this](std::uint32_t n) { return n >= taken_.size() || !taken_[n]; };
  out = wish;
  if (wish >= most_files || !is_free(wish)) {
    while (first_free_ < taken_.size() && taken_[first_free_]) ++first_free_;
    out = first_free_;
  }
  if (out >= most_files) return false;
  for (std::uint32_t span = spans_.load(std::memory_order_relaxed); span <= out >> span_bits;) {
    auto made = std::make_unique<places>();
    for (auto &p : *made) p.store(no_place, std::memory_order_relaxed);  // before publication
    places_[span].store(made.release(), std::memory_order_relaxed);  // published by what follows
    spans_.store(++span, std::memory_order_release);  // release: places_; pairs with spans [D1]
  }
  if (out >= taken_.size()) taken_.resize(out + 1);
  taken_[out] = true;
  return true;
}

void documents::give_number(std::uint32_t number) {
  std::lock_guard const lock(numbers_);
  taken_[number] = false;
  if (number < first_free_) first_free_ = number;
}

void documents::set_place(std::uint32_t number, std::uint32_t place) {
  std::lock_guard const lock(numbers_);
  if (place != no_place && place > last_place_) last_place_ = place;
  // relaxed: which file it is, the map says
  (*places_[number >> span_bits].load(std::memory_order_relaxed))[within_span(number)].store(
      place, std::memory_order_relaxed);
}

void documents::set_last_place(std::uint32_t number) {
  std::uint32_t place;
  {
    std::lock_guard const lock(numbers_);
    place = last_place_ + 1 < no_place ? last_place_ + 1 : last_place_;
  }
  set_place(number, place);
}

std::uint32_t documents::place(std::uint32_t number) const {
  if (number >> span_bits >= spans()) return no_place;
  return (*places_[number >> span_bits].load(std::memory_order_relaxed))[within_span(number)].load(
      std::memory_order_relaxed);
}

void documents::list(std::uint32_t span, file_set &out) const {
  places const &of = *places_[span].load(std::memory_order_relaxed);  // ordered by spans()
  for (std::uint32_t i = 0; i < span_files; ++i) {
    if (of[i].load(std::memory_order_relaxed) != no_place) out.insert(within_span(i));
  }
}

escrow_status documents::make(escrow::owned<std::byte> text, engine_file const &about,
                              std::uint32_t number, escrow::owned<document> &out) const {
  escrow_handle handle;
  void *payload;
  auto const s = escrow_acquire(pool_, sizeof(document) + about.path_length, &handle, &payload);
  if (s < 0) return s;
  auto const view = text.view();
  auto *const d = ::new (payload) document{std::move(text),
                                           {static_cast<char const *>(view.payload), view.size},
                                           0,
                                           number,
                                           about.place,
                                           about.path_length,
                                           about.stamp,
                                           about.walk};
  std::memcpy(static_cast<void *>(d + 1), about.path, about.path_length);
  bytes_.fetch_add(view.size, std::memory_order_relaxed);
  out = escrow::owned<document>::adopt(handle);
  return ESCROW_OK;
}

escrow_status documents::publish(escrow::owned<document> version) {
  document &d = *version;
  auto const path = d.path();
  bool fresh = true;
  if (reading const before = find(path)) {
    d.added = before->added;
    fresh = false;
  } else {
    // seq_cst: before the file can be found; pairs with now()
    d.added = clock_.fetch_add(1, std::memory_order_seq_cst) + 1;
  }
  escrow::owned<document> second;
  if (auto const s = version.dup(second); s < 0) return s;
  // Searches first: what `by_path_` does not know yet is read and put again.
  std::uint64_t const key = d.number;
  auto s = escrow_map_put_handle(by_number_, &key, sizeof key, second.handle());
  if (s < 0) return s;
  (void)second.detach();  // the map has taken it over
  s = escrow_map_put_handle(by_path_, path.data(), path.size(), version.handle());
  if (s >= 0) {
    (void)version.detach();
  } else if (fresh) {
    (void)escrow_map_erase_handle(by_number_, &key, sizeof key);
  }
  return s < 0 ? s : ESCROW_OK;
}

void documents::withdraw(std::string_view path, std::uint32_t number) {
  std::uint64_t const key = number;
  (void)escrow_map_erase_handle(by_number_, &key, sizeof key);
  (void)escrow_map_erase_handle(by_path_, path.data(), path.size());
  set_place(number, no_place);
}

std::uint64_t documents::files() const {
  std::uint64_t n = 0;
  (void)escrow_map_length(by_number_, &n);
  return n;
}

escrow_pool_stats documents::pool_stats() const {
  escrow_pool_stats stats{};
  stats.struct_size = sizeof stats;
  (void)escrow_pool_read_stats(pool_, &stats);
  return stats;
}

std::uint64_t documents::map_bytes() const {
  std::uint64_t sum = 0;
  for (escrow_map const m : {by_path_, by_number_}) {
    escrow_map_stats stats{};
    stats.struct_size = sizeof stats;
    (void)escrow_map_read_stats(m, &stats);
    sum += stats.bytes_index + stats.bytes_records_held;
  }
  return sum;
}

}  // namespace code_search
