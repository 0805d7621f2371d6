// sharded_map with keys and values of 8 bytes beside the concurrent maps of C++.
#include "chase.hpp"
#include "harness.hpp"
#include "map_field.hpp"

namespace bench {
namespace {

/// What the targets ask for.
void asked_for(session &s) {
  map_field<number_keys> small(s, 1u << 10);
  small.hit(2);
  small.mix(90, 2);
  small.mix(0, 2);
  map_field<number_keys> large(s, 1u << 20);
  large.hit(2);
  large.mix(90, 2);
  large.mix(0, 2);
  large.hit_in_batches(2);
  large.overwrite_in_batches(2);
}

void everything(session &s) {
  for (u64 const entries : {u64{1} << 10, u64{1} << 20, u64{10} << 20}) {
    map_field<number_keys> all(s, entries);
    for (unsigned const threads : {1u, 2u}) {
      all.hit(threads);
      all.hit_by_zipf(threads);
      all.hit_in_batches(threads);
      all.miss(threads);
      for (u64 const reads : {90, 50, 0}) all.mix(reads, threads);
      all.mix_by_zipf(90, threads);
    }
    for (unsigned const threads : {8u, 64u}) {  // more than cores
      all.hit(threads);
      for (u64 const reads : {90, 50, 0}) all.mix(reads, threads);
    }
    for (unsigned const threads : {1u, 2u}) {
      all.overwrite(threads);
      all.overwrite_in_batches(threads);
    }
  }
}

void all_of_it(session &s) {
  std::thread([] {}).join();  // until a program has had a second thread, locks are left out
  print_chase(s);
  print_cache(s);
  if (s.chosen().quick)
    asked_for(s);
  else
    everything(s);
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) try {
  bench::session s(bench::parse(argc, argv));
  bench::all_of_it(s);
  return 0;
} catch (...) {  // a peer may throw
  bench::refused("a map, by an exception,");
}
