/* command_compare.c - `anew compare A B`: how far two pictures are from each other, and what each is like. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/inputs.h"
#include "cli/json.h"
#include "core/parallel.h"
#include "finish/sheet.h"
#include "image/measure.h"

typedef struct comparison {
    char *const *paths;
    anew_image a, b;      /* as they are in their files */
    anew_image resized;   /* b at a's size, where it has another one */
    const anew_image *at; /* b, or that */
    anew_difference difference;
    anew_quality quality[2];
} comparison;

/* ---- answers ----------------------------------------------------------------------------------------- */

/* JSON has no infinity and no NaN: null. */
static void print_number(const char *name, double value)
{
    printf("\"%s\":", name);
    if (isfinite(value))
        printf("%.6f", value);
    else
        printf("null");
}

static void print_json(const comparison *c)
{
    const anew_difference *d = &c->difference;
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"largest", d->largest},      {"psnr", d->psnr},
                   {"psnr_luma", d->psnr_luma},  {"ssim", d->ssim},
                   {"ms_ssim", d->ms_ssim},      {"delta_e", d->delta_e},
                   {"delta_e_95", d->delta_e_95}};
    printf("{\"schema\":1,\"a\":");
    json_string(stdout, c->paths[0]);
    printf(",\"b\":");
    json_string(stdout, c->paths[1]);
    printf(",\"size\":[%d,%d],\"b_size\":[%d,%d],\"resampled\":%s", c->a.width, c->a.height,
           c->b.width, c->b.height, c->at != &c->b ? "true" : "false");
    printf(",\"samples\":%lld,\"differing\":%lld", (long long)d->samples, (long long)d->differing);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        printf(",");
        print_number(numbers[i].name, numbers[i].value);
    }
    printf(",\"quality\":[");
    for (int i = 0; i < 2; i++) {
        printf(i > 0 ? ",{" : "{");
        print_number("blur", c->quality[i].blur);
        printf(",");
        print_number("noise", c->quality[i].noise);
        printf(",");
        print_number("blocking", c->quality[i].blocking);
        printf(",");
        print_number("naturalness", c->quality[i].naturalness);
        printf("}");
    }
    printf("]}\n");
}

/* A line with one value for each picture; a dash where there is none. */
static void print_pair(const char *what, double a, double b, const char *meaning)
{
    printf("%-13s", what);
    for (int i = 0; i < 2; i++) {
        const double v = i == 0 ? a : b;
        if (isfinite(v))
            printf("%-9.3f", v);
        else
            printf("%-9s", "-");
    }
    printf(" %s\n", meaning);
}

static void print_text(const comparison *c)
{
    const anew_difference *d = &c->difference;
    const anew_quality *q = c->quality;
    if (c->at != &c->b)
        printf("resampled:  the second picture from %dx%d to the %dx%d of the first\n", c->b.width,
               c->b.height, c->a.width, c->a.height);
    if (d->differing == 0) {
        printf("equal: all %lld samples\n", (long long)d->samples);
    } else {
        printf("differing:  %lld of %lld samples (%.3g %%), by %.4g of 255 at most\n",
               (long long)d->differing, (long long)d->samples,
               100.0 * (double)d->differing / (double)d->samples, d->largest);
        printf("PSNR:       %.2f dB, of the luma %.2f dB\n", d->psnr, d->psnr_luma);
        if (isfinite(d->ssim))
            printf("SSIM:       %.4f, of the luma\n", d->ssim);
        if (isfinite(d->ms_ssim))
            printf("MS-SSIM:    %.4f, of the luma\n", d->ms_ssim);
        printf("CIEDE2000:  %.3f on average, 95 %% of the pixels up to %.3f\n", d->delta_e,
               d->delta_e_95);
    }
    printf("each alone:  first    second\n");
    print_pair("blur:", q[0].blur, q[1].blur, "0 sharp, 1 blurred (Crete 2007)");
    print_pair("noise:", q[0].noise, q[1].noise, "of 255, fine texture included (Immerkaer 1996)");
    print_pair("blocking:", q[0].blocking, q[1].blocking, "1 none, more: JPEG's squares show");
    print_pair("naturalness:", q[0].naturalness, q[1].naturalness,
               "less is nearer to good photos (NIQE, Mittal 2013)");
}

/* ---- pictures that are written ------------------------------------------------------------------------- */

/* Before any work: whether a file may be written there; its format. */
static anew_status may_write(anew_format *format, const char *path, bool force, anew_error *error)
{
    *format = anew_format_of_path(path);
    if (*format == ANEW_FORMAT_UNKNOWN || *format == ANEW_FORMAT_BMP)
        return anew_fail(error, ANEW_ERROR_ARGUMENT,
                         "%s: the name tells no format that is written (%s)", path,
                         anew_format_names(false));
    if (!force && anew_output_overwrites(path))
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s: exists; --force overwrites it", path);
    return ANEW_OK;
}

/* Names without folders, unless both files are called the same. */
static anew_status contact_sheet(anew_image *sheet, const comparison *c,
                                 const anew_finish_machine *machine, anew_error *error)
{
    const char *names[2];
    for (int i = 0; i < 2; i++) {
        const char *slash = strrchr(c->paths[i], '/');
        names[i] = slash != NULL ? slash + 1 : c->paths[i];
    }
    const bool same = strcmp(names[0], names[1]) == 0;
    const anew_sheet_caption captions[2] = {
        {same ? c->paths[0] : names[0], c->a.width, c->a.height},
        {same ? c->paths[1] : names[1], c->b.width, c->b.height}};
    return anew_contact_sheet(sheet, NULL, &c->a, c->at, captions, machine, error);
}

static anew_status write_pictures(const comparison *c, const cli_options *o,
                                  const anew_finish_machine *machine, anew_error *error)
{
    const char *const paths[2] = {o->sheet, o->difference};
    for (int i = 0; i < 2; i++) {
        anew_image picture = {0};
        if (paths[i] == NULL)
            continue;
        anew_status status = i == 0 ? contact_sheet(&picture, c, machine, error)
                                    : anew_difference_picture(&picture, &c->a, c->at, error);
        if (status == ANEW_OK)
            status = anew_image_write(&picture, paths[i], anew_format_of_path(paths[i]), &o->image,
                                      error);
        anew_image_free(&picture);
        ANEW_TRY(status);
    }
    return ANEW_OK;
}

static anew_status check_outputs(const cli_options *o, anew_error *error)
{
    const char *const paths[2] = {o->sheet, o->difference};
    for (int i = 0; i < 2; i++) {
        anew_format format;
        if (paths[i] == NULL)
            continue;
        ANEW_TRY(may_write(&format, paths[i], o->force, error));
        for (int k = 0; k < 2; k++)
            if (cli_same_file(paths[i], o->words[k]))
                return anew_fail(error, ANEW_ERROR_ARGUMENT,
                                 "%s: is a picture that is compared; name another output",
                                 paths[i]);
    }
    if (o->sheet != NULL && o->difference != NULL && strcmp(o->sheet, o->difference) == 0)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "--sheet and --difference name one file: %s",
                         o->sheet);
    return ANEW_OK;
}

/* ---- the command --------------------------------------------------------------------------------------- */

static anew_status compare(comparison *c, const cli_options *o, anew_error *error)
{
    anew_isa isa;
    if (!anew_isa_detect(&isa, o->enhance.cpu))
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "ANEW_CPU=%s: must be %s", o->enhance.cpu,
                         anew_isa_names());
    const anew_finish_machine machine = {anew_row_kernels_for(isa), o->enhance.threads > 0
                                                                        ? o->enhance.threads
                                                                        : anew_parallel_threads()};
    ANEW_TRY(check_outputs(o, error));
    ANEW_TRY(anew_image_read(&c->a, o->words[0], &o->limits, NULL, error));
    ANEW_TRY(anew_image_read(&c->b, o->words[1], &o->limits, NULL, error));
    c->at = &c->b;
    if (c->a.width != c->b.width || c->a.height != c->b.height) {
        ANEW_TRY(anew_image_at_size(&c->resized, &c->b, c->a.width, c->a.height, &machine, error));
        c->at = &c->resized;
    }
    ANEW_TRY(anew_image_measure(&c->difference, &c->a, c->at, machine.threads, error));
    ANEW_TRY(anew_image_quality(&c->quality[0], &c->a, error));
    ANEW_TRY(anew_image_quality(&c->quality[1], &c->b, error)); /* as it is in its file */
    return write_pictures(c, o, &machine, error);
}

/* Exit code 0 also where they differ: the answer is in the text. */
int command_compare(const cli_options *options)
{
    comparison c = {.paths = options->words};
    anew_error error = {0};
    const anew_status status = compare(&c, options, &error);
    if (status != ANEW_OK)
        cli_complain_error(&error);
    else if (options->json)
        print_json(&c);
    else
        print_text(&c);
    anew_image_free(&c.a);
    anew_image_free(&c.b);
    anew_image_free(&c.resized);
    return status == ANEW_OK ? EXIT_DONE : EXIT_FAILED;
}
