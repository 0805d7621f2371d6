// documents.hpp: the files that are searched, as pool objects that two maps hold.
//
//   path   -> document   for those who change files
//   number -> document   for those who search
//
// A file keeps its number from version to version; a version is a document, which owns the text.
// Replacing a version is one put, so a reader borrows either the old one or the new one, and what
// it has borrowed lives until it is given back.
#ifndef CGO_DEMO_ENGINE_DOCUMENTS_HPP
#define CGO_DEMO_ENGINE_DOCUMENTS_HPP

#include <escrow/map.h>
#include <escrow/map_handles.h>
#include <atomic>
#include <cstdint>
#include <escrow/escrow.hpp>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "engine.h"
#include "file_set.hpp"

namespace code_search {

/// One version of one file. Followed by its path. Immutable but for the atomics.
struct document {
  escrow::owned<std::byte> text;
  std::string_view bytes;  // of the text
  std::uint64_t added;     // when the file got its number; see documents::now
  std::uint32_t number;
  std::uint32_t place;  // as it was put; see set_place
  std::uint32_t path_length;
  std::atomic<std::uint64_t> stamp;  // of the file on disk
  std::atomic<std::uint64_t> walk;   // the last one that saw it

  [[nodiscard]] std::string_view path() const {
    return {reinterpret_cast<char const *>(this + 1), path_length};
  }
};

class documents;

/// A document that lives at least as long as this.
class reading {
 public:
  reading() = default;
  reading(reading &&other) noexcept
      : of_(other.of_), view_(std::exchange(other.view_, escrow_view{})) {}
  reading &operator=(reading &&) = delete;
  ~reading();

  [[nodiscard]] explicit operator bool() const { return view_.payload != nullptr; }
  [[nodiscard]] document &operator*() const { return *static_cast<document *>(view_.payload); }
  [[nodiscard]] document *operator->() const { return &**this; }

 private:
  friend class documents;
  reading(documents const *of, escrow_view const &view) : of_(of), view_(view) {}
  documents const *of_ = nullptr;
  escrow_view view_{};
};

/// Readers: any number. Changes: by one batch at a time.
class documents {
 public:
  static constexpr std::uint32_t most_files = 1u << 22;
  static constexpr std::uint32_t no_place = UINT32_MAX;

  documents() = default;
  documents(documents const &) = delete;
  documents &operator=(documents const &) = delete;
  ~documents() { (void)close(); }

  [[nodiscard]] escrow_status open(std::uint32_t ledger_rate);
  /// Releases every document. Returns how many references could not be released.
  std::uint64_t close();

  [[nodiscard]] reading find(std::string_view path) const;
  [[nodiscard]] reading find(std::uint32_t number) const;

  /// A file that has its number by a moment t has `added` of at most now() at t; one that comes
  /// later has more. So a search tells files that came, and numbers that were given again, while it
  /// ran.
  [[nodiscard]] std::uint64_t now() const { return clock_.load(std::memory_order_seq_cst); }

  /// A free number: `wish` where it is free, else the lowest. Throws std::bad_alloc.
  /// @return false: 4,194,304 files have one
  [[nodiscard]] bool take_number(std::uint32_t wish, std::uint32_t &out);
  void give_number(std::uint32_t number);

  /// Where the file comes in answers.
  void set_place(std::uint32_t number, std::uint32_t place);
  /// The same for a file that no walk of the whole tree has seen: after all others.
  void set_last_place(std::uint32_t number);
  /// no_place: there is no such file.
  [[nodiscard]] std::uint32_t place(std::uint32_t number) const;
  /// The files of a span.
  void list(std::uint32_t span, file_set &out) const;
  /// How many spans numbers were taken from.
  [[nodiscard]] std::uint32_t spans() const {
    return spans_.load(std::memory_order_acquire);  // acquire: places_; pairs with take_number [D1]
  }

  /// Makes a document, which nobody sees before publish.
  [[nodiscard]] escrow_status make(escrow::owned<std::byte> text, engine_file const &about,
                                   std::uint32_t number, escrow::owned<document> &out) const;
  /// Makes the document the current version of its file.
  [[nodiscard]] escrow_status publish(escrow::owned<document> version);
  /// From now on there is no such file. Its number is still taken.
  void withdraw(std::string_view path, std::uint32_t number);

  /// Runs what destructors the last reader of a document left behind.
  void drain() const { (void)escrow_pool_drain(pool_, 0, nullptr); }

  [[nodiscard]] std::uint64_t files() const;
  [[nodiscard]] std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  [[nodiscard]] escrow_pool_stats pool_stats() const;
  [[nodiscard]] std::uint64_t map_bytes() const;

 private:
  using places = std::array<std::atomic<std::uint32_t>, span_files>;

  static void destroy(void *payload, std::uint64_t size, void *context);

  escrow_pool pool_ = 0;
  escrow_map by_path_ = 0;
  escrow_map by_number_ = 0;
  std::atomic<std::uint64_t> clock_{0};
  mutable std::atomic<std::uint64_t> bytes_{0};    // of texts of live documents; counter only
  mutable std::atomic<std::uint64_t> refused_{0};  // texts that could not be released; counter only

  std::mutex numbers_;
  std::vector<bool> taken_;       // this and the next two guarded by numbers_
  std::uint32_t first_free_ = 0;  // none below is free
  std::uint32_t last_place_ = 0;  // the highest given
  std::atomic<std::uint32_t> spans_{0};
  std::unique_ptr<std::atomic<places *>[]> places_;  // set before spans_ says so, freed by close
};

}  // namespace code_search

#endif
