// Depthwise convolution, with AVX-512.
#if defined(__x86_64__)
#include <stdint.h>
#include <string.h>

#include "../kernels.h"

#pragma clang fp contract(off)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma"))), apply_to = function)

#define FUSED 1

#define NAME(x) avx512_f32_##x
#define T float
#define TI int32_t
#define LANES 16
#include "../shared/depthwise.inc"
#undef NAME
#undef T
#undef TI
#undef LANES

#define NAME(x) avx512_f64_##x
#define T double
#define TI int64_t
#define LANES 8
#include "../shared/depthwise.inc"

size_t braid_depthwise_scratch_bytes_avx512(braid_dtype type, const braid_conv_geometry *geometry) {
    return type == BRAID_F64 ? avx512_f64_depthwise_scratch(geometry)
                             : avx512_f32_depthwise_scratch(geometry);
}

void braid_depthwise_avx512(braid_depthwise_kind kind, braid_dtype type,
                          const braid_depthwise_arguments *arguments, int64_t begin, int64_t end,
                          void *scratch) {
    if (type == BRAID_F64) avx512_f64_depthwise(kind, arguments, begin, end, scratch);
    else avx512_f32_depthwise(kind, arguments, begin, end, scratch);
}

#pragma clang attribute pop
#endif
