// change_queue.hpp: changed files on their way from Go's readers to the workers, at most `capacity`
// of them.
//
// Backpressure: a reader that is faster than the workers waits in push. Tickets are plain numbers
// here: who pops one has to end it.
#ifndef CGO_DEMO_ENGINE_CHANGE_QUEUE_HPP
#define CGO_DEMO_ENGINE_CHANGE_QUEUE_HPP

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engine.h"

namespace code_search {

/// What is to become of a file.
struct file_change {
  escrow_ticket ticket = 0;  // of its new bytes; 0: it is gone
  std::string path;
  engine_file about{};  // its path is the one above
};

/// May be destroyed when nobody is inside push or pop.
class change_queue {
 public:
  explicit change_queue(std::size_t capacity) : ring_(capacity) {}

  /// Waits for room. False: closed, the caller keeps the ticket.
  bool push(file_change in) {
    std::unique_lock lock(mutex_);
    has_room_.wait(lock, [this] { return closed_ || size_ < ring_.size(); });
    if (closed_) return false;
    ring_[(first_ + size_++) % ring_.size()] = std::move(in);
    ++unfinished_;
    lock.unlock();
    has_work_.notify_one();
    return true;
  }

  /// Waits for a change, which ends with done(). False: closed and empty.
  bool pop(file_change &out) {
    std::unique_lock lock(mutex_);
    has_work_.wait(lock, [this] { return closed_ || size_ != 0; });
    if (size_ == 0) return false;
    out = std::move(ring_[first_]);
    first_ = (first_ + 1) % ring_.size();
    --size_;
    lock.unlock();
    has_room_.notify_one();
    return true;
  }

  void done() {
    std::lock_guard const lock(mutex_);
    if (--unfinished_ == 0) idle_.notify_all();
  }

  /// Waits until all that was pushed is done.
  void wait_idle() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return unfinished_ == 0; });
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
  std::condition_variable has_room_, has_work_, idle_;
  std::vector<file_change> ring_;  // this and all below guarded by mutex_
  std::size_t first_ = 0, size_ = 0;
  std::size_t unfinished_ = 0;  // pushed and not done
  bool closed_ = false;
};

}  // namespace code_search

#endif
