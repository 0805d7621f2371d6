/* Registers a destructor of a thread, as C++ does for thread_local objects. */
#define NUMBER 13
#include "library.h"

extern int __cxa_thread_atexit_impl(void (*function)(void *), void *object, void *library);
extern void *__dso_handle;

static void end(void *object) {
  (void)object;
}
__attribute__((visibility("default"))) int keep_for_the_thread(void);
int keep_for_the_thread(void) {
  return __cxa_thread_atexit_impl(end, NULL, &__dso_handle);
}
