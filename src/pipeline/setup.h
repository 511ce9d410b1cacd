/*
 * setup.h - everything that is decided before a picture's first row is computed: kernels, sizes, strips and
 * bands; private to src/pipeline/.
 */
#ifndef ANEW_PIPELINE_SETUP_H
#define ANEW_PIPELINE_SETUP_H

#include "pipeline/enhance.h"
#include "pipeline/layout.h"
#include "pipeline/prepare.h"

typedef struct anew_setup {
    anew_isa isa;
    anew_prepared *prepared; /* network, kernels, packed weights */
    anew_geometry geometry;
    anew_layout layout;
    int threads;
    size_t budget_bytes;
} anew_setup;

/* For a picture of these sizes and channels. Freed with anew_setup_free, also after a failure. */
ANEW_NODISCARD anew_status anew_setup_create(anew_setup *setup, const anew_model *model, int width,
                                             int height, int channels,
                                             const anew_enhance_options *options,
                                             anew_error *error);
void anew_setup_free(anew_setup *setup);

#endif
