/*
 * image_pnm.c - the Netpbm formats: PGM and PPM as text (P2, P3) and binary (P5, P6), PAM (P7).
 *
 * A maximum value other than 255 or 65535 is stretched: 8-bit samples for maxima up to 255, 16-bit
 * ones above. Binary 16-bit samples are big-endian in the file.
 */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "image/formats.h"

typedef struct scanner {
    const uint8_t *data;
    size_t size, at;
} scanner;

typedef struct pnm_header {
    char kind; /* '2', '3', '5', '6', '7' */
    long width, height, channels, maximum;
} pnm_header;

static bool is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Skips white space and comments (# to the end of the line). */
static void skip_space(scanner *s)
{
    while (s->at < s->size) {
        if (s->data[s->at] == '#')
            while (s->at < s->size && s->data[s->at] != '\n')
                s->at++;
        else if (is_space(s->data[s->at]))
            s->at++;
        else
            break;
    }
}

/* The next decimal number, at most 9 digits; -1 where there is none. */
static long next_number(scanner *s)
{
    skip_space(s);
    long value = 0;
    int digits = 0;
    while (s->at < s->size && s->data[s->at] >= '0' && s->data[s->at] <= '9' && digits < 9) {
        value = value * 10 + (s->data[s->at++] - '0');
        digits++;
    }
    return digits == 0 ? -1 : value;
}

/* The next word of a PAM header into `word`. */
static void next_word(scanner *s, char *word, size_t word_bytes)
{
    skip_space(s);
    size_t length = 0;
    while (s->at < s->size && !is_space(s->data[s->at])) {
        if (length + 1 < word_bytes)
            word[length++] = (char)s->data[s->at];
        s->at++;
    }
    word[length] = '\0';
}

static void read_pam_header(scanner *s, pnm_header *header)
{
    char word[24];
    for (;;) {
        next_word(s, word, sizeof word);
        if (strcmp(word, "WIDTH") == 0)
            header->width = next_number(s);
        else if (strcmp(word, "HEIGHT") == 0)
            header->height = next_number(s);
        else if (strcmp(word, "DEPTH") == 0)
            header->channels = next_number(s);
        else if (strcmp(word, "MAXVAL") == 0)
            header->maximum = next_number(s);
        else if (strcmp(word, "TUPLTYPE") == 0)
            next_word(s, word, sizeof word); /* follows from the depth */
        else
            return; /* ENDHDR, or the end of the file */
    }
}

static unsigned int stretch(unsigned int value, unsigned int maximum, unsigned int full)
{
    return value >= maximum ? full : (value * full + maximum / 2) / maximum;
}

static void put(anew_image *image, size_t i, unsigned int value)
{
    if (image->depth == 16)
        ((uint16_t *)image->pixels)[i] = (uint16_t)value;
    else
        ((uint8_t *)image->pixels)[i] = (uint8_t)value;
}

/* Samples as decimal numbers; false when the file ends before the picture does. */
static bool read_text(scanner *s, anew_image *image, long maximum)
{
    const size_t samples = (size_t)image->width * (size_t)image->height * (size_t)image->channels;
    for (size_t i = 0; i < samples; i++) {
        const long number = next_number(s);
        if (number < 0)
            return false;
        put(image, i,
            stretch(number > maximum ? (unsigned int)maximum : (unsigned int)number,
                    (unsigned int)maximum, image->depth == 16 ? 65535 : 255));
    }
    return true;
}

/* ---- binary samples, row by row ------------------------------------------------------------------- */

typedef struct pnm_decoder {
    anew_input *input;
    uint64_t at;
    size_t samples; /* of a row */
    int depth;
    unsigned int maximum;
    uint8_t *row; /* as in the file, where samples are not taken as they are */
} pnm_decoder;

static anew_status pnm_next_rows(void *state, void *pixels, int rows, anew_error *error)
{
    pnm_decoder *d = state;
    const size_t bytes = d->samples * (size_t)(d->depth / 8);
    anew_image row = {.depth = d->depth, .pixels = pixels};
    for (int y = 0; y < rows; y++, row.pixels = (uint8_t *)row.pixels + bytes) {
        ANEW_TRY(anew_input_exactly(d->input, d->at, d->row == NULL ? row.pixels : d->row, bytes,
                                    error));
        d->at += bytes;
        for (size_t i = 0; d->row != NULL && i < d->samples; i++)
            put(&row, i,
                d->depth == 16 ? stretch((unsigned int)d->row[2 * i] << 8 | d->row[2 * i + 1],
                                         d->maximum, 65535)
                               : stretch(d->row[i], d->maximum, 255));
    }
    return ANEW_OK;
}

static void pnm_release_decoder(void *state)
{
    pnm_decoder *d = state;
    anew_free(d->row);
    anew_free(d);
}

static anew_status open_rows(anew_decoder *decoder, anew_input *input, uint64_t at,
                             unsigned int maximum, anew_error *error)
{
    const anew_image *shape = &decoder->shape;
    pnm_decoder *d = anew_alloc_zero(sizeof *d);
    if (d == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it",
                         anew_input_label(input));
    decoder->state = d;
    decoder->rows = pnm_next_rows;
    decoder->release = pnm_release_decoder;
    *d = (pnm_decoder){.input = input,
                       .at = at,
                       .samples = (size_t)shape->width * (size_t)shape->channels,
                       .depth = shape->depth,
                       .maximum = maximum};
    if (d->depth == 16 || maximum != 255) {
        d->row = anew_alloc(d->samples * (size_t)(d->depth / 8));
        if (d->row == NULL)
            return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it",
                             anew_input_label(input));
    }
    return ANEW_OK;
}

/* ---- decoding --------------------------------------------------------------------------------------- */

#define HEADER_BYTES   65536 /* with comments */
#define MAX_TEXT_BYTES ((size_t)2 << 30)

static anew_status read_header(pnm_header *header, scanner *s, const char *label, anew_error *error)
{
    *header = (pnm_header){
        .kind = (char)s->data[1], .width = -1, .height = -1, .channels = -1, .maximum = -1};
    if (header->kind == '7') {
        read_pam_header(s, header);
    } else {
        header->channels = header->kind == '3' || header->kind == '6' ? 3 : 1;
        header->width = next_number(s);
        header->height = next_number(s);
        header->maximum = next_number(s);
    }
    if (header->width < 0 || header->height < 0 || header->maximum < 1 || header->maximum > 65535 ||
        header->channels < 1 || header->channels > 4)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged PNM: unusable header", label);
    if (s->at < s->size)
        s->at++; /* the single white space between header and samples */
    return ANEW_OK;
}

static anew_status decode_text(anew_decoder *decoder, anew_input *input, size_t at, long maximum,
                               anew_error *error)
{
    scanner s = {.at = at};
    const anew_image *shape = &decoder->shape;
    ANEW_TRY(anew_input_whole(input, &s.data, &s.size, MAX_TEXT_BYTES, error));
    ANEW_TRY(anew_image_create(&decoder->whole, shape->width, shape->height, shape->channels,
                               shape->depth, error));
    if (!read_text(&s, &decoder->whole, maximum))
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged PNM: the file is cut",
                         anew_input_label(input));
    return ANEW_OK;
}

anew_status anew_pnm_decoder(anew_decoder *decoder, anew_input *input,
                             const anew_image_limits *limits, anew_error *error)
{
    const char *label = anew_input_label(input);
    pnm_header header;
    anew_status status = ANEW_OK;
    uint8_t *head = anew_alloc(HEADER_BYTES);
    if (head == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to decode it", label);
    scanner s = {head, anew_input_some(input, 0, head, HEADER_BYTES), 2};
    status = read_header(&header, &s, label, error);
    anew_free(head);
    ANEW_TRY(status);
    ANEW_TRY(anew_image_check_size(header.width, header.height, label, limits, error));
    decoder->shape = (anew_image){(int)header.width, (int)header.height, (int)header.channels,
                                  header.maximum > 255 ? 16 : 8, NULL};
    /* A binary file must hold all samples, a text file at least one byte a sample: known before
     * memory is asked for. */
    const bool text = header.kind <= '3';
    const size_t least =
        anew_size_mul(anew_size_mul((size_t)header.width, (size_t)header.height),
                      (size_t)header.channels * (text || header.maximum <= 255 ? 1 : 2));
    if (anew_input_size(input) - s.at < least)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged PNM: the file is cut", label);
    return text ? decode_text(decoder, input, s.at, header.maximum, error)
                : open_rows(decoder, input, s.at, (unsigned int)header.maximum, error);
}

/* ---- encoding --------------------------------------------------------------------------------------- */

typedef struct pnm_encoder {
    anew_output *output;
    uint8_t *row; /* of big-endian 16-bit samples */
} pnm_encoder;

static anew_status pnm_rows(void *state, const anew_image *part, anew_error *error)
{
    const pnm_encoder *e = state;
    const size_t samples = (size_t)part->width * (size_t)part->channels;
    if (part->depth == 8)
        return anew_output_write(e->output, part->pixels, samples * (size_t)part->height, error);
    for (int y = 0; y < part->height; y++) {
        const uint16_t *wide = (const uint16_t *)part->pixels + (size_t)y * samples;
        for (size_t i = 0; i < samples; i++) {
            e->row[2 * i] = (uint8_t)(wide[i] >> 8);
            e->row[2 * i + 1] = (uint8_t)wide[i];
        }
        ANEW_TRY(anew_output_write(e->output, e->row, samples * 2, error));
    }
    return ANEW_OK;
}

static anew_status pnm_finish(void *state, anew_error *error)
{
    (void)state;
    (void)error;
    return ANEW_OK;
}

static void pnm_release(void *state)
{
    pnm_encoder *e = state;
    anew_free(e->row);
    anew_free(e);
}

/* The formats have no place for metadata. */
anew_status anew_pnm_encoder(anew_encoder *encoder, const anew_image *shape,
                             const anew_metadata *metadata, anew_output *output, const char *label,
                             const anew_image_options *options, anew_error *error)
{
    static const char *const tuple_types[] = {"", "GRAYSCALE", "GRAYSCALE_ALPHA", "RGB",
                                              "RGB_ALPHA"};
    char header[160];
    const int maximum = shape->depth == 16 ? 65535 : 255;
    int length;
    (void)options;
    (void)metadata;
    *encoder = (anew_encoder){NULL, pnm_rows, pnm_finish, pnm_release, NULL};
    if (shape->channels == 1 || shape->channels == 3)
        length = snprintf(header, sizeof header, "P%c\n%d %d\n%d\n",
                          shape->channels == 1 ? '5' : '6', shape->width, shape->height, maximum);
    else
        length = snprintf(header, sizeof header,
                          "P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL %d\nTUPLTYPE %s\nENDHDR\n",
                          shape->width, shape->height, shape->channels, maximum,
                          tuple_types[shape->channels]);
    pnm_encoder *e = anew_alloc_zero(sizeof *e);
    if (e != NULL)
        e->row = anew_alloc(anew_size_mul((size_t)shape->width, (size_t)shape->channels * 2));
    anew_status status =
        e == NULL || e->row == NULL
            ? anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", label)
            : anew_output_write(output, header, (size_t)length, error);
    if (status == ANEW_OK) {
        e->output = output;
        encoder->state = e;
    } else if (e != NULL) {
        pnm_release(e);
    }
    return status;
}
