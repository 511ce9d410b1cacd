/*
 * look_choice.c - from findings to a choice; and both in words.
 *
 * A picture whose faults nobody would see is left alone: no network can make it better, and each may make it worse. From
 * there on the steps are plain ramps, so that a picture that is a little worse is treated a little more: each fault asks
 * for a strength of its own, and the strongest is taken. The ends of the ramps are where a fault is first seen beside the
 * original, and where it hides what is under it. Numbers are rounded to what an option says (--shrink-first 1.987
 * --restore-strength 0.64), so that the same can be done again without a look.
 */
#include "look/look_choice.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

/* 0 up to `from`, 1 from `to` on. */
static double ramp(double value, double from, double to)
{
    const double share = (value - from) / (to - from);
    return share < 0.0 ? 0.0 : share > 1.0 ? 1.0 : share;
}

/* From these on a picture is restored; its blur, in pixels of what it was before it was enlarged. */
#define LEAST_NOISE  2.5
#define MOST_QUALITY 85
#define LEAST_BLUR   1.5

static double rounded(double value, int steps)
{
    return floor(value * steps + 0.5) / steps;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

int anew_look_worst_quality(const anew_findings *f)
{
    if (f->file_quality == 0 || f->jpeg_quality == 0)
        return f->file_quality + f->jpeg_quality;
    return f->file_quality < f->jpeg_quality ? f->file_quality : f->jpeg_quality;
}

typedef struct line {
    char *text;
    size_t size, length;
} line;

static void say(line *l, const char *format, ...) ANEW_PRINTF(2, 3);
static void say(line *l, const char *format, ...)
{
    va_list values;
    if (l->length + 1 >= l->size)
        return;
    va_start(values, format);
    const int written = vsnprintf(l->text + l->length, l->size - l->length, format, values);
    va_end(values);
    if (written > 0)
        l->length += (size_t)written;
}

void anew_look_words(char *text, size_t size, const anew_findings *f)
{
    line l = {text, size, 0};
    const int quality = anew_look_worst_quality(f);
    say(&l, "%s%s", f->gray ? "gray " : f->sepia ? "sepia " : "", f->drawing ? "drawing" : "photo");
    if (quality > 0)
        say(&l, ", JPEG of quality %d%s", quality,
            f->file_quality > quality ? " (saved again since)" : "");
    if (f->noise_luma >= 1.0 || f->noise_chroma >= 1.0)
        say(&l, ", noise %.1f", f->noise_luma);
    if (f->noise_chroma >= 1.0)
        say(&l, " (colours %.1f)", f->noise_chroma);
    if (f->enlarged > 1.0)
        say(&l, ", enlarged %.1f times before%s", f->enlarged,
            f->repeated ? " by repeating pixels" : "");
    if (f->blur >= 1.0)
        say(&l, ", blurred by %.1f pixels", f->blur);
    if (f->faded)
        say(&l, ", faded (luma %.0f to %.0f)", f->black, f->white);
    else if (f->white < 150.0)
        say(&l, ", dark (luma up to %.0f)", f->white);
    if (f->yellowed)
        say(&l, ", whites yellowed by %.0f", f->yellowing);
    if (f->shadows >= 0.05)
        say(&l, ", %.0f %% of black", 100.0 * f->shadows);
    if (f->highlights >= 0.05)
        say(&l, ", %.0f %% of white", 100.0 * f->highlights);
}

void anew_choose(anew_choice *choice, const anew_findings *f)
{
    const int quality = anew_look_worst_quality(f);
    const double coded = quality > 0 ? ramp(95.0 - quality, 0.0, 55.0) : 0.0;
    const double noise = larger(f->noise_luma, f->noise_chroma);
    /* restore-x1 sees for itself how much noise there is; halves of it leave some. At sigma 3 and 5 a full strength is as close to
     * the original as a half one, from 15 on it is closer (weights/MODELS.md). */
    const double noisy = ramp(noise, 1.0, 5.0);
    /* What enlarging has blurred is sharp again when that is undone. */
    const double blur = f->blur / f->enlarged;
    const bool faulty =
        noise >= LEAST_NOISE || blur >= LEAST_BLUR || (quality > 0 && quality <= MOST_QUALITY);
    /* The squares of pixel art are meant. */
    const double shrink_first = f->repeated && f->drawing ? 1.0 : f->enlarged;
    char seen[160];
    *choice = (anew_choice){.shrink_first = rounded(shrink_first, 1000), .is_drawing = f->drawing};
    choice->denoise = ramp(noise, 1.0, 15.0);
    if (faulty)
        choice->restore_strength = rounded(larger(coded, larger(noisy, ramp(blur, 0.8, 2.5))), 100);
    choice->wants_faces =
        !f->drawing && (choice->restore_strength >= 0.4 || choice->shrink_first > 1.0);
    anew_look_words(seen, sizeof seen, f);
    line l = {choice->reason, sizeof choice->reason, 0};
    say(&l, "%s: ", seen);
    if (choice->shrink_first > 1.0)
        say(&l, "reduced %.2g times first, ", choice->shrink_first);
    if (choice->restore_strength > 0.0)
        say(&l, "restored with strength %.2f", choice->restore_strength);
    else
        say(&l, "not restored");
    if (choice->denoise > 0.0)
        say(&l, ", denoised with %.2f", choice->denoise);
}
