// intake.hpp: the worker threads that take tickets in and collect trigrams.
#ifndef CGO_DEMO_ENGINE_INTAKE_HPP
#define CGO_DEMO_ENGINE_INTAKE_HPP

#include <atomic>
#include <cstdint>
#include <escrow/escrow.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "collector.hpp"
#include "ticket_queue.hpp"

namespace code_search {

/// A file the engine owns. Movable, not copyable, as its memory is.
struct held_file {
  std::uint32_t number;
  escrow::owned<std::byte> memory;
};

/// What one worker has gathered. Touched by its thread until that has been joined.
struct harvest {
  collector trigrams;
  std::vector<held_file> files;
  std::uint64_t refused = 0;  // tickets that could be neither taken in nor released
  escrow_status failed = ESCROW_OK;
};

class intake {
 public:
  /// Throws std::bad_alloc or std::system_error; the threads started until then are joined.
  intake(std::uint32_t workers, std::uint32_t queue_capacity);
  ~intake();
  intake(intake const &) = delete;
  intake &operator=(intake const &) = delete;

  /// Waits for room. False: ended, the caller keeps the ticket.
  bool add(incoming const &in) { return queue_.push(in); }

  /// Refuses further files and joins the workers once they have done what waits.
  void finish();

  /// As finish, but what waits is released unread.
  void abandon();

  /// For the time after finish or abandon.
  [[nodiscard]] std::vector<std::unique_ptr<harvest>> &harvests() { return harvests_; }

 private:
  void work(harvest &into);

  ticket_queue queue_;
  std::atomic<bool> abandoned_{false};
  std::vector<std::unique_ptr<harvest>> harvests_;
  std::vector<std::thread> threads_;
};

}  // namespace code_search

#endif
