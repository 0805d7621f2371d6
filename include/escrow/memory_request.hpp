// escrow/memory_request.hpp: what the system and libc are asked for, and who may refuse it. [L0]
#ifndef ESCROW_MEMORY_REQUEST_HPP
#define ESCROW_MEMORY_REQUEST_HPP

#include "platform.hpp"

#if defined(ESCROW_FAULTS)
/// Asked before every request for memory, in a build with ESCROW_FAULTS; such a program defines it.
/// `kind` is a number of memory_request::kind. False: the request is refused, as if by the system.
extern "C" bool escrow_grants_memory(unsigned kind) noexcept;
#endif

namespace escrow::inline ESCROW_ABI {

/// Every request for memory comes by here, from pages.hpp and heap.hpp: what a test refuses there
/// is all that the system can refuse. Without ESCROW_FAULTS there is nothing to ask and no code.
struct memory_request {
  enum kind : unsigned {
    mapping,  // new address space, with or without pages
    access,   // sealed pages become accessible
    seal,     // pages become inaccessible
    back,     // pages go back to the system
    wish,     // what the system may ignore
    heap,     // a block of malloc
    file,     // a file in memory, or a mapping of it
  };

  [[nodiscard]] static bool is_refused([[maybe_unused]] kind what) noexcept {
#if defined(ESCROW_FAULTS)
    return !::escrow_grants_memory(what);
#else
    return false;
#endif
  }
};

}  // namespace escrow::inline ESCROW_ABI

#endif
