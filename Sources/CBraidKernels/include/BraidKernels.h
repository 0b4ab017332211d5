// The kernels' C surface: a table of function pointers per instruction set, filled with the portable
// reference first and overridden by what AVX2 or AVX-512 do better.
//
// Rules that every entry keeps: it cannot fail, allocates nothing, starts no thread, and its result
// depends on its arguments and on the instruction set only: never on addresses or on how a caller
// splits `[begin, end)`. Floating point is never contracted or reassociated by the compiler.
// Strides are in elements of the operand's own type unless a name ends in `_bytes`.
#ifndef BRAID_KERNELS_H
#define BRAID_KERNELS_H

#include <stddef.h>
#include <stdint.h>

enum { BRAID_MAX_RANK = 8, BRAID_TILE = 256, BRAID_REGISTERS = 16, BRAID_MAX_STREAMS = 48 };

// Data types; the same numbers as BraidCore's DType.
typedef enum {
    BRAID_F32, BRAID_F64, BRAID_F16, BRAID_BF16, BRAID_I8, BRAID_I16, BRAID_I32, BRAID_I64,
    BRAID_U8, BRAID_U16, BRAID_U32, BRAID_U64, BRAID_BOOL
} braid_dtype;

typedef enum { BRAID_ISA_REFERENCE, BRAID_ISA_AVX2, BRAID_ISA_AVX512 } braid_isa;

// --- Tile programs -------------------------------------------------------------------------------
// A register machine over tiles of BRAID_TILE elements. Operand numbers 0..15 are tile registers,
// 16 + s is stream s, used in place. Arithmetic instructions work in `type`; comparisons read `type`
// and write bool; SELECT reads a bool in `a`; CAST converts `type` to `to`.
// Which types an instruction takes: ATAN2 to LOGADDEXP, SQRT to RECIP, EXP to SOFTPLUS and FLOOR to
// ISNAN take f32 and f64; AND to NOT take bool and integers, whose bits they combine; COPY, SELECT,
// CONST and CAST take all; EQ and NE also bool; the rest take f32, f64 and all integers. An instruction
// of another type must not be run.
// Integers wrap; divided by 0 they give 0. NaN in either operand of MIN and MAX gives NaN. REM has the
// sign of `a`, MOD that of `b`. DIV of integers truncates, FLOORDIV rounds down. ROUND rounds halves to
// even. Casts from floats truncate and saturate; NaN becomes 0.
typedef enum {
    // binary: d = a op b
    BRAID_ADD, BRAID_SUB, BRAID_MUL, BRAID_DIV, BRAID_MIN, BRAID_MAX, BRAID_POW, BRAID_REM,
    BRAID_ATAN2, BRAID_HYPOT, BRAID_LOGADDEXP, BRAID_FLOORDIV, BRAID_MOD,
    // binary with a scalar: d = a op immediate; R forms: d = immediate op a
    BRAID_ADDS, BRAID_SUBS, BRAID_MULS, BRAID_DIVS, BRAID_MINS, BRAID_MAXS, BRAID_POWS, BRAID_REMS,
    BRAID_RSUBS, BRAID_RDIVS, BRAID_RPOWS, BRAID_RREMS,
    // d = a * b + c, one rounding (fused) for floats
    BRAID_FMA,
    // comparisons: bool d = a op b, then with the scalar
    BRAID_EQ, BRAID_NE, BRAID_LT, BRAID_LE, BRAID_GT, BRAID_GE,
    BRAID_EQS, BRAID_NES, BRAID_LTS, BRAID_LES, BRAID_GTS, BRAID_GES,
    // logic of bools and of bits
    BRAID_AND, BRAID_OR, BRAID_XOR, BRAID_NOT,
    // d = a ? b : c
    BRAID_SELECT,
    // unary: d = op a
    BRAID_COPY, BRAID_NEG, BRAID_ABS, BRAID_SIGN, BRAID_SQUARE, BRAID_SQRT, BRAID_RSQRT, BRAID_RECIP,
    BRAID_EXP, BRAID_EXPM1, BRAID_LOG, BRAID_LOG1P, BRAID_SIN, BRAID_COS, BRAID_TAN, BRAID_TANH,
    BRAID_SIGMOID, BRAID_ERF, BRAID_GELU, BRAID_SILU, BRAID_SOFTPLUS, BRAID_RELU, BRAID_FLOOR,
    BRAID_CEIL, BRAID_ROUND, BRAID_TRUNC, BRAID_EXP2, BRAID_LOG2, BRAID_LOG10, BRAID_SINH, BRAID_COSH,
    BRAID_ASIN, BRAID_ACOS, BRAID_ATAN, BRAID_ASINH, BRAID_ACOSH, BRAID_ATANH, BRAID_ERFC, BRAID_ERFINV,
    BRAID_CBRT, BRAID_ISNAN,
    // d = immediate
    BRAID_CONST,
    // d = (to) a
    BRAID_CAST,
    BRAID_OPCODE_COUNT
} braid_opcode;

// 16 bytes. `immediate` holds a double for float types and an int64 (bit pattern) for the others.
typedef struct {
    uint8_t opcode, type, to, d, a, b, c, reserved;
    union { double f; int64_t i; } immediate;
} braid_instruction;

// One operand of a program over an iteration space of `rank` extents: a stride of 0 broadcasts.
typedef struct {
    void *base;
    uint8_t dtype;
    uint8_t is_output;
    int64_t strides[BRAID_MAX_RANK];
} braid_stream;

// --- Matrix product ------------------------------------------------------------------------------
// How the right-hand matrix [K, N] is read while it is packed.
typedef enum {
    BRAID_B_STRIDED,          // b[k * row_stride + n * column_stride]
    BRAID_B_CONV_FORWARD,     // k = (channel, tap), n = position; reads the input image
    BRAID_B_CONV_INPUT,       // k = (out channel, tap), n = place; reads the output gradient
    BRAID_B_CONV_WEIGHT,      // k = (image, position), n = (channel, tap); reads the input images
    BRAID_B_PACKED            // as gemm_pack left it; row_stride is its `columns`
} braid_b_layout;

// Geometry of a convolution on dense images [batch, channels, depth, height, width]; one of fewer
// dimensions has extents, kernels, strides and dilations of 1 and pads of 0 in front.
typedef struct {
    int64_t channels, depth, height, width;     // of the image that is gathered from
    int64_t kernel_d, kernel_h, kernel_w, out_d, out_h, out_w;
    int64_t stride_d, stride_h, stride_w, pad_d, pad_h, pad_w, dilation_d, dilation_h, dilation_w;
    int64_t image_stride;                       // elements from one image to the next (CONV_WEIGHT)
} braid_conv_geometry;

// C[m, n] (row stride ldc, unit columns) = sum over k of A[m, k] * B[k, n], or += when accumulate.
typedef struct {
    int64_t m, n, k;
    const void *a; int64_t a_row_stride, a_column_stride;
    // A's k may run over images: when a_inner > 0, k = (outer, inner) and A's offset is
    // outer * a_outer_stride + inner * a_column_stride (weight gradients sum over a batch).
    int64_t a_inner, a_outer_stride;
    const void *b; braid_b_layout b_layout; int64_t b_row_stride, b_column_stride;
    int64_t b_n_offset;                         // first column of B that this product covers
    const braid_conv_geometry *geometry;
    void *c; int64_t ldc;
    int accumulate;
    // Further products of the same A, which is packed once, when `images` is above 1: with the Bs that
    // begin `b_image_stride` elements apart, to Cs `c_image_stride` apart.
    int64_t images, b_image_stride, c_image_stride;
} braid_gemm_arguments;

// c[j] (unit stride) = sum over k of a[k] * B[k, j]: a row times a matrix, or a matrix times a column
// with B the transposed matrix.
typedef struct {
    int64_t n, k;
    const void *a; int64_t a_stride;
    const void *b; int64_t b_row_stride, b_column_stride;
    void *c;
} braid_gemv_arguments;

// Convolutions of every channel for itself. In all three operations `geometry` has the extents of the
// images x [images, channels, depth, height, width] and, as `out`, those of the results y
// [images, channels * multiplier, out...]; w is [channels * multiplier, kernel...].
typedef struct {
    const braid_conv_geometry *geometry;
    int64_t images, multiplier;                 // results per channel
    const void *a, *b;                          // what is read: see each operation
    void *c;
} braid_depthwise_arguments;

typedef enum {
    BRAID_DEPTHWISE_FORWARD,  // planes of y from x and w
    BRAID_DEPTHWISE_INPUT,    // planes of the gradient of x from dy and w
    BRAID_DEPTHWISE_WEIGHT    // kernels of the gradient of w from x and dy
} braid_depthwise_kind;

// --- Recurrent layers ----------------------------------------------------------------------------
// What the units of a recurrent layer are. Their gates stand side by side in PyTorch's order: of an LSTM
// input, forget, new, output; of a GRU reset, update, new.
typedef enum { BRAID_CELL_TANH, BRAID_CELL_RELU, BRAID_CELL_LSTM, BRAID_CELL_GRU } braid_cell;

static inline int64_t braid_cell_gates(braid_cell cell) {
    return cell == BRAID_CELL_LSTM ? 4 : cell == BRAID_CELL_GRU ? 3 : 1;
}

// Units [begin, end) of one step, for every row of the batch. States are [batch, units], gates
// [batch, gates * units], dense. A gate is a function of projection + (product + bias); the new gate of a
// GRU of projection + reset * (product + bias).
typedef struct {
    braid_cell cell;
    int64_t batch, units, begin, end;
    const void *projection;                     // what the step's input gives to the gates
    const void *product;                        // states times weights [batch, gates * product_width],
    int64_t product_width;                      // of units from `begin` on
    const void *bias;                           // [gates * units]
    const void *h_before, *c_before;            // c of an LSTM only
    // A row whose length is not above `step` keeps its states. NULL: there is none.
    const int64_t *lengths; int64_t step;
    void *h, *c;
} braid_cell_forward_arguments;

// The reverse of a step.
typedef struct {
    braid_cell cell;
    int64_t batch, units, begin, end;
    const void *projection, *product, *bias;    // product of all units; an LSTM's and a GRU's only
    const void *h, *c, *h_before, *c_before;
    const int64_t *lengths; int64_t step;
    const void *dh, *dc;                        // cotangents of the step's states from outside
    // What later steps give back to the step's states, replaced by what it gives to the states before it,
    // without what goes through the weights.
    void *dh_carry, *dc_carry;
    void *dprojection, *dproduct;               // the same memory unless it is a GRU
} braid_cell_backward_arguments;

// --- Reductions ----------------------------------------------------------------------------------
typedef enum {
    BRAID_REDUCE_SUM, BRAID_REDUCE_PROD, BRAID_REDUCE_MAX, BRAID_REDUCE_MIN,
    BRAID_REDUCE_ARGMAX, BRAID_REDUCE_ARGMIN,   // write int64 positions within the reduced extents
    BRAID_REDUCE_ALL, BRAID_REDUCE_ANY,         // bool
    // Of integers and bool, in 64 bits: uint64 that are written, or int64 where the type has a sign.
    BRAID_REDUCE_WIDE_SUM, BRAID_REDUCE_WIDE_PROD
} braid_reduction;

typedef struct {
    const void *input; void *output;            // output is dense over the kept extents
    int32_t kept_rank, reduced_rank;
    int64_t kept_extents[BRAID_MAX_RANK], kept_strides[BRAID_MAX_RANK];
    int64_t reduced_extents[BRAID_MAX_RANK], reduced_strides[BRAID_MAX_RANK];
} braid_reduce_arguments;

// --- Pooling, softmax, gather, random ------------------------------------------------------------
// One axis of a pooling: `out` windows over `extent` elements.
typedef struct {
    int64_t extent, out, kernel, stride, pad;
} braid_pool_axis;

// Planes [depth, height, width], dense; one of fewer dimensions has axes with extents, windows, kernels
// and strides of 1 and pads of 0 in front. Window i of an axis covers i * stride - pad and the kernel - 1
// elements behind; of an adaptive pooling, [floor(i * extent / out), ceil((i + 1) * extent / out)).
typedef struct {
    int64_t planes;                             // batch * channels
    braid_pool_axis depth, height, width;
    int adaptive;
    int count_padding;                          // average pooling: padding counts as zeros
} braid_pool_geometry;

// Softmax family over [outer, length, inner], dense.
typedef enum { BRAID_SOFTMAX, BRAID_LOG_SOFTMAX } braid_softmax_kind;

// Normalisation over dense arrays [outer, groups, channels, inner]: each group, over the other three, to
// mean 0 and variance 1. The weights and biases belong to the channels of `period` groups, after which
// they repeat, or, with one channel and `outer` 1, to the elements of `inner`.
typedef struct {
    int64_t outer, groups, channels, inner, period;
    int weighs_elements;                        // then there are weights
    double epsilon;                             // added to variances under the root
    const void *x, *dy;                         // dy for gradients only
    const void *weight, *bias;                  // or NULL
    void *y;                                    // the result, or the gradient of x
    void *variance, *mean;                      // [groups]; without means, about 0
    void *weight_sums, *bias_sums;              // gradients, or both NULL
} braid_normalization_arguments;

typedef enum { BRAID_SCAN_SUM, BRAID_SCAN_PRODUCT } braid_scan_kind;

enum { BRAID_SORT_ITEM_BYTES = 16 };

typedef enum { BRAID_RANDOM_UNIFORM, BRAID_RANDOM_NORMAL, BRAID_RANDOM_BERNOULLI } braid_random_kind;

typedef struct braid_kernels {
    braid_isa isa;
    const char *name;                               // "reference", "avx2", "avx512"

    // Runs elements [begin, end) of the row-major iteration space `extents`. Streams flagged as
    // output are written, the others read; the last instruction that names an output stream as `d`
    // writes it. `begin` must be a multiple of BRAID_TILE; no output may overlap an input unless it
    // is the same address with the same strides and type size.
    void (*tile_run)(const braid_instruction *code, int length, const braid_stream *streams,
                     int stream_count, int rank, const int64_t *extents, int64_t begin, int64_t end);

    // One instruction over n elements that stand one after the other in every operand: what small
    // eager operators are. n is at most 2^30.
    void (*tile_apply)(const braid_instruction *instruction, void *d, const void *a, const void *b,
                       const void *c, int n);

    // Register-block sizes: callers split M and N at multiples of these.
    int64_t gemm_mr_f32, gemm_nr_f32, gemm_mr_f64, gemm_nr_f64;
    size_t (*gemm_scratch_bytes)(braid_dtype type, int64_t m, int64_t n, int64_t k);
    // f32 and f64. `scratch` is 64-byte aligned and has gemm_scratch_bytes bytes.
    void (*gemm)(braid_dtype type, const braid_gemm_arguments *arguments, void *scratch);
    // The part [K, N] of B from column b_n_offset on, packed once for many products: panels at the columns
    // from `first` on, a multiple of the register block's, of a packed matrix of `columns`, a multiple, too.
    // `packed` has K * columns elements, 64-byte aligned. A product reads whole panels: with BRAID_B_PACKED,
    // b_n_offset is a multiple of the block's columns.
    void (*gemm_pack)(braid_dtype type, const braid_gemm_arguments *arguments, int64_t first,
                      int64_t columns, void *packed);
    // f32 and f64. The bits depend on K and the elements, not on strides or on a split of N; they are
    // others than those of `gemm`.
    void (*gemv)(braid_dtype type, const braid_gemv_arguments *arguments);

    // f32 and f64. Planes or kernels [begin, end) of the result; no bit depends on that range. `scratch`
    // is 64-byte aligned and has depthwise_scratch_bytes bytes (saturated: no such array can be).
    size_t (*depthwise_scratch_bytes)(braid_dtype type, const braid_conv_geometry *geometry);
    void (*depthwise)(braid_depthwise_kind kind, braid_dtype type,
                      const braid_depthwise_arguments *arguments, int64_t begin, int64_t end,
                      void *scratch);

    // f32 and f64; no bit depends on the range of units.
    void (*cell_forward)(braid_dtype type, const braid_cell_forward_arguments *arguments);
    void (*cell_backward)(braid_dtype type, const braid_cell_backward_arguments *arguments);

    // Outputs [begin, end) of the dense kept index space. Sums use a fixed tree over the reduced
    // elements (documented in reduce.h), the same for every instruction set. f32, f64 and all
    // integers, which wrap; ALL/ANY take bool. NaN wins in MAX, MIN, ARGMAX and ARGMIN, which give
    // the first of equal positions. Of no elements: 0, 1, lowest (-inf), highest (inf), position 0,
    // true, false.
    void (*reduce)(braid_reduction kind, braid_dtype type, const braid_reduce_arguments *arguments,
                   int64_t begin, int64_t end);

    // f32 and f64 from here on. The largest element of a row is taken off first; a row of -inf only,
    // or with NaN or inf in it, gives NaN. `y` may be `x`.
    void (*softmax)(braid_softmax_kind kind, braid_dtype type, const void *x, void *y,
                    int64_t outer, int64_t length, int64_t inner, int64_t begin_outer,
                    int64_t end_outer);

    // Groups [begin, end): variance, mean and y, which may be x.
    void (*normalize)(braid_dtype type, const braid_normalization_arguments *arguments,
                      int64_t begin, int64_t end);
    // Groups [begin, end): y from the variances and means, and for weights of channels the sums
    // weight_sums and bias_sums [groups, channels] of dy times the normalised x, and of dy.
    void (*normalize_gradient)(braid_dtype type, const braid_normalization_arguments *arguments,
                               int64_t begin, int64_t end);
    // The same sums for weights of elements [begin, end), over all groups.
    void (*normalize_weight_gradient)(braid_dtype type,
                                      const braid_normalization_arguments *arguments,
                                      int64_t begin, int64_t end);

    // Planes [begin, end). max_pool_positions writes the flat input position (int64, in the plane)
    // of the first maximum of each window (or first NaN); padding never wins. The gradients
    // scatter-add into `dx`, which they zero first. A window that lies in the padding altogether has
    // the maximum -inf, the position -1, the average 0 and passes no gradient.
    void (*max_pool)(braid_dtype type, const braid_pool_geometry *g, const void *x, void *y,
                     int64_t begin, int64_t end);
    void (*max_pool_positions)(braid_dtype type, const braid_pool_geometry *g, const void *x,
                               int64_t *positions, int64_t begin, int64_t end);
    void (*max_pool_gradient)(braid_dtype type, const braid_pool_geometry *g, const void *x,
                              const void *dy, void *dx, int64_t begin, int64_t end);
    // y[o] = v at the position where x has its window's first maximum (gradient of the gradient).
    void (*max_pool_gather)(braid_dtype type, const braid_pool_geometry *g, const void *x,
                            const void *v, void *y, int64_t begin, int64_t end);
    void (*average_pool)(braid_dtype type, const braid_pool_geometry *g, const void *x, void *y,
                         int64_t begin, int64_t end);
    void (*average_pool_gradient)(braid_dtype type, const braid_pool_geometry *g, const void *dy,
                                  void *dx, int64_t begin, int64_t end);

    // Any type, by its `element_bytes` 1, 2, 4 or 8. x is [outer, axis, inner] dense, indices are int32
    // or int64 (index_type) [count]; y is [outer, count, inner]. Indices were checked or are clamped
    // to 0..<axis here, so that nothing is read out of bounds.
    void (*gather)(size_t element_bytes, const void *x, braid_dtype index_type, const void *indices,
                   void *y, int64_t outer, int64_t axis, int64_t count, int64_t inner,
                   int64_t begin_outer, int64_t end_outer);
    // dx [outer, axis, inner] is zeroed, then dx[o, index[c], i] += dy[o, c, i] in the order of c.
    // All numeric types but f16 and bf16; integers wrap.
    void (*scatter_add)(braid_dtype type, const void *dy, braid_dtype index_type,
                        const void *indices, void *dx, int64_t outer, int64_t axis, int64_t count,
                        int64_t inner, int64_t begin_outer, int64_t end_outer);

    // Along an axis with an index for each element, brought into 0..<axis: x is [outer, axis, inner],
    // indices and y are [outer, count, inner], and y[o, c, i] = x[o, indices[o, c, i], i] for the
    // rows (o, c) of [begin, end).
    void (*take_along)(size_t element_bytes, const void *x, braid_dtype index_type,
                       const void *indices, void *y, int64_t axis, int64_t count, int64_t inner,
                       int64_t begin_row, int64_t end_row);
    // y [outer, axis, inner] holds elements already; values [outer, count, inner] replace those at
    // the indices, in the order of c.
    void (*scatter_along)(size_t element_bytes, const void *values, braid_dtype index_type,
                          const void *indices, void *y, int64_t axis, int64_t count, int64_t inner,
                          int64_t begin_outer, int64_t end_outer);
    // The same, but y is zeroed and values are added. Types as for scatter_add.
    void (*scatter_add_along)(braid_dtype type, const void *values, braid_dtype index_type,
                              const void *indices, void *y, int64_t axis, int64_t count,
                              int64_t inner, int64_t begin_outer, int64_t end_outer);

    // Lines of `length` elements of any type: x is [outer, length, inner], y [outer, count, inner]. The
    // first `count` positions of each line in ascending or descending order of its elements, equal ones
    // in their own order; NaN is largest. Lines are numbered (outer, inner); `scratch` has room for
    // 2 * length items of BRAID_SORT_ITEM_BYTES.
    void (*argsort)(braid_dtype type, const void *x, int64_t *y, int64_t length, int64_t inner,
                    int64_t count, int descending, void *scratch, int64_t begin_line,
                    int64_t end_line);
    // Sums or products of the elements of [outer, length, inner] along the axis up to each one, or
    // before it when exclusive, from the other end when reversed. Types as for scatter_add; floats are
    // carried in double.
    void (*scan)(braid_scan_kind kind, braid_dtype type, const void *x, void *y, int64_t length,
                 int64_t inner, int exclusive, int reversed, int64_t begin_outer, int64_t end_outer);
    // y[k] = a[k] y[k - 1] + b[k], or from the other end with y[k + 1]; f32 and f64, carried in double.
    // The first factor is not used.
    void (*recurrence)(braid_dtype type, const void *a, const void *b, void *y, int64_t length,
                       int64_t inner, int reversed, int64_t begin_outer, int64_t end_outer);

    // Matrices [begin, end) of a batch, dense, f32 or f64, computed in double. Doubles of scratch:
    // cholesky n^2, triangular_solve n * columns, solve n * (n + columns), determinant n^2, qr
    // 2 * rows * columns + 2 * columns.
    // The lower factor of the lower triangle of a; NaN where a is not positive definite.
    void (*cholesky)(braid_dtype type, const void *a, void *l, int64_t n, double *scratch,
                     int64_t begin, int64_t end);
    // a x = b with one triangle of a, whose diagonal is taken for ones when `unit`.
    void (*triangular_solve)(braid_dtype type, const void *a, const void *b, void *x, int64_t n,
                             int64_t columns, int lower, int unit, double *scratch, int64_t begin,
                             int64_t end);
    void (*solve)(braid_dtype type, const void *a, const void *b, void *x, int64_t n,
                  int64_t columns, double *scratch, int64_t begin, int64_t end);
    void (*determinant)(braid_dtype type, const void *a, void *y, int64_t n, double *scratch,
                        int64_t begin, int64_t end);
    // q [rows, columns] r [columns, columns] with rows >= columns; r's diagonal is not negative.
    void (*qr)(braid_dtype type, const void *a, void *q, void *r, int64_t rows, int64_t columns,
               double *scratch, int64_t begin, int64_t end);

    // Philox4x32-10 (Salmon et al., SC 2011). Element i takes its bits from counter
    // `offset + i / 4` (word i % 4) for f32 and from `offset + i / 2` (words 2(i % 2), +1) for f64,
    // so any [begin, end) may be filled alone. Uniform in [a, b); normal: mean a, standard
    // deviation b, by Box-Muller on the element's own counter block; Bernoulli: 1 with probability a.
    void (*random)(braid_random_kind kind, braid_dtype type, uint64_t key, uint64_t offset, double a,
                   double b, void *y, int64_t begin, int64_t end);
} braid_kernels;

// The generator behind `random`: four words from a counter and a key, for whoever needs raw bits.
void braid_philox4x32_10(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]);

// The table of one instruction set; NULL when this machine or this build does not have it.
const braid_kernels *braid_kernels_for(braid_isa isa);

// The best table of this machine, or the one that BRAID_ISA names (reference, avx2, avx512), chosen
// once. When BRAID_ISA names something unknown or absent, the best table is used and
// braid_isa_problem() returns a message that says so (NULL otherwise), for a tool to report.
const braid_kernels *braid_kernels_default(void);
const char *braid_isa_problem(void);

#endif
