/*
 * nut.c - start codes, numbers of variable length, checksums.
 *
 * A packet is an 8-byte start code, the length of what follows with its checksum, that, the checksum. One stream, one kind
 * of frame head: code 1, then the time, the bytes, a checksum of the head; before each a syncpoint, so that none is further
 * from one than the format allows.
 */
#include "image/nut.h"

#include <stdio.h>
#include <string.h>

#define MAX_DISTANCE 65536
#define TIME_SHIFT   14 /* times from 1 << 14 on are whole and not the lowest bits of one */

/* Flags of a frame code. */
enum { KEY = 1, CODED_TIME = 8, CODED_SIZE = 32, CHECKSUM = 64, INVALID = 8192 };

typedef struct writer {
    uint8_t *at;
} writer;

static void put_number(writer *w, uint64_t value)
{
    int digits = 1;
    while (digits < 10 && value >> 7 * digits != 0)
        digits++;
    while (--digits > 0)
        *w->at++ = (uint8_t)(0x80 | (value >> 7 * digits & 0x7f));
    *w->at++ = (uint8_t)(value & 0x7f);
}

static void put_big_endian(writer *w, uint64_t value, int bytes)
{
    while (--bytes >= 0)
        *w->at++ = (uint8_t)(value >> 8 * bytes);
}

/* CRC-32 of polynomial 0x04C11DB7, from 0, highest bit first. */
static uint32_t checksum_of(const uint8_t *from, const uint8_t *to)
{
    uint32_t sum = 0;
    for (; from < to; from++) {
        sum ^= (uint32_t)*from << 24;
        for (int bit = 0; bit < 8; bit++)
            sum = sum << 1 ^ (sum >> 31 != 0 ? 0x04C11DB7u : 0);
    }
    return sum;
}

/* The start codes are 'N', a letter, and 48 bits of their own. */
static void put_packet(writer *w, char letter, uint64_t code, const uint8_t *body, size_t bytes)
{
    *w->at++ = 'N';
    *w->at++ = (uint8_t)letter;
    put_big_endian(w, code, 6);
    put_number(w, bytes + 4);
    memcpy(w->at, body, bytes);
    w->at += bytes;
    put_big_endian(w, checksum_of(body, body + bytes), 4);
}

/* The four bytes that name a format of samples (FFmpeg's list of NUT's): of planes beyond 8 bits 'Y', how many planes, how
 * far chroma is halved (0, 10: across, 11: both ways), bits. */
static bool name_samples(uint8_t name[4], const anew_video *v)
{
    static const uint8_t of_eight[][4] = {{'R', 'G', 'B', 24},
                                          {'Y', '8', '0', '0'},
                                          {'I', '4', '2', '0'},
                                          {'Y', '4', '2', 'B'},
                                          {'4', '4', '4', 'P'}};
    const bool rgb = v->kind == ANEW_VIDEO_RGB, mono = v->kind == ANEW_VIDEO_MONO;
    if (rgb || v->bits == 8) {
        memcpy(name, of_eight[rgb ? 0 : mono ? 1 : v->sub_y == 2 ? 2 : v->sub_x == 2 ? 3 : 4], 4);
        return v->bits == 8;
    }
    name[0] = 'Y';
    name[1] = mono ? '1' : '3';
    name[2] = mono ? 0 : v->sub_y == 2 ? 11 : v->sub_x == 2 ? 10 : 0;
    name[3] = (uint8_t)v->bits;
    return v->bits == 9 || v->bits == 10 || v->bits == 12 || v->bits == 14 || v->bits == 16;
}

/* "A4:3" of a Y4M header: how wide a pixel is against its height; 0 and 0: not known. */
static void read_aspect(unsigned int *wide, unsigned int *high, const char *words)
{
    const char *word = strstr(words, " A");
    if (word == NULL || sscanf(word, " A%5u:%5u", wide, high) != 2 || *wide == 0 || *high == 0)
        *wide = *high = 0;
}

static size_t main_header(uint8_t *to, anew_time_base base)
{
    writer w = {to};
    static const unsigned int codes[2][2] = {/* flags, how many codes have them */
                                             {INVALID, 1},
                                             {KEY | CODED_TIME | CODED_SIZE | CHECKSUM, 254}};
    put_number(&w, 3); /* version */
    put_number(&w, 1); /* streams */
    put_number(&w, MAX_DISTANCE);
    put_number(&w, 1); /* time bases */
    put_number(&w, (uint64_t)base.numerator);
    put_number(&w, (uint64_t)base.denominator);
    for (size_t i = 0; i < 2; i++) { /* with that of 'N', which is never one, 256 codes */
        put_number(&w, codes[i][0]);
        put_number(&w, 6); /* fields */
        put_number(&w, 0); /* time */
        put_number(&w, 1); /* a size is counted in such */
        put_number(&w, 0); /* stream */
        put_number(&w, 0); /* and the first code of a row has no more */
        put_number(&w, 0); /* reserved */
        put_number(&w, codes[i][1]);
    }
    put_number(&w, 0); /* heads that are left out of frames */
    return (size_t)(w.at - to);
}

size_t anew_nut_header(uint8_t to[ANEW_NUT_HEADER_BYTES], const anew_video *video,
                       anew_time_base base)
{
    static const char id[ANEW_NUT_FILE_ID] = "nut/multimedia container";
    uint8_t body[128], name[4];
    unsigned int wide = 0, high = 0;
    writer w = {to}, b = {body};
    if (!name_samples(name, video))
        return 0;
    memcpy(w.at, id, sizeof id);
    w.at += sizeof id;
    put_packet(&w, 'M', UINT64_C(0x7A561F5F04AD), body, main_header(body, base));
    read_aspect(&wide, &high, video->words);
    put_number(&b, 0); /* stream */
    put_number(&b, 0); /* a video */
    put_number(&b, 4);
    memcpy(b.at, name, 4);
    b.at += 4;
    put_number(&b, 0); /* its time base */
    put_number(&b, TIME_SHIFT);
    put_number(&b, 1); /* the largest step of times without a checksum */
    put_number(&b, 0); /* frames stand in their order */
    put_number(&b, 0); /* flags */
    put_number(&b, 0); /* bytes for the decoder */
    put_number(&b, (uint64_t)video->width);
    put_number(&b, (uint64_t)video->height);
    put_number(&b, wide);
    put_number(&b, high);
    put_number(&b, 0); /* colours: what is said elsewhere */
    put_packet(&w, 'S', UINT64_C(0x11405BF2F9DB), body, (size_t)(b.at - body));
    return (size_t)(w.at - to);
}

size_t anew_nut_frame(uint8_t to[ANEW_NUT_FRAME_BYTES], uint64_t ticks, size_t frame_bytes)
{
    uint8_t body[24];
    writer w = {to}, b = {body};
    put_number(&b, ticks);
    put_number(&b, 0); /* the syncpoint before is this one */
    put_packet(&w, 'K', UINT64_C(0xE4ADEECA4569), body, (size_t)(b.at - body));
    const uint8_t *head = w.at;
    *w.at++ = 1;
    put_number(&w, ticks + (1 << TIME_SHIFT));
    put_number(&w, frame_bytes);
    put_big_endian(&w, checksum_of(head, w.at), 4);
    return (size_t)(w.at - to);
}
