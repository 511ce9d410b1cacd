/* targets.c - boxes, megapixels and paper to widths and heights. */
#include "cli/targets.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    double of_an_inch;
} units[] = {
    [CLI_INCH] = {"in", 1},
    [CLI_CENTIMETRE] = {"cm", 1 / 2.54},
    [CLI_MILLIMETRE] = {"mm", 1 / 25.4},
};

/* More than any side can have, and still an int: anew_enhance_size refuses it. */
#define BEYOND_ANY_SIDE 2e9

/* ---- paper ------------------------------------------------------------------------------------------- */

/* A number above 0; the text moves behind it. strtod would take signs, spaces, words and 0x8, too. */
static bool read_positive(const char **text, double *number)
{
    char *end = NULL;
    const char first = **text;
    if (((first < '0' || first > '9') && first != '.') || (first == '0' && (*text)[1] == 'x'))
        return false;
    errno = 0;
    *number = strtod(*text, &end);
    const bool fine = end != *text && errno == 0 && *number > 0 && *number < 1e6;
    *text = end;
    return fine;
}

static bool read_unit(const char **text, cli_unit *unit)
{
    for (int i = CLI_INCH; i <= (int)CLI_MILLIMETRE; i++)
        if (strncmp(*text, units[i].name, strlen(units[i].name)) == 0) {
            *unit = (cli_unit)i;
            *text += strlen(units[i].name);
            return true;
        }
    return false;
}

bool cli_targets_read_paper(cli_targets *targets, const char *text)
{
    cli_targets read = *targets;
    read.paper_height = read.paper_dpi = 0;
    if (!read_positive(&text, &read.paper_width))
        return false;
    if (*text == 'x') {
        text++;
        if (!read_positive(&text, &read.paper_height))
            return false;
    }
    if (!read_unit(&text, &read.unit))
        return false;
    if (*text == '@') {
        text++;
        if (!read_positive(&text, &read.paper_dpi) || read.paper_dpi < 1 ||
            read.paper_dpi > CLI_MOST_DPI)
            return false;
    }
    if (*text != '\0')
        return false;
    *targets = read;
    return true;
}

/* ---- sizes ------------------------------------------------------------------------------------------- */

bool cli_targets_given(const cli_targets *t)
{
    return t->fit_width > 0 || t->megapixels > 0 || t->paper_width > 0;
}

double cli_targets_dpi(const cli_targets *t)
{
    if (t->dpi > 0)
        return t->dpi;
    if (t->paper_width > 0)
        return t->paper_dpi > 0 ? t->paper_dpi : CLI_DEFAULT_DPI;
    return 0;
}

static int side(double pixels)
{
    pixels = round(pixels);
    return pixels < 1 ? 1 : pixels > BEYOND_ANY_SIDE ? (int)BEYOND_ANY_SIDE : (int)pixels;
}

/* The side that the box leaves no room at is the box's; the other one follows, and rounded it is still inside. */
static void fit(anew_enhance_options *o, double box_width, double box_height, int width, int height)
{
    const bool by_width = box_width * height <= box_height * width;
    o->width = side(by_width ? box_width : box_height * width / height);
    o->height = side(by_width ? box_width * height / width : box_height);
}

void cli_targets_resolve(anew_enhance_options *options, const cli_targets *t, int width, int height)
{
    if (t->fit_width > 0) {
        fit(options, t->fit_width, t->fit_height, width, height);
    } else if (t->megapixels > 0) {
        const double scale = sqrt(t->megapixels * 1e6 / ((double)width * height));
        options->width = side(width * scale);
        options->height = side(height * scale);
    } else if (t->paper_width > 0) {
        const double dots = cli_targets_dpi(t) * units[t->unit].of_an_inch;
        /* Whole pixels first: a box of 30 cm at 300 is one of 3543 pixels. */
        const double across = side(t->paper_width * dots);
        if (t->paper_height > 0)
            fit(options, across, side(t->paper_height * dots), width, height);
        else
            fit(options, across, HUGE_VAL, width, height);
    }
}

bool cli_targets_mark(char *mark, size_t bytes, const cli_targets *t)
{
    if (t->fit_width > 0)
        (void)snprintf(mark, bytes, "_fit%dx%d", t->fit_width, t->fit_height);
    else if (t->megapixels > 0)
        (void)snprintf(mark, bytes, "_%gmp", t->megapixels);
    else if (t->paper_height > 0)
        (void)snprintf(mark, bytes, "_%gx%g%s", t->paper_width, t->paper_height,
                       units[t->unit].name);
    else if (t->paper_width > 0)
        (void)snprintf(mark, bytes, "_%g%s", t->paper_width, units[t->unit].name);
    else
        return false;
    return true;
}
