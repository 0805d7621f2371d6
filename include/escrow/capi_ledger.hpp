// escrow/capi_ledger.hpp: the C functions of ledgers; included by capi.hpp alone. [L5]
#ifndef ESCROW_CAPI_LEDGER_HPP
#define ESCROW_CAPI_LEDGER_HPP

#if !defined(ESCROW_CAPI_HPP)
#error "escrow/capi_ledger.hpp is part of escrow/capi.hpp: include that, in the facade's unit"
#endif

extern "C" {

ESCROW_API escrow_status escrow_pool_set_ledger(escrow_pool pool, uint32_t level,
                                                uint32_t rate) noexcept {
  bool const frames = (level & ESCROW_LEDGER_FRAMES) != 0;
  switch (level & ~uint32_t{ESCROW_LEDGER_FRAMES}) {
    case ESCROW_LEDGER_OFF:
      rate = 0;
      break;
    case ESCROW_LEDGER_SAMPLED:
      if (rate == 0 || rate > escrow::ledger::all) return ESCROW_E_OPTION;
      break;
    case ESCROW_LEDGER_FULL:
      rate = 1;
      break;
    default:
      return ESCROW_E_OPTION;
  }
  return escrow::ledger::set(pool, rate, frames);
}

ESCROW_API escrow_status escrow_pool_read_ledger(escrow_pool pool,
                                                 escrow_ledger_state *out) noexcept {
  if (out == nullptr) return ESCROW_E_NULL;
  *out = escrow_ledger_state{};
  escrow::pool_control *c = nullptr;
  auto const s = escrow::readable_pool(pool, c);
  if (s != ESCROW_OK) return s;
  escrow::ledger::read(*c, *out);
  return s;
}

ESCROW_API escrow_status escrow_pool_ledger_limit(escrow_pool pool,
                                                  uint32_t const **out_limit) noexcept {
  if (out_limit == nullptr) return ESCROW_E_NULL;
  *out_limit = nullptr;
  escrow::pool_control *c = nullptr;
  auto const s = escrow::readable_pool(pool, c);
  if (s != ESCROW_OK) return s;
  static_assert(std::endian::native == std::endian::little, "the lower half comes first");
  *out_limit = reinterpret_cast<uint32_t const *>(&c->watch_limits);
  return s;
}

ESCROW_API escrow_status escrow_ledger_note(escrow_handle handle, uint64_t const *frames,
                                            uint32_t count, uint32_t label) noexcept {
  if (frames == nullptr && count != 0) return ESCROW_E_NULL;
  escrow::call_stack stack;
  stack.clear();
  stack.add_managed(frames, count);
  return escrow::ledger::note(handle, stack, label);
}

ESCROW_API escrow_status escrow_ledger_list(escrow_pool pool, uint64_t *cursor,
                                            escrow_ledger_entry *out, uint32_t capacity,
                                            uint32_t *out_count) noexcept {
  if (out_count == nullptr) return ESCROW_E_NULL;
  *out_count = 0;
  if (cursor == nullptr || out == nullptr) return ESCROW_E_NULL;
  if (capacity == 0) return ESCROW_E_SIZE;
  return escrow::ledger_walk::list(pool, *cursor, out, capacity, *out_count);
}

ESCROW_API escrow_status escrow_ledger_list_sites(escrow_pool pool, escrow_ledger_site *out,
                                                  uint32_t capacity, uint32_t *out_count) noexcept {
  if (out_count == nullptr) return ESCROW_E_NULL;
  *out_count = 0;
  if (out == nullptr && capacity != 0) return ESCROW_E_NULL;
  return escrow::ledger_walk::sites(pool, out, capacity, *out_count);
}

ESCROW_API escrow_status escrow_ledger_read_site(uint32_t site, escrow_ledger_site *out) noexcept {
  if (out == nullptr) return ESCROW_E_NULL;
  *out = escrow_ledger_site{};
  return escrow::ledger_walk::site(site, *out) ? ESCROW_OK : ESCROW_E_RANGE;
}

ESCROW_API escrow_status escrow_pool_list(uint64_t *cursor, escrow_pool *out, uint32_t capacity,
                                          uint32_t *out_count) noexcept {
  if (out_count == nullptr) return ESCROW_E_NULL;
  *out_count = 0;
  if (cursor == nullptr || out == nullptr) return ESCROW_E_NULL;
  if (capacity == 0) return ESCROW_E_SIZE;
  escrow::census::pools(*cursor, out, capacity, *out_count);
  return ESCROW_OK;
}

ESCROW_API escrow_status escrow_ledger_find(escrow_handle handle, uint32_t *out_site) noexcept {
  if (out_site == nullptr) return ESCROW_E_NULL;
  *out_site = 0;
  if (!escrow::handle::names_slot(handle)) return escrow::handle::shape_error(handle);
  escrow::slot const at = escrow::slot::at(handle);
  if (at.header == nullptr || at.home->index >= escrow::table().slabs()) return ESCROW_E_RANGE;
  *out_site = escrow::site_text::of(handle);
  return *out_site != 0 ? ESCROW_OK : ESCROW_E_STALE;
}

ESCROW_API escrow_status escrow_ledger_name_site(uint32_t site, char const *text) noexcept {
  if (text == nullptr) return ESCROW_E_NULL;
  constexpr escrow::u64 most = 4096;
  escrow::u64 const bytes = ::strnlen(text, most + 1);
  if (bytes > most) return ESCROW_E_SIZE;
  // acquire: the zero pages; pairs with ledger::stacks [F2]
  escrow::fingerprints *const known = escrow::table().sites.load(std::memory_order_acquire);
  if (known == nullptr || !known->has(site)) return ESCROW_E_RANGE;
  if (known->name(site) != nullptr) return ESCROW_ALREADY;
  char *const copy = escrow::table().take_record(bytes + 1);  // reads as zero
  if (copy == nullptr) return ESCROW_E_NOMEM;
  std::memcpy(copy, text, bytes);
  return known->set_name(site, copy) ? ESCROW_OK : ESCROW_ALREADY;
}

ESCROW_API escrow_status escrow_ledger_write(int fd, uint64_t *out_live) noexcept {
  uint64_t const live = escrow::ledger_text::write(fd, false);
  if (out_live != nullptr) *out_live = live;
  return ESCROW_OK;
}

ESCROW_API uint64_t escrow_ledger_now(void) noexcept {
  return escrow::ledger::now();
}

}  // extern "C"

#endif
