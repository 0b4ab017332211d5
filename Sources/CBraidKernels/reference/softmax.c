// Softmax and log-softmax, portable.
#include <math.h>
#include <string.h>

#include "../kernels.h"

#pragma clang fp contract(off)

#define F(x) x##f
#define T float
#define NAME(x) reference_f32_##x
#include "../shared/softmax.inc"
#undef F
#undef T
#undef NAME

#define F(x) x
#define T double
#define NAME(x) reference_f64_##x
#include "../shared/softmax.inc"

void braid_softmax_reference(braid_softmax_kind kind, braid_dtype type, const void *x, void *y,
                             int64_t outer, int64_t length, int64_t inner, int64_t begin_outer,
                             int64_t end_outer) {
    (void)outer;
    if (type == BRAID_F64) {
        reference_f64_softmax(kind, x, y, length, inner, begin_outer, end_outer);
    } else {
        reference_f32_softmax(kind, x, y, length, inner, begin_outer, end_outer);
    }
}
