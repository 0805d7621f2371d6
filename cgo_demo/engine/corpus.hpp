// corpus.hpp: the files and their index: changed in batches, searched meanwhile.
//
// A batch is committed in three steps, with searches under way all the time:
//
//   1  lists gain the files whose new versions have a trigram that the old ones had not
//   2  each new version becomes current, each file that went is withdrawn
//   3  lists lose the files whose current versions have not the trigram any more
//
// So at every moment a list names at least the files whose current version holds its trigram [K1].
// A search (1) reads lists, (2) then borrows the current version of each file that they all name
// and looks at it. A file that (1) leaves out had, when that list was read, a version without the
// text; the version that (2) borrows was current then. Each file counts once, since it keeps its
// number. So what a search says of a file is true of one version that was current while it ran.
//
// Garbage. When a commit has returned, no list names a file that does not hold its trigram: a
// number is given again only after step 3, a list that loses its last file is erased, and a version
// ends with its last reader. So there is nothing to compact but the memory of lists, which shrink()
// moves together after commits of 1,024 changes and more. While a batch grows and is committed, the
// texts of both versions are held: batch_bytes and the files that were on their way, at most.
#ifndef CGO_DEMO_ENGINE_CORPUS_HPP
#define CGO_DEMO_ENGINE_CORPUS_HPP

#include <atomic>
#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_set>

#include "documents.hpp"
#include "intake.hpp"
#include "postings.hpp"

namespace code_search {

class corpus {
 public:
  /// Bytes of new text at which put() commits by itself, so that a tree in which everything changed
  /// is not held twice.
  static constexpr std::uint64_t batch_bytes = std::uint64_t{128} << 20;

  /// Throws std::bad_alloc or std::system_error.
  corpus(std::uint32_t workers, std::uint32_t queue_capacity)
      : workers_(workers), intake_(documents_, workers, queue_capacity) {}

  /// One document in `ledger_rate` is noted with who made it; 0: none.
  [[nodiscard]] escrow_status open(std::uint32_t ledger_rate);

  /// Says whether the file is held as it is on disk, and notes that it was seen.
  /// @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_DIFFERS
  [[nodiscard]] escrow_status visit(engine_file const &about);

  /// Adds to the batch. @return as engine_put; on any error the caller keeps the ticket
  [[nodiscard]] escrow_status put(escrow_ticket ticket, engine_file const &about);
  /// @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_OPTION | ESCROW_E_CLOSED
  [[nodiscard]] escrow_status remove(std::string_view path);
  /// Removes what is `below` and was not seen by a walk.
  [[nodiscard]] escrow_status remove_unseen(std::string_view below, std::uint64_t walk);

  /// Makes the changes of the batch. After an error some were made, and the rest is forgotten.
  [[nodiscard]] escrow_status commit();
  /// What commits have done since the last call.
  [[nodiscard]] engine_changes take_changes();

  [[nodiscard]] documents const &files() const { return documents_; }
  [[nodiscard]] class postings const &postings() const { return postings_; }
  [[nodiscard]] engine_counts counts() const;

  /// Ends the workers and releases every file. Returns how many references refused.
  [[nodiscard]] std::uint64_t close();

 private:
  [[nodiscard]] escrow_status enter(file_change change, std::uint64_t size);
  [[nodiscard]] escrow_status commit_alone();
  [[nodiscard]] escrow_status make_changes();
  void forget_changes();

  std::uint32_t const workers_;
  documents documents_;
  class postings postings_;
  std::shared_mutex gate_;  // shared: adding to the batch; alone: committing it
  std::mutex names_;
  std::unordered_set<std::string> in_batch_;  // guarded by names_
  engine_changes done_{};                     // guarded by names_
  std::atomic<std::uint64_t> batched_{0};     // bytes of text in the batch; counter only
  intake intake_;
};

}  // namespace code_search

#endif
