/* command_compare.c - `anew compare A B`: how far two pictures are from each other. */
#include <math.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "image/measure.h"

/* JSON has no infinity and no NaN: null. */
static void print_number(const char *name, double value)
{
    printf(",\"%s\":", name);
    if (isfinite(value))
        printf("%.6f", value);
    else
        printf("null");
}

static void print_json(char *const *paths, const anew_image *a, const anew_difference *d)
{
    printf("{\"schema\":1,\"a\":");
    json_string(stdout, paths[0]);
    printf(",\"b\":");
    json_string(stdout, paths[1]);
    printf(",\"size\":[%d,%d],\"samples\":%lld,\"differing\":%lld", a->width, a->height,
           (long long)d->samples, (long long)d->differing);
    print_number("largest", d->largest);
    print_number("psnr", d->psnr);
    print_number("psnr_luma", d->psnr_luma);
    print_number("ssim", d->ssim);
    printf("}\n");
}

static void print_text(const anew_difference *d)
{
    if (d->differing == 0) {
        printf("equal: all %lld samples\n", (long long)d->samples);
        return;
    }
    printf("differing:  %lld of %lld samples (%.3g %%), by %.4g of 255 at most\n",
           (long long)d->differing, (long long)d->samples,
           100.0 * (double)d->differing / (double)d->samples, d->largest);
    printf("PSNR:       %.2f dB, of the luma %.2f dB\n", d->psnr, d->psnr_luma);
    if (isfinite(d->ssim))
        printf("SSIM:       %.4f, of the luma\n", d->ssim);
}

/* Exit code 0 also where they differ: the answer is in the text. */
int command_compare(const cli_options *options)
{
    anew_image pictures[2] = {{0}, {0}};
    anew_difference difference = {0};
    anew_error error = {0};
    anew_status status = ANEW_OK;
    for (int i = 0; status == ANEW_OK && i < 2; i++)
        status = anew_image_read(&pictures[i], options->words[i], &options->limits, NULL, &error);
    if (status == ANEW_OK)
        status = anew_image_measure(&difference, &pictures[0], &pictures[1], &error);
    if (status != ANEW_OK)
        fprintf(stderr, "anew: %s\n", error.text);
    else if (options->json)
        print_json(options->words, &pictures[0], &difference);
    else
        print_text(&difference);
    anew_image_free(&pictures[0]);
    anew_image_free(&pictures[1]);
    return status == ANEW_OK ? EXIT_DONE : EXIT_FAILED;
}
