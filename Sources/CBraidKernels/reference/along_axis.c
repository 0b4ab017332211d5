// Taking and scattering along an axis, with an index for each element.
#include <string.h>

#include "../index.h"
#include "../kernels.h"

#pragma clang fp contract(off)

void braid_take_along(size_t element_bytes, const void *x, braid_dtype index_type,
                      const void *indices, void *y, int64_t axis, int64_t count, int64_t inner,
                      int64_t begin_row, int64_t end_row) {
#define TAKE(T)                                                                                   \
    for (int64_t row = begin_row; row < end_row; row++) {                                         \
        const T *from = (const T *)x + row / count * axis * inner;                                \
        for (int64_t i = 0; i < inner; i++) {                                                     \
            const int64_t at = row * inner + i;                                                   \
            ((T *)y)[at] = from[braid_index_at(index_type, indices, at, axis) * inner + i];       \
        }                                                                                         \
    }
    switch (element_bytes) {
    case 1: TAKE(uint8_t) break;
    case 2: TAKE(uint16_t) break;
    case 4: TAKE(uint32_t) break;
    default: TAKE(uint64_t) break;
    }
#undef TAKE
}

// Every value goes to, or is added to, the place that its index names, in row-major order.
#define SCATTER(T, ASSIGN)                                                                        \
    for (int64_t row = begin_outer * count; row < end_outer * count; row++) {                     \
        T *to = (T *)y + row / count * axis * inner;                                              \
        for (int64_t i = 0; i < inner; i++) {                                                     \
            const int64_t at = row * inner + i;                                                   \
            to[braid_index_at(index_type, indices, at, axis) * inner + i] ASSIGN                  \
                ((const T *)values)[at];                                                          \
        }                                                                                         \
    }

void braid_scatter_along(size_t element_bytes, const void *values, braid_dtype index_type,
                         const void *indices, void *y, int64_t axis, int64_t count, int64_t inner,
                         int64_t begin_outer, int64_t end_outer) {
    switch (element_bytes) {
    case 1: SCATTER(uint8_t, =) break;
    case 2: SCATTER(uint16_t, =) break;
    case 4: SCATTER(uint32_t, =) break;
    default: SCATTER(uint64_t, =) break;
    }
}

void braid_scatter_add_along(braid_dtype type, const void *values, braid_dtype index_type,
                             const void *indices, void *y, int64_t axis, int64_t count,
                             int64_t inner, int64_t begin_outer, int64_t end_outer) {
#define RUN(T)                                                                                    \
    memset((T *)y + begin_outer * axis * inner, 0,                                                \
           (size_t)((end_outer - begin_outer) * axis * inner) * sizeof(T));                       \
    SCATTER(T, +=)
    switch (type) {
    case BRAID_F32: RUN(float) break;
    case BRAID_F64: RUN(double) break;
    // Sums of integers wrap, so that the sign does not matter.
    case BRAID_I8: case BRAID_U8: RUN(uint8_t) break;
    case BRAID_I16: case BRAID_U16: RUN(uint16_t) break;
    case BRAID_I32: case BRAID_U32: RUN(uint32_t) break;
    case BRAID_I64: case BRAID_U64: RUN(uint64_t) break;
    case BRAID_F16: case BRAID_BF16: case BRAID_BOOL: break;    // refused by inference
    }
#undef RUN
}
