// sharded_map with keys of 16 to 32 bytes beside the concurrent maps of C++.
#include "harness.hpp"
#include "map_field.hpp"

namespace bench {
namespace {

/// No target speaks of these keys, so this only shows that they work.
void asked_for(session &s) {
  map_field<text_keys> all(s, u64{1} << 10);
  all.hit(2);
  all.mix(90, 2);
}

void everything(session &s) {
  for (u64 const entries : {u64{1} << 10, u64{1} << 20}) {
    map_field<text_keys> all(s, entries);
    for (unsigned const threads : {1u, 2u}) {
      all.hit(threads);
      all.hit_in_batches(threads);
      all.miss(threads);
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
