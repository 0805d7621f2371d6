// postings.hpp: for each trigram the files that may hold it: an escrow map from (span, trigram) to
// a posting list.
//
// A reader gets a copy of a list that was in the map at one moment of its call, never half of one.
// Changes are made by one batch at a time, in which a list belongs to one thread.
#ifndef CGO_DEMO_ENGINE_POSTINGS_HPP
#define CGO_DEMO_ENGINE_POSTINGS_HPP

#include <cstdint>
#include <escrow/escrow.hpp>
#include <escrow/sharded_map.hpp>
#include <span>
#include <vector>

#include "file_set.hpp"
#include "trigrams.hpp"

namespace code_search {

enum class change { insert, erase };

class postings {
 public:
  [[nodiscard]] escrow_status open() { return map::open({}, lists_); }

  /// Reads a list. False: there is none.
  bool find(std::uint32_t span, std::uint32_t trigram, posting_list &out) const;

  /// Makes the changes that several threads have gathered, by up to `threads` threads, and drops
  /// them. A file occurs in the runs of one gatherer only. Throws std::bad_alloc.
  /// @return ESCROW_OK | what the map says; then some of the changes were made
  [[nodiscard]] escrow_status apply(change what, std::span<trigram_runs *const> gathered,
                                    std::size_t threads);

  /// Gives memory back that the lists do not need.
  void shrink() { (void)lists_.shrink(); }

  [[nodiscard]] escrow::map_stats stats() const { return lists_.stats(); }
  [[nodiscard]] std::uint64_t lists() const { return lists_.length(); }

 private:
  using map = escrow::sharded_map<std::uint64_t, escrow::bytes>;

  [[nodiscard]] static std::uint64_t key(std::uint32_t span, std::uint32_t trigram) {
    return std::uint64_t{span} << 24 | trigram;
  }
  [[nodiscard]] escrow_status apply_bucket(change what, std::size_t first_byte,
                                           std::span<trigram_runs *const> gathered);
  [[nodiscard]] escrow_status edit(change what, std::uint64_t key,
                                   std::span<std::uint16_t const> files);

  map lists_;
};

}  // namespace code_search

#endif
