/* options.h - what the command line says, parsed by the tables of option_table.h. */
#ifndef ANEW_CLI_OPTIONS_H
#define ANEW_CLI_OPTIONS_H

#include <stdint.h>

#include "cli/option_table.h"
#include "cli/targets.h"
#include "pipeline/faces.h"
#include "pipeline/finishing.h"
#include "pipeline/model_path.h"

/* Where an option was said; what is further up counts (settings.h). */
typedef enum cli_source {
    CLI_FROM_NOWHERE = 0,
    CLI_FROM_REQUEST, /* a worker's */
    CLI_FROM_WORDS,   /* the command line */
    CLI_FROM_PRESET,
    CLI_FROM_ENVIRONMENT,
    CLI_FROM_CONFIG
} cli_source;

/* The noise's level where nothing is said of it and the picture cannot be looked at. */
#define CLI_NOISE_LEVEL 15

typedef struct cli_options {
    anew_enhance_options enhance;
    const char *device; /* NULL: cpu */
    size_t device_memory;
    cli_targets targets; /* sizes that depend on the picture's own */
    anew_image_options image;
    anew_image_limits limits;
    int size_width, size_height; /* of the picture that is explained; 0: not given */
    const char *output, *model, *list, *dump_activations, *affinity;
    const char *shard, *journal, *report, *socket;
    int retry; /* further tries after a failure that may pass */
    const char *preset, *save_preset, *from;
    int jobs; /* pictures at once; 0: chosen */
    /* Passes: pipeline/passes.h. */
    const char *restore; /* NULL: none */
    double strength, restore_strength, shrink_first;
    double noise_level;             /* below 0: as the picture shows */
    bool upscale_first, look_first; /* --order, --auto */
    int passes;                     /* 0: as many as are needed */
    anew_mixing mixing;             /* --denoise, --crisp */
    int frame;                      /* of an animation, as a still; 0: all */
    anew_format format;             /* UNKNOWN: from the output's name */
    const char *detector, *face_model, *face_parser;
    bool mend_faces, list_faces, aligned;            /* --faces, --faces=list, --aligned */
    const char *face_list, *save_crops, *draw_faces; /* NULL: not asked for */
    anew_face_options faces;
    double face_confidence, face_min_size; /* 0: not given */
    bool face_all_scales;
    anew_finish_options finish;
    const char *scratches, *scratch_mask, *erase; /* NULL: not given */
    const char *sheet, *difference;               /* of compare: NULL: not given */
    bool json, force, skip_existing, recursive, dry_run, verbose, quiet, profile, profile_json;
    bool to_srgb, no_provenance;
    const char *raw;  /* of a video; NULL: not given */
    int matrix;       /* anew_video_matrix; -1: by the size */
    double deflicker; /* of a video; below 0: not asked for */
    bool resume;
    int part; /* frames; 0: not given */
    int crf;  /* of a video's coder; below 0: not given */
    bool help, version, no_config, commercial_only, remote;
    cli_command command;
    bool given[OPT_COUNT];        /* on the command line or elsewhere */
    cli_source source[OPT_COUNT]; /* where that was; also of a flag that is said to be off */
    const char *texts[OPT_COUNT]; /* the values as they were given; borrowed, NULL: none */
    char **words;                 /* what is no option, without the command's name; borrowed */
    int word_count;
} cli_options;

/* What counts where nothing is said. */
void cli_options_start(cli_options *options);

/* Fills *options. A usage error prints one line to stderr and gives false. The words are moved to the
 * front of `arguments`. */
bool cli_parse(cli_options *options, int count, char **arguments);

/* One option, with `value` NULL for a flag; it is borrowed. A message begins with `place`; NULL: of the command line. */
ANEW_NODISCARD anew_status cli_set(cli_options *options, option_id id, const char *value,
                                   cli_source source, const char *place, anew_error *error);

/* The same for what a user wrote: a flag with yes or no, an option that may stand alone with yes, no or off. One that is
 * switched off is not given, but has its source, so that nothing that counts less switches it on. */
ANEW_NODISCARD anew_status cli_take(cli_options *options, option_id id, const char *value,
                                    cli_source source, const char *place, anew_error *error);

/* Whether something that counts more than `source` has said this option, or one that says the same in another way. */
bool cli_is_decided(const cli_options *options, option_id id, cli_source source);

/* Refuses options that deny each other. */
ANEW_NODISCARD anew_status cli_agree(const cli_options *options, anew_error *error);

/* The help of a command on standard output; that of COMMAND_ENHANCE names the others. */
void cli_help(cli_command command);

#endif
