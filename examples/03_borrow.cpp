// A view lives on after its owner has left; a scope tells when a view outlives the call it was for.
//
// It prints:
//     owner left: ESCROW_DEFERRED
//     still readable: 42
//     last view gone: ESCROW_FREED
//     scope with a view: ESCROW_E_SCOPE
//     scope without: ESCROW_OK
#include <cstdint>
#include <cstdio>

#include "escrow/escrow.h"
#include "escrow/escrow.hpp"

namespace {

bool ok(char const *what, escrow_status s) {
  if (s >= 0) return true;
  std::fprintf(stderr, "%s: %s\n", what, escrow_status_text(s));
  return false;
}

bool a_view_outlives_the_owner(escrow::pool &pool) {
  escrow::owned<int> owner;
  if (!ok("acquire", pool.acquire(sizeof(int), owner))) return false;
  *owner = 42;
  escrow::borrowed<int> view;
  if (!ok("lend", owner.lend(view))) return false;
  // The owner need not wait: the last view frees the object.
  std::printf("owner left: %s\n", escrow_status_name(owner.reset()));
  std::printf("still readable: %d\n", *view);
  std::printf("last view gone: %s\n", escrow_status_name(view.reset()));
  return true;
}

bool a_scope_counts_its_views(escrow::pool &pool) {
  escrow::owned<int> owner;
  if (!ok("acquire", pool.acquire(sizeof(int), owner))) return false;
  escrow::scope call;
  escrow::borrowed<int> kept;  // as a callee might keep it, though it should not
  if (!ok("lend", call.lend(owner, kept))) return false;
  std::printf("scope with a view: %s\n", escrow_status_name(call.end()));
  kept.reset();
  std::printf("scope without: %s\n", escrow_status_name(call.end()));
  return true;
}

}  // namespace

int main() {
  escrow::pool pool;
  if (!ok("open", escrow::pool::open(escrow::pool::options(), pool))) return 1;
  if (!a_view_outlives_the_owner(pool) || !a_scope_counts_its_views(pool)) return 1;
  std::uint64_t live = 0;
  if (!ok("close", pool.close(0, &live)) || live != 0) return 1;
  return ok("destroy", pool.destroy()) ? 0 : 1;
}
