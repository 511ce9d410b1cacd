/*
 * image_tiff.c - reading TIFF; with image_tiff_write.c the only files that see libtiff.
 *
 * Gray, palette and RGB, with or without alpha, 1 to 16 bits, strips and tiles, samples together or in planes of their
 * own, any compression that libtiff has been built with. What is exact is converted: fewer bits become 8, palettes RGB,
 * white that is 0 becomes 255; colours that are multiplied by alpha are divided by it. Floating point, CMYK and the like
 * are refused, and files of several pages.
 */
#include <string.h>
#include <tiffio.h>

#include "core/memory.h"
#include "image/formats.h"

#define MOST_SAMPLES 8
#define MOST_PAGES   64 /* that are looked at, to find a second one */

/* What libtiff may ask for at once: of tables and strips of damaged files that would be gigabytes. */
#define MOST_AT_ONCE ((size_t)1 << 30)

typedef struct tiff_decoder {
    anew_input *input;
    uint64_t at;
    const char *label;
    anew_error *error;
    anew_status status;
    bool quiet; /* what libtiff complains of is passed over */
    TIFF *tiff;
    anew_image shape;
    int bits, samples, colours; /* of the file: a sample's bits; samples and colours of a pixel */
    bool has_alpha, multiplied, white_is_0, tiled, planes;
    const uint16_t *palette[3];
    bool palette_is_8;
    uint32_t block_width, block_height; /* of a tile; or rows of a strip */
    uint8_t *raw;                       /* the rows at work: [plane][row][row_bytes] */
    uint8_t *tile;
    size_t row_bytes;
    uint32_t raw_first, raw_rows, next; /* rows in `raw`; the next to be given */
} tiff_decoder;

/* ---- what libtiff calls ------------------------------------------------------------------------------- */

static int on_error(TIFF *tiff, void *user, const char *module, const char *format, va_list list)
    ANEW_PRINTF(4, 0);
static int on_error(TIFF *tiff, void *user, const char *module, const char *format, va_list list)
{
    tiff_decoder *d = user;
    char text[256];
    (void)tiff;
    (void)module;
    (void)vsnprintf(text, sizeof text, format, list);
    if (d->status == ANEW_OK && !d->quiet)
        d->status = anew_fail(d->error, ANEW_ERROR_FORMAT, "%s: damaged TIFF: %s", d->label, text);
    return 1;
}

static int on_warning(TIFF *tiff, void *user, const char *module, const char *format, va_list list)
{
    (void)tiff;
    (void)user;
    (void)module;
    (void)format;
    (void)list;
    return 1;
}

static tmsize_t on_read(thandle_t handle, void *to, tmsize_t bytes)
{
    tiff_decoder *d = handle;
    const size_t got = bytes > 0 ? anew_input_some(d->input, d->at, to, (size_t)bytes) : 0;
    d->at += got;
    return (tmsize_t)got;
}

static tmsize_t on_write(thandle_t handle, void *from, tmsize_t bytes)
{
    (void)handle;
    (void)from;
    (void)bytes;
    return 0;
}

static toff_t on_seek(thandle_t handle, toff_t offset, int from)
{
    tiff_decoder *d = handle;
    d->at = from == SEEK_SET   ? offset
            : from == SEEK_CUR ? d->at + offset
                               : anew_input_size(d->input) + offset;
    return d->at;
}

static int on_close(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t on_size(thandle_t handle)
{
    const tiff_decoder *d = handle;
    return anew_input_size(d->input);
}

static anew_status open_tiff(tiff_decoder *d)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (options != NULL) {
        TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)MOST_AT_ONCE);
        TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, d);
        TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, d);
        d->tiff = TIFFClientOpenExt(d->label, "rm", d, on_read, on_write, on_seek, on_close,
                                    on_size, NULL, NULL, options);
        TIFFOpenOptionsFree(options);
    }
    if (d->tiff == NULL && d->status == ANEW_OK)
        d->status =
            options == NULL
                ? anew_fail(d->error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", d->label)
                : anew_fail(d->error, ANEW_ERROR_FORMAT, "%s: damaged TIFF", d->label);
    return d->status;
}

/* ---- kinds of pictures --------------------------------------------------------------------------------- */

static anew_status refuse(const tiff_decoder *d, const char *what)
{
    return anew_fail(d->error, ANEW_ERROR_UNSUPPORTED, "%s: a TIFF of %s, which is not read",
                     d->label, what);
}

static uint16_t field16(const tiff_decoder *d, uint32_t tag)
{
    uint16_t value = 0;
    return TIFFGetFieldDefaulted(d->tiff, tag, &value) ? value : 0;
}

/* Directories that hold a picture of its own, and not a smaller copy or a mask of the first. */
static bool has_second_page(tiff_decoder *d)
{
    bool second = false;
    d->quiet = true;
    for (int page = 1; page < MOST_PAGES && !second && TIFFReadDirectory(d->tiff); page++) {
        uint32_t kind = 0;
        (void)TIFFGetFieldDefaulted(d->tiff, TIFFTAG_SUBFILETYPE, &kind);
        second = (kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) == 0;
    }
    const bool back = TIFFSetDirectory(d->tiff, 0) != 0;
    d->quiet = false;
    return second || !back;
}

static anew_status read_palette(tiff_decoder *d)
{
    uint16_t *red = NULL, *green = NULL, *blue = NULL;
    if (!TIFFGetField(d->tiff, TIFFTAG_COLORMAP, &red, &green, &blue))
        return anew_fail(d->error, ANEW_ERROR_FORMAT, "%s: damaged TIFF: no palette", d->label);
    d->palette[0] = red;
    d->palette[1] = green;
    d->palette[2] = blue;
    /* Some writers put 8 bits where 16 belong; else 8 bits hold what are multiples of 257. */
    bool small = true, multiples = true;
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 1 << d->bits; i++) {
            small = small && d->palette[c][i] < 256;
            multiples = multiples && d->palette[c][i] % 257 == 0;
        }
    d->palette_is_8 = small;
    d->shape.channels = 3;
    d->shape.depth = small || multiples ? 8 : 16;
    return ANEW_OK;
}

/* Colours, samples, bits. */
static anew_status read_kind(tiff_decoder *d)
{
    uint16_t photometric = 0, extras = 0, *kinds = NULL;
    const uint16_t form = field16(d, TIFFTAG_SAMPLEFORMAT),
                   packing = field16(d, TIFFTAG_COMPRESSION);
    d->bits = field16(d, TIFFTAG_BITSPERSAMPLE);
    d->samples = field16(d, TIFFTAG_SAMPLESPERPIXEL);
    d->planes = field16(d, TIFFTAG_PLANARCONFIG) == PLANARCONFIG_SEPARATE && d->samples > 1;
    d->tiled = TIFFIsTiled(d->tiff) != 0;
    if (!TIFFGetField(d->tiff, TIFFTAG_PHOTOMETRIC, &photometric))
        return anew_fail(d->error, ANEW_ERROR_FORMAT, "%s: damaged TIFF: no kind of colours",
                         d->label);
    if (!TIFFIsCODECConfigured(packing))
        return refuse(d, "a compression that this libtiff does not have");
    if (form == SAMPLEFORMAT_IEEEFP)
        return refuse(d, "floating-point samples");
    if (form != SAMPLEFORMAT_UINT && form != SAMPLEFORMAT_VOID)
        return refuse(d, form == SAMPLEFORMAT_INT ? "signed samples" : "complex samples");
    if (photometric == PHOTOMETRIC_SEPARATED)
        return refuse(d, "CMYK colours");
    if (photometric == PHOTOMETRIC_YCBCR && packing != COMPRESSION_JPEG)
        return refuse(d, "YCbCr colours that are not in JPEG");
    const bool gray =
        photometric == PHOTOMETRIC_MINISBLACK || photometric == PHOTOMETRIC_MINISWHITE;
    const bool palette = photometric == PHOTOMETRIC_PALETTE;
    if (!gray && !palette && photometric != PHOTOMETRIC_RGB && photometric != PHOTOMETRIC_YCBCR)
        return refuse(d, "colours that are neither gray, RGB nor of a palette");
    d->white_is_0 = photometric == PHOTOMETRIC_MINISWHITE;
    d->colours = gray || palette ? 1 : 3;
    const bool known = d->bits == 8 || (d->bits == 16 && !palette) ||
                       (d->colours == 1 && (d->bits == 1 || d->bits == 2 || d->bits == 4));
    if (!known) {
        char text[64];
        (void)snprintf(text, sizeof text, "%d bits a sample%s", d->bits,
                       palette ? " in a palette" : "");
        return refuse(d, text);
    }
    if (d->samples < d->colours || d->samples > MOST_SAMPLES)
        return refuse(d, d->samples < d->colours ? "fewer samples than colours" : "many samples");
    (void)TIFFGetFieldDefaulted(d->tiff, TIFFTAG_EXTRASAMPLES, &extras, &kinds);
    const int extra = extras > 0 && kinds != NULL && !palette ? kinds[0] : EXTRASAMPLE_UNSPECIFIED;
    d->has_alpha = d->samples > d->colours &&
                   (extra == EXTRASAMPLE_ASSOCALPHA || extra == EXTRASAMPLE_UNASSALPHA);
    d->multiplied = d->has_alpha && extra == EXTRASAMPLE_ASSOCALPHA;
    d->shape.channels = d->colours + (d->has_alpha ? 1 : 0);
    d->shape.depth = d->bits == 16 ? 16 : 8;
    if (photometric == PHOTOMETRIC_YCBCR || packing == COMPRESSION_JPEG)
        (void)TIFFSetField(d->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    return palette ? read_palette(d) : ANEW_OK;
}

/* ---- metadata ------------------------------------------------------------------------------------------- */

static bool take_field(anew_block *block, TIFF *tiff, uint32_t tag)
{
    uint32_t bytes = 0;
    void *data = NULL;
    if (!TIFFGetField(tiff, tag, &bytes, &data) || bytes == 0 || data == NULL)
        return true;
    return anew_block_set(block, data, bytes);
}

/* False without memory. */
static bool read_metadata(anew_metadata *m, const tiff_decoder *d)
{
    float x = 0, y = 0;
    char *software = NULL;
    const uint16_t unit = field16(d, TIFFTAG_RESOLUTIONUNIT);
    if (TIFFGetField(d->tiff, TIFFTAG_XRESOLUTION, &x) &&
        TIFFGetField(d->tiff, TIFFTAG_YRESOLUTION, &y) && x > 0 && y > 0 && x < 1e6f && y < 1e6f) {
        const double metre = unit == RESUNIT_INCH         ? 1 / 0.0254
                             : unit == RESUNIT_CENTIMETER ? 100
                                                          : 1;
        m->density = unit == RESUNIT_NONE ? ANEW_DENSITY_ASPECT : ANEW_DENSITY_METRE;
        m->density_x = (double)x * metre;
        m->density_y = (double)y * metre;
        if (m->density == ANEW_DENSITY_ASPECT && m->density_x == m->density_y)
            m->density = ANEW_DENSITY_NONE;
    }
    bool memory = true;
    if (TIFFGetField(d->tiff, TIFFTAG_SOFTWARE, &software) && software != NULL &&
        anew_is_provenance(software, strlen(software)))
        memory = anew_block_set(&m->provenance, software, strlen(software));
    return memory && take_field(&m->icc, d->tiff, TIFFTAG_ICCPROFILE) &&
           take_field(&m->xmp, d->tiff, TIFFTAG_XMLPACKET) &&
           take_field(&m->iptc, d->tiff, TIFFTAG_PHOTOSHOP) &&
           anew_exif_of_tiff(&m->exif, d->input);
}

/* ---- rows ------------------------------------------------------------------------------------------------ */

static anew_status cut(tiff_decoder *d)
{
    if (d->status == ANEW_OK)
        d->status = anew_fail(d->error, ANEW_ERROR_FORMAT, "%s: damaged TIFF", d->label);
    return d->status;
}

static uint8_t *raw_row(const tiff_decoder *d, int plane, uint32_t row)
{
    return d->raw + ((size_t)plane * d->block_height + row) * d->row_bytes;
}

/* Planes that are looked at: the colours, and alpha. */
static int planes_of(const tiff_decoder *d)
{
    return d->planes ? d->colours + (d->has_alpha ? 1 : 0) : 1;
}

static anew_status read_tiles(tiff_decoder *d, uint32_t y)
{
    const size_t tile_row = (size_t)TIFFTileRowSize(d->tiff);
    for (int plane = 0; plane < planes_of(d); plane++)
        for (uint32_t x = 0, column = 0; x < (uint32_t)d->shape.width;
             x += d->block_width, column++) {
            if (TIFFReadTile(d->tiff, d->tile, x, y, 0, (uint16_t)plane) < 0 ||
                d->status != ANEW_OK)
                return cut(d);
            for (uint32_t row = 0; row < d->block_height; row++)
                memcpy(raw_row(d, plane, row) + column * tile_row, d->tile + row * tile_row,
                       tile_row);
        }
    return ANEW_OK;
}

/* Strips with planes of their own: one strip of each. */
static anew_status read_strips(tiff_decoder *d, uint32_t y, uint32_t rows)
{
    const tmsize_t bytes = (tmsize_t)(rows * d->row_bytes);
    for (int plane = 0; plane < planes_of(d); plane++)
        if (TIFFReadEncodedStrip(d->tiff, TIFFComputeStrip(d->tiff, y, (uint16_t)plane),
                                 raw_row(d, plane, 0), bytes) != bytes ||
            d->status != ANEW_OK)
            return cut(d);
    return ANEW_OK;
}

/* The rows from `next` on into `raw`. */
static anew_status refill(tiff_decoder *d)
{
    const uint32_t left = (uint32_t)d->shape.height - d->next;
    d->raw_first = d->next;
    d->raw_rows = left < d->block_height ? left : d->block_height;
    if (d->tiled)
        return read_tiles(d, d->next);
    if (d->planes)
        return read_strips(d, d->next, d->raw_rows);
    if (TIFFReadScanline(d->tiff, d->raw, d->next, 0) < 0 || d->status != ANEW_OK)
        return cut(d);
    return ANEW_OK;
}

/* Sample i of packed ones. */
static unsigned int sample(const uint8_t *row, size_t i, int bits)
{
    if (bits == 8)
        return row[i];
    if (bits == 16) {
        uint16_t value;
        memcpy(&value, row + 2 * i, 2);
        return value;
    }
    const size_t bit = i * (size_t)bits;
    return (unsigned int)row[bit / 8] >> (8 - bits - (int)(bit % 8)) & ((1u << bits) - 1);
}

static void set(uint8_t *out, size_t i, int depth, unsigned int value)
{
    const uint16_t wide = (uint16_t)value;
    if (depth == 8)
        out[i] = (uint8_t)value;
    else
        memcpy(out + 2 * i, &wide, 2);
}

static void convert_palette(const tiff_decoder *d, uint8_t *out, const uint8_t *raw)
{
    for (size_t x = 0; x < (size_t)d->shape.width; x++) {
        const unsigned int index = sample(raw, x * (size_t)(d->planes ? 1 : d->samples), d->bits);
        for (size_t c = 0; c < 3; c++) {
            const unsigned int value = d->palette[c][index];
            set(out, 3 * x + c, d->shape.depth,
                d->shape.depth == 8 && !d->palette_is_8 ? value / 257 : value);
        }
    }
}

/* A row of the file, of which `raw_row` knows the place, to one of the picture. */
static void convert(const tiff_decoder *d, uint8_t *out, uint32_t row)
{
    const unsigned int file_most = (1u << d->bits) - 1, most = d->shape.depth == 8 ? 255 : 65535;
    const size_t channels = (size_t)d->shape.channels, colours = (size_t)d->colours;
    if (d->palette[0] != NULL) {
        convert_palette(d, out, raw_row(d, 0, row));
        return;
    }
    for (size_t x = 0; x < (size_t)d->shape.width; x++) {
        unsigned int pixel[4] = {0};
        for (size_t c = 0; c < channels; c++) {
            pixel[c] = d->planes ? sample(raw_row(d, (int)c, row), x, d->bits)
                                 : sample(raw_row(d, 0, row), x * (size_t)d->samples + c, d->bits);
            if (c < colours && d->white_is_0)
                pixel[c] = file_most - pixel[c];
            pixel[c] = pixel[c] * (most / file_most);
        }
        const unsigned int alpha = pixel[channels - 1];
        for (size_t c = 0; d->multiplied && c < colours; c++) {
            const uint64_t divided =
                alpha == 0 ? 0 : ((uint64_t)pixel[c] * most + alpha / 2) / alpha;
            pixel[c] = divided > most ? most : (unsigned int)divided;
        }
        for (size_t c = 0; c < channels; c++)
            set(out, x * channels + c, d->shape.depth, pixel[c]);
    }
}

static anew_status tiff_next_rows(void *state, void *pixels, int rows, anew_error *error)
{
    tiff_decoder *d = state;
    const size_t out_bytes =
        (size_t)d->shape.width * (size_t)d->shape.channels * (size_t)(d->shape.depth / 8);
    d->error = error;
    for (int y = 0; y < rows; y++, d->next++) {
        if (d->next >= d->raw_first + d->raw_rows)
            ANEW_TRY(refill(d));
        convert(d, (uint8_t *)pixels + (size_t)y * out_bytes, d->next - d->raw_first);
    }
    return ANEW_OK;
}

/* Memory for a block of rows, once its size has been found to be no more than the limits allow. */
static anew_status make_room(tiff_decoder *d, const anew_image_limits *limits)
{
    size_t plane_row = (size_t)TIFFScanlineSize(d->tiff), columns = 1;
    d->block_height = 1;
    if (d->tiled) {
        if (!TIFFGetField(d->tiff, TIFFTAG_TILEWIDTH, &d->block_width) ||
            !TIFFGetField(d->tiff, TIFFTAG_TILELENGTH, &d->block_height) || d->block_width == 0 ||
            d->block_height == 0 || d->block_width % 8 != 0)
            return cut(d);
        columns = ((size_t)d->shape.width + d->block_width - 1) / d->block_width;
        plane_row = (size_t)TIFFTileRowSize(d->tiff) * columns;
        if (d->block_width > 4096 || d->block_height > 4096)
            ANEW_TRY(
                anew_image_check_size(d->block_width, d->block_height, d->label, limits, d->error));
        d->tile = anew_alloc((size_t)TIFFTileSize(d->tiff));
    } else if (d->planes) {
        uint32_t rows = 0;
        (void)TIFFGetFieldDefaulted(d->tiff, TIFFTAG_ROWSPERSTRIP, &rows);
        d->block_height =
            rows == 0 || rows > (uint32_t)d->shape.height ? (uint32_t)d->shape.height : rows;
    }
    d->row_bytes = plane_row;
    /* All that the file says fits between what it says elsewhere: samples of a pixel, bits, width. */
    const size_t least =
        ((size_t)d->shape.width * (size_t)(d->planes ? 1 : d->samples) * (size_t)d->bits + 7) / 8;
    if (d->status != ANEW_OK || plane_row < least || (d->tiled && TIFFTileSize(d->tiff) <= 0))
        return cut(d);
    d->raw =
        anew_alloc(anew_size_mul(anew_size_mul(plane_row, d->block_height), (size_t)planes_of(d)));
    if (d->raw == NULL || (d->tiled && d->tile == NULL))
        return anew_fail(d->error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", d->label);
    return ANEW_OK;
}

static void tiff_release(void *state)
{
    tiff_decoder *d = state;
    d->quiet = true;
    if (d->tiff != NULL)
        TIFFClose(d->tiff);
    anew_free(d->raw);
    anew_free(d->tile);
    anew_free(d);
}

anew_status anew_tiff_decoder(anew_decoder *decoder, anew_input *input,
                              const anew_image_limits *limits, anew_error *error)
{
    const char *label = anew_input_label(input);
    uint32_t width = 0, height = 0;
    tiff_decoder *d = anew_alloc_zero(sizeof *d);
    if (d == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", label);
    *d = (tiff_decoder){.input = input, .label = label, .error = error};
    decoder->state = d;
    decoder->rows = tiff_next_rows;
    decoder->release = tiff_release;
    ANEW_TRY(open_tiff(d));
    (void)TIFFGetField(d->tiff, TIFFTAG_IMAGEWIDTH, &width);
    (void)TIFFGetField(d->tiff, TIFFTAG_IMAGELENGTH, &height);
    ANEW_TRY(anew_image_check_size(width, height, label, limits, error));
    if (has_second_page(d))
        return anew_fail(error, ANEW_ERROR_UNSUPPORTED,
                         "%s: a TIFF of several pages; only single pictures are read", label);
    d->shape.width = (int)width;
    d->shape.height = (int)height;
    ANEW_TRY(read_kind(d));
    ANEW_TRY(make_room(d, limits));
    if (!read_metadata(&decoder->metadata, d))
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", label);
    decoder->orientation = field16(d, TIFFTAG_ORIENTATION);
    decoder->shape = d->shape;
    return d->status;
}
