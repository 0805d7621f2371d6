#include "search.hpp"

#include <cstring>
#include <utility>

#include "planted.hpp"

namespace code_search {

search::search(corpus const &in, engine_settings const &settings, std::string text)
    : in_(in),
      text_(std::move(text)),
      begun_(in.files().now()),
      page_bytes_(settings.page_bytes),
      skipped_(settings) {
  files_ = containing(*text_, in.postings(), in.files());
}

search::search(corpus const &in, engine_settings const &settings,
               std::span<std::uint32_t const> plan)
    : in_(in), begun_(in.files().now()), page_bytes_(settings.page_bytes), skipped_(settings) {
  valid_ = evaluate(plan, in.postings(), in.files(), files_);
}

void search::give_back(std::size_t but) {
  auto const end = page_.end() - static_cast<std::ptrdiff_t>(but);
  for (auto i = page_.begin(); i != end; ++i) (void)escrow_give_back(i->loan);
  page_.erase(page_.begin(), end);
}

escrow_status search::lend(document const &d) {
  page_.push_back({0, {}, static_cast<std::uint32_t>(paths_.size()), d.path_length, 0});
  paths_ += d.path();
  lent &one = page_.back();
  auto const s = escrow_lend(d.text.handle(), &one.loan, &one.text);
  if (s != ESCROW_OK) page_.pop_back();
  return s;
}

bool search::look_at(std::string_view bytes, std::uint32_t limit) {
  return scan_lines(bytes, *text_, limit, from_, matches_);
}

escrow_status search::next(std::uint32_t limit, escrow_pool results, engine_page &out_page) {
  std::string kept;
  if (cut_) kept = paths_.substr(page_.back().path, page_.back().path_length);
  give_back(cut_ ? 1 : 0);
  paths_ = std::move(kept);
  matches_.clear();
  std::uint64_t looked_at = 0;
  bool full = false;
  if (cut_) {
    lent &text = page_.back();
    text.path = 0;
    cut_ = full = !look_at({static_cast<char const *>(text.text.payload), text.text.size}, limit);
    text.matches = static_cast<std::uint32_t>(matches_.size());
  }
  for (; !full && at_ < files_.size() && looked_at < page_bytes_; ++at_) {
    reading const d = in_.files().find(files_[at_].number);
    if (!d || d->added > begun_ || skipped_.has(d->path())) continue;
    looked_at += d->bytes.size();
    if (!text_) {
      if (auto const s = lend(*d); s != ESCROW_OK) return s;
      full = page_.size() >= limit;
      continue;
    }
    std::size_t const before = matches_.size();
    from_ = {};
    cut_ = full = !look_at(d->bytes, limit);
    if (matches_.size() == before && !cut_) continue;
    if (auto const s = lend(*d); s != ESCROW_OK) return s;
    page_.back().matches = static_cast<std::uint32_t>(matches_.size() - before);
  }
  if (plants_leak_) {
    if (auto const s = planted::checkpoint(results, cut_, from_); s != ESCROW_OK) return s;
  }
  auto const s = deliver(results, out_page);
  if (s == ESCROW_OK) out_page.done = !cut_ && at_ == files_.size() ? 1 : 0;
  return s;
}

bool search::describe(std::uint32_t file, engine_ranked &out) const {
  if (file >= page_.size()) return false;
  lent const &one = page_[file];
  out.path = paths_.data() + one.path;
  out.path_length = one.path_length;
  out.bytes = one.text.size;
  return true;
}

/// Files, then matches, then paths, in one object.
escrow_status search::deliver(escrow_pool results, engine_page &out) const {
  if (page_.empty()) return ESCROW_OK;
  std::size_t const files = page_.size() * sizeof(engine_found);
  std::size_t const lines = matches_.size() * sizeof(engine_match);
  escrow_handle handle;
  void *payload;
  auto const acquired = escrow_acquire(results, files + lines + paths_.size(), &handle, &payload);
  if (acquired < 0) return acquired;
  auto buffer = escrow::owned<std::byte>::adopt(handle);  // released on an early return
  auto *const at = static_cast<std::byte *>(payload);
  auto *file = static_cast<engine_found *>(payload);
  for (lent const &l : page_) {
    *file++ = {static_cast<char const *>(l.text.payload),
               l.text.size,
               l.path,
               l.path_length,
               l.matches,
               0};
  }
  if (lines != 0) std::memcpy(at + files, matches_.data(), lines);
  std::memcpy(at + files + lines, paths_.data(), paths_.size());
  escrow::ticket ticket;
  if (auto const s = buffer.move_out(ticket); s < 0) return s;
  out.ticket = ticket.detach();
  out.files = static_cast<std::uint32_t>(page_.size());
  out.matches = static_cast<std::uint32_t>(matches_.size());
  return ESCROW_OK;
}

}  // namespace code_search
