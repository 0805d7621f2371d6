// Layouts from C: computed, compared, carried by pools and maps, checked at a read.
#include "escrow/layout.h"

#include <string.h>

#include "calls.h"

struct order {
  uint64_t number;
  uint32_t amount;
  uint16_t flags[2];
  double price;
};

static escrow_field const order_fields[] = {
    ESCROW_FIELD(struct order, number, ESCROW_FIELD_UNSIGNED),
    ESCROW_FIELD(struct order, amount, ESCROW_FIELD_UNSIGNED),
    ESCROW_FIELD_ARRAY(struct order, flags, ESCROW_FIELD_UNSIGNED),
    ESCROW_FIELD(struct order, price, ESCROW_FIELD_FLOAT),
};
static escrow_layout const order_layout = {
    sizeof(escrow_layout), sizeof(struct order), _Alignof(struct order), 4, 0, order_fields};

static escrow_layout with_fields(escrow_field const *fields, uint32_t count) {
  escrow_layout l = order_layout;
  l.fields = fields;
  l.field_count = count;
  return l;
}

static void fields_are_where_the_compiler_put_them(void) {
  EXPECT(order_fields[2].offset == 12 && order_fields[2].width == 2 && order_fields[2].count == 2);
  EXPECT(order_fields[3].offset == 16 && order_fields[3].width == 8 && order_fields[3].count == 1);
}

static void a_fingerprint_is_of_the_list_and_of_no_broken_one(void) {
  escrow_field const word = {ESCROW_FIELD_UNSIGNED, 0, 8, 1};
  escrow_layout l = {sizeof l, 8, 8, 1, 0, &word};
  EXPECT(escrow_layout_fingerprint(&l) == 0xB2F3C32FEBA7B7CDull);
  l.fingerprint = escrow_layout_fingerprint(&l);
  EXPECT(escrow_layout_fingerprint(&l) == l.fingerprint);
  ++l.fingerprint;
  EXPECT(escrow_layout_fingerprint(&l) == 0);
  l.fingerprint = 0;
  l.size = 4;
  EXPECT(escrow_layout_fingerprint(&l) == 0);
  EXPECT(escrow_layout_fingerprint(NULL) == 0);
}

static void differences_are_written_into_the_callers_room(void) {
  char text[64] = "dirt";
  EXPECT_STATUS(
      escrow_layout_difference(&order_layout, "C", &order_layout, "Go", text, sizeof text),
      ESCROW_OK);
  EXPECT(text[0] == 0);
  escrow_field moved[4];
  memcpy(moved, order_fields, sizeof moved);
  moved[1].offset = 8;
  moved[1].kind = ESCROW_FIELD_SIGNED;
  escrow_layout const other = with_fields(moved, 4);
  EXPECT_STATUS(escrow_layout_difference(&order_layout, "C", &other, "Go", text, sizeof text),
                ESCROW_E_LAYOUT);
  EXPECT(strcmp(text, "field 1: kind unsigned in C, signed in Go") == 0);
  EXPECT_STATUS(escrow_layout_difference(&order_layout, "C", &other, "Go", NULL, 64),
                ESCROW_E_LAYOUT);
  EXPECT_STATUS(escrow_layout_difference(&order_layout, "C", NULL, "Go", text, sizeof text),
                ESCROW_E_NULL);
  EXPECT(text[0] == 0);
  EXPECT_STATUS(escrow_layout_difference(&order_layout, NULL, &other, "Go", text, sizeof text),
                ESCROW_E_NULL);
  escrow_layout const none = with_fields(moved, 0);
  EXPECT_STATUS(escrow_layout_difference(&none, "C", &other, "Go", text, sizeof text),
                ESCROW_E_OPTION);
}

static void a_pool_carries_a_copy(void) {
  escrow_layout const *carried = &order_layout;
  escrow_pool const plain = open_pool(default_options());
  EXPECT_STATUS(escrow_pool_read_layout(plain, &carried), ESCROW_OK);
  EXPECT(carried == NULL);
  end_pool(plain);

  escrow_field fields[4];
  memcpy(fields, order_fields, sizeof fields);
  escrow_layout const mine = with_fields(fields, 4);
  escrow_pool_options o = default_options();
  o.layout = &mine;
  escrow_pool const pool = open_pool(o);
  memset(fields, 0xFF, sizeof fields);  // the caller's list is gone
  EXPECT_STATUS(escrow_pool_read_layout(pool, &carried), ESCROW_OK);
  EXPECT(carried != NULL && carried->fingerprint == escrow_layout_fingerprint(&order_layout));
  EXPECT(carried != NULL && carried->field_count == 4 && carried->fields[3].offset == 16);
  EXPECT_STATUS(escrow_pool_read_layout(pool, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_pool_read_layout(0, &carried), ESCROW_E_NULL);
  EXPECT(carried == NULL);
  escrow_handle const h = acquire(pool, sizeof(struct order), NULL);
  EXPECT_STATUS(escrow_pool_read_layout(h, &carried), ESCROW_E_KIND);
  EXPECT_STATUS(escrow_release(h), ESCROW_FREED);
  end_pool(pool);
  EXPECT_STATUS(escrow_pool_read_layout(pool, &carried), ESCROW_E_STALE);
  o.layout = &mine;  // now broken
  escrow_pool refused = dirt;
  EXPECT_STATUS(escrow_pool_open(&o, &refused), ESCROW_E_OPTION);
  EXPECT(refused == 0);
}

static void a_read_of_another_type_is_an_error_and_no_read(void) {
  escrow_pool_options o = default_options();
  o.layout = &order_layout;
  escrow_pool const pool = open_pool(o);
  void *payload = NULL;
  escrow_handle const h = acquire(pool, sizeof(struct order), &payload);
  escrow_handle const small = acquire(pool, sizeof(struct order) - 1, NULL);
  escrow_view view;
  memset(&view, 0xFF, sizeof view);
  escrow_layout const head = with_fields(order_fields, 3);
  EXPECT_STATUS(escrow_read_as(h, &head, &view), ESCROW_E_LAYOUT);
  EXPECT(view.payload == NULL && view.size == 0 && view.root == 0);
  EXPECT(stats_of(pool).misuse[-ESCROW_E_LAYOUT] == 1);
  EXPECT_STATUS(escrow_read_as(h, &order_layout, &view), ESCROW_OK);
  EXPECT(view.payload == payload && view.size == sizeof(struct order));
  EXPECT_STATUS(escrow_read_as(small, &order_layout, &view), ESCROW_E_SIZE);
  EXPECT(view.payload == NULL);
  escrow_layout const none = with_fields(order_fields, 0);
  EXPECT_STATUS(escrow_read_as(h, &none, &view), ESCROW_E_OPTION);
  EXPECT_STATUS(escrow_read_as(h, NULL, &view), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_read_as(h, &order_layout, NULL), ESCROW_E_NULL);
  EXPECT_STATUS(escrow_release(h), ESCROW_FREED);
  EXPECT_STATUS(escrow_read_as(h, &order_layout, &view), ESCROW_E_STALE);
  EXPECT_STATUS(escrow_release(small), ESCROW_FREED);
  end_pool(pool);
}

static void a_map_carries_those_of_keys_and_values(void) {
  escrow_field const number = {ESCROW_FIELD_UNSIGNED, 0, 4, 1};
  escrow_layout const key = {sizeof key, 4, 4, 1, 0, &number};
  escrow_map_options o = {.struct_size = sizeof o,
                          .keys = ESCROW_MAP_WORD,
                          .values = ESCROW_MAP_BYTES,
                          .key_layout = &key,
                          .value_layout = &order_layout};
  escrow_map map = 0;
  escrow_layout const *k = &key, *v = &key;
  EXPECT_STATUS(escrow_map_open(&o, &map), ESCROW_OK);
  EXPECT_STATUS(escrow_map_read_layouts(map, &k, &v), ESCROW_OK);
  EXPECT(k != NULL && k->size == 4 && v != NULL && v->size == sizeof(struct order));
  EXPECT_STATUS(escrow_map_read_layouts(map, &k, NULL), ESCROW_E_NULL);
  EXPECT(k == NULL);
  EXPECT_STATUS(escrow_map_close(map), ESCROW_OK);
  EXPECT_STATUS(escrow_map_read_layouts(map, &k, &v), ESCROW_E_CLOSED);
  EXPECT(k == NULL && v == NULL);
  EXPECT_STATUS(escrow_map_destroy(map), ESCROW_OK);
  o.key_layout = o.value_layout = NULL;
  EXPECT_STATUS(escrow_map_open(&o, &map), ESCROW_OK);
  EXPECT_STATUS(escrow_map_read_layouts(map, &k, &v), ESCROW_OK);
  EXPECT(k == NULL && v == NULL);
  EXPECT_STATUS(escrow_map_close(map), ESCROW_OK);
  EXPECT_STATUS(escrow_map_destroy(map), ESCROW_OK);
  o.key_layout = &order_layout;  // more than a word
  EXPECT_STATUS(escrow_map_open(&o, &map), ESCROW_E_OPTION);
  o.key_layout = NULL;
  o.value_layout = &key;  // a word, in a map of bytes
  EXPECT_STATUS(escrow_map_open(&o, &map), ESCROW_E_OPTION);
  o.values = ESCROW_MAP_HANDLE;
  EXPECT_STATUS(escrow_map_open(&o, &map), ESCROW_E_OPTION);
}

int main(void) {
  fields_are_where_the_compiler_put_them();
  a_fingerprint_is_of_the_list_and_of_no_broken_one();
  differences_are_written_into_the_callers_room();
  a_pool_carries_a_copy();
  a_read_of_another_type_is_an_error_and_no_read();
  a_map_carries_those_of_keys_and_values();
  return expect_result();
}
