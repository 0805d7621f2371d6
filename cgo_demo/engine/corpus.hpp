// corpus.hpp: the files and their index, as they are searched.
#ifndef CGO_DEMO_ENGINE_CORPUS_HPP
#define CGO_DEMO_ENGINE_CORPUS_HPP

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "index.hpp"
#include "intake.hpp"

namespace code_search {

/// Built once by one thread, then immutable: searches run side by side without a lock.
class corpus {
 public:
  /// Takes the harvests' files and indexes them with as many threads as there are harvests.
  /// ESCROW_E_OPTION: a file number was used twice. ESCROW_E_NOMEM. On an error the files are held
  /// all the same, until clear.
  [[nodiscard]] escrow_status build(std::vector<std::unique_ptr<harvest>> &harvests);

  /// Appends at most `limit` matches and moves the cursor on; returns early after a fair share of
  /// bytes, so that a caller can give up between two pages.
  void search(std::string_view text, std::size_t limit, engine_cursor &cursor,
              std::vector<engine_match> &out) const;

  [[nodiscard]] held_file const *find(std::uint32_t number) const;
  [[nodiscard]] class index const &index() const { return index_; }
  [[nodiscard]] engine_counts counts() const;

  /// Releases every file. Returns how many refused.
  [[nodiscard]] std::uint64_t clear();

 private:
  [[nodiscard]] escrow_status build_index(std::vector<std::unique_ptr<harvest>> &harvests);

  class index index_;
  std::vector<held_file> files_;  // by number, ascending
};

}  // namespace code_search

#endif
