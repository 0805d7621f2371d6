#include <stdint.h>

#ifdef __cplusplus
extern "C"
#endif
    uint64_t
    objects_make(uint64_t pool);
