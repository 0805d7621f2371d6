// Whose an address is, as text: of slots and of guarded objects, held, released, beside them; and
// the report of a fault, which goes on to the handler that was there before.
#define _POSIX_C_SOURCE 200809L  // fileno, sigaction
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "calls.h"
#include "escrow/guarded.h"
#include "escrow/ledger.h"
#include "written.h"

static char const *about(void const *address) {
  EXPECT_STATUS(escrow_address_write(written_begin(), address), ESCROW_OK);
  return written_end();
}

static void slots(escrow_pool pool) {
  void *memory = NULL;
  escrow_handle const h = acquire(pool, 40, &memory);
  char const *const at = memory;
  EXPECT_TEXT(about(at + 3), "is byte 3 of object 0x");
  EXPECT_TEXT(about(at + 3), ", 40 bytes, held, of pool \"whose\"");
  EXPECT_TEXT(about(at + 42), "is 2 bytes behind the end of object 0x");
  EXPECT_STATUS(escrow_release(h), ESCROW_FREED);
  EXPECT_TEXT(about(at), "is byte 0 of object 0x");
  EXPECT_TEXT(about(at), ", 40 bytes, released, of pool \"whose\"");
  EXPECT_TEXT(about(at + 512), "a slot that was never handed out");
  EXPECT_STATUS(escrow_address_write(written_begin(), &memory), ESCROW_E_RANGE);
  EXPECT(strcmp(written_end(), "") == 0);
}

/// An object that is guarded, at the end of its pages.
static escrow_handle guarded(escrow_pool pool, uint64_t bytes, char **out) {
  void *memory = NULL;
  EXPECT_STATUS(escrow_pool_set_guarded(pool, 1), ESCROW_OK);
  escrow_handle const h = acquire(pool, bytes, &memory);
  EXPECT_STATUS(escrow_pool_set_guarded(pool, 0), ESCROW_OK);
  *out = memory;
  return h;
}

static void guarded_objects(escrow_pool pool) {
  escrow_guarded_state state;
  EXPECT_STATUS(escrow_pool_set_guarded(pool, (1u << 31) + 1), ESCROW_E_OPTION);
  EXPECT_STATUS(escrow_pool_set_guarded(0, 1), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_pool_read_guarded(pool, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_pool_read_guarded(0, &state), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_address_describe(&state, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_pool_set_ledger(pool, ESCROW_LEDGER_FULL, 0), ESCROW_OK);
  char *at = NULL;
  escrow_handle const h = guarded(pool, 64, &at);
  EXPECT_STATUS(escrow_pool_read_guarded(pool, &state), ESCROW_OK);
  EXPECT(state.rate == 0 && state.guarded == 1);
  EXPECT_TEXT(about(at + 8), "is byte 8 of object 0x");
  EXPECT_TEXT(about(at + 8), ", 64 bytes, held, of pool \"whose\", acquired at:\n    0x");
  EXPECT_TEXT(about(at - 1), "is 1 bytes before object 0x");
  EXPECT_TEXT(about(at + 64), "is 0 bytes behind the end of object 0x");
  EXPECT_STATUS(escrow_release(h), ESCROW_FREED);
  EXPECT_TEXT(about(at), ", 64 bytes, released ");
  EXPECT_TEXT(about(at), " ms ago, of pool \"whose\", acquired at:\n    0x");
  EXPECT_STATUS(escrow_pool_set_ledger(pool, ESCROW_LEDGER_OFF, 0), ESCROW_OK);
}

static void before(int number) {
  exit(number == SIGSEGV || number == SIGBUS ? 7 : 8);
}
static void before_with_address(int number, siginfo_t *info, void *context) {
  (void)context;
  exit(number == SIGSEGV && info->si_code > 0 ? 9 : 10);
}

/// How a child ends that asks for reports and then gets a signal: exit status, or the signal + 100.
static int fate(struct sigaction const *earlier, int number, char volatile *touched) {
  (void)fflush(NULL);
  pid_t const child = fork();
  if (child == 0) {
    if (freopen("/dev/null", "w", stderr) == NULL) _exit(99);
    if (earlier != NULL &&
        (sigaction(SIGSEGV, earlier, NULL) != 0 || sigaction(SIGBUS, earlier, NULL) != 0))
      _exit(98);
    if (escrow_faults_report() != ESCROW_OK) _exit(97);
    if (escrow_faults_report() != ESCROW_ALREADY) _exit(95);
    if (touched != NULL)
      *touched = 1;
    else
      (void)kill(getpid(), number);
    _exit(96);
  }
  int status = 0;
  EXPECT(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? 100 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// Memcheck reports the children's faults itself, as it should, and would fail the test for them.
static int is_under_memcheck(void) {
  char const *const preload = getenv("LD_PRELOAD");
  return preload != NULL && strstr(preload, "vgpreload") != NULL;
}

static void faults(escrow_pool pool) {
  if (is_under_memcheck()) {
    puts("faults are left to Memcheck");
    return;
  }
  char *at = NULL;
  escrow_handle const h = guarded(pool, 64, &at);
  EXPECT_STATUS(escrow_release(h), ESCROW_FREED);
  struct sigaction plain = {0}, detailed = {0}, none = {0}, ignored = {0};
  plain.sa_handler = before;
  detailed.sa_sigaction = before_with_address;
  detailed.sa_flags = SA_SIGINFO;
  none.sa_handler = SIG_DFL;
  ignored.sa_handler = SIG_IGN;
  EXPECT(fate(&plain, SIGSEGV, at) == 7);
  EXPECT(fate(&detailed, SIGSEGV, at) == 9);
  EXPECT(fate(&none, SIGSEGV, at) == 100 + SIGSEGV);
  EXPECT(fate(&ignored, SIGSEGV, at) == 100 + SIGSEGV);
  // What kill sends has no address, and nothing that would fault again.
  EXPECT(fate(&plain, SIGBUS, NULL) == 7);
  EXPECT(fate(&detailed, SIGSEGV, NULL) == 10);
  EXPECT(fate(&none, SIGBUS, NULL) == 100 + SIGBUS);
}

int main(void) {
  escrow_pool_options options = {.struct_size = sizeof options, .name = "whose"};
  escrow_pool const pool = open_pool(options);
  slots(pool);
#if !defined(ESCROW_MALLOC_OBJECTS)
  guarded_objects(pool);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  faults(pool);
#endif
#endif
  end_pool(pool);
  return expect_result();
}
