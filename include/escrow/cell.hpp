// escrow/cell.hpp: a cell that closes itself, for a C++ type and for bytes. [L4]
#ifndef ESCROW_CELL_HPP
#define ESCROW_CELL_HPP

#include <type_traits>
#include <utility>

#include "bytes.hpp"
#include "cell_census.hpp"
#include "cell_control.hpp"
#include "cell_lifecycle.hpp"
#include "cell_proposals.hpp"
#include "cell_reader.hpp"
#include "cell_types.h"
#include "cell_writer.hpp"
#include "layout_of.hpp"
#include "platform.hpp"
#include "status.h"

namespace escrow::inline ESCROW_ABI {

/// A cell whose contents are any run of bytes.
template <class T>
concept cell_of_bytes = std::is_same_v<T, bytes>;

/// What the new content has to meet; see escrow_cell_if.
struct cell_if {
  [[nodiscard]] static escrow_cell_condition version(u64 current) noexcept {
    return {ESCROW_CELL_IF_VERSION, 0, current, nullptr};
  }
  /// `current` outlives the call.
  [[nodiscard]] static escrow_cell_condition etag(bytes const &current) noexcept {
    // One that is longer than any ETag is no ETag.
    u64 const size = current.size <= etag::most ? current.size : etag::most + 1;
    return {ESCROW_CELL_IF_ETAG, static_cast<u32>(size), 0, current.data};
  }
  [[nodiscard]] static escrow_cell_condition changed() noexcept {
    return {ESCROW_CELL_IF_CHANGED, 0, 0, nullptr};
  }
};

/// Holds one snapshot for as long as it likes, on any thread, and keeps no writer waiting. At most
/// 65,535 hold the same one. T: the type of the cell, or `bytes`.
template <class T>
class held_snapshot {
 public:
  held_snapshot() noexcept = default;
  held_snapshot(held_snapshot &&other) noexcept : handle_(std::exchange(other.handle_, 0)) {}
  held_snapshot &operator=(held_snapshot &&other) noexcept {
    if (this != &other) {
      reset();
      handle_ = std::exchange(other.handle_, 0);
    }
    return *this;
  }
  held_snapshot(held_snapshot const &) = delete;
  held_snapshot &operator=(held_snapshot const &) = delete;
  ~held_snapshot() { reset(); }

  [[nodiscard]] explicit operator bool() const noexcept { return handle_ != 0; }
  /// The content; only while something is held.
  [[nodiscard]] T const &operator*() const noexcept requires(!cell_of_bytes<T>) { return *get(); }
  [[nodiscard]] T const *operator->() const noexcept requires(!cell_of_bytes<T>) { return get(); }
  [[nodiscard]] T const *get() const noexcept requires(!cell_of_bytes<T>) {
    return reinterpret_cast<T const *>(at().content());
  }
  [[nodiscard]] bytes content() const noexcept { return {at().content(), at().size}; }
  [[nodiscard]] u64 version() const noexcept { return at().version; }
  [[nodiscard]] bytes etag() const noexcept { return at().etag(); }
  /// Nanoseconds since 1970.
  [[nodiscard]] u64 published() const noexcept { return at().published; }

  /// Lets go; runs the cell's destructor where nobody else holds the snapshot.
  void reset() noexcept {
    if (handle_ != 0) (void)cell_snapshots::drop(std::exchange(handle_, 0));
  }

 private:
  template <class>
  friend class cell;
  [[nodiscard]] snapshot const &at() const noexcept { return *cell_snapshots::at(handle_); }

  u64 handle_ = 0;
};

/// Owner of a cell of T: an immutable T that is replaced as a whole, under a version. T is
/// trivially copyable; for `bytes` a content is any run of bytes. Open, move and close belong to
/// one thread at a time, everything else to any number.
///
/// Three ways to read, each sees what any swap that returned before has stored, or newer:
///
///     cell<T>::reader r(c); r.get()   one acquire load and a compare when nothing changed; one
///                                     reader a thread, which holds its snapshot until it looks
///                                     again
///     c.copy(t)                       up to 256 B: loads alone, nothing stored; 8 B a load
///     c.load(held)                    two compare-and-swaps on a word that all who hold this
///                                     snapshot share; held on any thread for as long as one likes
template <class T>
class cell {
 public:
  static_assert(cell_of_bytes<T> || (std::is_trivially_copyable_v<T> && std::is_object_v<T>),
                "cell<T>: what is copied byte by byte must be trivially copyable");
  static_assert(cell_of_bytes<T> || alignof(T) <= snapshot::most_alignment,
                "cell<T>: T is aligned above 64");
  using held = held_snapshot<T>;

  cell() noexcept = default;
  cell(cell &&other) noexcept
      : bits_(std::exchange(other.bits_, 0)), control_(std::exchange(other.control_, nullptr)) {}
  cell &operator=(cell &&other) noexcept {
    if (this == &other) return *this;
    end();
    bits_ = std::exchange(other.bits_, 0);
    control_ = std::exchange(other.control_, nullptr);
    return *this;
  }
  cell(cell const &) = delete;
  cell &operator=(cell const &) = delete;
  /// Closes and destroys. What is held stays valid; then the memory stays, too.
  ~cell() { end(); }

  /// Default options: any size, no history, no validator.
  [[nodiscard]] static escrow_cell_options options() noexcept {
    escrow_cell_options o{};
    o.struct_size = sizeof o;
    return o;
  }
  /// A cell without a version. Size and alignment are those of T, and so is the layout, unless one
  /// is given, where T has one. @return as escrow_cell_open
  [[nodiscard]] static escrow_status open(escrow_cell_options o, cell &out) noexcept {
    layout_if_known<T> const layout;
    if constexpr (!cell_of_bytes<T>) {
      o.fixed_size = sizeof(T);
      o.alignment = static_cast<u32>(alignof(T));
      if (o.layout == nullptr) o.layout = layout.get();
    }
    u64 bits = 0;
    if (auto const s = cell_lifecycle::open(o, bits); s != ESCROW_OK) return s;
    out.end();
    out.bits_ = bits;
    (void)find_cell(bits, out.control_);
    return ESCROW_OK;
  }
  [[nodiscard]] escrow_cell id() const noexcept { return bits_; }
  [[nodiscard]] explicit operator bool() const noexcept { return bits_ != 0; }

  /// Publishes a content. `etag` empty: one is computed (etag.hpp). Sleeps for other writers, never
  /// for a reader. @return as escrow_cell_swap; on any error nothing has changed
  [[nodiscard]] escrow_status swap(T const &content, u64 *out_version = nullptr,
                                   escrow_cell_reason *out_why = nullptr,
                                   bytes etag = {nullptr, 0}) noexcept {
    return swap_if({}, content, out_version, out_why, etag);
  }
  /// The same if a condition holds. @return as escrow_cell_swap_if
  [[nodiscard]] escrow_status swap_if(escrow_cell_condition const &condition, T const &content,
                                      u64 *out_version = nullptr,
                                      escrow_cell_reason *out_why = nullptr,
                                      bytes etag = {nullptr, 0}) noexcept {
    return into(out_version, out_why, [&](u64 &version, escrow_cell_reason &why) {
      return cell_writer::swap(*control_, bits_, native(content), etag, condition, version, why);
    });
  }
  /// Asks the decider of a cell opened with ESCROW_CELL_DECIDED, and sleeps until it has answered.
  /// @return as escrow_cell_propose
  [[nodiscard]] escrow_status propose(escrow_cell_condition const &condition, T const &content,
                                      u64 timeout_ns, u64 *out_version = nullptr,
                                      escrow_cell_reason *out_why = nullptr,
                                      bytes etag = {nullptr, 0}) noexcept {
    return into(out_version, out_why, [&](u64 &version, escrow_cell_reason &why) {
      return cell_proposals::propose(*control_, bits_, native(content), etag, condition, timeout_ns,
                                     version, why);
    });
  }
  /// Publishes a kept version once more, as a new one. @return as escrow_cell_roll_back
  [[nodiscard]] escrow_status roll_back(u64 version, u64 *out_version = nullptr) noexcept {
    return into(out_version, nullptr, [&](u64 &fresh, escrow_cell_reason &) {
      return cell_writer::roll_back(*control_, bits_, version, fresh);
    });
  }

  /// The current snapshot. @return ESCROW_OK | ESCROW_E_ABSENT no version yet | ESCROW_E_LIMIT |
  /// ESCROW_E_NULL this is no open cell
  [[nodiscard, gnu::always_inline]] inline escrow_status load(held &out) const noexcept {
    if (control_ == nullptr) [[unlikely]]
      return ESCROW_E_NULL;
    u64 h = 0;
    auto const s = control_->face.template hold<false>(image_slots{}, h);
    if (s != ESCROW_OK) [[unlikely]]
      return s;
    out.reset();
    out.handle_ = h;
    return s;
  }
  /// A version that the cell keeps. @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_LIMIT
  [[nodiscard]] escrow_status load_version(u64 version, held &out) const noexcept {
    if (control_ == nullptr) return ESCROW_E_NULL;
    u64 h = 0;
    auto const s = cell_writer::hold_version(*control_, bits_, version, h);
    if (s != ESCROW_OK) return s;
    out.reset();
    out.handle_ = h;
    return s;
  }
  /// A copy of the content. @return ESCROW_OK | ESCROW_E_ABSENT | ESCROW_E_NULL
  [[nodiscard, gnu::always_inline]] inline escrow_status copy(T &out) const noexcept
      requires(!cell_of_bytes<T>) {
    u64 version = 0;
    return copy(out, version);
  }
  [[nodiscard, gnu::always_inline]] inline escrow_status copy(T &out,
                                                              u64 &out_version) const noexcept
      requires(!cell_of_bytes<T>) {
    if (control_ == nullptr) [[unlikely]]
      return ESCROW_E_NULL;
    return cell_reader::copy(*control_, bits_, &out, sizeof(T), out_version);
  }
  /// The same into room for `capacity` bytes. @return .. | ESCROW_E_SIZE it is longer: out_size
  [[nodiscard]] escrow_status copy(char *out, u64 capacity, u64 &out_size,
                                   u64 &out_version) const noexcept requires(cell_of_bytes<T>) {
    if (control_ == nullptr) return ESCROW_E_NULL;
    return cell_reader::copy_any(*control_, bits_, out, capacity, out_size, out_version);
  }
  /// 0: none yet.
  [[nodiscard]] u64 version() const noexcept {
    u64 version = 0;
    if (control_ == nullptr || cell_reader::version(*control_, bits_, version) != ESCROW_OK)
      return 0;
    return version;
  }
  /// Sleeps until the version is above `known`. @return as escrow_cell_await
  [[nodiscard]] escrow_status await(u64 known, u64 timeout_ns,
                                    u64 *out_version = nullptr) const noexcept {
    return into(out_version, nullptr, [&](u64 &version, escrow_cell_reason &) {
      return cell_reader::await(*control_, bits_, known, timeout_ns, version);
    });
  }

  /// @return as escrow_cell_read_stats
  [[nodiscard]] escrow_status read_stats(escrow_cell_stats &out) const noexcept {
    if (control_ == nullptr) return ESCROW_E_NULL;
    return cell_census::stats(*control_, bits_, out);
  }
  /// @return as escrow_cell_close
  escrow_status close() noexcept { return cell_lifecycle::close(bits_); }
  /// On ESCROW_OK this object is empty. @return as escrow_cell_destroy
  [[nodiscard]] escrow_status destroy() noexcept {
    auto const s = cell_lifecycle::destroy(bits_);
    if (s != ESCROW_OK) return s;
    bits_ = 0;
    control_ = nullptr;
    return s;
  }

  /// What one thread reads again and again. It holds its snapshot until the next get() that finds a
  /// newer one, until reset(), or its end; a reader that sleeps costs writers nothing but that
  /// memory. May outlive the cell.
  class reader {
   public:
    reader() noexcept = default;
    /// Of an open cell.
    explicit reader(cell const &of) noexcept : cache_(*of.control_, of.bits_) {}
    /// Of somebody else's cell, opened in Go for example, whose contents have the layout of T.
    /// @return ESCROW_OK | ESCROW_E_LAYOUT it carries another one, or none | ESCROW_E_STALE |
    ///         ESCROW_E_NULL | ESCROW_E_KIND | ESCROW_E_RANGE
    [[nodiscard]] static escrow_status bind(escrow_cell id, reader &out) noexcept {
      if constexpr (!cell_of_bytes<T>) {
        constexpr u64 fingerprint = layout_of<T>().fingerprint;
        escrow_layout const *carried = nullptr;
        if (auto const s = cell_lifecycle::layout(id, carried); s != ESCROW_OK) return s;
        if (carried == nullptr || carried->fingerprint != fingerprint) return ESCROW_E_LAYOUT;
      }
      cell_control *c = nullptr;
      if (auto const s = readable_cell(id, c); s != ESCROW_OK) return s;
      out.cache_ = cell_cache(*c, id);
      return ESCROW_OK;
    }

    /// The current content, valid until the next call; NULL: no version yet, or the cell is gone.
    [[nodiscard, gnu::always_inline]] inline T const *get() noexcept requires(!cell_of_bytes<T>) {
      return reinterpret_cast<T const *>(cache_.get());
    }
    /// The same; data is NULL where there is none.
    [[nodiscard]] bytes get() noexcept requires(cell_of_bytes<T>) {
      char const *const data = cache_.get();
      return {data, data == nullptr ? 0 : cache_.seen()->size};
    }
    /// Of what get() gave last; 0: nothing.
    [[nodiscard]] u64 version() const noexcept {
      return cache_.seen() == nullptr ? 0 : cache_.seen()->version;
    }
    void reset() noexcept { cache_.reset(); }

   private:
    cell_cache cache_;
  };

 private:
  [[nodiscard]] static bytes native(T const &content) noexcept {
    if constexpr (cell_of_bytes<T>) {
      return content;
    } else {
      return {reinterpret_cast<char const *>(&content), sizeof(T)};
    }
  }
  template <class F>
  [[nodiscard]] escrow_status into(u64 *out_version, escrow_cell_reason *out_why,
                                   F const &f) const noexcept {
    if (control_ == nullptr) return ESCROW_E_NULL;
    u64 version = 0;
    escrow_cell_reason why{};
    auto const s = f(version, why);
    if (out_version != nullptr) *out_version = version;
    if (out_why != nullptr) *out_why = why;
    return s;
  }
  void end() noexcept {
    if (bits_ == 0) return;
    (void)close();
    (void)cell_lifecycle::destroy(bits_);
    bits_ = 0;
    control_ = nullptr;
  }

  u64 bits_ = 0;
  cell_control *control_ = nullptr;  // of bits_; immortal
};

}  // namespace escrow::inline ESCROW_ABI

#endif
