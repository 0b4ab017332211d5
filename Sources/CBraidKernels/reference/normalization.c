// Normalisation, portable.
#include <math.h>
#include <stdint.h>

#include "../kernels.h"

#pragma clang fp contract(off)

#define BRAID_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")

#define NAME(x) reference_f32_##x
#define T float
#include "../shared/normalization.inc"
#undef NAME
#undef T

#define NAME(x) reference_f64_##x
#define T double
#include "../shared/normalization.inc"

#define ENTRY(KERNEL)                                                                             \
    void braid_##KERNEL##_reference(braid_dtype type,                                             \
                                    const braid_normalization_arguments *arguments,               \
                                    int64_t begin, int64_t end) {                                 \
        if (type == BRAID_F64) reference_f64_##KERNEL(arguments, begin, end);                     \
        else reference_f32_##KERNEL(arguments, begin, end);                                       \
    }
ENTRY(normalize)
ENTRY(normalize_gradient)
ENTRY(normalize_weight_gradient)
