// escrow/capi_guarded.hpp: the C functions of guarded objects; included by capi.hpp alone. [L5]
#ifndef ESCROW_CAPI_GUARDED_HPP
#define ESCROW_CAPI_GUARDED_HPP

#if !defined(ESCROW_CAPI_HPP)
#error "escrow/capi_guarded.hpp is part of escrow/capi.hpp: include that, in the facade's unit"
#endif

namespace escrow::inline ESCROW_ABI {

/// The handler of escrow_faults_report, and the two that were there before it.
struct fault_report {
  lock guard;
  bool installed;
  struct sigaction segv;
  struct sigaction bus;

  /// Explains the address and goes on as if we were not there. What was the default is in force
  /// again: the instruction faults once more, and the process ends by the signal.
  static void handle(int number, siginfo_t *info, void *context) noexcept;

  /// With the mask of the handler that comes after ours, which runs inside it.
  [[nodiscard, gnu::noinline]] static bool replace(int number,
                                                   struct sigaction const &before) noexcept {
    struct sigaction ours = before;
    ours.sa_sigaction = handle;
    ours.sa_flags &= ~static_cast<int>(SA_RESETHAND);
    // On the alternate stack, where there is one: a fault may be the stack's end, and Go wants it.
    ours.sa_flags |= SA_SIGINFO | SA_ONSTACK;
    return ::sigaction(number, &ours, nullptr) == 0;
  }
  [[nodiscard]] escrow_status install() noexcept {
    lock_hold const hold(guard);
    if (installed) return ESCROW_ALREADY;
    if (::sigaction(SIGSEGV, nullptr, &segv) != 0 || ::sigaction(SIGBUS, nullptr, &bus) != 0 ||
        !replace(SIGSEGV, segv) || !replace(SIGBUS, bus))
      return ESCROW_E_UNSUPPORTED;
    installed = true;
    return ESCROW_OK;
  }
};

}  // namespace escrow::inline ESCROW_ABI

static constinit escrow::fault_report escrow1_faults{};

inline void escrow::fault_report::handle(int number, siginfo_t *info, void *context) noexcept {
  // Not what kill() sends: that has no address.
  if (info->si_code > 0)
    (void)escrow::address::write(STDERR_FILENO, reinterpret_cast<escrow::u64>(info->si_addr));
  struct sigaction const &before = number == SIGBUS ? escrow1_faults.bus : escrow1_faults.segv;
  if ((before.sa_flags & SA_SIGINFO) != 0 && before.sa_sigaction != nullptr) {
    before.sa_sigaction(number, info, context);
  } else if (before.sa_handler == SIG_DFL || before.sa_handler == SIG_IGN) {
    struct sigaction plain;
    std::memset(&plain, 0, sizeof plain);
    plain.sa_handler = SIG_DFL;
    (void)::sigaction(number, &plain, nullptr);
    if (info->si_code <= 0) (void)::raise(number);
  } else {
    before.sa_handler(number);
  }
}

extern "C" {

#if defined(ESCROW_DEBUG_SLOTS)
[[noreturn]] void escrow1_slot_damaged(void const *slab, void const *header,
                                       char const *at) noexcept {
  escrow::slot_damage::report(*static_cast<escrow::slab const *>(slab),
                              *static_cast<escrow::slot_header const *>(header), at, false);
}
#endif

ESCROW_API escrow_status escrow_pool_set_guarded(escrow_pool pool, uint32_t rate) noexcept {
  escrow::pool_control *c = nullptr;
  if (auto const s = escrow::find_pool(pool, c); s != ESCROW_OK) return s;
  if (rate > escrow::guarded_objects::rarest) return ESCROW_E_OPTION;
  if (escrow::slot_build::of_malloc) return ESCROW_E_UNSUPPORTED;
  if (rate != 0 && escrow::slab_memory::guarded() == nullptr) return ESCROW_E_NOMEM;
  escrow::lock_hold const hold(c->guard);
  auto const s = escrow::pool_status(*c, pool);
  if (s == ESCROW_OK) escrow::guarded_objects::set_rate(*c, rate);
  return s;
}

ESCROW_API escrow_status escrow_pool_read_guarded(escrow_pool pool,
                                                  escrow_guarded_state *out) noexcept {
  if (out == nullptr) return ESCROW_E_NULL;
  *out = escrow_guarded_state{};
  escrow::pool_control *c = nullptr;
  auto const s = escrow::readable_pool(pool, c);
  if (s != ESCROW_OK) return s;
  // relaxed: numbers for a report
  out->rate = c->guard_rate.load(std::memory_order_relaxed);
  out->guarded = c->guarded.load(std::memory_order_relaxed);
  out->missed = c->guards_missed.load(std::memory_order_relaxed);
  return s;
}

ESCROW_API escrow_status escrow_address_describe(void const *address,
                                                 escrow_address_info *out) noexcept {
  if (out == nullptr) return ESCROW_E_NULL;
  *out = escrow_address_info{};
  if (address == nullptr) return ESCROW_E_NULL;
  return escrow::address::describe(reinterpret_cast<escrow::u64>(address), *out) ? ESCROW_OK
                                                                                 : ESCROW_E_RANGE;
}

ESCROW_API escrow_status escrow_address_write(int fd, void const *address) noexcept {
  return escrow::address::write(fd, reinterpret_cast<escrow::u64>(address)) ? ESCROW_OK
                                                                            : ESCROW_E_RANGE;
}

ESCROW_API escrow_status escrow_faults_report(void) noexcept {
  return escrow1_faults.install();
}

}  // extern "C"

#endif
