/*
 * targets.h - the size of a result as people state it: a box to fit into, megapixels, a size on paper. Each is made
 * a width and a height for every picture, from its own size, before work starts.
 */
#ifndef ANEW_CLI_TARGETS_H
#define ANEW_CLI_TARGETS_H

#include "pipeline/enhance.h"

typedef enum cli_unit { CLI_INCH, CLI_CENTIMETRE, CLI_MILLIMETRE } cli_unit;

typedef struct cli_targets {
    int fit_width, fit_height;        /* pixels; 0: not given */
    double megapixels;                /* 0: not given */
    double paper_width, paper_height; /* 0: by aspect from the other; both 0: not given */
    cli_unit unit;                    /* of the paper */
    double paper_dpi;                 /* that came with the paper; 0: none did */
    double dpi;                       /* --dpi; 0: not given */
} cli_targets;

/* Dots an inch of a paper size that comes without. */
#define CLI_DEFAULT_DPI 300.0

/* Largest number of dots an inch: what a JPEG can hold. */
#define CLI_MOST_DPI 65535.0

/* What is wanted where cli_targets_read_paper gives false. */
#define CLI_PAPER_WANTED                                                                           \
    "a size on paper like 12x8in@300, 30x20cm or 12in@300 (width only), with in, cm or mm"

/* "12x8in@300", "30x20cm", "12in@300": paper and its dots an inch; false where it is none of these, *targets then as
 * it was. */
bool cli_targets_read_paper(cli_targets *targets, const char *text);

/* Whether a size is asked for. */
bool cli_targets_given(const cli_targets *targets);

/* The dots an inch that are to stand in the result; 0: those of the picture. */
double cli_targets_dpi(const cli_targets *targets);

/* Sets options->width and height for a picture of this size, where a size is asked for: the largest of the picture's
 * aspect that fits into the box or onto the paper, or the one nearest to the megapixels. */
void cli_targets_resolve(anew_enhance_options *options, const cli_targets *targets, int width,
                         int height);

/* What names of results tell of it: "_fit3840x2160", "_48mp", "_12x8in"; false where no size is asked for. */
bool cli_targets_mark(char *mark, size_t bytes, const cli_targets *targets);

#endif
