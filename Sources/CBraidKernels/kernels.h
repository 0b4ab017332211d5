// Internal: what stands in the tables beside tile programs (tile.h) and matrix products (gemm.h).
#ifndef BRAID_KERNELS_INTERNAL_H
#define BRAID_KERNELS_INTERNAL_H

#include "BraidKernels.h"

void braid_reduce_wide(braid_reduction kind, braid_dtype type,
                       const braid_reduce_arguments *arguments, int64_t begin, int64_t end);

#define BRAID_DECLARE_ROWS(ISA)                                                                   \
    void braid_reduce_##ISA(braid_reduction kind, braid_dtype type,                               \
                            const braid_reduce_arguments *arguments, int64_t begin, int64_t end); \
    void braid_softmax_##ISA(braid_softmax_kind kind, braid_dtype type, const void *x, void *y,   \
                             int64_t outer, int64_t length, int64_t inner, int64_t begin_outer,   \
                             int64_t end_outer);                                                  \
    size_t braid_depthwise_scratch_bytes_##ISA(braid_dtype type,                                  \
                                               const braid_conv_geometry *geometry);              \
    void braid_depthwise_##ISA(braid_depthwise_kind kind, braid_dtype type,                       \
                               const braid_depthwise_arguments *arguments, int64_t begin,         \
                               int64_t end, void *scratch);                                       \
    void braid_cell_forward_##ISA(braid_dtype type, const braid_cell_forward_arguments *arguments); \
    void braid_cell_backward_##ISA(braid_dtype type,                                              \
                                   const braid_cell_backward_arguments *arguments);               \
    void braid_normalize_##ISA(braid_dtype type, const braid_normalization_arguments *arguments,  \
                               int64_t begin, int64_t end);                                       \
    void braid_normalize_gradient_##ISA(braid_dtype type,                                         \
                                        const braid_normalization_arguments *arguments,           \
                                        int64_t begin, int64_t end);                              \
    void braid_normalize_weight_gradient_##ISA(braid_dtype type,                                  \
                                               const braid_normalization_arguments *arguments,    \
                                               int64_t begin, int64_t end);
BRAID_DECLARE_ROWS(reference)
#if defined(__x86_64__)
BRAID_DECLARE_ROWS(avx2)
BRAID_DECLARE_ROWS(avx512)
#endif

void braid_max_pool(braid_dtype type, const braid_pool_geometry *g, const void *x, void *y,
                    int64_t begin, int64_t end);
void braid_max_pool_positions(braid_dtype type, const braid_pool_geometry *g, const void *x,
                              int64_t *positions, int64_t begin, int64_t end);
void braid_max_pool_gradient(braid_dtype type, const braid_pool_geometry *g, const void *x,
                             const void *dy, void *dx, int64_t begin, int64_t end);
void braid_max_pool_gather(braid_dtype type, const braid_pool_geometry *g, const void *x,
                           const void *v, void *y, int64_t begin, int64_t end);
void braid_average_pool(braid_dtype type, const braid_pool_geometry *g, const void *x, void *y,
                        int64_t begin, int64_t end);
void braid_average_pool_gradient(braid_dtype type, const braid_pool_geometry *g, const void *dy,
                                 void *dx, int64_t begin, int64_t end);

void braid_gather(size_t element_bytes, const void *x, braid_dtype index_type, const void *indices,
                  void *y, int64_t outer, int64_t axis, int64_t count, int64_t inner,
                  int64_t begin_outer, int64_t end_outer);
void braid_scatter_add(braid_dtype type, const void *dy, braid_dtype index_type,
                       const void *indices, void *dx, int64_t outer, int64_t axis, int64_t count,
                       int64_t inner, int64_t begin_outer, int64_t end_outer);

void braid_take_along(size_t element_bytes, const void *x, braid_dtype index_type,
                      const void *indices, void *y, int64_t axis, int64_t count, int64_t inner,
                      int64_t begin_row, int64_t end_row);
void braid_scatter_along(size_t element_bytes, const void *values, braid_dtype index_type,
                         const void *indices, void *y, int64_t axis, int64_t count, int64_t inner,
                         int64_t begin_outer, int64_t end_outer);
void braid_scatter_add_along(braid_dtype type, const void *values, braid_dtype index_type,
                             const void *indices, void *y, int64_t axis, int64_t count,
                             int64_t inner, int64_t begin_outer, int64_t end_outer);

void braid_argsort(braid_dtype type, const void *x, int64_t *y, int64_t length, int64_t inner,
                   int64_t count, int descending, void *scratch, int64_t begin_line,
                   int64_t end_line);
void braid_scan(braid_scan_kind kind, braid_dtype type, const void *x, void *y, int64_t length,
                int64_t inner, int exclusive, int reversed, int64_t begin_outer, int64_t end_outer);
void braid_recurrence(braid_dtype type, const void *a, const void *b, void *y, int64_t length,
                      int64_t inner, int reversed, int64_t begin_outer, int64_t end_outer);

void braid_cholesky(braid_dtype type, const void *a, void *l, int64_t n, double *scratch,
                    int64_t begin, int64_t end);
void braid_triangular_solve(braid_dtype type, const void *a, const void *b, void *x, int64_t n,
                            int64_t columns, int lower, int unit, double *scratch, int64_t begin,
                            int64_t end);
void braid_solve(braid_dtype type, const void *a, const void *b, void *x, int64_t n,
                 int64_t columns, double *scratch, int64_t begin, int64_t end);
void braid_determinant(braid_dtype type, const void *a, void *y, int64_t n, double *scratch,
                       int64_t begin, int64_t end);
void braid_qr(braid_dtype type, const void *a, void *q, void *r, int64_t rows, int64_t columns,
              double *scratch, int64_t begin, int64_t end);

void braid_random(braid_random_kind kind, braid_dtype type, uint64_t key, uint64_t offset, double a,
                  double b, void *y, int64_t begin, int64_t end);

#endif
