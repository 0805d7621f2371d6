// A function with a stack of its own, which runs until it pauses.
#ifndef ESCROW_TESTS_MODEL_FIBER_HPP
#define ESCROW_TESTS_MODEL_FIBER_HPP

#include <setjmp.h>
#include <ucontext.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace model {

/// _longjmp by its own name: what _FORTIFY_SOURCE puts in its place takes another stack for an
/// error.
[[noreturn]] void jump_to(jmp_buf there, int value) __asm__("_longjmp");

/// Entered once by a ucontext, which makes the stack; switched by _setjmp and _longjmp, which make
/// no system call. Beginning anew drops what was on the stack: no destructor of it runs.
class fiber {
 public:
  /// The body begins with the next resume().
  void begin(std::function<void()> body) {
    body_ = std::move(body);
    fresh_ = true;
    done_ = false;
  }
  /// Runs the body until it pauses or ends.
  void resume() {
    if (_setjmp(caller_) != 0) return;
    if (!fresh_) jump_to(self_, 1);
    fresh_ = false;
    ucontext_t start;
    getcontext(&start);
    start.uc_stack.ss_sp = stack_.get();
    start.uc_stack.ss_size = stack_bytes;
    start.uc_link = nullptr;
    auto const address = reinterpret_cast<std::uintptr_t>(this);
    makecontext(&start, reinterpret_cast<void (*)()>(&enter), 2,
                static_cast<unsigned>(address >> 32), static_cast<unsigned>(address));
    setcontext(&start);
  }
  /// By the body: back to who resumed it.
  void pause() {
    if (_setjmp(self_) == 0) jump_to(caller_, 1);
  }
  [[nodiscard]] bool done() const { return done_; }

 private:
  static constexpr std::size_t stack_bytes = 256 << 10;

  static void enter(unsigned high, unsigned low) {
    auto *const f = reinterpret_cast<fiber *>(std::uintptr_t{high} << 32 | low);
    f->body_();
    f->done_ = true;
    f->pause();
  }

  std::unique_ptr<char[]> stack_ = std::make_unique<char[]>(stack_bytes);
  std::function<void()> body_;
  jmp_buf self_{}, caller_{};
  bool fresh_ = true;
  bool done_ = false;
};

}  // namespace model

#endif
