// Steps of recurrent layers for AVX2 with FMA: the portable loops, vectorised by the compiler. f64, whose
// elementary functions are libm's, is the reference's.
#if defined(__x86_64__)
#include <string.h>

#include "../kernels.h"

#pragma clang fp contract(off)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define F(x) x##_f32
#define T float
#define NAME(x) avx2_f32_##x
#include "../shared/elementary_f32.inc"
#include "../shared/recurrent.inc"

#pragma clang attribute pop

void braid_cell_forward_avx2(braid_dtype type, const braid_cell_forward_arguments *arguments) {
    if (type == BRAID_F64) {
        braid_cell_forward_reference(type, arguments);
    } else {
        avx2_f32_cell_forward(arguments);
    }
}

void braid_cell_backward_avx2(braid_dtype type, const braid_cell_backward_arguments *arguments) {
    if (type == BRAID_F64) {
        braid_cell_backward_reference(type, arguments);
    } else {
        avx2_f32_cell_backward(arguments);
    }
}
#endif
