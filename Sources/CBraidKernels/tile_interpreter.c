// Runs tile programs: for each tile of the iteration space, finds where every stream's elements lie
// (in place, or gathered into a staging tile), then calls one primitive per instruction.
#include <string.h>

#include "tile.h"

enum { TILE_BYTES = BRAID_TILE * 8, TILE_ALIGNMENT = 64 };

typedef struct {
    int rank;
    int64_t extents[BRAID_MAX_RANK];
} space;

typedef enum { IN_PLACE, SCALAR, STAGED } access;

static int is_dense(const braid_stream *stream, const space *s) {
    int64_t expected = 1;
    for (int axis = s->rank - 1; axis >= 0; axis--) {
        if (s->extents[axis] != 1 && stream->strides[axis] != expected) { return 0; }
        expected *= s->extents[axis];
    }
    return 1;
}

static int is_scalar(const braid_stream *stream, const space *s) {
    for (int axis = 0; axis < s->rank; axis++) {
        if (s->extents[axis] != 1 && stream->strides[axis] != 0) { return 0; }
    }
    return 1;
}

static void fill(void *to, const void *from, size_t size, int n) {
    switch (size) {
    case 1: memset(to, *(const uint8_t *)from, (size_t)n); break;
    case 2: for (int i = 0; i < n; i++) { ((uint16_t *)to)[i] = *(const uint16_t *)from; } break;
    case 4: for (int i = 0; i < n; i++) { ((uint32_t *)to)[i] = *(const uint32_t *)from; } break;
    default: for (int i = 0; i < n; i++) { ((uint64_t *)to)[i] = *(const uint64_t *)from; } break;
    }
}

// Elements from one stride to another.
static void move_run(void *to, int64_t to_stride, const void *from, int64_t from_stride,
                     size_t size, int n) {
#define MOVE(T)                                                                                   \
    for (int64_t i = 0; i < n; i++) { ((T *)to)[i * to_stride] = ((const T *)from)[i * from_stride]; }
    if (to_stride == 1 && from_stride == 1) {
        memcpy(to, from, (size_t)n * size);
    } else if (to_stride == 1 && from_stride == 0) {
        fill(to, from, size, n);
    } else {
        switch (size) {
        case 1: MOVE(uint8_t) break;
        case 2: MOVE(uint16_t) break;
        case 4: MOVE(uint32_t) break;
        default: MOVE(uint64_t) break;
        }
    }
#undef MOVE
}

// Moves the elements [start, start + n) between a stream and a dense staging tile.
static void stage(const braid_stream *stream, const space *s, int64_t start, int n, char *tile,
                  int to_stream) {
    size_t size = braid_dtype_size(stream->dtype);
    int inner = s->rank - 1;
    int64_t at[BRAID_MAX_RANK], rest = start, offset = 0;
    for (int axis = inner; axis >= 0; axis--) {
        at[axis] = rest % s->extents[axis];
        rest /= s->extents[axis];
        offset += at[axis] * stream->strides[axis];
    }
    int64_t stride = stream->strides[inner];
    while (n > 0) {
        int64_t left = s->extents[inner] - at[inner];
        int run = left < n ? (int)left : n;
        char *element = (char *)stream->base + offset * (int64_t)size;
        if (to_stream) {
            move_run(element, stride, tile, 1, size, run);
        } else {
            move_run(tile, 1, element, stride, size, run);
        }
        tile += (size_t)run * size;
        n -= run;
        // Carry into the outer dimensions.
        at[inner] += run;
        offset += run * stride;
        for (int axis = inner; axis > 0 && at[axis] == s->extents[axis]; axis--) {
            offset += stream->strides[axis - 1] - at[axis] * stream->strides[axis];
            at[axis] = 0;
            at[axis - 1]++;
        }
    }
}

// Where a tile starts in a stream whose elements of this tile are contiguous; NULL otherwise.
static char *row_address(const braid_stream *stream, const space *s, int64_t start, int n) {
    int inner = s->rank - 1;
    if (stream->strides[inner] != 1 || start % s->extents[inner] + n > s->extents[inner]) {
        return NULL;
    }
    int64_t rest = start, offset = 0;
    for (int axis = inner; axis >= 0; axis--) {
        offset += rest % s->extents[axis] * stream->strides[axis];
        rest /= s->extents[axis];
    }
    return (char *)stream->base + offset * (int64_t)braid_dtype_size(stream->dtype);
}

// Drops extents of 1 and joins neighbours that every stream walks through without a gap.
static void collapse(space *s, braid_stream *streams, int count) {
    int kept = 0;
    for (int axis = 0; axis < s->rank; axis++) {
        if (s->extents[axis] == 1) { continue; }
        int joins = kept > 0;
        for (int i = 0; joins && i < count; i++) {
            joins = streams[i].strides[kept - 1] == streams[i].strides[axis] * s->extents[axis];
        }
        if (joins) {
            s->extents[kept - 1] *= s->extents[axis];
            for (int i = 0; i < count; i++) {
                streams[i].strides[kept - 1] = streams[i].strides[axis];
            }
        } else {
            s->extents[kept] = s->extents[axis];
            for (int i = 0; i < count; i++) {
                streams[i].strides[kept] = streams[i].strides[axis];
            }
            kept++;
        }
    }
    s->rank = kept;
}

// Registers that a program may touch: those up to the highest that it names.
static int register_count(const braid_instruction *code, int length) {
    int count = 0;
    for (int i = 0; i < length; i++) {
        const uint8_t named[] = {code[i].d, code[i].a, code[i].b, code[i].c};
        for (int j = 0; j < 4; j++) {
            if (named[j] < BRAID_REGISTERS && named[j] >= count) { count = named[j] + 1; }
        }
    }
    return count;
}

void braid_tile_interpret(const braid_primitives *primitives, const braid_instruction *code,
                          int length, const braid_stream *given, int stream_count, int rank,
                          const int64_t *extents, int64_t begin, int64_t end) {
    if (begin >= end) { return; }
    braid_stream streams[BRAID_MAX_STREAMS];
    access how[BRAID_MAX_STREAMS];
    char *operands[BRAID_REGISTERS + BRAID_MAX_STREAMS], *staging[BRAID_MAX_STREAMS];
    space s = {.rank = rank};

    memcpy(s.extents, extents, (size_t)rank * sizeof *extents);
    memcpy(streams, given, (size_t)stream_count * sizeof *given);
    collapse(&s, streams, stream_count);
    const int registers = register_count(code, length);
    int tiles = registers;
    for (int i = 0; i < stream_count; i++) {
        how[i] = is_dense(&streams[i], &s) ? IN_PLACE
                 : !streams[i].is_output && is_scalar(&streams[i], &s) ? SCALAR : STAGED;
        tiles += how[i] != IN_PLACE;
    }

    // Stack for just the tiles that this program needs, up to 128 KiB.
    char room[tiles * TILE_BYTES + TILE_ALIGNMENT];
    char *tile = room + (TILE_ALIGNMENT - (uintptr_t)room % TILE_ALIGNMENT);
    for (int i = 0; i < registers; i++, tile += TILE_BYTES) { operands[i] = tile; }
    for (int i = 0; i < stream_count; i++) {
        if (how[i] == IN_PLACE) { continue; }
        staging[i] = tile;
        tile += TILE_BYTES;
        if (how[i] == SCALAR) {
            int64_t n = end - begin < BRAID_TILE ? end - begin : BRAID_TILE;
            fill(staging[i], streams[i].base, braid_dtype_size(streams[i].dtype), (int)n);
            operands[BRAID_REGISTERS + i] = staging[i];
        }
    }

    for (int64_t start = begin; start < end; start += BRAID_TILE) {
        int n = end - start < BRAID_TILE ? (int)(end - start) : BRAID_TILE;
        for (int i = 0; i < stream_count; i++) {
            char **operand = &operands[BRAID_REGISTERS + i];
            if (how[i] == IN_PLACE) {
                *operand = (char *)streams[i].base
                           + start * (int64_t)braid_dtype_size(streams[i].dtype);
            } else if (how[i] == STAGED) {
                *operand = row_address(&streams[i], &s, start, n);
                if (*operand) { continue; }
                *operand = staging[i];
                if (!streams[i].is_output) { stage(&streams[i], &s, start, n, staging[i], 0); }
            }
        }
        for (int i = 0; i < length; i++) {
            const braid_instruction *in = &code[i];
            braid_primitive primitive = in->opcode == BRAID_CAST
                                            ? primitives->cast[in->type][in->to]
                                            : primitives->by_type[in->opcode][in->type];
            primitive(operands[in->d], operands[in->a], operands[in->b], operands[in->c], n, in);
        }
        for (int i = 0; i < stream_count; i++) {
            if (streams[i].is_output && how[i] == STAGED
                && operands[BRAID_REGISTERS + i] == staging[i]) {
                stage(&streams[i], &s, start, n, staging[i], 1);
            }
        }
    }
}
