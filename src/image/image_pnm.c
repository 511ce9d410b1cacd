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

/* Fills the picture; false when the file ends before it does. */
static bool read_samples(scanner *s, anew_image *image, const pnm_header *header)
{
    const size_t samples = (size_t)image->width * (size_t)image->height * (size_t)image->channels;
    const unsigned int maximum = (unsigned int)header->maximum,
                       full = image->depth == 16 ? 65535 : 255;
    const bool text = header->kind <= '3';
    uint8_t *narrow = image->pixels;
    uint16_t *wide = image->pixels;
    if (!text && s->size - s->at < samples * (size_t)(image->depth / 8))
        return false;
    for (size_t i = 0; i < samples; i++) {
        unsigned int value;
        if (text) {
            const long number = next_number(s);
            if (number < 0)
                return false;
            value = number > header->maximum ? maximum : (unsigned int)number;
        } else if (image->depth == 16) {
            value = (unsigned int)s->data[s->at] << 8 | s->data[s->at + 1];
            s->at += 2;
        } else {
            value = s->data[s->at++];
        }
        value = stretch(value, maximum, full);
        if (image->depth == 16)
            wide[i] = (uint16_t)value;
        else
            narrow[i] = (uint8_t)value;
    }
    return true;
}

anew_status anew_pnm_decode(anew_image *image, const uint8_t *data, size_t size, const char *label,
                            const anew_image_limits *limits, anew_error *error)
{
    scanner s = {data, size, 2};
    pnm_header header = {
        .kind = (char)data[1], .width = -1, .height = -1, .channels = -1, .maximum = -1};
    if (header.kind == '7') {
        read_pam_header(&s, &header);
    } else {
        header.channels = header.kind == '3' || header.kind == '6' ? 3 : 1;
        header.width = next_number(&s);
        header.height = next_number(&s);
        header.maximum = next_number(&s);
    }
    if (header.width < 0 || header.height < 0 || header.maximum < 1 || header.maximum > 65535 ||
        header.channels < 1 || header.channels > 4)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged PNM: unusable header", label);
    ANEW_TRY(anew_image_check_size(header.width, header.height, label, limits, error));
    if (s.at < s.size)
        s.at++; /* the single white space between header and samples */
    /* A binary file must hold all samples, a text file at least one byte a sample: known before
     * memory is asked for. */
    const size_t least = anew_size_mul(anew_size_mul((size_t)header.width, (size_t)header.height),
                                       (size_t)header.channels);
    if (s.size - s.at < least)
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged PNM: the file is cut", label);
    ANEW_TRY(anew_image_create(image, (int)header.width, (int)header.height, (int)header.channels,
                               header.maximum > 255 ? 16 : 8, error));
    if (!read_samples(&s, image, &header)) {
        anew_image_free(image);
        return anew_fail(error, ANEW_ERROR_FORMAT, "%s: damaged PNM: the file is cut", label);
    }
    return ANEW_OK;
}

anew_status anew_pnm_encode(const anew_image *image, anew_output *output, const char *label,
                            const anew_image_options *options, anew_error *error)
{
    (void)options;
    static const char *const tuple_types[] = {"", "GRAYSCALE", "GRAYSCALE_ALPHA", "RGB",
                                              "RGB_ALPHA"};
    char header[160];
    const int maximum = image->depth == 16 ? 65535 : 255;
    int length;
    if (image->channels == 1 || image->channels == 3)
        length = snprintf(header, sizeof header, "P%c\n%d %d\n%d\n",
                          image->channels == 1 ? '5' : '6', image->width, image->height, maximum);
    else
        length = snprintf(header, sizeof header,
                          "P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL %d\nTUPLTYPE %s\nENDHDR\n",
                          image->width, image->height, image->channels, maximum,
                          tuple_types[image->channels]);
    ANEW_TRY(anew_output_write(output, header, (size_t)length, error));
    const size_t samples = (size_t)image->width * (size_t)image->channels;
    if (image->depth == 8)
        return anew_output_write(output, image->pixels, samples * (size_t)image->height, error);

    uint8_t *row = anew_alloc(samples * 2);
    anew_status status = ANEW_OK;
    if (row == NULL)
        return anew_fail(error, ANEW_ERROR_MEMORY, "%s: no memory to encode it", label);
    for (int y = 0; y < image->height && status == ANEW_OK; y++) {
        const uint16_t *wide = (const uint16_t *)image->pixels + (size_t)y * samples;
        for (size_t i = 0; i < samples; i++) {
            row[2 * i] = (uint8_t)(wide[i] >> 8);
            row[2 * i + 1] = (uint8_t)wide[i];
        }
        status = anew_output_write(output, row, samples * 2, error);
    }
    anew_free(row);
    return status;
}
