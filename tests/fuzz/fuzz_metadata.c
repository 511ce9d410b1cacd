/*
 * fuzz_metadata.c - fuzz target: EXIF, XMP, IPTC and profiles. The first byte says as which of them the
 * rest is taken; all that is done to them on the way to a result is done, with copies of exactly their size.
 */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "fuzz.h"
#include "image/formats.h"

/* EXIF into a TIFF and out of one. */
static void move(const anew_block *exif)
{
    anew_block directory = {0}, copy = {0};
    anew_input *input = NULL;
    const char *text = anew_exif_text(exif, 271);
    if (text != NULL && strlen(text) > exif->size)
        abort();
    if (anew_exif_directory(&directory, exif, 0x8769, 100) && directory.size > (16u << 20))
        abort();
    anew_free(directory.data);
    if (anew_input_open_memory(&input, exif->data, exif->size, "x", NULL) != ANEW_OK)
        return;
    if (anew_exif_of_tiff(&copy, input) && copy.size > (16u << 20))
        abort();
    anew_free(copy.data);
    anew_input_close(&input);
}

/* In, and out again. */
static bool put_thumbnail(anew_block *exif)
{
    const size_t size = exif->size;
    if (!anew_exif_add_thumbnail(exif, 9))
        return false;
    anew_exif_set_thumbnail(exif, (const uint8_t *)"a picture", 9);
    if (exif->size != size && !anew_exif_has_thumbnail(exif))
        abort();
    anew_exif_remove_thumbnail(exif);
    if (exif->size > size + 1 || anew_exif_has_thumbnail(exif)) /* one: to an even place */
        abort();
    return true;
}

static anew_status run(const uint8_t *data, size_t size, anew_error *error)
{
    anew_metadata from = {0}, to = {0};
    const anew_metadata_wish wish = {.provenance = "anew 1"};
    if (size < 2)
        return ANEW_OK;
    anew_block *const blocks[] = {&from.exif, &from.xmp, &from.iptc, &from.icc};
    if (!anew_block_set(blocks[data[0] % 4], data + 1, size - 1))
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory", FUZZ_LABEL);
    anew_metadata_turned(&from, data[0] / 4 % 8 + 1);
    (void)anew_exif_says_adobe_rgb(&from.exif);
    if (from.exif.data != NULL)
        move(&from.exif);
    bool memory = data[0] < 128 || anew_metadata_now_srgb(&from);
    anew_status status = ANEW_OK;
    if (memory)
        status = anew_metadata_for_result(&to, &from, 1000, 1000, 3, wish, FUZZ_LABEL, error);
    if (memory && status == ANEW_OK)
        memory = anew_xmp_set_provenance(&to.xmp, "anew 2") &&
                 anew_xmp_provenance(&to.provenance, &to.xmp);
    if (to.iptc.size > from.iptc.size || to.exif.size > from.exif.size ||
        anew_exif_has_thumbnail(&to.exif))
        abort();
    if (memory && anew_exif_has_thumbnail(&from.exif))
        memory = put_thumbnail(&to.exif);
    anew_metadata_free(&from);
    anew_metadata_free(&to);
    return !memory ? anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory", FUZZ_LABEL) : status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_twice(run, data, size);
    return 0;
}
