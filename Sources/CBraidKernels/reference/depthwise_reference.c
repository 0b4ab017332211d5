// Depthwise convolution, portable: products and sums are rounded apart.
#include <stdint.h>
#include <string.h>

#include "../kernels.h"

#pragma clang fp contract(off)

#define FUSED 0

#define NAME(x) reference_f32_##x
#define T float
#define TI int32_t
#define LANES 4
#include "../shared/depthwise.inc"
#undef NAME
#undef T
#undef TI
#undef LANES

#define NAME(x) reference_f64_##x
#define T double
#define TI int64_t
#define LANES 2
#include "../shared/depthwise.inc"

size_t braid_depthwise_scratch_bytes_reference(braid_dtype type, const braid_conv_geometry *geometry) {
    return type == BRAID_F64 ? reference_f64_depthwise_scratch(geometry)
                             : reference_f32_depthwise_scratch(geometry);
}

void braid_depthwise_reference(braid_depthwise_kind kind, braid_dtype type,
                          const braid_depthwise_arguments *arguments, int64_t begin, int64_t end,
                          void *scratch) {
    if (type == BRAID_F64) reference_f64_depthwise(kind, arguments, begin, end, scratch);
    else reference_f32_depthwise(kind, arguments, begin, end, scratch);
}
