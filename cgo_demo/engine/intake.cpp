#include "intake.hpp"

#include <new>
#include <utility>

namespace code_search {

intake::intake(std::uint32_t workers, std::uint32_t queue_capacity) : queue_(queue_capacity) {
  harvests_.reserve(workers);
  threads_.reserve(workers);
  try {
    for (std::uint32_t i = 0; i < workers; ++i) {
      harvests_.push_back(std::make_unique<harvest>());
      threads_.emplace_back(&intake::work, this, std::ref(*harvests_.back()));
    }
  } catch (...) {
    abandon();
    throw;
  }
}

intake::~intake() {
  abandon();
}

void intake::finish() {
  queue_.close();
  for (std::thread &t : threads_) t.join();
  threads_.clear();
}

void intake::abandon() {
  abandoned_.store(true, std::memory_order_relaxed);  // advice; the files end either way
  finish();
}

void intake::work(harvest &into) {
  for (incoming in; queue_.pop(in);) {
    auto ticket = escrow::ticket::adopt(in.ticket);
    if (abandoned_.load(std::memory_order_relaxed) || into.failed != ESCROW_OK) {
      if (ticket.reset() < 0) ++into.refused;
      continue;
    }
    try {
      held_file file{in.file, {}};
      into.failed = ticket.move_in(file.memory);
      if (into.failed != ESCROW_OK) {
        if (ticket.reset() < 0) ++into.refused;
        continue;
      }
      into.trigrams.add(in.file, {file.memory.get(), file.memory.size()});
      into.files.push_back(std::move(file));
    } catch (std::bad_alloc const &) {
      into.failed = ESCROW_E_NOMEM;  // the file went with its guard
    }
  }
}

}  // namespace code_search
