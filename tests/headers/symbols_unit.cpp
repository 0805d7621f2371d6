// Every header in one unit, with the facade's definitions and each guard used once; `symbols` reads
// what it leaves to a linker.
#define ESCROW_FACADE_TU
#include "escrow/blob_store.hpp"
#include "escrow/capi.hpp"
#include "escrow/escrow.hpp"
#include "escrow/hash.hpp"

struct counted {
  explicit counted(int *n) noexcept : count(n) { ++*count; }
  ~counted() { --*count; }
  int *count;
};

template class escrow::owned<counted>;
template class escrow::owned<std::byte>;
template class escrow::borrowed<counted>;
template class escrow::pool_of<counted>;

struct laid_out {
  int key;
  float value;
};
ESCROW_LAYOUT(laid_out, key, value);
struct swapped {
  int (*number)(int n);
  void (*nothing)();
};
template class escrow::code_slot<swapped>;
template class escrow::code_call<swapped>;
template class escrow::version_hold<swapped>;

escrow_status use_code(escrow::code_slot<swapped> *slot, int *number) {
  if (auto const s = slot->call(&swapped::nothing); s != ESCROW_OK) return s;
  return slot->call(*number, &swapped::number, 1);
}

template struct escrow::seeded_hash<escrow::u64>;
template struct escrow::seeded_hash<escrow::wide_product>;
template struct escrow::seeded_hash<escrow::bytes>;

// No explicit instantiations of cells: clang 14 makes the members whose constraints do not hold,
// too.
escrow_status use_cells(escrow::cell<laid_out> *numbers, escrow::cell<escrow::bytes> *texts) {
  laid_out one{};
  escrow::bytes const text{"text", 4};
  escrow::cell<laid_out>::held held;
  escrow::cell<escrow::bytes>::held held_text;
  escrow::cell<laid_out>::reader reader;
  escrow::cell<escrow::bytes>::reader text_reader(*texts);
  if (auto const s = escrow::cell<laid_out>::reader::bind(numbers->id(), reader); s != ESCROW_OK)
    return s;
  if (numbers->swap(one) != ESCROW_OK || texts->swap(text) != ESCROW_OK) return 1;
  if (numbers->propose({}, one, 0) != ESCROW_OK || numbers->roll_back(1) != ESCROW_OK) return 2;
  if (numbers->load(held) != ESCROW_OK || texts->load(held_text) != ESCROW_OK) return 3;
  if (numbers->copy(one) != ESCROW_OK || numbers->await(1, 0) != ESCROW_OK) return 4;
  escrow_cell_stats stats{};
  if (texts->read_stats(stats) != ESCROW_OK || texts->load_version(1, held_text) != ESCROW_OK)
    return 5;
  if (reader.get() != held.get() || text_reader.get().size != held_text.content().size) return 6;
  return numbers->close();
}

int use_everything(int *count) {
  escrow::pool pool;
  escrow::pool_of<counted> typed;
  if (escrow::pool::open(escrow::pool::options(), pool) != ESCROW_OK) return 1;
  if (escrow::pool_of<counted>::open("typed", typed) != ESCROW_OK) return 2;
  escrow::owned<> bytes;
  escrow::owned<counted> object;
  escrow::owned<counted> second;
  if (pool.acquire(64, bytes) != ESCROW_OK) return 3;
  if (typed.make(object, count) != ESCROW_OK || object.dup(second) != ESCROW_OK) return 4;
  escrow::scope scope;
  escrow::borrowed<counted> view;
  escrow::ticket ticket;
  if (scope.lend(object, view) != ESCROW_OK) return 5;
  view.reset();
  if (scope.end() != ESCROW_OK || bytes.move_out(ticket) != ESCROW_OK) return 6;
  if (ticket.move_in(bytes) != ESCROW_OK) return 7;
  escrow_pool_stats stats{};
  if (pool.read_stats(stats) != ESCROW_OK || pool.drain() != ESCROW_OK) return 8;
  return pool.trim() == 0 && pool.close() == ESCROW_OK && pool.destroy() == ESCROW_OK ? 0 : 9;
}

escrow_status use_layouts(escrow_handle handle, escrow_pool pool, escrow_map map, char *out) {
  escrow::owned<laid_out> object;
  escrow::borrowed<laid_out> view;
  escrow::bound_pool<laid_out> bound;
  escrow::sharded_map<int, laid_out> values;
  escrow::difference_to<laid_out>(pool, out, 64);
  escrow::map_difference_to<int, laid_out>(map, out, 64);
  if (escrow::bind(pool, bound) != ESCROW_OK || bound.make(object) != ESCROW_OK) return 1;
  if (escrow::bind(handle, view) != ESCROW_OK) return 2;
  return escrow::bind(map, values);
}

escrow_status use_blob_store(escrow::blob_store *store) {
  escrow::u64 reference = 0;
  if (store->open(0) != ESCROW_OK || store->allocate<true>(64, reference) == ESCROW_OK)
    return ESCROW_E_OPTION;
  if (auto const s = store->allocate<false>(64, reference); s != ESCROW_OK) return s;
  store->at(reference)->store(1, std::memory_order_release);
  store->release(reference, 64);
  if (store->begin_evacuation() != 0 && !store->must_move(reference)) (void)store->end_evacuation();
  escrow_status const s = store->stats().bytes_live == 0 ? ESCROW_OK : ESCROW_E_LEAK;
  store->destroy();
  return s;
}
