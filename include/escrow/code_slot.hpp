// escrow/code_slot.hpp: a table of functions that is replaced while it is called. [L4]
#ifndef ESCROW_CODE_SLOT_HPP
#define ESCROW_CODE_SLOT_HPP

#include <type_traits>
#include <utility>

#include "code_call.hpp"
#include "code_control.hpp"
#include "code_entry.hpp"
#include "code_lifecycle.hpp"
#include "code_reason.hpp"
#include "code_swap.hpp"
#include "code_types.h"
#include "code_versions.hpp"
#include "platform.hpp"
#include "version_hold.hpp"

namespace escrow::inline ESCROW_ABI {

/// Owner of a code slot. `Table` is a struct of function pointers and nothing else. Any thread may
/// call and swap; open, move and destroy belong to one thread at a time.
///
///     struct ranking { double (*rank)(page const *); };
///     code_slot<ranking> slot;
///     auto s = code_slot<ranking>::open(code_slot<ranking>::options(), slot);
///     s = slot.swap({&by_date}, version);
///     s = slot.call(score, &ranking::rank, &page);
///
/// A version is let go, and its library unloaded, when its last call has left, in the thread that
/// left last. Linearization: a call runs the version that was current when it looked at it for the
/// second time; after swap() has returned every later call runs that version or a newer one.
template <class Table>
class code_slot {
  static_assert(std::is_trivially_copyable_v<Table> && std::is_standard_layout_v<Table>,
                "code_slot: the table is a plain struct");
  static_assert(sizeof(Table) % sizeof(void (*)()) == 0 &&
                    sizeof(Table) <= ESCROW_CODE_MOST_TABLE &&
                    alignof(Table) == alignof(void (*)()),
                "code_slot: the table is function pointers alone, at most 1024 bytes of them");

 public:
  using call_type = code_call<Table>;
  using hold_type = version_hold<Table>;

  code_slot() noexcept = default;
  code_slot(code_slot &&other) noexcept
      : bits_(std::exchange(other.bits_, 0)), control_(std::exchange(other.control_, nullptr)) {}
  code_slot &operator=(code_slot &&other) noexcept {
    if (this == &other) return *this;
    end();
    bits_ = std::exchange(other.bits_, 0);
    control_ = std::exchange(other.control_, nullptr);
    return *this;
  }
  code_slot(code_slot const &) = delete;
  code_slot &operator=(code_slot const &) = delete;
  /// Closes and destroys. Calls that are inside end as they would; their versions then are let go.
  ~code_slot() { end(); }

  /// Default options: ABI version 0, seven kept versions, no check.
  [[nodiscard]] static escrow_code_options options() noexcept {
    escrow_code_options o{};
    o.struct_size = sizeof o;
    o.history = 7;
    o.table_bytes = sizeof(Table);
    return o;
  }
  /// @return as escrow_code_open | ESCROW_E_SIZE the options are of another table
  [[nodiscard]] static escrow_status open(escrow_code_options const &o, code_slot &out) noexcept {
    if (o.table_bytes != sizeof(Table)) return ESCROW_E_SIZE;
    u64 bits = 0;
    if (auto const s = code_lifecycle::open(o, bits); s != ESCROW_OK) return s;
    out.end();
    out.bits_ = bits;
    (void)find_code(bits, out.control_);
    return ESCROW_OK;
  }

  [[nodiscard]] escrow_code_slot id() const noexcept { return bits_; }
  [[nodiscard]] explicit operator bool() const noexcept { return bits_ != 0; }

  /// Goes inside the current version. @return ESCROW_OK | ESCROW_E_NULL an empty slot |
  /// ESCROW_E_ABSENT nothing was published | ESCROW_E_CLOSED
  /// Cost: two loads and a locked increment; leaving costs the same less one load.
  [[nodiscard]] escrow_status enter(call_type &out) noexcept {
    u64 place = 0;
    auto const s = enter_at(place);
    if (s == ESCROW_OK) out = call_type::adopt(place);
    return s;
  }

  /// Calls a function of the table that returns nothing. An exception goes on to the caller, and
  /// the version's library stays for ever. @return as enter()
  template <class F, class... Arguments>
  [[nodiscard, gnu::always_inline]] inline escrow_status call(F Table::*function,
                                                              Arguments &&...arguments) {
    static_assert(std::is_void_v<std::invoke_result_t<F, Arguments...>>,
                  "code_slot::call: the first argument takes the result");
    return run([&](Table const &functions) {
      (functions.*function)(std::forward<Arguments>(arguments)...);
    });
  }
  /// The same for a result, which goes to `out`.
  template <class Result, class F, class... Arguments>
  requires(!std::is_member_object_pointer_v<Result>)
      [[nodiscard, gnu::always_inline]] inline escrow_status
      call(Result &out, F Table::*function, Arguments &&...arguments) {
    return run([&](Table const &functions) {
      out = (functions.*function)(std::forward<Arguments>(arguments)...);
    });
  }

  /// @return as escrow_code_swap
  [[nodiscard]] escrow_status swap(Table const &functions, u64 &out_version,
                                   u64 expected = ESCROW_CODE_ANY,
                                   escrow_code_reason *out_reason = nullptr) noexcept {
    return change(out_version, out_reason, [&](code_reason &why) noexcept {
      return code_swap::table(*control_, bits_, &functions, expected, why, out_version);
    });
  }
  /// @return as escrow_code_swap_library
  [[nodiscard]] escrow_status swap_library(char const *path, u64 &out_version,
                                           u64 expected = ESCROW_CODE_ANY,
                                           escrow_code_reason *out_reason = nullptr,
                                           char const *symbol = "escrow_code_table") noexcept {
    return change(out_version, out_reason, [&](code_reason &why) noexcept {
      return code_swap::library(*control_, bits_, path, symbol, expected, why, out_version);
    });
  }
  /// @return as escrow_code_roll_back
  [[nodiscard]] escrow_status roll_back(u64 to, u64 &out_version) noexcept {
    return change(out_version, nullptr, [&](code_reason &) noexcept {
      return code_swap::roll_back(*control_, bits_, to, out_version);
    });
  }
  /// Versions that were let go. @return how many
  u32 collect() noexcept { return control_ == nullptr ? 0 : code_versions::collect(*control_); }
  /// How many versions a roll back may go to; the first `capacity` of them, oldest first.
  u32 versions(escrow_code_version_info *out, u32 capacity) const noexcept {
    return control_ == nullptr ? 0 : code_versions::list(*control_, out, capacity);
  }
  [[nodiscard]] escrow_code_stats stats() const noexcept {
    escrow_code_stats out{};
    out.struct_size = sizeof out;
    if (control_ != nullptr) code_versions::stats(*control_, out);
    return out;
  }

  /// @return as escrow_code_close
  escrow_status close() noexcept { return code_lifecycle::close(bits_); }
  /// On ESCROW_OK this object is empty. @return as escrow_code_destroy
  [[nodiscard]] escrow_status destroy() noexcept {
    auto const s = code_lifecycle::destroy(bits_);
    if (s != ESCROW_OK) return s;
    bits_ = 0;
    control_ = nullptr;
    return s;
  }

 private:
  /// Counts a call out as one that did not return, unless it is told that it did.
  class frame {
   public:
    explicit frame(u64 place) noexcept : place_(place) {}
    frame(frame const &) = delete;
    frame &operator=(frame const &) = delete;
    ~frame() {
      if (place_ != 0) code_entry::abandon(place_);
    }
    void returned() noexcept { code_entry::leave(std::exchange(place_, 0)); }

   private:
    u64 place_;
  };

  [[nodiscard, gnu::always_inline]] inline escrow_status enter_at(u64 &place) noexcept {
    return control_ == nullptr ? escrow_status{ESCROW_E_NULL}
                               : code_entry::enter(*control_, bits_, place);
  }
  template <class Body>
  [[nodiscard, gnu::always_inline]] inline escrow_status run(Body const &body) {
    u64 place = 0;
    if (auto const s = enter_at(place); s != ESCROW_OK) [[unlikely]]
      return s;
    frame inside(place);
    body(reinterpret_cast<Table const &>(code_place::version(place).table));
    inside.returned();
    return ESCROW_OK;
  }
  template <class Change>
  escrow_status change(u64 &out_version, escrow_code_reason *out_reason,
                       Change const &make) noexcept {
    out_version = 0;
    code_reason why;
    auto const s = control_ == nullptr ? escrow_status{ESCROW_E_NULL} : make(why);
    if (out_reason != nullptr) *out_reason = why.said();
    return s;
  }
  void end() noexcept {
    if (bits_ == 0) return;
    (void)close();
    (void)code_lifecycle::destroy(bits_);
    bits_ = 0;
    control_ = nullptr;
  }

  u64 bits_ = 0;
  code_control *control_ = nullptr;
};

}  // namespace escrow::inline ESCROW_ABI

#endif
