// What escrow_abi says is what this program was compiled with, and what the library does.
#include <stddef.h>
#include <string.h>

#include "expect.h"

static void versions_and_sizes_are_those_of_the_headers(void) {
  escrow_abi_info const *const abi = escrow_abi();
  EXPECT(abi == escrow_abi());
  EXPECT(abi->struct_size == sizeof(escrow_abi_info));
  EXPECT(abi->major == ESCROW_ABI_MAJOR);
  EXPECT(abi->minor == ESCROW_ABI_MINOR);
  EXPECT(abi->options_bytes == sizeof(escrow_pool_options));
  EXPECT(abi->stats_bytes == sizeof(escrow_pool_stats));
  EXPECT(abi->api_bytes == sizeof(escrow_api));
  EXPECT(abi->optimized <= 1);
  EXPECT(abi->sanitizer <= 3);
  EXPECT(abi->reserved == 0);
  EXPECT(abi->hash != 0);
  EXPECT(escrow1_abi_minor_0 == ESCROW_ABI_MINOR);
}

static void offsets_lie_in_the_header_and_apart(void) {
  escrow_abi_info const *const abi = escrow_abi();
  uint32_t const offsets[] = {abi->word_offset, abi->payload_offset, abi->about_offset};
  EXPECT((abi->header_bytes & (abi->header_bytes - 1)) == 0);
  for (int i = 0; i < 3; ++i) {
    EXPECT(offsets[i] % 8 == 0);
    EXPECT(offsets[i] + 8 <= abi->header_bytes);
    for (int k = 0; k < i; ++k) EXPECT(offsets[k] != offsets[i]);
  }
  EXPECT(abi->generation_shift < 64);
  EXPECT(abi->index_shift < abi->tag_shift && abi->tag_shift < 63);
}

/// The parts of a handle lie where the numbers say.
static void handles_are_packed_as_described(void) {
  escrow_abi_info const *const abi = escrow_abi();
  escrow_pool const pool = open_pool(default_options());
  escrow_handle const a = acquire(pool, 64, NULL);
  EXPECT_STATUS(escrow_release(a), ESCROW_FREED);
  escrow_handle const b = acquire(pool, 64, NULL);
  uint64_t const index_mask = (1ull << (abi->tag_shift - abi->index_shift)) - 1;
  EXPECT(a >> 63 == 0 && pool >> 63 == 0);
  EXPECT(a >> abi->tag_shift == b >> abi->tag_shift);
  EXPECT(a >> abi->tag_shift != pool >> abi->tag_shift);
  // A fresh slab hands its slots out in order.
  escrow_handle const c = acquire(pool, 64, NULL);
  EXPECT((c >> abi->index_shift & index_mask) - (b >> abi->index_shift & index_mask) == 1);
  EXPECT_STATUS(escrow_release(c), ESCROW_FREED);
  escrow_ticket t = 0;
  EXPECT_STATUS(escrow_move_out(b, &t), ESCROW_OK);
  // The same slot, one generation on.
  EXPECT((t >> abi->index_shift & index_mask) == (b >> abi->index_shift & index_mask));
  EXPECT(t == b + 1);
  EXPECT_STATUS(escrow_release(t), ESCROW_FREED);
  end_pool(pool);
}

/// Values that other languages write down as numbers.
static void plain_data_has_its_layout(void) {
  EXPECT(sizeof(escrow_pool_options) == 72);
  EXPECT(offsetof(escrow_pool_options, name) == 8);
  EXPECT(offsetof(escrow_pool_options, limit_bytes) == 16);
  EXPECT(offsetof(escrow_pool_options, alignment) == 32);
  EXPECT(offsetof(escrow_pool_options, destructor) == 40);
  EXPECT(offsetof(escrow_pool_options, reserve_bytes) == 56);
  EXPECT(offsetof(escrow_pool_options, layout) == 64);
  EXPECT(sizeof(escrow_field) == 16);
  EXPECT(offsetof(escrow_field, count) == 12);
  EXPECT(sizeof(escrow_layout) == 32);
  EXPECT(offsetof(escrow_layout, fields) == 24);
  EXPECT(sizeof(escrow_view) == 24);
  EXPECT(offsetof(escrow_view, root) == 16);
  EXPECT(sizeof(escrow_class_stats) == 32);
  EXPECT(sizeof(escrow_reference_info) == 48);
  EXPECT(offsetof(escrow_pool_stats, live) == 40);
}

int main(void) {
  versions_and_sizes_are_those_of_the_headers();
  offsets_lie_in_the_header_and_apart();
  handles_are_packed_as_described();
  plain_data_has_its_layout();
  return expect_result();
}
