// Matrix product with AVX-512.
#if defined(__x86_64__)
#include <string.h>

#include "../gemm.h"

#pragma clang fp contract(off)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma"))), apply_to = function)

#define FUSED 1
#define MR 14

#define NAME(x) avx512_f32_##x
#define T float
#define TI int32_t
#define TU uint32_t
#define LANES 16
#define NV 2
#include "../shared/gemm.inc"
#undef NAME
#undef T
#undef TI
#undef TU
#undef LANES
#undef NV

#define NAME(x) avx512_f64_##x
#define T double
#define TI int64_t
#define TU uint64_t
#define LANES 8
#define NV 2
#include "../shared/gemm.inc"

_Static_assert(BRAID_GEMM_AVX512_MR_F32 == MR && BRAID_GEMM_AVX512_MR_F64 == MR &&
               BRAID_GEMM_AVX512_NR_F32 == 16 * 2 && BRAID_GEMM_AVX512_NR_F64 == 8 * 2,
               "gemm.h names the register block");

size_t braid_gemm_scratch_bytes_avx512(braid_dtype type, int64_t m, int64_t n, int64_t k) {
    return type == BRAID_F64 ? avx512_f64_scratch(m, n, k) : avx512_f32_scratch(m, n, k);
}

void braid_gemm_avx512(braid_dtype type, const braid_gemm_arguments *arguments, void *scratch) {
    if (type == BRAID_F64) avx512_f64_gemm(arguments, scratch);
    else avx512_f32_gemm(arguments, scratch);
}

void braid_gemm_pack_avx512(braid_dtype type, const braid_gemm_arguments *arguments, int64_t first,
                         int64_t columns, void *packed) {
    if (type == BRAID_F64) avx512_f64_pack(arguments, first, columns, packed);
    else avx512_f32_pack(arguments, first, columns, packed);
}

void braid_gemv_avx512(braid_dtype type, const braid_gemv_arguments *arguments) {
    if (type == BRAID_F64) avx512_f64_gemv(arguments);
    else avx512_f32_gemv(arguments);
}

#pragma clang attribute pop
#endif
