/* shape.h: an object of C++ behind a C interface that forgot to offer its deletion. */
#ifndef ESCROW_LEAKS_SHAPE_H
#define ESCROW_LEAKS_SHAPE_H

#ifdef __cplusplus
extern "C" {
#endif

void *shape_new(void);

#ifdef __cplusplus
}
#endif

#endif
