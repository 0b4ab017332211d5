// Reductions of floats and softmax for AVX-512 F, BW, VL, DQ: the portable loops, vectorised by the
// compiler. What gains nothing here (integers, f64 exponentials) is the reference's.
#if defined(__x86_64__)
#include <math.h>
#include <string.h>

#include "../kernels.h"
#include "../reduce.h"

#pragma clang fp contract(off)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma"))), apply_to = function)

#define IS_FLOAT 1
#define IS_SIGNED 1
#define LOWEST (-(T)INFINITY)
#define HIGHEST ((T)INFINITY)
#define NAME(x) avx512_f32_##x
#define T float
#include "../shared/reduce.inc"

#include "../shared/elementary_f32.inc"
#define F(x) x##_f32
#include "../shared/softmax.inc"
#undef NAME
#undef T

#define NAME(x) avx512_f64_##x
#define T double
#include "../shared/reduce.inc"

#pragma clang attribute pop

void braid_reduce_avx512(braid_reduction kind, braid_dtype type,
                       const braid_reduce_arguments *arguments, int64_t begin, int64_t end) {
    switch (type) {
    case BRAID_F32: avx512_f32_reduce(kind, arguments, begin, end); break;
    case BRAID_F64: avx512_f64_reduce(kind, arguments, begin, end); break;
    default: braid_reduce_reference(kind, type, arguments, begin, end); break;
    }
}

void braid_softmax_avx512(braid_softmax_kind kind, braid_dtype type, const void *x, void *y,
                        int64_t outer, int64_t length, int64_t inner, int64_t begin_outer,
                        int64_t end_outer) {
    if (type == BRAID_F32) {
        avx512_f32_softmax(kind, x, y, length, inner, begin_outer, end_outer);
    } else {
        braid_softmax_reference(kind, type, x, y, outer, length, inner, begin_outer, end_outer);
    }
}
#endif
