// The facade of a misuse program, and what only a wild write can do to it.
#define ESCROW_FACADE_TU
#include "escrow/capi.hpp"

#include "tamper.h"

void tamper_word(escrow_handle handle, uint64_t word) {
  escrow::slot::at(handle).header->word.store(word, std::memory_order_seq_cst);
}

void tamper_mask(escrow_handle handle) {
  escrow::slot::at(handle).home->free.store(~0ull, std::memory_order_seq_cst);
}

void tamper_payload(escrow_handle handle, void *payload) {
  escrow::slot::at(handle).header->payload.store(reinterpret_cast<uint64_t>(payload),
                                                 std::memory_order_seq_cst);
}
