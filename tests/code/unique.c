/* A unique symbol, as g++ makes of an inline variable; the loader never unloads who has one. */
#define NUMBER 11
#include "library.h"

__asm__(
    ".globl shared_by_all\n"
    ".type shared_by_all, @gnu_unique_object\n"
    ".data\n"
    "shared_by_all: .quad 0\n"
    ".size shared_by_all, 8\n"
    ".text\n");
