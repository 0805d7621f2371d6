// escrow/capi_layout.hpp: the C functions of layouts; included by capi.hpp alone. [L5]
#ifndef ESCROW_CAPI_LAYOUT_HPP
#define ESCROW_CAPI_LAYOUT_HPP

#if !defined(ESCROW_CAPI_HPP)
#error "escrow/capi_layout.hpp is part of escrow/capi.hpp: include that, in the facade's unit"
#endif

extern "C" {

ESCROW_API uint64_t escrow_layout_fingerprint(escrow_layout const *layout) noexcept {
  if (layout == nullptr || !escrow::layout_rules::well_formed(*layout)) return 0;
  return escrow::layout_rules::fingerprint(layout->size, layout->alignment, layout->fields,
                                           layout->field_count);
}

ESCROW_API escrow_status escrow_layout_difference(escrow_layout const *a, char const *a_name,
                                                  escrow_layout const *b, char const *b_name,
                                                  char *out_text, uint64_t capacity) noexcept {
  if (out_text == nullptr) capacity = 0;
  if (capacity != 0) out_text[0] = 0;
  if (a == nullptr || b == nullptr || a_name == nullptr || b_name == nullptr) return ESCROW_E_NULL;
  if (!escrow::layout_rules::well_formed(*a) || !escrow::layout_rules::well_formed(*b))
    return ESCROW_E_OPTION;
  return escrow::layout_difference::write({*a, a_name}, {*b, b_name}, out_text, capacity)
             ? ESCROW_E_LAYOUT
             : ESCROW_OK;
}

ESCROW_API escrow_status escrow_pool_read_layout(escrow_pool pool,
                                                 escrow_layout const **out_layout) noexcept {
  if (out_layout == nullptr) return ESCROW_E_NULL;
  *out_layout = nullptr;
  return escrow::lifecycle::layout(pool, *out_layout);
}

ESCROW_API escrow_status escrow_map_read_layouts(escrow_map map, escrow_layout const **out_key,
                                                 escrow_layout const **out_value) noexcept {
  if (out_key != nullptr) *out_key = nullptr;
  if (out_value != nullptr) *out_value = nullptr;
  if (out_key == nullptr || out_value == nullptr) return ESCROW_E_NULL;
  return escrow::map_lifecycle::layouts(map, *out_key, *out_value);
}

ESCROW_API escrow_status escrow_read_as(escrow_handle handle, escrow_layout const *layout,
                                        escrow_view *out_view) noexcept {
  if (out_view == nullptr) return ESCROW_E_NULL;
  *out_view = escrow_view{};
  if (layout == nullptr) return ESCROW_E_NULL;
  uint64_t print = layout->fingerprint;
  if (print == 0 && (print = escrow_layout_fingerprint(layout)) == 0) return ESCROW_E_OPTION;
  escrow_view view{};
  auto const s = escrow::binding::check(handle, print, layout->size, view);
  if (s == ESCROW_OK) *out_view = view;
  return facade::counted(handle, s);
}

}  // extern "C"

#endif
