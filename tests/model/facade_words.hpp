// The words of the facade's memory that scenes are about.
#ifndef ESCROW_TESTS_MODEL_FACADE_WORDS_HPP
#define ESCROW_TESTS_MODEL_FACADE_WORDS_HPP

#include <cstdint>

namespace model {

/// Tells the address and the kind of each word of the slot that a handle names, and of its slab.
void each_word_of(std::uint64_t handle, void *to,
                  void (*tell)(void *to, void const *at, char const *kind));

/// Has its slab's mask show the slot as free, as a mask may: it is a hint, and the first place
/// where who wants a slot looks. Else the 64 words of the slab would be looked through.
void show_as_free(std::uint64_t handle);
/// Has the mask of that slot's slab show none.
void show_none(std::uint64_t handle);

}  // namespace model

#endif
