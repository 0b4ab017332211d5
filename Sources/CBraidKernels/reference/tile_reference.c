// The portable primitives: plain C, elementary functions from libm.
#include <math.h>
#include <string.h>

#include "../tile.h"

#pragma clang fp contract(off)

#define ISA reference
#define VECTOR_F32 0
#define TABLE braid_primitives_reference
#include "../shared/primitives.inc"

void braid_tile_run_reference(const braid_instruction *code, int length,
                              const braid_stream *streams, int stream_count, int rank,
                              const int64_t *extents, int64_t begin, int64_t end) {
    braid_tile_interpret(&braid_primitives_reference, code, length, streams, stream_count, rank,
                         extents, begin, end);
}

void braid_tile_apply_reference(const braid_instruction *instruction, void *d, const void *a,
                         const void *b, const void *c, int n) {
    braid_primitive_for(&braid_primitives_reference, instruction)(d, a, b, c, n, instruction);
}
