// The primitives for AVX2 with FMA: the same loops, vectorised by the compiler, and f32
// elementary functions that vectorise.
#if defined(__x86_64__)
#include <math.h>
#include <string.h>

#include "../tile.h"

#pragma clang fp contract(off)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define ISA avx2
#define VECTOR_F32 1
#define TABLE braid_primitives_avx2
#include "../shared/primitives.inc"

#pragma clang attribute pop

void braid_tile_run_avx2(const braid_instruction *code, int length, const braid_stream *streams,
                         int stream_count, int rank, const int64_t *extents, int64_t begin,
                         int64_t end) {
    braid_tile_interpret(&braid_primitives_avx2, code, length, streams, stream_count, rank,
                         extents, begin, end);
}

void braid_tile_apply_avx2(const braid_instruction *instruction, void *d, const void *a,
                         const void *b, const void *c, int n) {
    braid_primitive_for(&braid_primitives_avx2, instruction)(d, a, b, c, n, instruction);
}
#endif
