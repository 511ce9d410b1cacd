/* quantize.h - the parts of anew-quantize: what layers see on sample pictures, their weights rounded to 8 bits. */
#ifndef ANEW_QUANTIZE_QUANTIZE_H
#define ANEW_QUANTIZE_QUANTIZE_H

#include "exec/exec.h"
#include "image/planes.h"

/* A layer rounded to 8 bits, or none where weights is NULL. All owned. */
typedef struct quantized {
    int8_t *weights;  /* as the node's weight */
    float *row_scale; /* [out] */
    float *scale;     /* [in] */
    float *zero;      /* [in] */
} quantized;

void quantized_free(quantized *q);

/* ---- samples.c: parts of the pictures, side by side in one --------------------------------------------- */

#define SAMPLE_SIDE 64 /* of a part, in pixels */
#define SAMPLE_MOST 16 /* parts */

/* Square parts of the pictures, as many from each, where they have most to show; RGB, 0 .. 1. */
ANEW_NODISCARD anew_status samples_read(anew_planes *samples, char *const *paths, int count,
                                        anew_error *error);

/* The planes as what a network takes or gives; the same memory. */
anew_picture picture_of(const anew_planes *planes);

/* ---- round.c: one layer ------------------------------------------------------------------------------- */

/* Rounds the convolution `node`, whose source is `values` [in][height][width]. */
ANEW_NODISCARD anew_status round_layer(quantized *q, const anew_node *node, const float *values,
                                       int in, int height, int width, anew_error *error);

/* ---- choose.c: which layers ---------------------------------------------------------------------------- */

/* The model with layers rounded, all but the first `kept` of those that can be; as bytes of a file. */
ANEW_NODISCARD anew_status write_model(anew_bytes *bytes, const anew_model *model,
                                       const anew_graph *graph, const quantized *layers, int kept,
                                       anew_error *error);

/* The smallest number of layers to keep in float32 for `target` dB between the pictures of both (8 bits); that of
 * all where none will do. *psnr is what it gives, *all what rounding every layer would give. */
ANEW_NODISCARD anew_status choose_kept(int *kept, double *psnr, double *all,
                                       const anew_model *model, const anew_graph *graph,
                                       const quantized *layers, const anew_planes *samples,
                                       double target, anew_error *error);

#endif
