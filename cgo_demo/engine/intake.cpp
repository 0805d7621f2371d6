#include "intake.hpp"

#include <new>
#include <utility>
#include <vector>

namespace code_search {

namespace {

/// What is appended next throws nothing.
template <class Element>
void make_room(std::vector<Element> &in) {
  if (in.size() == in.capacity()) in.reserve(2 * in.size() + 16);
}

}  // namespace

intake::intake(documents &files, std::uint32_t workers, std::uint32_t queue_capacity)
    : files_(files), queue_(queue_capacity) {
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

void intake::abandon() {
  abandoned_.store(true, std::memory_order_relaxed);  // advice; the files end either way
  queue_.close();
  for (std::thread &t : threads_) t.join();
  threads_.clear();
}

void intake::work(harvest &into) {
  for (file_change in; queue_.pop(in); queue_.done()) {
    try {
      take_in(into, in);
    } catch (std::bad_alloc const &) {
      into.failed = ESCROW_E_NOMEM;  // the file went with its guard
    }
  }
}

void intake::take_in(harvest &into, file_change &in) {
  auto ticket = escrow::ticket::adopt(in.ticket);
  escrow::owned<std::byte> text;
  if (ticket && into.failed == ESCROW_OK && !abandoned_.load(std::memory_order_relaxed)) {
    into.failed = ticket.move_in(text);
  }
  if (ticket && ticket.reset() < 0) ++into.refused;
  if (into.failed == ESCROW_OK && (text || in.ticket == 0)) prepare(into, in, std::move(text));
}

void intake::prepare(harvest &into, file_change const &in, escrow::owned<std::byte> text) {
  reading const before = files_.find(in.path);
  std::string_view const bytes{reinterpret_cast<char const *>(text.get()), text.size()};
  auto const all = [](std::uint32_t) { return true; };

  if (!text) {
    if (!before) return;
    into.before.assign(before->bytes);
    into.changes.push_back({{}, in.path, before->number, false});
    into.removed.add(before->number, into.before, all);
    return;
  }
  if (before && before->bytes == bytes) {
    before->stamp.store(in.about.stamp, std::memory_order_relaxed);  // a hint to the next walk
    before->walk.store(in.about.walk, std::memory_order_relaxed);    // read when the walk is over
    ++into.unchanged;
    return;
  }

  into.next.assign(bytes);
  make_room(into.changes);
  std::uint32_t number;
  if (before) {
    number = before->number;
    into.before.assign(before->bytes);
  } else if (!files_.take_number(in.about.place, number)) {
    into.failed = ESCROW_E_EXHAUSTED;
    return;
  }
  engine_file about = in.about;
  about.path = in.path.data();
  about.path_length = static_cast<std::uint32_t>(in.path.size());
  escrow::owned<document> next;
  into.failed = files_.make(std::move(text), about, number, next);
  if (into.failed != ESCROW_OK) {
    if (!before) files_.give_number(number);
    return;
  }
  into.changes.push_back({std::move(next), in.path, number, !before});
  if (before) {
    into.added.add(number, into.next, [&](std::uint32_t t) { return !into.before.contains(t); });
    into.removed.add(number, into.before, [&](std::uint32_t t) { return !into.next.contains(t); });
  } else {
    into.added.add(number, into.next, all);
  }
}

}  // namespace code_search
