// Matrix product, portable: products and sums are rounded apart.
#include <string.h>

#include "../gemm.h"

#pragma clang fp contract(off)

#define FUSED 0
#define MR 4

#define NAME(x) reference_f32_##x
#define T float
#define TI int32_t
#define TU uint32_t
#define LANES 4
#define NV 2
#include "../shared/gemm.inc"
#undef NAME
#undef T
#undef TI
#undef TU
#undef LANES
#undef NV

#define NAME(x) reference_f64_##x
#define T double
#define TI int64_t
#define TU uint64_t
#define LANES 2
#define NV 2
#include "../shared/gemm.inc"

_Static_assert(BRAID_GEMM_REFERENCE_MR_F32 == MR && BRAID_GEMM_REFERENCE_MR_F64 == MR &&
               BRAID_GEMM_REFERENCE_NR_F32 == 4 * 2 && BRAID_GEMM_REFERENCE_NR_F64 == 2 * 2,
               "gemm.h names the register block");

size_t braid_gemm_scratch_bytes_reference(braid_dtype type, int64_t m, int64_t n, int64_t k) {
    return type == BRAID_F64 ? reference_f64_scratch(m, n, k) : reference_f32_scratch(m, n, k);
}

void braid_gemm_reference(braid_dtype type, const braid_gemm_arguments *arguments, void *scratch) {
    if (type == BRAID_F64) reference_f64_gemm(arguments, scratch);
    else reference_f32_gemm(arguments, scratch);
}

void braid_gemm_pack_reference(braid_dtype type, const braid_gemm_arguments *arguments, int64_t first,
                         int64_t columns, void *packed) {
    if (type == BRAID_F64) reference_f64_pack(arguments, first, columns, packed);
    else reference_f32_pack(arguments, first, columns, packed);
}

void braid_gemv_reference(braid_dtype type, const braid_gemv_arguments *arguments) {
    if (type == BRAID_F64) reference_f64_gemv(arguments);
    else reference_f32_gemv(arguments);
}
