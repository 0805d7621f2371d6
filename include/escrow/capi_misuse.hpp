// escrow/capi_misuse.hpp: the C functions of refused calls; included by capi.hpp alone. [L5]
#ifndef ESCROW_CAPI_MISUSE_HPP
#define ESCROW_CAPI_MISUSE_HPP

#if !defined(ESCROW_CAPI_HPP)
#error "escrow/capi_misuse.hpp is part of escrow/capi.hpp: include that, in the facade's unit"
#endif

extern "C" {

ESCROW_API escrow_status escrow_misuse_list(escrow_misuse_site *out, uint32_t capacity,
                                            uint32_t *out_count, uint64_t *out_lost) noexcept {
  if (out_count == nullptr) return ESCROW_E_NULL;
  *out_count = 0;
  if (out_lost != nullptr) *out_lost = 0;
  if (out == nullptr && capacity != 0) return ESCROW_E_NULL;
  // acquire: with the stacks, after it; pairs with ledger::stacks [F2]
  if (escrow::table().sites.load(std::memory_order_acquire) == nullptr) return ESCROW_OK;
  auto const *const all = escrow::table().misuse.load(std::memory_order_relaxed);
  for (uint32_t i = 0; i < escrow::misuse_table::places && *out_count < capacity; ++i)
    *out_count += all->read(i, out[*out_count]);
  if (out_lost != nullptr) *out_lost = all->lost();
  return ESCROW_OK;
}

ESCROW_API escrow_status escrow_misuse_note(uint64_t pool, uint64_t handle, uint32_t operation,
                                            escrow_status status, uint64_t const *frames,
                                            uint32_t count) noexcept {
  if (frames == nullptr && count != 0) return ESCROW_E_NULL;
  if (!escrow::misuse::is_mistake(status)) return ESCROW_OK;
  escrow::call_stack stack;
  stack.clear();
  stack.add_managed(frames, count);
  if (pool == 0) pool = escrow::misuse::pool_of(handle);
  return escrow::misuse::note(pool, status, operation, stack) ? ESCROW_OK : ESCROW_E_NOMEM;
}

ESCROW_API uint64_t const *escrow_misuse_switch(void) noexcept {
  static_assert(sizeof escrow::table().sites == sizeof(uint64_t));
  return reinterpret_cast<uint64_t const *>(&escrow::table().sites);
}

ESCROW_API char const *escrow_operation_text(uint32_t operation) noexcept {
  switch (operation) {
#define ESCROW_OPERATION_CASE(name, value, text) \
  case name:                                     \
    return text;
    ESCROW_OPERATION_LIST(ESCROW_OPERATION_CASE)
#undef ESCROW_OPERATION_CASE
    default:
      return "";
  }
}

}  // extern "C"

#endif
