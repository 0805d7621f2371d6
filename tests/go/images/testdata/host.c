/* Loads two libraries, each with a facade, and gives handles of one to the other. Every line of the
 * output is "<call> <code>"; the test says which codes are right. */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escrow/api.h"

typedef escrow_api const *(*get_api)(uint32_t);

static escrow_api const *load(char const *path) {
  void *const image = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (image == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    exit(2);
  }
  get_api get;
  void *const symbol = dlsym(image, "escrow1_api_get");
  memcpy(&get, &symbol, sizeof get);
  escrow_api const *const api = get == NULL ? NULL : get(ESCROW_ABI_MAJOR);
  if (api == NULL) {
    fprintf(stderr, "%s: no function table\n", path);
    exit(2);
  }
  return api;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  escrow_api const *const a = load(argv[1]);
  escrow_api const *const b = load(argv[2]);
  printf("same-table %d\n", a == b);

  escrow_pool_options const options = {.struct_size = sizeof options};
  escrow_pool pool_a = 0, pool_b = 0;
  escrow_handle of_a[8], of_b[8];
  void *memory = NULL;
  printf("open-a %d\n", a->pool_open(&options, &pool_a));
  printf("open-b %d\n", b->pool_open(&options, &pool_b));
  for (int i = 0; i < 8; ++i) {
    if (a->acquire(pool_a, 64, &of_a[i], &memory) != ESCROW_OK) return 3;
    strcpy((char *)memory, "of a");
    if (b->acquire(pool_b, 64, &of_b[i], &memory) != ESCROW_OK) return 3;
    strcpy((char *)memory, "of b");
  }

  escrow_view view;
  escrow_handle other;
  for (int i = 0; i < 8; ++i) {
    printf("foreign-validate %d\n", b->validate(of_a[i], 0, 0));
    printf("foreign-borrow %d\n", b->borrow(of_a[i], &view));
    printf("foreign-dup %d\n", b->dup(of_a[i], &other));
    printf("foreign-move_out %d\n", b->move_out(of_a[i], &other));
    printf("foreign-release %d\n", b->release(of_a[i]));
  }
  printf("foreign-acquire %d\n", b->acquire(pool_a, 64, &other, NULL));
  printf("foreign-close %d\n", b->pool_close(pool_a, 0, NULL));

  for (int i = 0; i < 8; ++i) {
    printf("own-read-a %d\n", a->read(of_a[i], &view));
    printf("payload-a %s\n", (char const *)view.payload);
    printf("own-read-b %d\n", b->read(of_b[i], &view));
    printf("payload-b %s\n", (char const *)view.payload);
    printf("own-release %d\n", a->release(of_a[i]));
    printf("own-release %d\n", b->release(of_b[i]));
  }
  uint64_t live = 0;
  printf("own-close %d\n", a->pool_close(pool_a, 0, &live));
  printf("live %" PRIu64 "\n", live);
  printf("own-close %d\n", b->pool_close(pool_b, 0, &live));
  printf("live %" PRIu64 "\n", live);
  return 0;
}
