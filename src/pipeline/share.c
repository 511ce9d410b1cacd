/* share.c - a queue of the picture's rows with two readers, and the mixture of what both make of them. */
#include "pipeline/share.h"

#include <string.h>

#include "core/memory.h"
#include "pipeline/plain.h"

struct anew_share {
    float strength;
    anew_image in, out; /* shapes */
    const anew_row_source *source;
    const anew_row_sink *to;
    anew_plain *plain;
    /* Rows of the picture: row y is in row y % kept.height, first <= y < last. With the whole picture, all. */
    anew_image kept;
    bool whole;
    int first, last;
    int network_next, plain_next; /* each reader's next row */
    /* Rows of the resampled picture that no row of the network's result has met, in floats: from row `met` on. */
    anew_image waiting;
    int met, made;
    anew_planes rows; /* one row of each, and their mixture */
    anew_image mixed; /* one row */
};

static size_t row_bytes(const anew_image *image)
{
    return (size_t)image->width * (size_t)image->channels * (size_t)(image->depth / 8);
}

static unsigned char *row_of(const anew_image *image, int y)
{
    return (unsigned char *)image->pixels + (size_t)(y % image->height) * row_bytes(image);
}

/* Makes room for another row: rows first .. last - 1 of a ring move to one of twice the height. */
static anew_status grow(anew_image *ring, int first, int last, anew_error *error)
{
    anew_image larger = {0};
    if (last - first < ring->height)
        return ANEW_OK;
    ANEW_TRY(anew_image_create(&larger, ring->width, 2 * ring->height, ring->channels, ring->depth,
                               error));
    for (int y = first; y < last; y++)
        memcpy(row_of(&larger, y), row_of(ring, y), row_bytes(ring));
    anew_image_free(ring);
    *ring = larger;
    return ANEW_OK;
}

/* ---- the picture's rows ---------------------------------------------------------------------------------- */

/* Row y of the picture is there afterwards. */
static anew_status read_up_to(anew_share *s, int y, anew_error *error)
{
    while (!s->whole && s->last <= y) {
        ANEW_TRY(grow(&s->kept, s->first, s->last, error));
        ANEW_TRY(s->source->rows(s->source->context, row_of(&s->kept, s->last), 1, error));
        s->last++;
    }
    return ANEW_OK;
}

static void drop_read_rows(anew_share *s)
{
    s->first = s->network_next < s->plain_next ? s->network_next : s->plain_next;
}

static anew_status give_rows(void *context, void *pixels, int rows, anew_error *error)
{
    anew_share *s = context;
    for (int i = 0; i < rows; i++) {
        ANEW_TRY(read_up_to(s, s->network_next, error));
        memcpy((unsigned char *)pixels + (size_t)i * row_bytes(&s->in),
               row_of(&s->kept, s->network_next), row_bytes(&s->in));
        s->network_next++;
        drop_read_rows(s);
    }
    return ANEW_OK;
}

static anew_status give_all(void *context, anew_image *image, anew_error *error)
{
    anew_share *s = context;
    const anew_image *in = &s->in;
    anew_image_free(&s->kept);
    ANEW_TRY(s->source->all(s->source->context, &s->kept, error));
    s->whole = true;
    ANEW_TRY(anew_image_create(image, in->width, in->height, in->channels, in->depth, error));
    memcpy(image->pixels, s->kept.pixels, row_bytes(in) * (size_t)in->height);
    return ANEW_OK;
}

/* ---- the resampled picture's rows ---------------------------------------------------------------------- */

static anew_status keep_plain(void *context, const anew_image *part, anew_error *error)
{
    anew_share *s = context;
    for (int i = 0; i < part->height; i++) {
        ANEW_TRY(grow(&s->waiting, s->met, s->made, error));
        memcpy(row_of(&s->waiting, s->made++), row_of(part, i), row_bytes(part));
    }
    return ANEW_OK;
}

static anew_status make_plain(anew_share *s, int y, anew_error *error)
{
    while (s->made <= y) {
        ANEW_TRY(read_up_to(s, s->plain_next, error));
        const int row = s->plain_next % s->kept.height;
        ANEW_TRY(anew_plain_push(s->plain, &s->kept, row, keep_plain, s, error));
        s->plain_next++;
        drop_read_rows(s);
    }
    return ANEW_OK;
}

/* ---- the network's rows ----------------------------------------------------------------------------------- */

static anew_status begin(void *context, const anew_image *shape, anew_error *error)
{
    const anew_share *s = context;
    if (shape->depth != 32 || shape->width != s->out.width || shape->height != s->out.height)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "a share of %dx%d floats is wanted, not %dx%d",
                         s->out.width, s->out.height, shape->width, shape->height);
    return s->to->begin(s->to->context, &s->out, error);
}

static void mix_row(anew_share *s, const anew_image *part, int y)
{
    const size_t width = (size_t)s->out.width;
    float *network = s->rows.data, *plain = network + width;
    for (int c = 0; c < s->out.channels; c++) {
        anew_row_from_image(network, part, c, y, 0, s->out.width);
        anew_row_from_image(plain, &s->waiting, c, s->met % s->waiting.height, 0, s->out.width);
        for (size_t x = 0; x < width; x++)
            plain[x] += s->strength * (network[x] - plain[x]);
        const anew_plane_rows one = {plain, 1, 1, s->out.width, width, width};
        anew_rows_to_image(&s->mixed, &one, c, 0, 0);
    }
}

static anew_status take_rows(void *context, const anew_image *part, anew_error *error)
{
    anew_share *s = context;
    for (int y = 0; y < part->height; y++) {
        ANEW_TRY(make_plain(s, s->met, error));
        mix_row(s, part, y);
        s->met++;
        ANEW_TRY(s->to->rows(s->to->context, &s->mixed, error));
    }
    return ANEW_OK;
}

anew_row_source anew_share_source(anew_share *share)
{
    return (anew_row_source){share, give_rows, give_all};
}

anew_row_sink anew_share_sink(anew_share *share)
{
    return (anew_row_sink){share, begin, take_rows};
}

#define FIRST_ROWS 16 /* kept, of either; more where they are needed */

anew_status anew_share_create(anew_share **share, double strength, const anew_image *in,
                              const anew_row_source *source, const anew_image *out,
                              const anew_row_sink *to, const anew_enhance_options *options,
                              anew_error *error)
{
    anew_status status = ANEW_OK;
    anew_share *s = *share = anew_alloc_zero(sizeof *s);
    if (s == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a mixture of pictures");
    s->strength = (float)strength;
    s->in = *in;
    s->out = *out;
    s->source = source;
    s->to = to;
    anew_image plain = *out;
    plain.depth = 32;
    ANEW_TRY_GOTO(anew_plain_create(&s->plain, in, &plain, options, error), fail);
    ANEW_TRY_GOTO(
        anew_image_create(&s->kept, in->width, FIRST_ROWS, in->channels, in->depth, error), fail);
    ANEW_TRY_GOTO(anew_image_create(&s->waiting, out->width, FIRST_ROWS, out->channels, 32, error),
                  fail);
    ANEW_TRY_GOTO(anew_planes_create(&s->rows, 2, 1, out->width, error), fail);
    ANEW_TRY_GOTO(anew_image_create(&s->mixed, out->width, 1, out->channels, out->depth, error),
                  fail);
    return ANEW_OK;
fail:
    anew_share_free(share);
    return status;
}

void anew_share_free(anew_share **share)
{
    anew_share *s = *share;
    if (s == NULL)
        return;
    anew_plain_free(&s->plain);
    anew_image_free(&s->kept);
    anew_image_free(&s->waiting);
    anew_planes_free(&s->rows);
    anew_image_free(&s->mixed);
    anew_free(s);
    *share = NULL;
}
