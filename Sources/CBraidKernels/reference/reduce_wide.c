// Sums and products of integers and truth values in 64 bits, widened as they are read. They wrap, so that
// their order does not matter and the sign of the result is in the eye of the beholder.
#include "../kernels.h"
#include "../reduce.h"

// One output: the runs of the reduced space, one after the other.
#define ROW(NAME, T, SIGNED, START, STEP)                                                         \
    static uint64_t NAME(const T *x, const reduce_space *reduced) {                               \
        reduce_position position = reduce_position_at(reduced, 0);                                \
        const int64_t stride = reduced->strides[reduced->rank - 1];                               \
        uint64_t total = START;                                                                   \
        for (int64_t done = 0; done < reduced->count;) {                                          \
            const int64_t run = reduce_row_left(reduced, &position);                              \
            const T *from = x + position.offset;                                                  \
            if (stride == 1) {                                                                    \
                for (int64_t i = 0; i < run; i++) { total = total STEP (uint64_t)(SIGNED)from[i]; } \
            } else {                                                                              \
                for (int64_t i = 0; i < run; i++) {                                               \
                    total = total STEP (uint64_t)(SIGNED)from[i * stride];                        \
                }                                                                                 \
            }                                                                                     \
            reduce_advance(reduced, &position, run);                                              \
            done += run;                                                                          \
        }                                                                                         \
        return total;                                                                             \
    }

// `width` outputs, at most REDUCE_COLUMNS, whose elements lie side by side.
#define COLUMNS(NAME, T, SIGNED, START, STEP)                                                     \
    static void NAME(const T *x, const reduce_space *reduced, uint64_t *y, int width) {           \
        reduce_position position = reduce_position_at(reduced, 0);                                \
        for (int w = 0; w < width; w++) { y[w] = START; }                                         \
        for (int64_t i = 0; i < reduced->count; i++) {                                            \
            const T *row = x + position.offset;                                                   \
            for (int w = 0; w < width; w++) { y[w] = y[w] STEP (uint64_t)(SIGNED)row[w]; }        \
            reduce_advance(reduced, &position, 1);                                                \
        }                                                                                         \
    }

#define RUN(NAME, T, ROW_OF, COLUMNS_OF)                                                          \
    static void NAME(const braid_reduce_arguments *g, int64_t begin, int64_t end) {               \
        reduce_space kept = reduce_space_of(g->kept_rank, g->kept_extents, g->kept_strides);      \
        reduce_space reduced =                                                                    \
            reduce_space_of(g->reduced_rank, g->reduced_extents, g->reduced_strides);             \
        const int last = kept.rank - 1;                                                           \
        const int side_by_side = kept.strides[last] == 1 && kept.extents[last] > 4;               \
        reduce_position position = reduce_position_at(&kept, begin);                              \
        uint64_t *y = g->output;                                                                  \
        while (begin < end) {                                                                     \
            const T *x = (const T *)g->input + position.offset;                                   \
            int64_t width = 1;                                                                    \
            if (side_by_side) {                                                                   \
                width = reduce_row_left(&kept, &position);                                        \
                if (width > REDUCE_COLUMNS) { width = REDUCE_COLUMNS; }                           \
                if (width > end - begin) { width = end - begin; }                                 \
                COLUMNS_OF(x, &reduced, y + begin, (int)width);                                   \
            } else {                                                                              \
                y[begin] = ROW_OF(x, &reduced);                                                   \
            }                                                                                     \
            reduce_advance(&kept, &position, width);                                              \
            begin += width;                                                                       \
        }                                                                                         \
    }

// A signed type is extended by its sign on the way to uint64_t.
#define WIDE(NAME, T, SIGNED)                                                                     \
    ROW(sum_row_##NAME, T, SIGNED, 0, +)                                                          \
    COLUMNS(sum_columns_##NAME, T, SIGNED, 0, +)                                                  \
    RUN(sum_##NAME, T, sum_row_##NAME, sum_columns_##NAME)                                        \
    ROW(product_row_##NAME, T, SIGNED, 1, *)                                                      \
    COLUMNS(product_columns_##NAME, T, SIGNED, 1, *)                                              \
    RUN(product_##NAME, T, product_row_##NAME, product_columns_##NAME)
WIDE(i8, int8_t, int64_t)
WIDE(i16, int16_t, int64_t)
WIDE(i32, int32_t, int64_t)
WIDE(u8, uint8_t, uint64_t)
WIDE(u16, uint16_t, uint64_t)
WIDE(u32, uint32_t, uint64_t)
WIDE(u64, uint64_t, uint64_t)

void braid_reduce_wide(braid_reduction kind, braid_dtype type,
                       const braid_reduce_arguments *arguments, int64_t begin, int64_t end) {
#define EITHER(NAME)                                                                              \
    if (kind == BRAID_REDUCE_WIDE_SUM) {                                                          \
        sum_##NAME(arguments, begin, end);                                                        \
    } else {                                                                                      \
        product_##NAME(arguments, begin, end);                                                    \
    }                                                                                             \
    break
    switch (type) {
    case BRAID_I8: EITHER(i8);
    case BRAID_I16: EITHER(i16);
    case BRAID_I32: EITHER(i32);
    case BRAID_U8: case BRAID_BOOL: EITHER(u8);
    case BRAID_U16: EITHER(u16);
    case BRAID_U32: EITHER(u32);
    case BRAID_I64: case BRAID_U64: EITHER(u64);
    case BRAID_F32: case BRAID_F64: case BRAID_F16: case BRAID_BF16: break;    // refused by inference
    }
#undef EITHER
}
