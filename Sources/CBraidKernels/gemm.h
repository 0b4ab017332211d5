// Internal: the matrix product of each instruction set. See braid_gemm_arguments for the contract.
//
// Every element of C is the sum over the blocks of K, in order, of a sum over the block's k, in
// order, that starts at +0. The blocks depend on K only, so an element has the same bits however M
// and N are split among calls. K == 0 writes zeros (or leaves C alone when accumulating).
//
// What B[k, n] is in the convolution layouts, written for two dimensions; the third, in front, is alike.
// With n' = b_n_offset + n, sh/sw, ph/pw, dh/dw the strides, pads and dilations, and anything outside
// the image gathered from reading as 0:
//
// FORWARD  b = one sample's input image [channels, height, width].
//          k = (c, kh, kw) over [channels, kernel_h, kernel_w]; n' = (oh, ow) over [out_h, out_w].
//          B = image[c][oh * sh - ph + kh * dh][ow * sw - pw + kw * dw]
// INPUT    b = one sample's output gradient dy. Here `channels, height, width` describe dy (the
//          image that is gathered from) and `out_h, out_w` are the input image's height and width.
//          k = (oc, kh, kw) over [channels, kernel_h, kernel_w]; n' = (h, w) over [out_h, out_w].
//          With y = h + ph - kh * dh and x = w + pw - kw * dw:
//          B = dy[oc][y / sh][x / sw] if sh divides y, sw divides x, and both lie within dy; else 0
// WEIGHT   b = input images [images, channels, height, width], `image_stride` elements apart.
//          k = (image, oh, ow) over [images, out_h, out_w];
//          n' = (c, kh, kw) over [channels, kernel_h, kernel_w].
//          B = image[c][oh * sh - ph + kh * dh][ow * sw - pw + kw * dw]
//
// PACKED   b holds for each block of K, in order, its panels of NR columns, in order. A block of kc rows from
//          k0 on begins at k0 * columns, its panel of the columns from j on at k0 * columns + j * kc.
//
// A group of a convolution is a product of its own, on its share of the channels.
// Convolution extents, kernels, strides and dilations are below 2^30.
#ifndef BRAID_GEMM_H
#define BRAID_GEMM_H

#include "BraidKernels.h"

enum {
    BRAID_GEMM_REFERENCE_MR_F32 = 4, BRAID_GEMM_REFERENCE_NR_F32 = 8,
    BRAID_GEMM_REFERENCE_MR_F64 = 4, BRAID_GEMM_REFERENCE_NR_F64 = 4,
};
void braid_gemm_reference(braid_dtype type, const braid_gemm_arguments *arguments, void *scratch);
void braid_gemm_pack_reference(braid_dtype type, const braid_gemm_arguments *arguments, int64_t first,
                         int64_t columns, void *packed);
void braid_gemv_reference(braid_dtype type, const braid_gemv_arguments *arguments);
size_t braid_gemm_scratch_bytes_reference(braid_dtype type, int64_t m, int64_t n, int64_t k);

#if defined(__x86_64__)
enum {
    BRAID_GEMM_AVX2_MR_F32 = 6, BRAID_GEMM_AVX2_NR_F32 = 16,
    BRAID_GEMM_AVX2_MR_F64 = 6, BRAID_GEMM_AVX2_NR_F64 = 8,
    BRAID_GEMM_AVX512_MR_F32 = 14, BRAID_GEMM_AVX512_NR_F32 = 32,
    BRAID_GEMM_AVX512_MR_F64 = 14, BRAID_GEMM_AVX512_NR_F64 = 16,
};
void braid_gemm_avx2(braid_dtype type, const braid_gemm_arguments *arguments, void *scratch);
void braid_gemm_pack_avx2(braid_dtype type, const braid_gemm_arguments *arguments, int64_t first,
                         int64_t columns, void *packed);
void braid_gemv_avx2(braid_dtype type, const braid_gemv_arguments *arguments);
size_t braid_gemm_scratch_bytes_avx2(braid_dtype type, int64_t m, int64_t n, int64_t k);
void braid_gemm_avx512(braid_dtype type, const braid_gemm_arguments *arguments, void *scratch);
void braid_gemm_pack_avx512(braid_dtype type, const braid_gemm_arguments *arguments, int64_t first,
                         int64_t columns, void *packed);
void braid_gemv_avx512(braid_dtype type, const braid_gemv_arguments *arguments);
size_t braid_gemm_scratch_bytes_avx512(braid_dtype type, int64_t m, int64_t n, int64_t k);
#endif

#endif
