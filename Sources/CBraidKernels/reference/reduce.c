// Reductions, portable. reduce.h has the order in which sums are formed.
#include <math.h>
#include <string.h>

#include "../kernels.h"
#include "../reduce.h"

#pragma clang fp contract(off)

#define IS_FLOAT 1
#define IS_SIGNED 1
#define LOWEST (-(T)INFINITY)
#define HIGHEST ((T)INFINITY)
#define NAME(x) reference_f32_##x
#define T float
#include "../shared/reduce.inc"
#undef NAME
#undef T
#define NAME(x) reference_f64_##x
#define T double
#include "../shared/reduce.inc"
#undef NAME
#undef T
#undef IS_FLOAT
#undef LOWEST
#undef HIGHEST

#define IS_FLOAT 0
#define LOWEST INT8_MIN
#define HIGHEST INT8_MAX
#define NAME(x) reference_i8_##x
#define T int8_t
#include "../shared/reduce.inc"
#undef LOWEST
#undef HIGHEST
#undef NAME
#undef T
#define LOWEST INT16_MIN
#define HIGHEST INT16_MAX
#define NAME(x) reference_i16_##x
#define T int16_t
#include "../shared/reduce.inc"
#undef LOWEST
#undef HIGHEST
#undef NAME
#undef T
#define LOWEST INT32_MIN
#define HIGHEST INT32_MAX
#define NAME(x) reference_i32_##x
#define T int32_t
#include "../shared/reduce.inc"
#undef LOWEST
#undef HIGHEST
#undef NAME
#undef T
#define LOWEST INT64_MIN
#define HIGHEST INT64_MAX
#define NAME(x) reference_i64_##x
#define T int64_t
#include "../shared/reduce.inc"
#undef LOWEST
#undef HIGHEST
#undef NAME
#undef T
#undef IS_SIGNED
#define IS_SIGNED 0
#define LOWEST 0
#define HIGHEST UINT8_MAX
#define NAME(x) reference_u8_##x
#define T uint8_t
#include "../shared/reduce.inc"

// Of bool: 1 and 0 are what ALL and ANY give for nothing.
#define FOLD(x) reference_all_##x
#define IDENTITY 1
#define COMBINE(a, b) ((a) & (b))
#define COMBINE_LANES COMBINE
#include "../shared/reduce_fold.inc"
#define FOLD(x) reference_any_##x
#define IDENTITY 0
#define COMBINE(a, b) ((a) | (b))
#define COMBINE_LANES COMBINE
#include "../shared/reduce_fold.inc"
#undef HIGHEST
#undef NAME
#undef T
#define HIGHEST UINT16_MAX
#define NAME(x) reference_u16_##x
#define T uint16_t
#include "../shared/reduce.inc"
#undef HIGHEST
#undef NAME
#undef T
#define HIGHEST UINT32_MAX
#define NAME(x) reference_u32_##x
#define T uint32_t
#include "../shared/reduce.inc"
#undef HIGHEST
#undef NAME
#undef T
#define HIGHEST UINT64_MAX
#define NAME(x) reference_u64_##x
#define T uint64_t
#include "../shared/reduce.inc"

// Sums and products of a signed type are those of its unsigned partner.
static braid_dtype unsigned_partner(braid_dtype type) {
    switch (type) {
    case BRAID_I8: return BRAID_U8;
    case BRAID_I16: return BRAID_U16;
    case BRAID_I32: return BRAID_U32;
    case BRAID_I64: return BRAID_U64;
    default: return type;
    }
}

void braid_reduce_reference(braid_reduction kind, braid_dtype type,
                            const braid_reduce_arguments *arguments, int64_t begin, int64_t end) {
    if (kind == BRAID_REDUCE_ALL) { reference_all_run(arguments, begin, end); return; }
    if (kind == BRAID_REDUCE_ANY) { reference_any_run(arguments, begin, end); return; }
    if (kind == BRAID_REDUCE_WIDE_SUM || kind == BRAID_REDUCE_WIDE_PROD) {
        braid_reduce_wide(kind, type, arguments, begin, end);
        return;
    }
    if (kind == BRAID_REDUCE_SUM || kind == BRAID_REDUCE_PROD) { type = unsigned_partner(type); }
    switch (type) {
    case BRAID_F32: reference_f32_reduce(kind, arguments, begin, end); break;
    case BRAID_F64: reference_f64_reduce(kind, arguments, begin, end); break;
    case BRAID_I8: reference_i8_reduce(kind, arguments, begin, end); break;
    case BRAID_I16: reference_i16_reduce(kind, arguments, begin, end); break;
    case BRAID_I32: reference_i32_reduce(kind, arguments, begin, end); break;
    case BRAID_I64: reference_i64_reduce(kind, arguments, begin, end); break;
    case BRAID_U8: case BRAID_BOOL: reference_u8_reduce(kind, arguments, begin, end); break;
    case BRAID_U16: reference_u16_reduce(kind, arguments, begin, end); break;
    case BRAID_U32: reference_u32_reduce(kind, arguments, begin, end); break;
    case BRAID_U64: reference_u64_reduce(kind, arguments, begin, end); break;
    case BRAID_F16: case BRAID_BF16: break;     // not computed in; the operators cast first
    }
}
