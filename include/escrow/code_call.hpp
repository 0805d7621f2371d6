// escrow/code_call.hpp: a call that is inside a version of code. [L4]
#ifndef ESCROW_CODE_CALL_HPP
#define ESCROW_CODE_CALL_HPP

#include <utility>

#if defined(__cpp_exceptions)
#include <exception>
#endif

#include "code_entry.hpp"
#include "platform.hpp"
#include "version_hold.hpp"

namespace escrow::inline ESCROW_ABI {

/// Whether frames may be left by an exception; part of the names of what depends on it.
#if defined(__cpp_exceptions)
constexpr bool code_unwinds = true;
#else
constexpr bool code_unwinds = false;
#endif

/// How many exceptions are on their way up in this thread.
template <bool Unwinds>
struct exceptions_under_way {
  [[nodiscard]] static int count() noexcept { return 0; }
};
#if defined(__cpp_exceptions)
template <>
struct exceptions_under_way<true> {
  [[nodiscard]] static int count() noexcept { return std::uncaught_exceptions(); }
};
#endif

/// From code_slot::enter() until it leaves; any thread may end it. Where an exception leaves its
/// block, the call did not return: the exception, or what it points at, may be of the library. The
/// version's library then stays in the process for ever, and `leaked` counts it.
template <class Table, bool Unwinds = code_unwinds>
class code_call {
 public:
  code_call() noexcept = default;
  code_call(code_call &&other) noexcept
      : place_(std::exchange(other.place_, 0)), before_(other.before_) {}
  code_call &operator=(code_call &&other) noexcept {
    if (this == &other) return *this;
    end();
    place_ = std::exchange(other.place_, 0);
    before_ = other.before_;
    return *this;
  }
  code_call(code_call const &) = delete;
  code_call &operator=(code_call const &) = delete;
  ~code_call() { end(); }

  /// Takes over what code_entry::enter() counted.
  [[nodiscard]] static code_call adopt(u64 place) noexcept { return code_call(place); }

  [[nodiscard]] explicit operator bool() const noexcept { return place_ != 0; }
  /// The functions of the version; the call is inside.
  [[nodiscard]] Table const *operator->() const noexcept {
    return reinterpret_cast<Table const *>(code_place::version(place_).table);
  }
  [[nodiscard]] u64 version() const noexcept {
    return place_ == 0 ? 0 : code_place::version(place_).version;
  }
  /// Keeps the version beyond this call, which is inside. Cost: one RMW.
  [[nodiscard]] version_hold<Table> hold() const noexcept {
    return version_hold<Table>::adopt(code_entry::hold(place_));
  }

  /// Ends the call; a second time does nothing. May unload the version's library.
  void leave() noexcept {
    if (place_ != 0) code_entry::leave(std::exchange(place_, 0));
  }
  /// Ends a call that did not return; longjmp is for the caller to tell.
  void abandon() noexcept {
    if (place_ != 0) code_entry::abandon(std::exchange(place_, 0));
  }

 private:
  explicit code_call(u64 place) noexcept
      : place_(place), before_(exceptions_under_way<Unwinds>::count()) {}

  void end() noexcept {
    if (place_ == 0) return;
    if (exceptions_under_way<Unwinds>::count() > before_)
      abandon();
    else
      leave();
  }

  u64 place_ = 0;
  int before_ = 0;
};

}  // namespace escrow::inline ESCROW_ABI

#endif
