/* repair.c - masks from files and from the search, joined, and the in-fill. */
#include "cli/repair.h"

#include <string.h>
#include <sys/stat.h>

#include "cli/inputs.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "finish/infill.h"
#include "finish/scratches.h"

bool cli_repair_is_on(const cli_options *o)
{
    return o->scratches != NULL || o->erase != NULL;
}

/* The lightest of a pixel's colours: white and any bright colour mark what is to be filled. */
static bool is_marked(const anew_image *mask, size_t pixel)
{
    for (int c = 0; c < (mask->channels >= 3 ? 3 : 1); c++) {
        const size_t at = pixel * (size_t)mask->channels + (size_t)c;
        if (mask->depth == 16 ? ((const uint16_t *)mask->pixels)[at] >= 32768
                              : ((const uint8_t *)mask->pixels)[at] >= 128)
            return true;
    }
    return false;
}

/* Of two shapes. */
static anew_status mask_fits(const anew_image *mask, const char *path, const anew_image *picture,
                             anew_error *error)
{
    if (mask->width == picture->width && mask->height == picture->height)
        return ANEW_OK;
    return anew_fail(error, ANEW_ERROR_ARGUMENT,
                     "%s: a mask of %dx%d pixels; the picture has %dx%d", path, mask->width,
                     mask->height, picture->width, picture->height);
}

anew_status cli_repair_fits(const anew_image *picture, const cli_options *o, anew_error *error)
{
    const bool searched = o->scratches == NULL || strcmp(o->scratches, "auto") == 0;
    const char *const masks[] = {searched ? NULL : o->scratches, o->erase};
    for (int i = 0; i < 2; i++) {
        anew_image_reader *reader = NULL;
        anew_image mask;
        if (masks[i] == NULL)
            continue;
        ANEW_TRY(anew_image_reader_open(&reader, &mask, masks[i], &o->limits, error));
        const anew_status status = mask_fits(&mask, masks[i], picture, error);
        anew_image_reader_close(&reader);
        if (status != ANEW_OK)
            return status;
    }
    return ANEW_OK;
}

/* Adds a mask's file to the marks of the picture. */
static anew_status add_mask(uint8_t *marks, const anew_image *image, const char *path,
                            const cli_options *o, anew_error *error)
{
    anew_image mask = {0};
    ANEW_TRY(anew_image_read(&mask, path, &o->limits, NULL, error));
    const anew_status status = mask_fits(&mask, path, image, error);
    for (size_t i = 0; status == ANEW_OK && i < (size_t)mask.width * (size_t)mask.height; i++)
        if (is_marked(&mask, i))
            marks[i] = 255;
    anew_image_free(&mask);
    return status;
}

static anew_status write_marks(uint8_t *marks, const anew_image *image, const cli_options *o,
                               anew_error *error)
{
    const anew_image picture = {image->width, image->height, 1, 8, marks};
    const anew_image_options plain = {.png_compression = -1};
    if (o->word_count > 0 && cli_same_file(o->words[0], o->scratch_mask))
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s: is the picture itself; name another file for the mask",
                         o->scratch_mask);
    if (!o->force && anew_output_overwrites(o->scratch_mask))
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s: exists; --force overwrites it",
                         o->scratch_mask);
    return anew_image_write(&picture, o->scratch_mask, anew_format_of_path(o->scratch_mask), &plain,
                            error);
}

anew_status cli_repair(anew_image *image, cli_repaired *repaired, const cli_options *o,
                       anew_error *error)
{
    const size_t pixels = anew_size_mul((size_t)image->width, (size_t)image->height);
    const int threads = o->enhance.threads > 0 ? o->enhance.threads : anew_parallel_threads();
    anew_scratches found = {0};
    anew_status status = ANEW_OK;
    *repaired = (cli_repaired){0};
    uint8_t *marks = anew_alloc_zero(pixels);
    if (marks == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a mask");
    if (o->scratches != NULL && strcmp(o->scratches, "auto") == 0)
        ANEW_TRY_GOTO(anew_find_scratches(marks, &found, image, threads, error), out);
    else if (o->scratches != NULL)
        ANEW_TRY_GOTO(add_mask(marks, image, o->scratches, o, error), out);
    if (o->scratch_mask != NULL)
        ANEW_TRY_GOTO(write_marks(marks, image, o, error), out);
    if (o->erase != NULL)
        ANEW_TRY_GOTO(add_mask(marks, image, o->erase, o, error), out);
    repaired->found = found.count;
    for (size_t i = 0; i < pixels; i++)
        repaired->pixels += marks[i] != 0;
    status = anew_infill(image, marks, error);
out:
    anew_free(marks);
    return status;
}
