// escrow/capi_sequence.hpp: the C functions of sequences; included by capi.hpp alone. [L5]
#ifndef ESCROW_CAPI_SEQUENCE_HPP
#define ESCROW_CAPI_SEQUENCE_HPP

#if !defined(ESCROW_CAPI_HPP)
#error "escrow/capi_sequence.hpp is part of escrow/capi.hpp: include that, in the facade's unit"
#endif

namespace escrow::inline ESCROW_ABI {

static_assert(sizeof(escrow_sequence) == sizeof(sequence) &&
              offsetof(escrow_sequence, lanes) == cache_line);

[[nodiscard]] inline sequence &sequence_of(escrow_sequence *s) noexcept {
  return *reinterpret_cast<sequence *>(s);
}

}  // namespace escrow::inline ESCROW_ABI

extern "C" {

ESCROW_API escrow_status escrow_sequence_init(escrow_sequence *s, uint64_t first,
                                              uint64_t block) noexcept {
  if (s == nullptr) return ESCROW_E_NULL;
  if (reinterpret_cast<uintptr_t>(s) % escrow::cache_line != 0) return ESCROW_E_OPTION;
  *s = escrow_sequence{};
  return escrow::sequence_of(s).init(first, block);
}

ESCROW_API escrow_status escrow_sequence_next(escrow_sequence *s, uint64_t *out_number) noexcept {
  if (out_number == nullptr) return ESCROW_E_NULL;
  *out_number = 0;
  if (s == nullptr) return ESCROW_E_NULL;
  return escrow::patiently([&] { return escrow::sequence_of(s).next(*out_number); });
}

ESCROW_API escrow_status escrow_sequence_next_n(escrow_sequence *s, uint64_t count,
                                                uint64_t *out_first) noexcept {
  if (out_first == nullptr) return ESCROW_E_NULL;
  *out_first = 0;
  if (s == nullptr) return ESCROW_E_NULL;
  return escrow::sequence_of(s).next_n(count, *out_first);
}

ESCROW_API int64_t escrow1_leaf_sequence_next(escrow_sequence *s, uint64_t *out_number) noexcept {
  if (out_number == nullptr) return ESCROW_E_NULL;
  *out_number = 0;
  if (s == nullptr) return ESCROW_E_NULL;
  return escrow::sequence_of(s).next(*out_number);
}

}  // extern "C"

#endif
