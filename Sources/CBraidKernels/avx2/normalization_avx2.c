// Normalisation, with AVX2.
#if defined(__x86_64__)
#include <math.h>
#include <stdint.h>

#include "../kernels.h"

#pragma clang fp contract(off)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define BRAID_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")

#define NAME(x) avx2_f32_##x
#define T float
#include "../shared/normalization.inc"
#undef NAME
#undef T

#define NAME(x) avx2_f64_##x
#define T double
#include "../shared/normalization.inc"

#define ENTRY(KERNEL)                                                                             \
    void braid_##KERNEL##_avx2(braid_dtype type,                                                  \
                               const braid_normalization_arguments *arguments,                    \
                               int64_t begin, int64_t end) {                                      \
        if (type == BRAID_F64) avx2_f64_##KERNEL(arguments, begin, end);                          \
        else avx2_f32_##KERNEL(arguments, begin, end);                                            \
    }
ENTRY(normalize)
ENTRY(normalize_gradient)
ENTRY(normalize_weight_gradient)

#pragma clang attribute pop
#endif
