//go:build (linux || darwin) && (amd64 || arm64)

#include "measure.h"

// Between a trampoline and its leaf: a frame that is not Go's, 16 bytes. Without it a leaf that has
// no frame of its own and faults below address 4096 looks to the Go runtime like a Go function that
// used a nil pointer, so that recover() would go on over whatever C left half done. It calls the
// function in rax or x9 with the arguments as they are.

#define TEXT_OF(text) #text
#define SYMBOL_OF(prefix, name) TEXT_OF(prefix) name
#define SYMBOL(prefix, name) SYMBOL_OF(prefix, name)
#define ENTER SYMBOL(__USER_LABEL_PREFIX__, "escrow1_leafcgo_enter")
#if defined(__APPLE__)
#define HIDDEN ".private_extern "
#else
#define HIDDEN ".hidden "
#endif

#if defined(__x86_64__)
__asm__(".text\n.globl " ENTER "\n" HIDDEN ENTER "\n.p2align 4\n" ENTER
        ":\n"
        "  .cfi_startproc\n"
        "  pushq %rbp\n"
        "  .cfi_def_cfa_offset 16\n"
        "  .cfi_offset %rbp, -16\n"
        "  movq %rsp, %rbp\n"
        "  .cfi_def_cfa_register %rbp\n"
        "  callq *%rax\n"
        "  popq %rbp\n"
        "  .cfi_def_cfa %rsp, 8\n"
        "  retq\n"
        "  .cfi_endproc\n");
#else
__asm__(".text\n.globl " ENTER "\n" HIDDEN ENTER "\n.p2align 4\n" ENTER
        ":\n"
        "  .cfi_startproc\n"
        "  stp x29, x30, [sp, #-16]!\n"
        "  .cfi_def_cfa_offset 16\n"
        "  .cfi_offset x29, -16\n"
        "  .cfi_offset x30, -8\n"
        "  mov x29, sp\n"
        "  blr x9\n"
        "  ldp x29, x30, [sp], #16\n"
        "  .cfi_restore x29\n"
        "  .cfi_restore x30\n"
        "  .cfi_def_cfa_offset 0\n"
        "  ret\n"
        "  .cfi_endproc\n");
#endif
