/*
 * enhance.h - a picture and a model in, a restored and larger picture out.
 *
 * The way: pixels -> planes -> network, in bands and, where memory is short, strips -> exact resize to
 * the wanted size -> pixels. Gray stays gray, 16 bits stay 16 bits, alpha is resampled beside the colours.
 */
#ifndef ANEW_PIPELINE_ENHANCE_H
#define ANEW_PIPELINE_ENHANCE_H

#include "exec/engine.h"
#include "image/resize.h"
#include "model/model.h"

typedef struct anew_enhance_options {
    double scale;       /* output against input; 0: the model's own, unless width or height */
    int width, height;  /* output size in pixels; 0: from the scale, or by aspect from the other */
    int depth;          /* of the result's samples; 0: as the input's */
    anew_filter filter; /* from the network's scale to that size; 0 is Lanczos */
    bool linear;        /* ... of the colours, on amounts of light (image/transfer.h) */
    int threads;        /* 0: all that the process may use */
    int strip;          /* input columns of a strip; 0: whole where memory allows */
    int band;           /* input rows of a band; 0: chosen */
    size_t memory; /* bytes that the engine may allocate beside both pictures; 0: a share of all */
    /* Runs of one model at once: of the memory that its weights leave, this run gets memory_part / memory_parts.
     * 0 and 0: all. */
    int memory_part, memory_parts;
    double noise_level; /* for networks that are told it: deviation of samples from 0 to 255 */
    anew_precision precision;
    anew_plan_level plan;      /* 0 is ANEW_PLAN_FULL */
    const char *cpu;           /* name of the highest CPU level to use, or NULL */
    const anew_engine *engine; /* NULL: this CPU */
    /* Told after each band how much of the network's work is done, in pixels of the input with what is
     * computed twice; the last call has done == total. Called by the thread that runs the picture. False
     * stops it: the run ends with ANEW_ERROR_CANCELLED. NULL: nobody is told. */
    bool (*progress)(void *context, int64_t done, int64_t total);
    void *progress_context;
} anew_enhance_options;

/* The size that the options ask for. Refuses sizes below 1 or above what a picture can have. */
ANEW_NODISCARD anew_status anew_enhance_size(int *width, int *height, int model_scale, int in_width,
                                             int in_height, const anew_enhance_options *options,
                                             anew_error *error);

/* Takes the result row by row, so that it need not be in memory as a whole. */
typedef struct anew_row_sink {
    void *context;
    /* Before the first row: the result's size and kind, without pixels. */
    anew_status (*begin)(void *context, const anew_image *shape, anew_error *error);
    /* The next part->height rows, from the top; they are gone when it returns. */
    anew_status (*rows)(void *context, const anew_image *part, anew_error *error);
} anew_row_sink;

/* Gives a picture row by row. */
typedef struct anew_row_source {
    void *context;
    /* The next rows from the top. */
    anew_status (*rows)(void *context, void *pixels, int rows, anew_error *error);
    /* All rows as one picture, in place of the above. */
    anew_status (*all)(void *context, anew_image *image, anew_error *error);
} anew_row_source;

/* A picture's file as a source; used up by it. */
anew_row_source anew_reader_source(anew_image_reader *reader);

/* Takes the picture of this size and kind and does it, row by row on both sides, so that neither picture need
 * be in memory as a whole. Where strips are needed or the picture has alpha, both are. */
ANEW_NODISCARD anew_status anew_enhance_rows(const anew_row_sink *sink,
                                             const anew_row_source *source, const anew_image *shape,
                                             const anew_model *model,
                                             const anew_enhance_options *options,
                                             anew_report *report, anew_error *error);

/* The same into one image. `report` may be NULL; the caller frees *out and *report. */
ANEW_NODISCARD anew_status anew_enhance(anew_image *out, const anew_image *in,
                                        const anew_model *model,
                                        const anew_enhance_options *options, anew_report *report,
                                        anew_error *error);

/* ---- models in the program (model_path.h finds the others) -------------------------------------- */

/* Their names, in order, NULL past the last. */
const char *anew_embedded_name(int index);
bool anew_is_embedded(const char *name);

/* By name; NULL is the first, the default. */
ANEW_NODISCARD anew_status anew_model_open_embedded(anew_model **model, const char *name,
                                                    anew_error *error);

/* ---- facts about a model's network, for `anew info` ------------------------------------------- */

typedef struct anew_model_facts {
    int scale;
    int64_t parameters;
    double flops_per_pixel; /* input pixel; multiply and add counted as two */
    int radius;             /* receptive radius, input pixels */
    int layers;             /* convolutions */
    int rounded_layers;     /* ... of them in 8 bits */
    int alignment;          /* the network works on multiples of this size */
    int planes;             /* of its result: 3, or 1 */
    bool level;             /* it is told the noise's level */
} anew_model_facts;

ANEW_NODISCARD anew_status anew_model_facts_of(anew_model_facts *facts, const anew_model *model,
                                               anew_error *error);

#endif
