// intake.hpp: the worker threads that take tickets in and find out what they change.
#ifndef CGO_DEMO_ENGINE_INTAKE_HPP
#define CGO_DEMO_ENGINE_INTAKE_HPP

#include <atomic>
#include <cstdint>
#include <escrow/escrow.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "change_queue.hpp"
#include "documents.hpp"
#include "trigrams.hpp"

namespace code_search {

/// A change that is ready to be made.
struct prepared {
  escrow::owned<document> next;  // empty: the file goes
  std::string path;
  std::uint32_t number;
  bool frees_number;  // when the batch ends: an addition that was not made, a removal that was
};

/// What one worker has prepared. Touched by its thread until the intake is idle.
struct harvest {
  trigram_runs added, removed;
  std::vector<prepared> changes;
  std::uint64_t unchanged = 0;
  std::uint64_t refused = 0;  // tickets that could be neither taken in nor released
  escrow_status failed = ESCROW_OK;
  trigram_set next, before;  // of the file that is being looked at
};

/// The trigrams that a version and the one before it share are not touched: a list always names at
/// least the files whose current version holds its trigram.
class intake {
 public:
  /// Throws std::bad_alloc or std::system_error; the threads started until then are joined.
  intake(documents &files, std::uint32_t workers, std::uint32_t queue_capacity);
  ~intake();
  intake(intake const &) = delete;
  intake &operator=(intake const &) = delete;

  /// Waits for room. False: ended, the caller keeps the ticket.
  bool add(file_change in) { return queue_.push(std::move(in)); }

  /// Waits until all that was added is prepared. Nobody adds meanwhile.
  void wait_idle() { queue_.wait_idle(); }

  /// Refuses further files, releases what waits unread, and joins the workers.
  void abandon();

  /// For a time when the intake is idle.
  [[nodiscard]] std::vector<std::unique_ptr<harvest>> &harvests() { return harvests_; }

 private:
  void work(harvest &into);
  void take_in(harvest &into, file_change &in);
  void prepare(harvest &into, file_change const &in, escrow::owned<std::byte> text);

  documents &files_;
  change_queue queue_;
  std::atomic<bool> abandoned_{false};
  std::vector<std::unique_ptr<harvest>> harvests_;
  std::vector<std::thread> threads_;
};

}  // namespace code_search

#endif
