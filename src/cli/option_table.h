/*
 * option_table.h - every option and every command of the command line, once: parsing, help, the manual page
 * and the shells' completions are all made from these two tables.
 */
#ifndef ANEW_CLI_OPTION_TABLE_H
#define ANEW_CLI_OPTION_TABLE_H

#include <stdbool.h>

typedef enum cli_command {
    COMMAND_ENHANCE, /* the one without a name */
    COMMAND_INFO,
    COMMAND_MODELS,
    COMMAND_GET,
    COMMAND_EXPLAIN,
    COMMAND_COMPARE,
    COMMAND_LOOK,
    COMMAND_FACES,
    COMMAND_REPLAY,
    COMMAND_VIDEO,
    COMMAND_WORKER,
    COMMAND_COMPLETION,
    COMMAND_MANUAL,
    COMMAND_HELP,
    COMMAND_COUNT
} cli_command;

typedef struct cli_command_entry {
    const char *name;      /* NULL: none */
    const char *arguments; /* as shown in the help */
    const char *help;
    int least, most; /* words after the name; most -1: any number */
} cli_command_entry;

extern const cli_command_entry cli_commands[COMMAND_COUNT];

typedef enum option_id {
    OPT_OUTPUT,
    OPT_SCALE,
    OPT_WIDTH,
    OPT_HEIGHT,
    OPT_FIT,
    OPT_MEGAPIXELS,
    OPT_PRINT,
    OPT_DPI,
    OPT_RESAMPLE,
    OPT_LINEAR,
    OPT_MODEL,
    OPT_DENOISE,
    OPT_CRISP,
    OPT_AUTO,
    OPT_UPSCALE,
    OPT_STRENGTH,
    OPT_PASSES,
    OPT_RESTORE,
    OPT_RESTORE_STRENGTH,
    OPT_NOISE_LEVEL,
    OPT_ORDER,
    OPT_SHRINK_FIRST,
    OPT_FORMAT,
    OPT_FRAME,
    OPT_QUALITY,
    OPT_CHROMA,
    OPT_LOSSLESS,
    OPT_PNG_COMPRESSION,
    OPT_MAX_BYTES,
    OPT_STRIP,
    OPT_ICC,
    OPT_TO_SRGB,
    OPT_NO_PROVENANCE,
    OPT_FORCE,
    OPT_SKIP_EXISTING,
    OPT_RECURSIVE,
    OPT_LIST,
    OPT_SHARD,
    OPT_JOURNAL,
    OPT_RETRY,
    OPT_REPORT,
    OPT_SOCKET,
    OPT_DRY_RUN,
    OPT_THREADS,
    OPT_JOBS,
    OPT_AFFINITY,
    OPT_EXACT,
    OPT_PRECISION,
    OPT_FAST,
    OPT_MEMORY,
    OPT_DEVICE,
    OPT_DEVICE_MEMORY,
    OPT_STRIP_WIDTH,
    OPT_BAND,
    OPT_FACES,
    OPT_FACE_MODEL,
    OPT_FACE_PARSER,
    OPT_FACE_STRENGTH,
    OPT_FACE_FIDELITY,
    OPT_FACE_GUARD,
    OPT_FACE_LIST,
    OPT_FACE_EXCLUDE,
    OPT_FACE_MAX_SIZE,
    OPT_ALIGNED,
    OPT_SAVE_CROPS,
    OPT_DRAW_FACES,
    OPT_DETECTOR,
    OPT_FACE_CONFIDENCE,
    OPT_FACE_MIN_SIZE,
    OPT_FACE_SCALES,
    OPT_RAW,
    OPT_MATRIX,
    OPT_DEFLICKER,
    OPT_RESUME,
    OPT_PART,
    OPT_CRF,
    OPT_SIZE,
    OPT_DUMP_ACTIVATIONS,
    OPT_SCRATCHES,
    OPT_SCRATCH_MASK,
    OPT_ERASE,
    OPT_FAITHFUL,
    OPT_COLOUR_LOCK,
    OPT_GUARD,
    OPT_SHARPEN,
    OPT_GRAIN,
    OPT_GRAIN_SEED,
    OPT_WHITE_BALANCE,
    OPT_RESTORE_TONE,
    OPT_LEVELS,
    OPT_CONTRAST,
    OPT_SATURATION,
    OPT_SHEET,
    OPT_DIFFERENCE,
    OPT_PLAN,
    OPT_MAX_PIXELS,
    OPT_PROFILE,
    OPT_VERBOSE,
    OPT_JSON,
    OPT_QUIET,
    OPT_REMOTE,
    OPT_FROM,
    OPT_LICENSE_POLICY,
    OPT_PRESET,
    OPT_SAVE_PRESET,
    OPT_NO_CONFIG,
    OPT_HELP,
    OPT_VERSION,
    OPT_COUNT
} option_id;

typedef enum option_kind {
    OPTION_FLAG,
    OPTION_TEXT,    /* `values`: what a shell offers */
    OPTION_FILE,    /* text that a shell completes as a path */
    OPTION_INTEGER, /* minimum .. maximum; with `values`, that word, too */
    OPTION_REAL,
    OPTION_BYTES,      /* a number with K, M or G for 1024, its square, its cube */
    OPTION_FILE_BYTES, /* ... for 1000, its square, its cube */
    OPTION_SIZE,       /* WIDTHxHEIGHT */
    OPTION_CHOICE      /* one of `values`, separated by '|' */
} option_kind;

/* Beside the bits of commands: a request to `anew worker` may say it, too, for its picture alone. */
#define CLI_IN_REQUESTS (1u << COMMAND_COUNT)

typedef struct cli_option {
    const char *name; /* without the dashes */
    char short_name;  /* 0: none */
    option_kind kind;
    const char *argument; /* as shown in the help; NULL for a flag */
    const char *values;   /* CHOICE */
    double minimum, maximum;
    bool may_be_bare;      /* the argument may be left out (--profile, --profile=json) */
    unsigned int commands; /* bit c: belongs to command c; with CLI_IN_REQUESTS */
    const char *help;
} cli_option;

extern const cli_option cli_option_table[OPT_COUNT];

static inline bool cli_option_is_for(const cli_option *option, cli_command command)
{
    return (option->commands >> command & 1) != 0;
}

static inline bool cli_option_is_in_requests(const cli_option *option)
{
    return (option->commands & CLI_IN_REQUESTS) != 0;
}

/* Its name as a member of a request: with _ for -. */
static inline char cli_request_letter(char letter)
{
    return letter == '-' ? '_' : letter;
}

/* Options that change no byte of a picture's result, nor what is written beside it: where results go, how and when they
 * are computed, what is said of them. One that is new counts until it is named there. */
bool cli_option_is_indifferent(option_id id);

#endif
