// Gathering along an axis and its transpose, adding along an axis.
#include <string.h>

#include "../index.h"
#include "../kernels.h"

#pragma clang fp contract(off)

void braid_gather(size_t element_bytes, const void *x, braid_dtype index_type, const void *indices,
                  void *y, int64_t outer, int64_t axis, int64_t count, int64_t inner,
                  int64_t begin_outer, int64_t end_outer) {
    (void)outer;
    const size_t run = (size_t)inner * element_bytes;
    if (axis <= 0 || run == 0) {
        // Nothing to read: zeros are the only answer that is no read out of bounds.
        memset((char *)y + (size_t)(begin_outer * count) * run, 0,
               (size_t)((end_outer - begin_outer) * count) * run);
        return;
    }
#define MOVE(T)                                                                                   \
    for (int64_t c = 0; c < count; c++) {                                                         \
        ((T *)to)[c] = ((const T *)from)[braid_index_at(index_type, indices, c, axis)];           \
    }
    for (int64_t o = begin_outer; o < end_outer; o++) {
        const char *from = (const char *)x + (size_t)(o * axis) * run;
        char *to = (char *)y + (size_t)(o * count) * run;
        switch (run) {
        case 1: MOVE(uint8_t) break;
        case 2: MOVE(uint16_t) break;
        case 4: MOVE(uint32_t) break;
        case 8: MOVE(uint64_t) break;
        default:
            for (int64_t c = 0; c < count; c++) {
                int64_t index = braid_index_at(index_type, indices, c, axis);
                memcpy(to + (size_t)c * run, from + (size_t)index * run, run);
            }
        }
    }
#undef MOVE
}

#define SCATTER_ADD(NAME, T)                                                                      \
    static void NAME(const T *dy, braid_dtype index_type, const void *indices, T *dx,             \
                     int64_t axis, int64_t count, int64_t inner, int64_t begin, int64_t end) {    \
        for (int64_t o = begin; o < end; o++) {                                                   \
            T *to = dx + o * axis * inner;                                                        \
            const T *from = dy + o * count * inner;                                               \
            for (int64_t c = 0; c < count; c++) {                                                 \
                T *target = to + braid_index_at(index_type, indices, c, axis) * inner;            \
                for (int64_t i = 0; i < inner; i++) { target[i] += from[c * inner + i]; }         \
            }                                                                                     \
        }                                                                                         \
    }
SCATTER_ADD(scatter_add_f32, float)
SCATTER_ADD(scatter_add_f64, double)
// Sums of integers wrap, so that the sign does not matter.
SCATTER_ADD(scatter_add_i8, uint8_t)
SCATTER_ADD(scatter_add_i16, uint16_t)
SCATTER_ADD(scatter_add_i32, uint32_t)
SCATTER_ADD(scatter_add_i64, uint64_t)

void braid_scatter_add(braid_dtype type, const void *dy, braid_dtype index_type,
                       const void *indices, void *dx, int64_t outer, int64_t axis, int64_t count,
                       int64_t inner, int64_t begin_outer, int64_t end_outer) {
    (void)outer;
    if (axis <= 0) { return; }
#define RUN(T, NAME)                                                                              \
    memset((T *)dx + begin_outer * axis * inner, 0,                                               \
           (size_t)((end_outer - begin_outer) * axis * inner) * sizeof(T));                       \
    NAME(dy, index_type, indices, dx, axis, count, inner, begin_outer, end_outer)
    switch (type) {
    case BRAID_F32: RUN(float, scatter_add_f32); break;
    case BRAID_F64: RUN(double, scatter_add_f64); break;
    case BRAID_I8: case BRAID_U8: RUN(uint8_t, scatter_add_i8); break;
    case BRAID_I16: case BRAID_U16: RUN(uint16_t, scatter_add_i16); break;
    case BRAID_I32: case BRAID_U32: RUN(uint32_t, scatter_add_i32); break;
    case BRAID_I64: case BRAID_U64: RUN(uint64_t, scatter_add_i64); break;
    case BRAID_F16: case BRAID_BF16: case BRAID_BOOL: break;    // refused by inference
    }
#undef RUN
}
