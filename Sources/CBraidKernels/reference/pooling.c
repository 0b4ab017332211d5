// Max and average pooling and their gradients.
#include <math.h>
#include <string.h>

#include "../kernels.h"

#pragma clang fp contract(off)

#define T float
#define NAME(x) f32_##x
#include "../shared/pooling.inc"
#undef T
#undef NAME
#define T double
#define NAME(x) f64_##x
#include "../shared/pooling.inc"

#define DISPATCH(FUNCTION, ...)                                                                   \
    if (type == BRAID_F64) {                                                                      \
        f64_##FUNCTION(__VA_ARGS__);                                                              \
    } else {                                                                                      \
        f32_##FUNCTION(__VA_ARGS__);                                                              \
    }

void braid_max_pool(braid_dtype type, const braid_pool_geometry *g, const void *x, void *y,
                    int64_t begin, int64_t end) {
    DISPATCH(max_pool, g, x, y, begin, end)
}

void braid_max_pool_positions(braid_dtype type, const braid_pool_geometry *g, const void *x,
                              int64_t *positions, int64_t begin, int64_t end) {
    DISPATCH(max_pool_positions, g, x, positions, begin, end)
}

void braid_max_pool_gradient(braid_dtype type, const braid_pool_geometry *g, const void *x,
                             const void *dy, void *dx, int64_t begin, int64_t end) {
    DISPATCH(max_pool_gradient, g, x, dy, dx, begin, end)
}

void braid_max_pool_gather(braid_dtype type, const braid_pool_geometry *g, const void *x,
                           const void *v, void *y, int64_t begin, int64_t end) {
    DISPATCH(max_pool_gather, g, x, v, y, begin, end)
}

void braid_average_pool(braid_dtype type, const braid_pool_geometry *g, const void *x, void *y,
                        int64_t begin, int64_t end) {
    DISPATCH(average_pool, g, x, y, begin, end)
}

void braid_average_pool_gradient(braid_dtype type, const braid_pool_geometry *g, const void *dy,
                                 void *dx, int64_t begin, int64_t end) {
    DISPATCH(average_pool_gradient, g, dy, dx, begin, end)
}
