/*
 * platform.c - what the rest of the engine asks of an operating system, where there is none: no processors to choose
 * from, no files, no clock. Takes the place of those files of src/core/ that do.
 */
#include "core/affinity.h"
#include "core/file.h"
#include "core/machine_memory.h"
#include "core/memory.h"
#include "core/processors.h"
#include "exec/report.h"
#include "pipeline/gray_network.h"

void anew_affinity_take(void)
{
}

void anew_affinity_give_back(void)
{
}

/* The arena limits it. */
size_t anew_default_memory(void)
{
    return SIZE_MAX / 4;
}

/* A model is never read from a file here. */
void anew_bytes_free(anew_bytes *bytes)
{
    anew_free((void *)(uintptr_t)bytes->data);
    *bytes = (anew_bytes){0};
}

double anew_seconds(void)
{
    return 0;
}

static anew_status refuse(const anew_model *model, anew_error *error)
{
    return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                     "%s: a network of brightness runs on gray pictures here",
                     anew_model_label(model));
}

anew_status anew_gray_network(anew_image *out, const anew_image *in, const anew_model *model,
                              int scale, const anew_enhance_options *options, anew_report *report,
                              anew_error *error)
{
    (void)out, (void)in, (void)scale, (void)options, (void)report;
    return refuse(model, error);
}

anew_status anew_gray_network_rows(const anew_row_sink *sink, const anew_row_source *source,
                                   const anew_image *shape, const anew_model *model, int scale,
                                   const anew_enhance_options *options, anew_report *report,
                                   anew_error *error)
{
    (void)sink, (void)source, (void)shape, (void)scale, (void)options, (void)report;
    return refuse(model, error);
}
