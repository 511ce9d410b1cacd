/* metadata.c - blocks, and what of them goes to a result. */
#include "image/metadata.h"

#include <string.h>

#include "core/memory.h"

void anew_metadata_free(anew_metadata *metadata)
{
    anew_free(metadata->icc.data);
    anew_free(metadata->exif.data);
    anew_free(metadata->xmp.data);
    anew_free(metadata->iptc.data);
    anew_free(metadata->texts.data);
    anew_free(metadata->provenance.data);
    *metadata = (anew_metadata){0};
}

bool anew_block_set(anew_block *block, const void *data, size_t size)
{
    uint8_t *copy = size == 0 ? NULL : anew_alloc(size + 1);
    if (copy != NULL) {
        memcpy(copy, data, size);
        copy[size] = 0;
    }
    anew_free(block->data);
    *block = (anew_block){copy, copy == NULL ? 0 : size};
    return copy != NULL || size == 0;
}

bool anew_is_provenance(const void *text, size_t size)
{
    const uint8_t *p = text;
    if (size < 6 || size > ANEW_MAX_PROVENANCE || memcmp(p, "anew ", 5) != 0)
        return false;
    for (size_t i = 0; i < size; i++)
        if (p[i] < ' ' || p[i] > '~' || strchr("\"'<>&", p[i]) != NULL) /* XML's own */
            return false;
    return true;
}

void anew_metadata_turned(anew_metadata *metadata, int orientation)
{
    anew_exif_reset_orientation(metadata->exif.data, metadata->exif.size);
    anew_xmp_reset_orientation(&metadata->xmp);
    if (orientation >= 5) {
        const double x = metadata->density_x;
        metadata->density_x = metadata->density_y;
        metadata->density_y = x;
    }
}

/* The header of a profile: its length, at 16 the colours it is for, at 36 a signature (ICC.1:2010,
 * section 7.2). */
static bool profile_suits(const anew_block *icc, int channels)
{
    if (icc->size < 132 || memcmp(icc->data + 36, "acsp", 4) != 0)
        return false;
    const uint32_t length = (uint32_t)icc->data[0] << 24 | (uint32_t)icc->data[1] << 16 |
                            (uint32_t)icc->data[2] << 8 | icc->data[3];
    return length == icc->size && memcmp(icc->data + 16, channels <= 2 ? "GRAY" : "RGB ", 4) == 0;
}

bool anew_metadata_now_srgb(anew_metadata *metadata)
{
    anew_free(metadata->icc.data);
    metadata->icc = (anew_block){0};
    metadata->has_gamma = metadata->has_chromaticities = false;
    metadata->has_srgb = true;
    metadata->srgb_intent = 0; /* perceptual, what a photo is shown by (PNG, section 11.3.3.5) */
    anew_exif_set_srgb(&metadata->exif);
    return anew_xmp_set_srgb(&metadata->xmp);
}

anew_status anew_metadata_for_result(anew_metadata *to, const anew_metadata *from, int width,
                                     int height, int channels, anew_metadata_wish wish,
                                     const char *label, anew_error *error)
{
    *to = *from;
    to->icc = to->exif = to->xmp = to->iptc = to->texts = to->provenance = (anew_block){0};
    bool memory = true;
    if (profile_suits(&from->icc, channels) && !wish.drop_icc)
        memory = anew_block_set(&to->icc, from->icc.data, from->icc.size);
    if (wish.strip) {
        to->density = ANEW_DENSITY_NONE;
    } else {
        memory = memory && anew_block_set(&to->exif, from->exif.data, from->exif.size);
        memory = memory && anew_block_set(&to->xmp, from->xmp.data, from->xmp.size);
        memory = memory && anew_block_set(&to->iptc, from->iptc.data, from->iptc.size);
        memory = memory && anew_block_set(&to->texts, from->texts.data, from->texts.size);
        anew_exif_resize(&to->exif, width, height);
        anew_iptc_keep_true(&to->iptc);
        memory = memory && anew_xmp_resize(&to->xmp, width, height);
        memory = memory && anew_xmp_set_provenance(&to->xmp, NULL); /* of the source's making */
        if (wish.provenance != NULL)
            memory =
                memory && anew_block_set(&to->provenance, wish.provenance, strlen(wish.provenance));
    }
    if (memory)
        return ANEW_OK;
    anew_metadata_free(to);
    return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory for its metadata", label);
}

bool anew_metadata_set_density(anew_metadata *metadata, double dpi, bool exif_only)
{
    metadata->density = ANEW_DENSITY_METRE;
    metadata->density_x = metadata->density_y = dpi / 0.0254;
    anew_exif_set_density(&metadata->exif, dpi);
    if (exif_only && metadata->exif.data == NULL && !anew_exif_of_density(&metadata->exif, dpi))
        return false;
    return anew_xmp_set_density(&metadata->xmp, dpi);
}
