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
