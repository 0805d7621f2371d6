#include "specimen.h"
#include "_cgo_export.h"

uint64_t specimen_empty(uint64_t a) {
  return a;
}

uint64_t specimen_weigh(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f) {
  return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f;
}

void specimen_store(uint64_t *p, uint64_t *q, uint64_t a, uint64_t b) {
  *p = a;
  *q = b;
}

uint64_t specimen_mixture(uint64_t a, uint64_t b) {
  return (a ^ (b << 7)) * 0x9e3779b97f4a7c15u + b;
}

// Rubbish in all registers for a while. The frame pointer waits in a register that nobody
// preserves.
__attribute__((always_inline)) static inline void rubbish(uint64_t spins) {
#if defined(__x86_64__)
  __asm__ volatile(
      "mov %%rbp, %%r11\n\t"
      "mov $0x0bad0bad0bad0bad, %%rax\n\t"
      "mov %%rax, %%rbp\n\t mov %%rax, %%rbx\n\t mov %%rax, %%rdx\n\t mov %%rax, %%rsi\n\t"
      "mov %%rax, %%rdi\n\t mov %%rax, %%r8\n\t mov %%rax, %%r9\n\t mov %%rax, %%r10\n\t"
      "mov %%rax, %%r12\n\t mov %%rax, %%r13\n\t mov %%rax, %%r14\n\t mov %%rax, %%r15\n\t"
      "movq %%rax, %%xmm0\n\t movq %%rax, %%xmm1\n\t movq %%rax, %%xmm2\n\t movq %%rax, %%xmm3\n\t"
      "movq %%rax, %%xmm4\n\t movq %%rax, %%xmm5\n\t movq %%rax, %%xmm6\n\t movq %%rax, %%xmm7\n\t"
      "movq %%rax, %%xmm8\n\t movq %%rax, %%xmm9\n\t movq %%rax, %%xmm10\n\t movq %%rax, "
      "%%xmm11\n\t"
      "movq %%rax, %%xmm12\n\t movq %%rax, %%xmm13\n\t movq %%rax, %%xmm14\n\t pcmpeqd %%xmm15, "
      "%%xmm15\n"
      "1:\tdec %%rcx\n\t jg 1b\n\t"
      "mov %%r11, %%rbp\n\t"
      : "+c"(spins)
      :
      : "rax", "rbx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
        "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
        "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc", "memory");
#else
  register uint64_t left __asm__("x0") = spins;
  __asm__ volatile(
      "mov x9, x29\n\t"
      "mov x10, #0x0bad\n\t movk x10, #0x0bad, lsl #16\n\t movk x10, #0x0bad, lsl #32\n\t"
      "mov x29, x10\n\t mov x1, x10\n\t mov x2, x10\n\t mov x3, x10\n\t mov x4, x10\n\t mov x5, "
      "x10\n\t"
      "mov x6, x10\n\t mov x7, x10\n\t mov x8, x10\n\t mov x11, x10\n\t mov x12, x10\n\t mov x13, "
      "x10\n\t"
      "mov x14, x10\n\t mov x15, x10\n\t mov x16, x10\n\t mov x17, x10\n\t mov x19, x10\n\t mov "
      "x20, x10\n\t"
      "mov x21, x10\n\t mov x22, x10\n\t mov x23, x10\n\t mov x24, x10\n\t mov x25, x10\n\t mov "
      "x26, x10\n\t"
      "mov x27, x10\n\t mov x28, x10\n\t"
      "fmov d0, x10\n\t fmov d7, x10\n\t fmov d8, x10\n\t fmov d15, x10\n\t fmov d16, x10\n\t fmov "
      "d31, x10\n"
      "1:\tsubs x0, x0, #1\n\t b.gt 1b\n\t"
      "mov x29, x9\n\t"
      : "+r"(left)
      :
      : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
        "x15", "x16", "x17", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28",
        "v0", "v7", "v8", "v15", "v16", "v31", "cc", "memory");
#endif
}

// The stack is written before the rubbish and read after it, so that nothing is left out.
#define TRASH(name, words)                                         \
  uint64_t name(uint64_t a, uint64_t b, uint64_t spins) {          \
    uint64_t volatile filled[words];                               \
    for (int i = 0; i < (words); ++i) filled[i] = a + (uint64_t)i; \
    rubbish(spins);                                                \
    for (int i = 0; i < (words); ++i)                              \
      if (filled[i] != a + (uint64_t)i) return 0;                  \
    return (a ^ (b << 7)) * 0x9e3779b97f4a7c15u + b;               \
  }

TRASH(specimen_trash, 40)
#if defined(__x86_64__)
TRASH(specimen_trash_room, 180)
#else
TRASH(specimen_trash_room, 92)
#endif

// amd64: the stack pointer before the call less the goroutine's lowest stack address, the first
// word of what r14 points to. arm64: the same by x28, but not less than what lies above the saved
// LR: the trampoline's frame pointer is at 8 bytes below its stack pointer, where it saved LR.
#if defined(__x86_64__)
__asm__(
    ".text\n.globl specimen_room\nspecimen_room:\n\t"
    "lea 8(%rsp), %rax\n\t sub (%r14), %rax\n\t ret\n");
#else
__asm__(
    ".text\n.globl specimen_room\nspecimen_room:\n\t"
    "ldr x9, [x28]\n\t mov x10, sp\n\t sub x0, x10, x9\n\t"
    "sub x1, x10, x29\n\t sub x1, x1, #16\n\t cmp x1, x0\n\t csel x0, x1, x0, lt\n\t ret\n");
#endif

#define WRITE(name, bytes)                                           \
  uint64_t name(uint64_t a) {                                        \
    uint8_t volatile written[bytes];                                 \
    for (int i = 0; i < (bytes); ++i) written[i] = (uint8_t)(a + i); \
    return a + written[(bytes)-1];                                   \
  }

WRITE(specimen_write_100, 100)
WRITE(specimen_write_600, 600)
WRITE(specimen_write_5000, 5000)

uint64_t specimen_read_framed(uint64_t address) {
  uint64_t volatile copy[4] = {address};
  return *(uint64_t volatile *)(uintptr_t)copy[0];
}

#if defined(__x86_64__)
__asm__(
    ".text\n.globl specimen_read_frameless\nspecimen_read_frameless:\n\tmov (%rdi), %rax\n\tret\n");
#else
__asm__(".text\n.globl specimen_read_frameless\nspecimen_read_frameless:\n\tldr x0, [x0]\n\tret\n");
#endif

uint64_t specimen_through_go(uint64_t a, uint64_t b) {
  return specimenLeaf(a, b);
}
