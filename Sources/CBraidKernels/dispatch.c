// The tables of function pointers, and the choice among them.
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gemm.h"
#include "kernels.h"
#include "tile.h"

// What every instruction set takes from the portable reference.
#define PORTABLE                                                                                  \
    .max_pool = braid_max_pool, .max_pool_positions = braid_max_pool_positions,                   \
    .max_pool_gradient = braid_max_pool_gradient, .max_pool_gather = braid_max_pool_gather,       \
    .average_pool = braid_average_pool, .average_pool_gradient = braid_average_pool_gradient,     \
    .gather = braid_gather, .scatter_add = braid_scatter_add, .random = braid_random,             \
    .take_along = braid_take_along, .scatter_along = braid_scatter_along,                         \
    .scatter_add_along = braid_scatter_add_along, .argsort = braid_argsort, .scan = braid_scan,   \
    .recurrence = braid_recurrence, .cholesky = braid_cholesky,                                   \
    .triangular_solve = braid_triangular_solve, .solve = braid_solve,                             \
    .determinant = braid_determinant, .qr = braid_qr

// What each instruction set has of its own.
#define OWN(LOWER, UPPER)                                                                         \
    .isa = BRAID_ISA_##UPPER, .name = #LOWER, .tile_run = braid_tile_run_##LOWER,                 \
    .tile_apply = braid_tile_apply_##LOWER,                                                       \
    .gemm_mr_f32 = BRAID_GEMM_##UPPER##_MR_F32, .gemm_nr_f32 = BRAID_GEMM_##UPPER##_NR_F32,       \
    .gemm_mr_f64 = BRAID_GEMM_##UPPER##_MR_F64, .gemm_nr_f64 = BRAID_GEMM_##UPPER##_NR_F64,       \
    .gemm_scratch_bytes = braid_gemm_scratch_bytes_##LOWER, .gemm = braid_gemm_##LOWER,           \
    .gemm_pack = braid_gemm_pack_##LOWER, .gemv = braid_gemv_##LOWER,                             \
    .cell_forward = braid_cell_forward_##LOWER, .cell_backward = braid_cell_backward_##LOWER,     \
    .depthwise_scratch_bytes = braid_depthwise_scratch_bytes_##LOWER,                             \
    .depthwise = braid_depthwise_##LOWER,                                                         \
    .reduce = braid_reduce_##LOWER, .softmax = braid_softmax_##LOWER,                             \
    .normalize = braid_normalize_##LOWER,                                                         \
    .normalize_gradient = braid_normalize_gradient_##LOWER,                                       \
    .normalize_weight_gradient = braid_normalize_weight_gradient_##LOWER

static const braid_kernels tables[] = {
    {OWN(reference, REFERENCE), PORTABLE},
#if defined(__x86_64__)
    {OWN(avx2, AVX2), PORTABLE},
    {OWN(avx512, AVX512), PORTABLE},
#endif
};

static const char *const names[] = {"reference", "avx2", "avx512"};

static int is_available(braid_isa isa) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    switch (isa) {
    case BRAID_ISA_REFERENCE: return 1;
    case BRAID_ISA_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case BRAID_ISA_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
               && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")
               && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    }
    return 0;
#else
    return isa == BRAID_ISA_REFERENCE;
#endif
}

const braid_kernels *braid_kernels_for(braid_isa isa) {
    return is_available(isa) ? &tables[isa] : NULL;
}

typedef struct {
    const braid_kernels *table;
    char problem[160];          // empty when there is none
} choice;

static choice choose(void) {
    choice c = {.table = NULL};
    for (int isa = BRAID_ISA_AVX512; c.table == NULL; isa--) {
        c.table = braid_kernels_for((braid_isa)isa);
    }
    const char *wanted = getenv("BRAID_ISA");
    if (wanted == NULL || *wanted == '\0') { return c; }
    for (int isa = BRAID_ISA_REFERENCE; isa <= BRAID_ISA_AVX512; isa++) {
        if (strcmp(wanted, names[isa]) != 0) { continue; }
        const braid_kernels *table = braid_kernels_for((braid_isa)isa);
        if (table != NULL) {
            c.table = table;
        } else {
            snprintf(c.problem, sizeof c.problem,
                     "BRAID_ISA=%s is not available on this machine; using %s", wanted,
                     c.table->name);
        }
        return c;
    }
    snprintf(c.problem, sizeof c.problem,
             "BRAID_ISA=%.40s is unknown (expected reference, avx2 or avx512); using %s", wanted,
             c.table->name);
    return c;
}

// Chosen by the first caller; others wait for the few instructions that takes.
static const choice *chosen(void) {
    enum { UNSET, BUSY, SET };
    static choice kept;
    static atomic_int state = UNSET;
    int expected = UNSET;
    if (atomic_load_explicit(&state, memory_order_acquire) == SET) { return &kept; }
    if (atomic_compare_exchange_strong(&state, &expected, BUSY)) {
        kept = choose();
        atomic_store_explicit(&state, SET, memory_order_release);
    }
    while (atomic_load_explicit(&state, memory_order_acquire) != SET) {}
    return &kept;
}

const braid_kernels *braid_kernels_default(void) { return chosen()->table; }

const char *braid_isa_problem(void) {
    const choice *c = chosen();
    return c->problem[0] == '\0' ? NULL : c->problem;
}
