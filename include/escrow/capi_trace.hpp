// escrow/capi_trace.hpp: the C functions of traces; included by capi.hpp alone. [L5]
#ifndef ESCROW_CAPI_TRACE_HPP
#define ESCROW_CAPI_TRACE_HPP

#if !defined(ESCROW_CAPI_HPP)
#error "escrow/capi_trace.hpp is part of escrow/capi.hpp: include that, in the facade's unit"
#endif

extern "C" {

ESCROW_API escrow_status escrow_pool_set_trace(escrow_pool pool, uint32_t rate) noexcept {
  return rate > escrow::ledger::all ? escrow_status{ESCROW_E_OPTION}
                                    : escrow::trace::set(pool, rate);
}

ESCROW_API escrow_status escrow_trace_list(uint64_t root, uint64_t *cursor, escrow_trace_event *out,
                                           uint32_t capacity, uint32_t *out_count) noexcept {
  if (out_count == nullptr) return ESCROW_E_NULL;
  *out_count = 0;
  if (cursor == nullptr || out == nullptr) return ESCROW_E_NULL;
  if (capacity == 0) return ESCROW_E_SIZE;
  escrow::trace::list(root, *cursor, out, capacity, *out_count);
  return ESCROW_OK;
}

ESCROW_API escrow_status escrow_trace_root(uint64_t handle, uint64_t *out_root,
                                           uint64_t *out_pool) noexcept {
  if (out_root == nullptr) return ESCROW_E_NULL;
  auto const object = escrow::trace::find(handle);
  *out_root = object.root;
  if (out_pool != nullptr) *out_pool = object.pool;
  return ESCROW_OK;
}

ESCROW_API escrow_status escrow_trace_begin(escrow_handle handle, uint64_t goroutine,
                                            uint64_t const *frames, uint32_t count) noexcept {
  if (frames == nullptr && count != 0) return ESCROW_E_NULL;
  if (!escrow::handle::names_slot(handle)) return escrow::handle::shape_error(handle);
  auto const at = escrow::slot::at(handle);
  if (at.header == nullptr) return ESCROW_E_RANGE;
  if (escrow::ledger_entry::of(at, handle) == nullptr) return ESCROW_E_NOMEM;
  if (!escrow::trace::choose(handle)) return ESCROW_E_BUSY;
  auto const object = escrow::trace::find(handle);
  escrow_trace_event e{};
  e.operation = ESCROW_OPERATION_ACQUIRE;
  e.handle = handle;
  e.root = handle;
  e.pool = object.pool;
  e.goroutine = goroutine;
  return escrow_trace_append(&e, frames, count);
}

ESCROW_API escrow_status escrow_trace_append(escrow_trace_event const *event,
                                             uint64_t const *frames, uint32_t count) noexcept {
  if (event == nullptr || (frames == nullptr && count != 0)) return ESCROW_E_NULL;
  escrow::call_stack stack;
  stack.clear();
  stack.add_managed(frames, count);
  return escrow::trace::append(*event, stack) ? ESCROW_OK : ESCROW_E_NOMEM;
}

ESCROW_API escrow_status escrow_pool_watch_limits(escrow_pool pool, uint64_t const **out_watched,
                                                  uint64_t const **out_limits) noexcept {
  if (out_watched == nullptr || out_limits == nullptr) return ESCROW_E_NULL;
  *out_watched = *out_limits = nullptr;
  escrow::pool_control *c = nullptr;
  auto const s = escrow::readable_pool(pool, c);
  if (s != ESCROW_OK) return s;
  static_assert(sizeof c->watched == sizeof(uint64_t));
  *out_watched = reinterpret_cast<uint64_t const *>(&c->watched);
  *out_limits = reinterpret_cast<uint64_t const *>(&c->watch_limits);
  return s;
}

ESCROW_API uint32_t const *escrow_trace_switch(void) noexcept {
  static_assert(sizeof escrow::table().tracing == sizeof(uint32_t));
  return reinterpret_cast<uint32_t const *>(&escrow::table().tracing);
}

}  // extern "C"

#endif
