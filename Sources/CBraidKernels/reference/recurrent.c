// Steps of recurrent layers, portable.
#include <math.h>
#include <string.h>

#include "../kernels.h"

#pragma clang fp contract(off)

#define LIBM(x) x##f
#define F(x) x##_f32
#define T float
#define NAME(x) reference_f32_##x
#include "../shared/elementary_libm.inc"
#include "../shared/recurrent.inc"
#undef LIBM
#undef F
#undef T
#undef NAME

#define LIBM(x) x
#define F(x) x##_f64
#define T double
#define NAME(x) reference_f64_##x
#include "../shared/elementary_libm.inc"
#include "../shared/recurrent.inc"

void braid_cell_forward_reference(braid_dtype type, const braid_cell_forward_arguments *arguments) {
    if (type == BRAID_F64) {
        reference_f64_cell_forward(arguments);
    } else {
        reference_f32_cell_forward(arguments);
    }
}

void braid_cell_backward_reference(braid_dtype type,
                                   const braid_cell_backward_arguments *arguments) {
    if (type == BRAID_F64) {
        reference_f64_cell_backward(arguments);
    } else {
        reference_f32_cell_backward(arguments);
    }
}
