/* share.c - a queue of the picture's rows with two readers, and the mixture of what both make of them: a share of the
 * network's, or the network's luma with the resampled picture's colours. */
#include "pipeline/share.h"

#include <string.h>

#include "core/memory.h"
#include "pipeline/plain.h"

struct anew_share {
    float strength;
    bool luma; /* kept rows are Y, Cb + 1/2, Cr + 1/2 in floats, of which the network gets Y */
    anew_image in, out; /* shapes */
    anew_image read;    /* one row as it is read, where kept rows are others */
    const anew_row_source *source;
    const anew_row_sink *to;
    anew_plain *plain;
    const anew_row_kernels *kernels;
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

/* Row y of a picture as floats of luma and colour differences (ITU-R BT.601, all of the range, as JPEG has them). */
static void split_row(unsigned char *to, const anew_share *s, const anew_image *from, int y)
{
    float *row = (float *)(void *)to;
    const int width = s->in.width, channels = s->in.channels;
    float *planes[4];
    for (int c = 0; c < 4; c++)
        planes[c] = s->rows.data + (size_t)c * (size_t)s->rows.width;
    for (int c = 0; c < channels; c++)
        anew_row_from_image_by(s->kernels, planes[c], from, c, y, 0, width);
    for (int x = 0; x < width; x++, row += channels) {
        const float r = planes[0][x], g = planes[1][x], b = planes[2][x];
        const float luma = 0.299f * r + 0.587f * g + 0.114f * b;
        row[0] = luma;
        row[1] = (b - luma) / 1.772f + 0.5f;
        row[2] = (r - luma) / 1.402f + 0.5f;
        if (channels == 4)
            row[3] = planes[3][x];
    }
}

/* Row y of the picture is there afterwards. */
static anew_status read_up_to(anew_share *s, int y, anew_error *error)
{
    while (!s->whole && s->last <= y) {
        ANEW_TRY(grow(&s->kept, s->first, s->last, error));
        unsigned char *row = row_of(&s->kept, s->last);
        ANEW_TRY(
            s->source->rows(s->source->context, s->luma ? s->read.pixels : (void *)row, 1, error));
        if (s->luma)
            split_row(row, s, &s->read, 0);
        s->last++;
    }
    return ANEW_OK;
}

/* Row y of what is kept as the network gets it; how many bytes that is. */
static size_t row_for_network(unsigned char *to, const anew_share *s, int y)
{
    if (!s->luma) {
        memcpy(to, row_of(&s->kept, y), row_bytes(&s->in));
        return row_bytes(&s->in);
    }
    const float *from = (const float *)(const void *)row_of(&s->kept, y);
    float *row = (float *)(void *)to;
    for (int x = 0; x < s->in.width; x++, from += s->in.channels) {
        *row++ = from[0];
        if (s->in.channels == 4)
            *row++ = from[3];
    }
    return (size_t)(row - (float *)(void *)to) * sizeof(float);
}

static void drop_read_rows(anew_share *s)
{
    s->first = s->network_next < s->plain_next ? s->network_next : s->plain_next;
}

static anew_status give_rows(void *context, void *pixels, int rows, anew_error *error)
{
    anew_share *s = context;
    unsigned char *to = pixels;
    for (int i = 0; i < rows; i++) {
        ANEW_TRY(read_up_to(s, s->network_next, error));
        to += row_for_network(to, s, s->network_next);
        s->network_next++;
        drop_read_rows(s);
    }
    return ANEW_OK;
}

static anew_status give_all(void *context, anew_image *image, anew_error *error)
{
    anew_share *s = context;
    const anew_image *in = &s->in;
    anew_image picture = {0};
    anew_status status = ANEW_OK;
    anew_image_free(&s->kept);
    ANEW_TRY_GOTO(s->source->all(s->source->context, s->luma ? &picture : &s->kept, error), out);
    if (s->luma)
        ANEW_TRY_GOTO(anew_image_create(&s->kept, in->width, in->height, in->channels, 32, error),
                      out);
    for (int y = 0; s->luma && y < in->height; y++)
        split_row(row_of(&s->kept, y), s, &picture, y);
    s->whole = true;
    const anew_image shape = anew_share_shape(s);
    ANEW_TRY_GOTO(
        anew_image_create(image, shape.width, shape.height, shape.channels, shape.depth, error),
        out);
    unsigned char *to = image->pixels;
    for (int y = 0; y < in->height; y++)
        to += row_for_network(to, s, y);
out:
    anew_image_free(&picture);
    return status;
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

/* The network's luma and the resampled differences. */
static void join_row(anew_share *s, const anew_image *part, int y)
{
    const int width = s->out.width, met = s->met % s->waiting.height;
    float *planes[4];
    for (int c = 0; c < 4; c++)
        planes[c] = s->rows.data + (size_t)c * (size_t)s->rows.width;
    anew_row_from_image_by(s->kernels, planes[0], part, 0, y, 0, width);
    for (int c = 1; c < s->out.channels; c++)
        anew_row_from_image_by(s->kernels, planes[c], &s->waiting, c, met, 0, width);
    for (int x = 0; x < width; x++) {
        const float luma = planes[0][x], blue = planes[1][x] - 0.5f, red = planes[2][x] - 0.5f;
        planes[0][x] = luma + 1.402f * red;
        planes[1][x] = luma - 0.114f * 1.772f / 0.587f * blue - 0.299f * 1.402f / 0.587f * red;
        planes[2][x] = luma + 1.772f * blue;
    }
    const anew_plane_rows all = {planes[0], s->out.channels,       1,
                                 width,     (size_t)s->rows.width, (size_t)s->rows.width};
    anew_rows_to_image_by(s->kernels, &s->mixed, &all, 0, 0, 0);
}

static void mix_row(anew_share *s, const anew_image *part, int y)
{
    const size_t width = (size_t)s->out.width;
    float *network = s->rows.data, *plain = network + width;
    for (int c = 0; c < s->out.channels; c++) {
        anew_row_from_image_by(s->kernels, network, part, c, y, 0, s->out.width);
        anew_row_from_image_by(s->kernels, plain, &s->waiting, c, s->met % s->waiting.height, 0,
                               s->out.width);
        for (size_t x = 0; x < width; x++)
            plain[x] += s->strength * (network[x] - plain[x]);
        const anew_plane_rows one = {plain, 1, 1, s->out.width, width, width};
        anew_rows_to_image_by(s->kernels, &s->mixed, &one, c, 0, 0);
    }
}

static anew_status take_rows(void *context, const anew_image *part, anew_error *error)
{
    anew_share *s = context;
    for (int y = 0; y < part->height; y++) {
        ANEW_TRY(make_plain(s, s->met, error));
        if (s->luma)
            join_row(s, part, y);
        else
            mix_row(s, part, y);
        s->met++;
        ANEW_TRY(s->to->rows(s->to->context, &s->mixed, error));
    }
    return ANEW_OK;
}

anew_image anew_share_shape(const anew_share *share)
{
    anew_image shape = share->in;
    if (share->luma) {
        shape.channels = shape.channels == 4 ? 2 : 1;
        shape.depth = 32;
    }
    return shape;
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

static anew_status create(anew_share **share, double strength, bool luma, const anew_image *in,
                          const anew_row_source *source, const anew_image *out,
                          const anew_row_sink *to, const anew_enhance_options *options,
                          anew_error *error)
{
    anew_status status = ANEW_OK;
    anew_share *s = *share = anew_alloc_zero(sizeof *s);
    if (s == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "no memory for a mixture of pictures");
    s->strength = (float)strength;
    s->luma = luma;
    s->in = *in;
    s->out = *out;
    s->source = source;
    s->to = to;
    anew_image plain = *out;
    plain.depth = 32;
    ANEW_TRY_GOTO(anew_plain_create(&s->plain, in, &plain, options, error), fail);
    s->kernels = anew_plain_kernels(s->plain);
    ANEW_TRY_GOTO(anew_image_create(&s->kept, in->width, FIRST_ROWS, in->channels,
                                    luma ? 32 : in->depth, error),
                  fail);
    if (luma)
        ANEW_TRY_GOTO(anew_image_create(&s->read, in->width, 1, in->channels, in->depth, error),
                      fail);
    ANEW_TRY_GOTO(anew_image_create(&s->waiting, out->width, FIRST_ROWS, out->channels, 32, error),
                  fail);
    ANEW_TRY_GOTO(
        anew_planes_create(&s->rows, 4, 1, in->width > out->width ? in->width : out->width, error),
        fail);
    ANEW_TRY_GOTO(anew_image_create(&s->mixed, out->width, 1, out->channels, out->depth, error),
                  fail);
    return ANEW_OK;
fail:
    anew_share_free(share);
    return status;
}

anew_status anew_share_create(anew_share **share, double strength, const anew_image *in,
                              const anew_row_source *source, const anew_image *out,
                              const anew_row_sink *to, const anew_enhance_options *options,
                              anew_error *error)
{
    return create(share, strength, false, in, source, out, to, options, error);
}

anew_status anew_share_create_luma(anew_share **share, const anew_image *in,
                                   const anew_row_source *source, const anew_image *out,
                                   const anew_row_sink *to, const anew_enhance_options *options,
                                   anew_error *error)
{
    anew_enhance_options colours = *options;
    colours.filter = ANEW_FILTER_CUBIC;
    colours.linear = false; /* differences are no amounts of light */
    return create(share, 1, true, in, source, out, to, &colours, error);
}

void anew_share_free(anew_share **share)
{
    anew_share *s = *share;
    if (s == NULL)
        return;
    anew_plain_free(&s->plain);
    anew_image_free(&s->read);
    anew_image_free(&s->kept);
    anew_image_free(&s->waiting);
    anew_planes_free(&s->rows);
    anew_image_free(&s->mixed);
    anew_free(s);
    *share = NULL;
}
