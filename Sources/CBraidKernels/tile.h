// Tile programs inside the kernels' module: primitives by opcode and type, and the interpreter.
#ifndef BRAID_TILE_H
#define BRAID_TILE_H

#include "BraidKernels.h"

// d = op(a, b, c) for n elements; immediates stand in the instruction.
typedef void (*braid_primitive)(void *d, const void *a, const void *b, const void *c, int n,
                                const braid_instruction *instruction);

enum { BRAID_DTYPE_COUNT = BRAID_BOOL + 1 };

typedef struct {
    braid_primitive by_type[BRAID_OPCODE_COUNT][BRAID_DTYPE_COUNT];
    braid_primitive cast[BRAID_DTYPE_COUNT][BRAID_DTYPE_COUNT];     // [from][to]
} braid_primitives;

extern const braid_primitives braid_primitives_reference;
#if defined(__x86_64__)
extern const braid_primitives braid_primitives_avx2;
extern const braid_primitives braid_primitives_avx512;
#endif

static inline size_t braid_dtype_size(int dtype) {
    static const uint8_t sizes[BRAID_DTYPE_COUNT] = {4, 8, 2, 2, 1, 2, 4, 8, 1, 2, 4, 8, 1};
    return sizes[dtype];
}

static inline braid_primitive braid_primitive_for(const braid_primitives *primitives,
                                                  const braid_instruction *in) {
    return in->opcode == BRAID_CAST ? primitives->cast[in->type][in->to]
                                    : primitives->by_type[in->opcode][in->type];
}

void braid_tile_interpret(const braid_primitives *primitives, const braid_instruction *code,
                          int length, const braid_stream *streams, int stream_count, int rank,
                          const int64_t *extents, int64_t begin, int64_t end);

#define BRAID_DECLARE_TILE_RUN(ISA)                                                               \
    void braid_tile_run_##ISA(const braid_instruction *code, int length,                          \
                              const braid_stream *streams, int stream_count, int rank,            \
                              const int64_t *extents, int64_t begin, int64_t end);           \
    void braid_tile_apply_##ISA(const braid_instruction *instruction, void *d, const void *a,     \
                                const void *b, const void *c, int n);
BRAID_DECLARE_TILE_RUN(reference)
BRAID_DECLARE_TILE_RUN(avx2)
BRAID_DECLARE_TILE_RUN(avx512)

#endif
