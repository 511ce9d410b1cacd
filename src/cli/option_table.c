/* option_table.c - the two tables. */
#include "cli/option_table.h"

#include <stddef.h>

#define FOR(command) (1u << (command))
#define ENHANCE      FOR(COMMAND_ENHANCE)
#define EXPLAIN      FOR(COMMAND_EXPLAIN)
#define RUNNING      (ENHANCE | EXPLAIN)
#define FACES        FOR(COMMAND_FACES)
#define FINDING      (ENHANCE | FACES)
#define COMPUTING    (RUNNING | FACES)
#define LOOK         FOR(COMMAND_LOOK)
#define READING      (ENHANCE | FACES | LOOK | FOR(COMMAND_INFO) | FOR(COMMAND_COMPARE))
#define ANSWERING                                                                                  \
    (COMPUTING | LOOK | FOR(COMMAND_INFO) | FOR(COMMAND_MODELS) | FOR(COMMAND_COMPARE))
#define EVERY (FOR(COMMAND_COUNT) - 1)

const cli_command_entry cli_commands[COMMAND_COUNT] = {
    [COMMAND_ENHANCE] = {NULL, "PICTURE|FOLDER...", "restore and enlarge", 0, -1},
    [COMMAND_INFO] = {"info", "NAME|FILE", "what a model or a picture is", 1, 1},
    [COMMAND_MODELS] = {"models", "", "the models that are found", 0, 0},
    [COMMAND_EXPLAIN] = {"explain", "[NAME|FILE.anew [PICTURE]]",
                         "how a model runs: every step, kernel, memory, time", 0, 2},
    [COMMAND_COMPARE] = {"compare", "PICTURE PICTURE", "how far two pictures are from each other",
                         2, 2},
    [COMMAND_LOOK] = {"look", "PICTURE...",
                      "what was done to a picture: JPEG, noise, enlarging; and what it needs", 1,
                      -1},
    [COMMAND_FACES] = {"faces", "PICTURE...", "where the faces are: boxes, scores, five points", 1,
                       -1},
    [COMMAND_COMPLETION] = {"completion", "bash|zsh|fish", "a completion script for a shell", 1, 1},
    [COMMAND_MANUAL] = {"manual", "", "the manual page, for man", 0, 0},
};

const cli_option cli_option_table[OPT_COUNT] = {
    [OPT_OUTPUT] = {"output", 'o', OPTION_FILE, "FILE", 0, 0, 0, false, ENHANCE,
                    "where the result goes; a folder for several pictures; - is standard output"},
    [OPT_SCALE] = {"scale", 's', OPTION_REAL, "FACTOR", 0, 0.01, 64, false, RUNNING,
                   "enlarge by this factor, whole or not (default: the model's own, 4)"},
    [OPT_WIDTH] = {"width", 0, OPTION_INTEGER, "PIXELS", 0, 1, 1000000, false, RUNNING,
                   "width of the result; the height follows unless given"},
    [OPT_HEIGHT] = {"height", 0, OPTION_INTEGER, "PIXELS", 0, 1, 1000000, false, RUNNING,
                    "height of the result; the width follows unless given"},
    [OPT_MODEL] = {"model", 'm', OPTION_FILE, "NAME|FILE", 0, 0, 0, false, RUNNING,
                   "a model by name or file, or a mixture: a.anew:0.7,b.anew:0.3 (default: "
                   "photo-x4)"},
    [OPT_DENOISE] = {"denoise", 0, OPTION_REAL, "0..1", 0, 0, 1, false, RUNNING | FOR(COMMAND_INFO),
                     "how strongly to remove noise, for a model that names a partner"},
    [OPT_UPSCALE] = {"upscale", 0, OPTION_FILE, "NAME|FILE", 0, 0, 0, false, ENHANCE,
                     "the same as --model: what enlarges"},
    [OPT_STRENGTH] = {"strength", 0, OPTION_REAL, "0..1", 0, 0, 1, false, ENHANCE,
                      "how much of what the model does is taken over (default: 1; 0: plain "
                      "resampling)"},
    [OPT_PASSES] = {"passes", 0, OPTION_INTEGER, "N|auto", "auto", 1, 6, false, ENHANCE,
                    "enlarge in at most so many passes (default: auto, as many as the enlargement "
                    "needs with the model's own scale: 8 is 4 and then 2)"},
    [OPT_RESTORE] = {"restore", 0, OPTION_FILE, "NAME|FILE|off", 0, 0, 0, false, ENHANCE,
                     "a model that restores the picture at its own size before it is enlarged "
                     "(default: off); one that enlarges is brought back"},
    [OPT_RESTORE_STRENGTH] = {"restore-strength", 0, OPTION_REAL, "0..1", 0, 0, 1, false, ENHANCE,
                              "how much of what it does is taken over (default: 1)"},
    [OPT_ORDER] = {"order", 0, OPTION_CHOICE, "ORDER", "restore-first|upscale-first", 0, 0, false,
                   ENHANCE, "whether it comes before the enlargement (default) or after it"},
    [OPT_SHRINK_FIRST] = {"shrink-first", 0, OPTION_REAL, "FACTOR", 0, 1, 16, false, ENHANCE,
                          "make a picture smaller first that was enlarged by this before; the "
                          "size of the result is still reckoned from the picture's own"},
    [OPT_FORMAT] = {"format", 0, OPTION_CHOICE, "FORMAT", "png|jpeg|pnm|webp", 0, 0, false, ENHANCE,
                    "format of the result (default: from its name, else png; pnm in a build "
                    "without PNG)"},
    [OPT_QUALITY] = {"quality", 'q', OPTION_INTEGER, "1..100", 0, 1, 100, false, ENHANCE,
                     "quality of a JPEG or WebP result (default: 92)"},
    [OPT_CHROMA] = {"chroma", 0, OPTION_CHOICE, "KIND", "auto|444|420", 0, 0, false, ENHANCE,
                    "colour resolution of a JPEG result: full, or half in both directions"},
    [OPT_LOSSLESS] = {"lossless", 0, OPTION_FLAG, 0, 0, 0, 0, false, ENHANCE,
                      "a WebP result without loss"},
    [OPT_STRIP] = {"strip", 0, OPTION_FLAG, 0, 0, 0, 0, false, ENHANCE,
                   "leave out EXIF, XMP and resolution; the colour profile stays"},
    [OPT_FORCE] = {"force", 'f', OPTION_FLAG, 0, 0, 0, 0, false, ENHANCE,
                   "overwrite an existing result"},
    [OPT_SKIP_EXISTING] = {"skip-existing", 0, OPTION_FLAG, 0, 0, 0, 0, false, ENHANCE,
                           "leave out pictures whose result exists: to go on with a folder"},
    [OPT_RECURSIVE] = {"recursive", 'r', OPTION_FLAG, 0, 0, 0, 0, false, ENHANCE,
                       "folders with the folders in them"},
    [OPT_LIST] = {"list", 0, OPTION_FILE, "FILE", 0, 0, 0, false, ENHANCE,
                  "also the pictures that a file names, one a line; - is standard input"},
    [OPT_DRY_RUN] = {"dry-run", 'n', OPTION_FLAG, 0, 0, 0, 0, false, ENHANCE,
                     "say what would be done, the time and the memory it would take"},
    [OPT_THREADS] = {"threads", 't', OPTION_INTEGER, "N", 0, 1, 256, false, COMPUTING,
                     "worker threads (default: all processors)"},
    [OPT_JOBS] = {"jobs", 'j', OPTION_INTEGER, "N|auto", "auto", 1, 64, false, ENHANCE,
                  "so many pictures at once, each with its part of threads and memory (default: "
                  "auto, by their size); same results"},
    [OPT_AFFINITY] = {"affinity", 0, OPTION_TEXT, "none|auto|LIST", "none|auto", 0, 0, false,
                      RUNNING,
                      "keep each worker thread to one processor, of a list such as 0,2-3, or with "
                      "auto of all (default: none, as the system likes)"},
    [OPT_EXACT] = {"exact", 0, OPTION_FLAG, 0, 0, 0, 0, false, COMPUTING,
                   "only kernels of the exact class: the same bits on every CPU"},
    [OPT_PRECISION] = {"precision", 0, OPTION_CHOICE, "KIND", "f32|bf16|int8|auto", 0, 0, false,
                       COMPUTING,
                       "how factors are rounded before they are multiplied (default: f32, not at "
                       "all); auto is the fastest that keeps 50 dB against f32"},
    [OPT_FAST] = {"fast", 0, OPTION_FLAG, 0, 0, 0, 0, false, COMPUTING,
                  "short for --precision auto"},
    [OPT_MEMORY] = {"memory", 0, OPTION_BYTES, "SIZE", 0, 1, 1e15, false, COMPUTING,
                    "what the engine may allocate, such as 64M (default: 40 % of the machine's); "
                    "same result"},
    [OPT_STRIP_WIDTH] =
        {"strip-width", 0, OPTION_INTEGER, "PIXELS", 0, 1, 1000000, false, RUNNING,
         "run in strips of this width (default: chosen to fit the memory); same result"},
    [OPT_BAND] = {"band", 0, OPTION_INTEGER, "ROWS", 0, 1, 1000000, false, COMPUTING,
                  "run in bands of so many rows of the picture (default: chosen); same result"},
    [OPT_FACES] = {"faces", 0, OPTION_CHOICE, "WHICH", "all|largest|center", 0, 0, true, ENHANCE,
                   "restore the faces, too: all (default), the largest, or the one nearest to the "
                   "middle"},
    [OPT_FACE_MODEL] = {"face-model", 0, OPTION_FILE, "NAME|FILE", 0, 0, 0, false, ENHANCE,
                        "the model that restores them: GFPGAN or CodeFormer"},
    [OPT_FACE_STRENGTH] = {"face-strength", 0, OPTION_REAL, "0..1", 0, 0, 1, false, ENHANCE,
                           "how much of what it changes is taken over (default: 1; 0: nothing)"},
    [OPT_FACE_FIDELITY] = {"face-fidelity", 0, OPTION_REAL, "0..1", 0, 0, 1, false, ENHANCE,
                           "CodeFormer: 0 is the clearest, 1 the nearest to the picture (default: "
                           "0.5)"},
    [OPT_FACE_GUARD] = {"face-guard", 0, OPTION_CHOICE, "KIND", "on|off", 0, 0, false, ENHANCE,
                        "hold a change back that moves eyes, nose and mouth or colours the eyes "
                        "(default: on)"},
    [OPT_DETECTOR] = {"detector", 0, OPTION_FILE, "NAME|FILE", 0, 0, 0, false, FINDING,
                      "the model that finds faces (default: the first that anew models lists)"},
    [OPT_FACE_CONFIDENCE] = {"face-confidence", 0, OPTION_REAL, "0..1", 0, 0.01, 1, false, FINDING,
                             "the score that a face must exceed (default: 0.8 with RetinaFace, 0.6 "
                             "with YuNet, 0.5 with SCRFD)"},
    [OPT_FACE_MIN_SIZE] = {"face-min-size", 0, OPTION_REAL, "PIXELS", 0, 1, 1000000, false, FINDING,
                           "leave out faces with a side of fewer pixels (--faces: 24)"},
    [OPT_FACE_SCALES] = {"face-scales", 0, OPTION_CHOICE, "KIND", "own|all", 0, 0, false, FINDING,
                         "look at the picture at its own size (default), or also doubled and "
                         "halved again and again, for faces of any size"},
    [OPT_SIZE] = {"size", 0, OPTION_SIZE, "WIDTHxHEIGHT", 0, 1, 1000000, false, EXPLAIN,
                  "the size of the picture (default: 640x480)"},
    [OPT_DUMP_ACTIVATIONS] = {"dump-activations", 0, OPTION_FILE, "FOLDER", 0, 0, 0, false, EXPLAIN,
                              "what every layer makes of the middle of the picture, as gray "
                              "pictures in a new folder"},
    [OPT_PLAN] = {"plan", 0, OPTION_CHOICE, "LEVEL", "full|nofuse|ref", 0, 0, false, COMPUTING,
                  "how the network is run: fused, step by step, or by the reference (for tests)"},
    [OPT_MAX_PIXELS] = {"max-pixels", 0, OPTION_INTEGER, "N", 0, 1, 1e12, false, READING,
                        "refuse larger pictures (default: 256000000)"},
    [OPT_PROFILE] = {"profile", 0, OPTION_CHOICE, "FORM", "text|json", 0, 0, true, ENHANCE,
                     "say where the time went, step by step, and against this machine's peak; "
                     "--profile=json ends with one line of JSON"},
    [OPT_VERBOSE] = {"verbose", 'v', OPTION_FLAG, 0, 0, 0, 0, false, ENHANCE,
                     "say what is done, with the kernel and the time of every step"},
    [OPT_JSON] = {"json", 0, OPTION_FLAG, 0, 0, 0, 0, false, ANSWERING,
                  "answer in JSON, for programs; one line for each picture"},
    [OPT_QUIET] = {"quiet", 0, OPTION_FLAG, 0, 0, 0, 0, false, ENHANCE, "say nothing but errors"},
    [OPT_HELP] = {"help", 'h', OPTION_FLAG, 0, 0, 0, 0, false, EVERY,
                  "help, also for a command: anew explain --help"},
    [OPT_VERSION] = {"version", 0, OPTION_FLAG, 0, 0, 0, 0, false, EVERY, "the version"},
};
