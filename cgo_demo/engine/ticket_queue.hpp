// ticket_queue.hpp: files on their way from Go's readers to the workers, at most `capacity` of
// them.
//
// Backpressure: a reader that is faster than the workers waits in push. Tickets are plain numbers
// here: who pops one has to end it.
#ifndef CGO_DEMO_ENGINE_TICKET_QUEUE_HPP
#define CGO_DEMO_ENGINE_TICKET_QUEUE_HPP

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "engine.h"

namespace code_search {

struct incoming {
  escrow_ticket ticket;
  std::uint32_t file;
};

/// May be destroyed when nobody is inside push or pop.
class ticket_queue {
 public:
  explicit ticket_queue(std::size_t capacity) : ring_(capacity) {}

  /// Waits for room. False: closed, the caller keeps the ticket.
  bool push(incoming const &in) {
    std::unique_lock lock(mutex_);
    has_room_.wait(lock, [this] { return closed_ || size_ < ring_.size(); });
    if (closed_) return false;
    ring_[(first_ + size_++) % ring_.size()] = in;
    lock.unlock();
    has_work_.notify_one();
    return true;
  }

  /// Waits for a ticket. False: closed and empty.
  bool pop(incoming &out) {
    std::unique_lock lock(mutex_);
    has_work_.wait(lock, [this] { return closed_ || size_ != 0; });
    if (size_ == 0) return false;
    out = ring_[first_];
    first_ = (first_ + 1) % ring_.size();
    --size_;
    lock.unlock();
    has_room_.notify_one();
    return true;
  }

  /// Refuses further pushes, those that wait included; pops go on until it is empty.
  void close() {
    {
      std::lock_guard const lock(mutex_);
      closed_ = true;
    }
    has_room_.notify_all();
    has_work_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable has_room_, has_work_;
  std::vector<incoming> ring_;  // this and all below guarded by mutex_
  std::size_t first_ = 0, size_ = 0;
  bool closed_ = false;
};

}  // namespace code_search

#endif
