// The stable order of the elements of lines, by merge sort on keys that are unsigned integers.
#include "../kernels.h"
#include "../tile.h"

#pragma clang fp contract(off)

typedef struct { uint64_t key, place; } item;
_Static_assert(sizeof(item) == BRAID_SORT_ITEM_BYTES, "callers plan scratch by this size");

static inline int precedes(item a, item b) {
    return a.key < b.key || (a.key == b.key && a.place < b.place);
}

// Keys of the line, in the order of the elements' values: both zeros are equal, NaN is largest.
static void load_keys(braid_dtype type, const void *x, int64_t stride, int64_t length,
                      uint64_t flip, item *items) {
#define LOAD(T, KEY)                                                                              \
    for (int64_t k = 0; k < length; k++) {                                                        \
        const T u = ((const T *)x)[k * stride];                                                   \
        items[k] = (item){(uint64_t)(KEY) ^ flip, (uint64_t)k};                                   \
    }
// An IEEE 754 pattern: its magnitude grows with the number, so that negative ones are inverted.
#define FLOATING(T, SIGN, INFINITE)                                                               \
    LOAD(T, (u & ~(SIGN)) > (INFINITE) ? (T)~(T)0                                                 \
            : (u & ~(SIGN)) == 0 ? (T)(SIGN) : u & (SIGN) ? (T)~u : (T)(u | (SIGN)))
    switch (type) {
    case BRAID_F32: FLOATING(uint32_t, 0x80000000u, 0x7f800000u) break;
    case BRAID_F64: FLOATING(uint64_t, 0x8000000000000000u, 0x7ff0000000000000u) break;
    case BRAID_F16: FLOATING(uint16_t, 0x8000u, 0x7c00u) break;
    case BRAID_BF16: FLOATING(uint16_t, 0x8000u, 0x7f80u) break;
    case BRAID_I8: LOAD(uint8_t, u ^ 0x80u) break;
    case BRAID_I16: LOAD(uint16_t, u ^ 0x8000u) break;
    case BRAID_I32: LOAD(uint32_t, u ^ 0x80000000u) break;
    case BRAID_I64: LOAD(uint64_t, u ^ 0x8000000000000000u) break;
    case BRAID_U8: case BRAID_BOOL: LOAD(uint8_t, u) break;
    case BRAID_U16: LOAD(uint16_t, u) break;
    case BRAID_U32: LOAD(uint32_t, u) break;
    case BRAID_U64: LOAD(uint64_t, u) break;
    }
#undef FLOATING
#undef LOAD
}

// Sorts by insertion in runs, then merges runs between both halves of the scratch; returns where the
// sorted items are.
static item *merge_sort(item *items, item *other, int64_t length) {
    enum { RUN = 16 };
    for (int64_t start = 0; start < length; start += RUN) {
        const int64_t end = start + RUN < length ? start + RUN : length;
        for (int64_t k = start + 1; k < end; k++) {
            const item moved = items[k];
            int64_t to = k;
            while (to > start && precedes(moved, items[to - 1])) {
                items[to] = items[to - 1];
                to--;
            }
            items[to] = moved;
        }
    }
    for (int64_t run = RUN; run < length; run *= 2) {
        for (int64_t start = 0; start < length; start += 2 * run) {
            const int64_t middle = start + run < length ? start + run : length;
            const int64_t end = middle + run < length ? middle + run : length;
            int64_t a = start, b = middle;
            for (int64_t to = start; to < end; to++) {
                const int first = b == end || (a < middle && precedes(items[a], items[b]));
                other[to] = first ? items[a++] : items[b++];
            }
        }
        item *swapped = items;
        items = other;
        other = swapped;
    }
    return items;
}

// Moves an item of a heap, whose worst item is on top, down to its place.
static void sink(item *items, int64_t at, int64_t count) {
    const item moved = items[at];
    for (int64_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && precedes(items[child], items[child + 1])) { child++; }
        if (!precedes(moved, items[child])) { break; }
        items[at] = items[child];
    }
    items[at] = moved;
}

// Brings the first `count` items, in any order, to the front; the others are lost.
static void select_first(item *items, int64_t length, int64_t count) {
    for (int64_t k = count / 2 - 1; k >= 0; k--) { sink(items, k, count); }
    for (int64_t k = count; k < length; k++) {
        if (precedes(items[k], items[0])) {
            items[0] = items[k];
            sink(items, 0, count);
        }
    }
}

void braid_argsort(braid_dtype type, const void *x, int64_t *y, int64_t length, int64_t inner,
                   int64_t count, int descending, void *scratch, int64_t begin_line,
                   int64_t end_line) {
    item *const items = scratch;
    const size_t size = braid_dtype_size(type);
    for (int64_t line = begin_line; line < end_line; line++) {
        const int64_t outer = line / inner, i = line % inner;
        const char *first_element = (const char *)x + (size_t)(outer * length * inner + i) * size;
        load_keys(type, first_element, inner, length, descending ? ~(uint64_t)0 : 0, items);
        int64_t sorted = length;
        // A pass over the line, and few exchanges, are cheaper than a sort when little is wanted.
        if (count < length / 8) {
            select_first(items, length, count);
            sorted = count;
        }
        const item *first = merge_sort(items, items + length, sorted);
        int64_t *to = y + outer * count * inner + i;
        for (int64_t k = 0; k < count; k++) { to[k * inner] = (int64_t)first[k].place; }
    }
}
