// escrow/version_hold.hpp: keeps a version of code for an object that it made. [L4]
#ifndef ESCROW_VERSION_HOLD_HPP
#define ESCROW_VERSION_HOLD_HPP

#include <utility>

#include "code_entry.hpp"
#include "platform.hpp"

namespace escrow::inline ESCROW_ABI {

/// An object whose destructor, or other functions, come from a swapped table has one of these: the
/// version stays, with its library, as long as the object. Any thread may end it, in code that does
/// not belong to the version: whoever returns into a library that is gone has nowhere to go.
template <class Table>
class version_hold {
 public:
  version_hold() noexcept = default;
  version_hold(version_hold &&other) noexcept : place_(std::exchange(other.place_, 0)) {}
  version_hold &operator=(version_hold &&other) noexcept {
    if (this == &other) return *this;
    reset();
    place_ = std::exchange(other.place_, 0);
    return *this;
  }
  version_hold(version_hold const &) = delete;
  version_hold &operator=(version_hold const &) = delete;
  ~version_hold() { reset(); }

  [[nodiscard]] explicit operator bool() const noexcept { return place_ != 0; }
  /// The functions of the version; the hold is not empty.
  [[nodiscard]] Table const *operator->() const noexcept {
    return reinterpret_cast<Table const *>(code_place::version(place_).table);
  }
  [[nodiscard]] u64 version() const noexcept {
    return place_ == 0 ? 0 : code_place::version(place_).version;
  }
  /// Another hold on the same version. Cost: one RMW.
  [[nodiscard]] version_hold copy() const noexcept {
    return place_ == 0 ? version_hold() : version_hold(code_entry::hold(place_));
  }
  /// May unload the version's library.
  void reset() noexcept {
    if (place_ != 0) code_entry::drop(std::exchange(place_, 0));
  }
  /// For an object that keeps its hold as a number, as C does; adopt() makes a hold of it again.
  [[nodiscard]] escrow_code_hold detach() noexcept { return std::exchange(place_, 0); }
  [[nodiscard]] static version_hold adopt(escrow_code_hold hold) noexcept {
    return version_hold(hold);
  }

 private:
  explicit version_hold(u64 place) noexcept : place_(place) {}

  u64 place_ = 0;
};

}  // namespace escrow::inline ESCROW_ABI

#endif
