// Compiled as the facade is, so that there is one copy of each inline function, and with nothing of
// the explorer, whose own accesses are none of its steps.
#include "facade_words.hpp"

#include "escrow/table.hpp"

void model::each_word_of(std::uint64_t handle, void *to,
                         void (*tell)(void *to, void const *at, char const *kind)) {
  auto const at = escrow::slot::at(handle);
  tell(to, &at.header->word, "word");
  tell(to, &at.header->payload, "payload");
  tell(to, &at.header->about, "about");
  auto const &home = *at.home;
  tell(to, &home.free, "mask");
  tell(to, &home.owner, "owner");
  tell(to, &home.payload, "memory");
  tell(to, &home.stride, "stride");
  tell(to, &home.name, "name");
  tell(to, &home.dirty, "dirty");
  tell(to, &home.next_dirty, "next");
  tell(to, &home.home, "home");
  tell(to, &home.owed, "owed");
}

void model::show_as_free(std::uint64_t handle) {
  auto const at = escrow::slot::at(handle);
  auto const k = escrow::handle::index(handle) % escrow::slab::slots;
  at.home->free.fetch_or(1ull << k, std::memory_order_relaxed);
}

void model::show_none(std::uint64_t handle) {
  escrow::slot::at(handle).home->free.store(0, std::memory_order_relaxed);
}
