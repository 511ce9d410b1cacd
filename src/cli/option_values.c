/* option_values.c - from the text of a value to the options: one case for each row of the table. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/face_options.h"
#include "cli/finish_options.h"

/* ---- values ------------------------------------------------------------------------------------------ */

static anew_status wrong(const char *place, const char *value, const char *wanted,
                         anew_error *error)
{
    return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s%s: must be %s", place, value, wanted);
}

static anew_status read_number(double *number, const cli_option *o, const char *place,
                               const char *value, anew_error *error)
{
    char wanted[96], *end = NULL;
    errno = 0;
    *number = strtod(value, &end);
    const bool bytes = o->kind == OPTION_BYTES || o->kind == OPTION_FILE_BYTES;
    if (bytes && end != value && *end != '\0') {
        static const char units[] = "KMG";
        const char *unit = strchr(units, *end >= 'a' ? *end - 'a' + 'A' : *end);
        for (const char *u = units; unit != NULL && u <= unit; u++)
            *number *= o->kind == OPTION_BYTES ? 1024 : 1000;
        end += unit != NULL;
    }
    const bool whole = o->kind != OPTION_INTEGER || *number == floor(*number);
    if (end == value || *end != '\0' || errno != 0 || !whole || !(*number >= o->minimum) ||
        !(*number <= o->maximum)) {
        (void)snprintf(wanted, sizeof wanted, "a %snumber from %.15g to %.15g%s%s%s",
                       o->kind == OPTION_INTEGER ? "whole " : "", o->minimum, o->maximum,
                       o->kind == OPTION_FILE_BYTES ? ", such as 150k or 2M"
                       : bytes                      ? ", such as 512M or 2G"
                                                    : "",
                       o->values != NULL ? ", or " : "", o->values != NULL ? o->values : "");
        return wrong(place, value, wanted, error);
    }
    return ANEW_OK;
}

static anew_status read_size(int *width, int *height, const cli_option *o, const char *place,
                             const char *value, anew_error *error)
{
    char *end = NULL;
    errno = 0;
    const long w = strtol(value, &end, 10);
    const long h = *end == 'x' ? strtol(end + 1, &end, 10) : 0;
    if (*end != '\0' || errno != 0 || w < 1 || h < 1 || (double)w > o->maximum ||
        (double)h > o->maximum)
        return wrong(place, value, "two whole numbers like 640x480", error);
    *width = (int)w;
    *height = (int)h;
    return ANEW_OK;
}

/* Index of the value among the choices. */
static anew_status read_choice(int *index, const cli_option *o, const char *place,
                               const char *value, anew_error *error)
{
    const size_t length = strlen(value);
    const char *choice = o->values;
    for (*index = 0; choice != NULL; (*index)++) {
        const char *end = strchr(choice, '|');
        const size_t bytes = end == NULL ? strlen(choice) : (size_t)(end - choice);
        if (bytes == length && strncmp(choice, value, length) == 0)
            return ANEW_OK;
        choice = end == NULL ? NULL : end + 1;
    }
    char wanted[96];
    (void)snprintf(wanted, sizeof wanted, "one of %s", o->values);
    return wrong(place, value, wanted, error);
}

/* The endings that files of a format have as often are names of it, too. */
static const char *usual_format(const char *value)
{
    static const char *const names[][2] = {{"jpg", "jpeg"}, {"tif", "tiff"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(value, names[i][0]) == 0)
            return names[i][1];
    return value;
}

/* `value` is NULL for a flag, or where it was left out. */
anew_status cli_set(cli_options *to, option_id id, const char *value, cli_source source,
                    const char *place, anew_error *error)
{
    static const anew_format formats[] = {ANEW_FORMAT_PNG,  ANEW_FORMAT_JPEG, ANEW_FORMAT_PNM,
                                          ANEW_FORMAT_WEBP, ANEW_FORMAT_TIFF, ANEW_FORMAT_AVIF,
                                          ANEW_FORMAT_JXL,  ANEW_FORMAT_GIF};
    static const anew_precision precisions[] = {ANEW_PRECISION_F32, ANEW_PRECISION_TF32,
                                                ANEW_PRECISION_BF16, ANEW_PRECISION_INT8,
                                                ANEW_PRECISION_AUTO};
    static const anew_plan_level levels[] = {ANEW_PLAN_FULL, ANEW_PLAN_NOFUSE, ANEW_PLAN_REF};
    const cli_option *o = &cli_option_table[id];
    static const anew_filter filters[] = {ANEW_FILTER_LANCZOS3, ANEW_FILTER_MITCHELL,
                                          ANEW_FILTER_CUBIC, ANEW_FILTER_AREA};
    double number = 0;
    int index = 0, width = 0, height = 0;
    const bool word = value != NULL && (o->kind == OPTION_INTEGER || o->kind == OPTION_REAL) &&
                      o->values != NULL && strcmp(value, o->values) == 0;
    const bool number_wanted = !word && (o->kind == OPTION_INTEGER || o->kind == OPTION_REAL ||
                                         o->kind == OPTION_BYTES || o->kind == OPTION_FILE_BYTES);
    char word_of_command_line[64];
    if (place == NULL) {
        (void)snprintf(word_of_command_line, sizeof word_of_command_line, "--%s ", o->name);
        place = word_of_command_line;
    }
    if (id == OPT_FORMAT && value != NULL)
        value = usual_format(value);
    if (value != NULL && number_wanted)
        ANEW_TRY(read_number(&number, o, place, value, error));
    if (value != NULL && o->kind == OPTION_CHOICE)
        ANEW_TRY(read_choice(&index, o, place, value, error));
    if (value != NULL && o->kind == OPTION_SIZE)
        ANEW_TRY(read_size(&width, &height, o, place, value, error));
    if (id == OPT_PRINT && !cli_targets_read_paper(&to->targets, value))
        return wrong(place, value, CLI_PAPER_WANTED, error);
    to->given[id] = true;
    to->source[id] = source;
    to->texts[id] = value;
    switch (id) {
    case OPT_OUTPUT:
        to->output = value != NULL && strcmp(value, "/dev/stdout") == 0 ? "-" : value;
        break;
    case OPT_SCALE:
        to->enhance.scale = number;
        break;
    case OPT_WIDTH:
        to->enhance.width = (int)number;
        break;
    case OPT_HEIGHT:
        to->enhance.height = (int)number;
        break;
    case OPT_FIT:
        to->targets.fit_width = width;
        to->targets.fit_height = height;
        break;
    case OPT_MEGAPIXELS:
        to->targets.megapixels = number;
        break;
    case OPT_PRINT: /* stored by cli_targets_read_paper */
        break;
    case OPT_DPI:
        to->targets.dpi = number;
        break;
    case OPT_RESAMPLE:
        to->enhance.filter = filters[index];
        break;
    case OPT_LINEAR:
        to->enhance.linear = true;
        break;
    case OPT_MODEL:
        to->model = value;
        break;
    case OPT_DENOISE:
        to->mixing.denoise = number;
        break;
    case OPT_CRISP:
        to->mixing.crisp = number;
        break;
    case OPT_AUTO:
        to->look_first = index != 1; /* a bare --auto is on */
        break;
    case OPT_UPSCALE:
        to->model = value;
        break;
    case OPT_STRENGTH:
        to->strength = number;
        break;
    case OPT_PASSES:
        to->passes = (int)number; /* the word: 0 */
        break;
    case OPT_RESTORE:
        to->restore = value == NULL || strcmp(value, "off") == 0 ? NULL : value;
        break;
    case OPT_RESTORE_STRENGTH:
        to->restore_strength = number;
        break;
    case OPT_NOISE_LEVEL:
        to->noise_level = word ? -1 : number;
        to->enhance.noise_level = word ? CLI_NOISE_LEVEL : number;
        break;
    case OPT_ORDER:
        to->upscale_first = index == 1;
        break;
    case OPT_SHRINK_FIRST:
        to->shrink_first = number;
        break;
    case OPT_FORMAT:
        to->format = formats[index];
        break;
    case OPT_FRAME:
        to->frame = (int)number;
        break;
    case OPT_QUALITY:
        to->image.quality = (int)number;
        break;
    case OPT_CHROMA:
        to->image.jpeg_chroma = index == 1 ? 444 : index == 2 ? 420 : 0;
        break;
    case OPT_LOSSLESS:
        to->image.lossless = true;
        break;
    case OPT_RAW:
        to->raw = value;
        break;
    case OPT_MATRIX:
        to->matrix = index - 1;
        break;
    case OPT_DEFLICKER:
        to->deflicker = number;
        break;
    case OPT_RESUME:
        to->resume = true;
        break;
    case OPT_PART:
        to->part = (int)number;
        break;
    case OPT_CRF:
        to->crf = (int)number;
        break;
    case OPT_ICC:
        to->image.drop_icc = index == 1;
        break;
    case OPT_TO_SRGB:
        to->to_srgb = true;
        break;
    case OPT_NO_PROVENANCE:
        to->no_provenance = true;
        break;
    case OPT_PNG_COMPRESSION:
        to->image.png_compression = (int)number;
        break;
    case OPT_MAX_BYTES:
        to->image.max_bytes = (int64_t)number;
        break;
    case OPT_STRIP:
        to->image.strip = true;
        break;
    case OPT_FORCE:
        to->force = true;
        break;
    case OPT_SKIP_EXISTING:
        to->skip_existing = true;
        break;
    case OPT_RECURSIVE:
        to->recursive = true;
        break;
    case OPT_LIST:
        to->list = value;
        break;
    case OPT_SHARD:
        to->shard = value;
        break;
    case OPT_JOURNAL:
        to->journal = value;
        break;
    case OPT_RETRY:
        to->retry = (int)number;
        break;
    case OPT_REPORT:
        to->report = value;
        break;
    case OPT_SOCKET:
        to->socket = value;
        break;
    case OPT_DRY_RUN:
        to->dry_run = true;
        break;
    case OPT_THREADS:
        to->enhance.threads = (int)number;
        break;
    case OPT_JOBS:
        to->jobs = (int)number; /* the word: 0 */
        break;
    case OPT_AFFINITY:
        to->affinity = value;
        break;
    case OPT_EXACT:
        to->enhance.precision = ANEW_PRECISION_EXACT;
        break;
    case OPT_PRECISION:
        to->enhance.precision = precisions[index];
        break;
    case OPT_FAST:
        to->enhance.precision = ANEW_PRECISION_AUTO;
        break;
    case OPT_MEMORY:
    case OPT_DEVICE_MEMORY:
        *(id == OPT_MEMORY ? &to->enhance.memory : &to->device_memory) =
            number < (double)SIZE_MAX ? (size_t)number : SIZE_MAX;
        break;
    case OPT_DEVICE:
        to->device = value;
        break;
    case OPT_STRIP_WIDTH:
        to->enhance.strip = (int)number;
        break;
    case OPT_BAND:
        to->enhance.band = (int)number;
        break;
    case OPT_FACES:
        return cli_read_faces(to, place, value, error);
    case OPT_FACE_LIST:
        to->face_list = value;
        to->mend_faces = true;
        break;
    case OPT_FACE_EXCLUDE:
        return cli_read_area(to, place, value, error);
    case OPT_FACE_MAX_SIZE:
        to->faces.max_size = number;
        break;
    case OPT_ALIGNED:
        to->aligned = true;
        break;
    case OPT_SAVE_CROPS:
        to->save_crops = value;
        break;
    case OPT_DRAW_FACES:
        to->draw_faces = value;
        break;
    case OPT_FACE_MODEL:
        to->face_model = value;
        break;
    case OPT_FACE_PARSER:
        to->face_parser = value;
        break;
    case OPT_FACE_STRENGTH:
        to->faces.strength = number;
        break;
    case OPT_FACE_FIDELITY:
        to->faces.fidelity = number;
        break;
    case OPT_FACE_GUARD:
        to->faces.guard = index == 0;
        break;
    case OPT_DETECTOR:
        to->detector = value;
        break;
    case OPT_FACE_CONFIDENCE:
        to->face_confidence = number;
        break;
    case OPT_FACE_MIN_SIZE:
        to->face_min_size = to->faces.min_size = number;
        break;
    case OPT_FACE_SCALES:
        to->face_all_scales = index == 1;
        break;
    case OPT_DUMP_ACTIVATIONS:
        to->dump_activations = value;
        break;
    case OPT_SCRATCHES:
    case OPT_SCRATCH_MASK:
    case OPT_ERASE:
    case OPT_FAITHFUL:
    case OPT_COLOUR_LOCK:
    case OPT_GUARD:
    case OPT_SHARPEN:
    case OPT_GRAIN:
    case OPT_GRAIN_SEED:
    case OPT_WHITE_BALANCE:
    case OPT_RESTORE_TONE:
    case OPT_LEVELS:
    case OPT_CONTRAST:
    case OPT_SATURATION:
        return cli_store_finish(to, id, place, value, o->kind == OPTION_CHOICE ? index : number,
                                error);
    case OPT_SHEET:
        to->sheet = value;
        break;
    case OPT_DIFFERENCE:
        to->difference = value;
        break;
    case OPT_PLAN:
        to->enhance.plan = index < 3 ? levels[index] : ANEW_PLAN_FULL;
        break;
    case OPT_MAX_PIXELS:
        to->limits.max_pixels = (int64_t)number;
        break;
    case OPT_PROFILE:
        *(index == 1 ? &to->profile_json : &to->profile) = true;
        break;
    case OPT_VERBOSE:
        to->verbose = true;
        break;
    case OPT_JSON:
        to->json = true;
        break;
    case OPT_QUIET:
        to->quiet = true;
        break;
    case OPT_REMOTE:
        to->remote = true;
        break;
    case OPT_FROM:
        to->from = value;
        break;
    case OPT_LICENSE_POLICY:
        to->commercial_only = index == 1;
        break;
    case OPT_PRESET:
        to->preset = value;
        break;
    case OPT_SAVE_PRESET:
        to->save_preset = value;
        break;
    case OPT_NO_CONFIG:
        to->no_config = true;
        break;
    case OPT_HELP:
        to->help = true;
        break;
    case OPT_VERSION:
        to->version = true;
        break;
    case OPT_SIZE:
        to->size_width = width;
        to->size_height = height;
        break;
    case OPT_COUNT:
        break;
    }
    return ANEW_OK;
}

/* ---- yes and no -------------------------------------------------------------------------------------- */

/* yes: 1, no: 0, else -1. */
static int answer_of(const char *value)
{
    static const char *const answers[2][4] = {{"no", "off", "false", "0"},
                                              {"yes", "on", "true", "1"}};
    for (int answer = 0; answer < 2; answer++)
        for (int i = 0; i < 4; i++)
            if (strcmp(value, answers[answer][i]) == 0)
                return answer;
    return -1;
}

/* Whether the value says that the option is not to count: any no of a flag; of another that does something by being
 * there, no or off, since 0 may be a number of its own. */
static bool says_no(option_id id, const char *value)
{
    const cli_option *o = &cli_option_table[id];
    if (o->kind == OPTION_FLAG)
        return answer_of(value) == 0;
    return (o->may_be_bare || id == OPT_SCRATCHES) &&
           (strcmp(value, "no") == 0 || strcmp(value, "off") == 0);
}

anew_status cli_take(cli_options *options, option_id id, const char *value, cli_source source,
                     const char *place, anew_error *error)
{
    const cli_option *o = &cli_option_table[id];
    const bool off = value != NULL && says_no(id, value);
    if (options->source[id] == source && options->given[id] == off)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s%s is said to be on and off",
                         place == NULL ? "--" : place, place == NULL ? o->name : value);
    options->source[id] = source;
    options->look_first = options->look_first && !(off && id == OPT_AUTO); /* the default */
    if (off)
        return ANEW_OK;
    if (value != NULL && o->kind == OPTION_FLAG && answer_of(value) < 0)
        return anew_fail(error, ANEW_ERROR_ARGUMENT, "%s%s%s%s: must be yes or no",
                         place == NULL ? "--" : place, place == NULL ? o->name : "",
                         place == NULL ? " " : "", value);
    const bool bare =
        o->kind == OPTION_FLAG || (value != NULL && o->may_be_bare && strcmp(value, "yes") == 0);
    return cli_set(options, id, bare ? NULL : value, source, place, error);
}
