/* option_table.c - the two tables. */
#include "cli/option_table.h"

#include <stddef.h>

#include "cli/presets.h"
#include "cli/targets.h"

#define FOR(command) (1u << (command))
/* Of a run with pictures of its own; and of every picture, also those of a worker. */
#define BATCH   FOR(COMMAND_ENHANCE)
#define WORKER  FOR(COMMAND_WORKER)
#define ENHANCE (BATCH | WORKER)
#define EXPLAIN FOR(COMMAND_EXPLAIN)
#define RUNNING (ENHANCE | EXPLAIN)
/* Of every picture by itself. */
#define REQUEST   CLI_IN_REQUESTS
#define PICTURE   (ENHANCE | REQUEST)
#define VIDEO     FOR(COMMAND_VIDEO)
#define REPLAY    FOR(COMMAND_REPLAY)
#define FACES     FOR(COMMAND_FACES)
#define LOOK      FOR(COMMAND_LOOK)
#define FINDING   (ENHANCE | FACES)
#define COMPUTING (RUNNING | FACES)
#define READING   (ENHANCE | FACES | LOOK | FOR(COMMAND_INFO) | FOR(COMMAND_COMPARE))
#define ANSWERING                                                                                  \
    (COMPUTING | LOOK | FOR(COMMAND_INFO) | FOR(COMMAND_MODELS) | FOR(COMMAND_COMPARE))
#define GET     FOR(COMMAND_GET)
#define COMPARE FOR(COMMAND_COMPARE)
#define EVERY   (FOR(COMMAND_COUNT) - 1)

const cli_command_entry cli_commands[COMMAND_COUNT] = {
    [COMMAND_ENHANCE] = {NULL, "PICTURE|FOLDER...", "restore and enlarge", 0, -1},
    [COMMAND_INFO] = {"info", "NAME|FILE", "what a model or a picture is", 1, 1},
    [COMMAND_MODELS] = {"models", "", "the models that are found", 0, 0},
    [COMMAND_GET] = {"get", "[NAME]", "fetch a published model; without a name: which there are", 0,
                     1},
    [COMMAND_EXPLAIN] =
        {"explain", "[NAME|FILE.anew [PICTURE]]|PICTURE",
         "how a model runs: every step, kernel, memory, time; or what would be done "
         "with a picture, and why",
         0, 2},
    [COMMAND_COMPARE] = {"compare", "PICTURE PICTURE", "how far two pictures are from each other",
                         2, 2},
    [COMMAND_LOOK] = {"look", "PICTURE...",
                      "what was done to a picture: JPEG, noise, enlarging; and what it needs", 1,
                      -1},
    [COMMAND_FACES] = {"faces", "PICTURE...", "where the faces are: boxes, scores, five points", 1,
                       -1},
    [COMMAND_REPLAY] = {"replay", "RESULT PICTURE",
                        "make a result again, as it says it was made, and compare", 2, 2},
    [COMMAND_VIDEO] = {"video", "IN OUT",
                       "a video: Y4M or raw frames (- is a pipe), other files by ffmpeg", 2, 2},
    [COMMAND_WORKER] = {"worker", "",
                        "stay, with the models loaded, and take jobs as lines of JSON", 0, 0},
    [COMMAND_COMPLETION] = {"completion", "bash|zsh|fish", "a completion script for a shell", 1, 1},
    [COMMAND_MANUAL] = {"manual", "", "the manual page, for man", 0, 0},
    [COMMAND_HELP] = {"help", "[COMMAND]", "this help, or that of a command, as --help", 0, 1},
};

const cli_option cli_option_table[OPT_COUNT] = {
    [OPT_OUTPUT] = {"output", 'o', OPTION_FILE, "FILE", 0, 0, 0, false, BATCH | GET | REPLAY,
                    "where the result goes; a folder for several pictures; - is standard output"},
    [OPT_SCALE] = {"scale", 's', OPTION_REAL, "FACTOR", 0, 0.01, 64, false,
                   RUNNING | REQUEST | VIDEO,
                   "enlarge by this factor, whole or not (default: the model's own, 4)"},
    [OPT_WIDTH] = {"width", 0, OPTION_INTEGER, "PIXELS", 0, 1, 1000000, false,
                   RUNNING | REQUEST | VIDEO,
                   "width of the result; the height follows unless given"},
    [OPT_HEIGHT] = {"height", 0, OPTION_INTEGER, "PIXELS", 0, 1, 1000000, false,
                    RUNNING | REQUEST | VIDEO,
                    "height of the result; the width follows unless given"},
    [OPT_FIT] = {"fit", 0, OPTION_SIZE, "WIDTHxHEIGHT", 0, 1, 1000000, false,
                 PICTURE | EXPLAIN | VIDEO,
                 "the largest size of the picture's aspect that fits into so many pixels"},
    [OPT_MEGAPIXELS] = {"megapixels", 0, OPTION_REAL, "N", 0, 0.0001, 1000000, false,
                        PICTURE | EXPLAIN | VIDEO,
                        "the size of the picture's aspect that is nearest to so many megapixels"},
    [OPT_PRINT] = {"print", 0, OPTION_TEXT, "WxH(in|cm|mm)[@DPI]", 0, 0, 0, false,
                   PICTURE | EXPLAIN,
                   "the largest size that fits onto the paper, such as 12x8in@300 or 30x20cm (at "
                   "300); 12in@300: so wide"},
    [OPT_DPI] = {"dpi", 0, OPTION_REAL, "N", 0, 1, CLI_MOST_DPI, false, PICTURE | EXPLAIN,
                 "dots an inch that the result says, and that --print counts with (default: the "
                 "picture's; of --print 300)"},
    [OPT_RESAMPLE] = {"resample", 0, OPTION_CHOICE, "FILTER", "lanczos3|mitchell|cubic|area", 0, 0,
                      false, RUNNING | REQUEST | VIDEO,
                      "filter from the model's own size to the one asked for (default: lanczos3)"},
    [OPT_LINEAR] = {"linear", 0, OPTION_FLAG, 0, 0, 0, 0, false, RUNNING | REQUEST | VIDEO,
                    "resize amounts of light, by the curve of sRGB, and not the values in the "
                    "file"},
    [OPT_MODEL] = {"model", 'm', OPTION_FILE, "NAME|FILE", 0, 0, 0, false, RUNNING | VIDEO | REPLAY,
                   "a model by name or file, or a mixture: a.anew:0.7,b.anew:0.3 (default: "
                   "photo-x4)"},
    [OPT_DENOISE] = {"denoise", 0, OPTION_REAL, "0..1", 0, 0, 1, false,
                     RUNNING | FOR(COMMAND_INFO) | VIDEO,
                     "how strongly to remove noise, for a model that names a partner"},
    [OPT_CRISP] = {"crisp", 0, OPTION_REAL, "0..1", 0, 0, 1, false,
                   RUNNING | FOR(COMMAND_INFO) | VIDEO,
                   "from faithful to crisp: how much fine texture may be made up, for a model that "
                   "names a partner (default: what the model says)"},
    [OPT_AUTO] = {"auto", 0, OPTION_CHOICE, "on|off", "on|off", 0, 0, true,
                  RUNNING | REQUEST | VIDEO,
                  "look at each picture first (default): one with noise or of a strong JPEG is "
                  "restored as strongly as it needs, one that was enlarged before is made smaller, "
                  "a drawing gets a model for drawings, faces that gain are mended where models "
                  "for that are here; what options say counts; off: none of it"},
    [OPT_UPSCALE] = {"upscale", 0, OPTION_FILE, "NAME|FILE", 0, 0, 0, false, ENHANCE,
                     "the same as --model: what enlarges"},
    [OPT_STRENGTH] = {"strength", 0, OPTION_REAL, "0..1", 0, 0, 1, false, RUNNING | REQUEST | VIDEO,
                      "how much of what the model does is taken over (default: 1; 0: plain "
                      "resampling)"},
    [OPT_PASSES] = {"passes", 0, OPTION_INTEGER, "N|auto", "auto", 1, 6, false, RUNNING | REQUEST,
                    "enlarge in at most so many passes (default: auto, as many as the enlargement "
                    "needs with the model's own scale: 8 is 4 and then 2)"},
    [OPT_RESTORE] =
        {"restore", 0, OPTION_FILE, "NAME|FILE|auto|off", 0, 0, 0, false, RUNNING | VIDEO,
         "a model that restores the picture at its own size before it is enlarged "
         "(default: as --auto says, with restore-x1); one that enlarges is brought back; auto: "
         "one that is found here, where a look at the picture says that it is needed"},
    [OPT_RESTORE_STRENGTH] = {"restore-strength", 0, OPTION_REAL, "0..1", 0, 0, 1, false,
                              RUNNING | REQUEST | VIDEO,
                              "how much of what it does is taken over (default: 1)"},
    [OPT_NOISE_LEVEL] =
        {"noise-level", 0, OPTION_REAL, "SIGMA|auto", "auto", 0, 75, false, PICTURE,
         "the noise's standard deviation, of samples from 0 to 255, for a model that "
         "is told it, such as FFDNet: 0..75 (default: auto, what the picture shows)"},
    [OPT_ORDER] = {"order", 0, OPTION_CHOICE, "ORDER", "restore-first|upscale-first", 0, 0, false,
                   RUNNING | REQUEST,
                   "whether it comes before the enlargement (default) or after it"},
    [OPT_SHRINK_FIRST] = {"shrink-first", 0, OPTION_REAL, "FACTOR", 0, 1, 16, false,
                          RUNNING | REQUEST | VIDEO,
                          "make a picture smaller first that was enlarged by this before; the "
                          "size of the result is still reckoned from the picture's own"},
    [OPT_FORMAT] = {"format", 0, OPTION_CHOICE, "FORMAT", "png|jpeg|pnm|webp|tiff|avif|jxl|gif", 0,
                    0, false, PICTURE,
                    "format of the result (default: from its name, else png; pnm in a build "
                    "without PNG)"},
    [OPT_FRAME] =
        {"frame", 0, OPTION_INTEGER, "N", 0, 1, 1000000000, false, PICTURE,
         "of an animation only the N-th frame, as a still (default: all frames, where the "
         "result is PNG, WebP or GIF)"},
    [OPT_QUALITY] = {"quality", 'q', OPTION_INTEGER, "1..100", 0, 1, 100, false, PICTURE,
                     "quality of a JPEG, WebP, AVIF or JPEG XL result (default: 92)"},
    [OPT_CHROMA] = {"chroma", 0, OPTION_CHOICE, "KIND", "auto|444|420", 0, 0, false, PICTURE,
                    "colour resolution of a JPEG or AVIF result: full, or half in both directions"},
    [OPT_LOSSLESS] = {"lossless", 0, OPTION_FLAG, 0, 0, 0, 0, false, PICTURE,
                      "a WebP, AVIF or JPEG XL result without loss"},
    [OPT_PNG_COMPRESSION] = {"png-compression", 0, OPTION_INTEGER, "0..9", 0, 0, 9, false, PICTURE,
                             "how hard to pack a PNG result (default: fast, near 9 for photos)"},
    [OPT_MAX_BYTES] = {"max-bytes", 0, OPTION_FILE_BYTES, "SIZE", 0, 1, 1e15, false, PICTURE,
                       "the result's file has at most so many, such as 150k (k is 1000): by the "
                       "highest quality up to --quality, or PNG's compression"},
    [OPT_STRIP] = {"strip", 0, OPTION_FLAG, 0, 0, 0, 0, false, PICTURE,
                   "leave out EXIF, XMP, IPTC and resolution; the colour profile stays"},
    [OPT_ICC] = {"icc", 0, OPTION_CHOICE, "KIND", "keep|drop", 0, 0, false, PICTURE,
                 "the picture's colour profile: into the result (default), or not"},
    [OPT_TO_SRGB] = {"to-srgb", 0, OPTION_FLAG, 0, 0, 0, 0, false, PICTURE,
                     "convert the colours to sRGB by the picture's profile"},
    [OPT_NO_PROVENANCE] = {"no-provenance", 0, OPTION_FLAG, 0, 0, 0, 0, false, PICTURE,
                           "do not write into the result how it was made"},
    [OPT_FORCE] = {"force", 'f', OPTION_FLAG, 0, 0, 0, 0, false,
                   FINDING | REQUEST | COMPARE | GET | VIDEO | REPLAY,
                   "overwrite an existing result"},
    [OPT_SKIP_EXISTING] = {"skip-existing", 0, OPTION_FLAG, 0, 0, 0, 0, false, BATCH,
                           "leave out pictures whose result exists: to go on with a folder"},
    [OPT_RECURSIVE] = {"recursive", 'r', OPTION_FLAG, 0, 0, 0, 0, false, BATCH,
                       "folders with the folders in them"},
    [OPT_LIST] = {"list", 0, OPTION_FILE, "FILE", 0, 0, 0, false, BATCH,
                  "also the pictures that a file names, one a line; - is standard input"},
    [OPT_SHARD] =
        {"shard", 0, OPTION_TEXT, "I/N|auto", "auto", 0, 0, false, BATCH,
         "only the I-th of N parts of the pictures, told by their names; auto asks Slurm or "
         "Kubernetes"},
    [OPT_JOURNAL] = {"journal", 0, OPTION_FILE, "FILE", 0, 0, 0, false, BATCH,
                     "remember there what is done: the same run again goes on where it ended"},
    [OPT_RETRY] =
        {"retry", 0, OPTION_INTEGER, "N", 0, 0, 100, false, BATCH,
         "try up to N times more after what may pass: a full disk, short memory, an error "
         "of a device (default: 0)"},
    [OPT_REPORT] = {"report", 0, OPTION_FILE, "FILE", 0, 0, 0, false, BATCH,
                    "write at the end what became of all: JSON where the name ends in .json, else "
                    "text"},
    [OPT_SOCKET] = {"socket", 0, OPTION_FILE, "PATH", 0, 0, 0, false, WORKER,
                    "listen there, at a Unix socket (default: standard input and output)"},
    [OPT_DRY_RUN] = {"dry-run", 'n', OPTION_FLAG, 0, 0, 0, 0, false, BATCH,
                     "say what would be done, the time and the memory it would take"},
    [OPT_THREADS] = {"threads", 't', OPTION_INTEGER, "N", 0, 1, 256, false,
                     COMPUTING | COMPARE | VIDEO | REPLAY,
                     "worker threads (default: all processors)"},
    [OPT_JOBS] = {"jobs", 'j', OPTION_INTEGER, "N|auto", "auto", 1, 64, false, ENHANCE,
                  "so many pictures at once, each with its part of threads and memory (default: "
                  "auto, by their size); same results"},
    [OPT_AFFINITY] = {"affinity", 0, OPTION_TEXT, "none|auto|LIST", "none|auto", 0, 0, false,
                      RUNNING | VIDEO,
                      "keep each worker thread to one processor, of a list such as 0,2-3, or with "
                      "auto of all (default: none, as the system likes)"},
    [OPT_EXACT] = {"exact", 0, OPTION_FLAG, 0, 0, 0, 0, false, COMPUTING | VIDEO,
                   "only kernels of the exact class: the same bits on every CPU"},
    [OPT_PRECISION] = {"precision", 0, OPTION_CHOICE, "KIND", "f32|tf32|bf16|int8|auto", 0, 0,
                       false, COMPUTING | VIDEO,
                       "how factors are rounded before they are multiplied (default: f32, not at "
                       "all; tf32: on GPUs); auto is the fastest that keeps 50 dB against f32"},
    [OPT_FAST] = {"fast", 0, OPTION_FLAG, 0, 0, 0, 0, false, COMPUTING | VIDEO,
                  "short for --precision auto"},
    [OPT_MEMORY] = {"memory", 0, OPTION_BYTES, "SIZE", 0, 1, 1e15, false,
                    COMPUTING | VIDEO | REPLAY,
                    "what the engine may allocate, such as 64M (default: 40 % of the machine's); "
                    "same result"},
    [OPT_DEVICE] = {"device", 0, OPTION_TEXT, "cpu|cuda|cuda:N", "cpu|cuda", 0, 0, false,
                    ENHANCE | VIDEO | FACES, "where networks are run (default: cpu)"},
    [OPT_DEVICE_MEMORY] =
        {"device-memory", 0, OPTION_BYTES, "SIZE", 0, 1, 1e15, false, ENHANCE | VIDEO | FACES,
         "what may be taken on that device, such as 4G (default: nine tenths of what is free); "
         "same result"},
    [OPT_STRIP_WIDTH] =
        {"strip-width", 0, OPTION_INTEGER, "PIXELS", 0, 1, 1000000, false, RUNNING | VIDEO,
         "run in strips of this width (default: chosen to fit the memory); same result"},
    [OPT_BAND] = {"band", 0, OPTION_INTEGER, "ROWS", 0, 1, 1000000, false, COMPUTING | VIDEO,
                  "run in bands of so many rows of the picture (default: chosen); same result"},
    [OPT_FACES] = {"faces", 0, OPTION_TEXT, "WHICH", "all|largest|center|list", 0, 0, true, RUNNING,
                   "restore the faces, too: all (default), the largest, the one nearest to the "
                   "middle (center), or 1,3 as anew faces counts them; list writes a list of them "
                   "instead; off: none, also where --auto would"},
    [OPT_FACE_MODEL] =
        {"face-model", 0, OPTION_FILE, "NAME|FILE", 0, 0, 0, false, RUNNING,
         "the model that restores them: GFPGAN or CodeFormer (default: the first that "
         "anew models lists)"},
    [OPT_FACE_PARSER] =
        {"face-parser", 0, OPTION_FILE, "NAME|FILE", 0, 0, 0, false, RUNNING,
         "a model that tells the parts of a face, ParseNet, BiSeNet or U-Net: hats, necks, "
         "clothes and background stay as they are (default: the landmarks' shape)"},
    [OPT_FACE_STRENGTH] = {"face-strength", 0, OPTION_REAL, "0..1", 0, 0, 1, false, ENHANCE,
                           "how much of what it changes is taken over (default: 1; 0: nothing)"},
    [OPT_FACE_FIDELITY] = {"face-fidelity", 0, OPTION_REAL, "0..1", 0, 0, 1, false, ENHANCE,
                           "CodeFormer: 0 is the clearest, 1 the nearest to the picture (default: "
                           "0.5)"},
    [OPT_FACE_GUARD] = {"face-guard", 0, OPTION_CHOICE, "KIND", "on|off", 0, 0, false, ENHANCE,
                        "hold a change back that moves eyes, nose and mouth or colours the eyes "
                        "(default: on)"},
    [OPT_FACE_LIST] = {"face-list", 0, OPTION_FILE, "FILE", 0, 0, 0, false, ENHANCE,
                       "take the faces from a list as JSON, which --faces=list writes there"},
    [OPT_FACE_EXCLUDE] = {"face-exclude", 0, OPTION_TEXT, "X,Y,W,H", 0, 0, 0, false, RUNNING,
                          "leave faces alone whose middle lies in this area of the picture; may "
                          "be given several times"},
    [OPT_FACE_MAX_SIZE] = {"face-max-size", 0, OPTION_REAL, "PIXELS", 0, 1, 1000000, false, RUNNING,
                           "leave faces alone that have a side of more pixels"},
    [OPT_ALIGNED] = {"aligned", 0, OPTION_FLAG, 0, 0, 0, 0, false, BATCH,
                     "the pictures are aligned crops of faces: restored by --face-model, not "
                     "enlarged"},
    [OPT_SAVE_CROPS] = {"save-crops", 0, OPTION_FILE, "FOLDER", 0, 0, 0, false, BATCH,
                        "write each face's crop, the restored crop, and both side by side"},
    [OPT_DRAW_FACES] = {"draw-faces", 0, OPTION_FILE, "FILE", 0, 0, 0, false, BATCH | FACES,
                        "write the picture with its faces drawn in: boxes, points, numbers, and "
                        "what became of them; a folder for several pictures"},
    [OPT_DETECTOR] = {"detector", 0, OPTION_FILE, "NAME|FILE", 0, 0, 0, false,
                      FINDING | LOOK | EXPLAIN,
                      "the model that finds faces (default: one that is installed, else one "
                      "that was built in)"},
    [OPT_FACE_CONFIDENCE] = {"face-confidence", 0, OPTION_REAL, "0..1", 0, 0.01, 1, false,
                             FINDING | EXPLAIN,
                             "the score that a face must exceed (default: 0.8 with RetinaFace, 0.6 "
                             "with YuNet, 0.5 with SCRFD)"},
    [OPT_FACE_MIN_SIZE] = {"face-min-size", 0, OPTION_REAL, "PIXELS", 0, 1, 1000000, false,
                           FINDING | EXPLAIN,
                           "leave out faces with a side of fewer pixels (--faces: 24)"},
    [OPT_FACE_SCALES] = {"face-scales", 0, OPTION_CHOICE, "KIND", "own|all", 0, 0, false,
                         FINDING | EXPLAIN,
                         "look at the picture at its own size (default), or also doubled and "
                         "halved again and again, for faces of any size"},
    [OPT_RAW] = {"raw", 0, OPTION_TEXT, "WIDTHxHEIGHT:KIND", 0, 0, 0, false, VIDEO,
                 "frames without headers, in and out: rgb24, gray8, yuv420p, yuv422p or yuv444p"},
    [OPT_MATRIX] =
        {"matrix", 0, OPTION_CHOICE, "KIND", "auto|601|709|2020", 0, 0, false, VIDEO,
         "how the video's YCbCr was made of RGB: BT.601, BT.709 or BT.2020 (default: auto, by "
         "its size)"},
    [OPT_DEFLICKER] =
        {"deflicker", 0, OPTION_REAL, "0..1", 0, 0, 1, false, VIDEO,
         "smooth what flickers from frame to frame, along the motion, and say how much there "
         "was; 0.7 is much, 0 only says it"},
    [OPT_RESUME] = {"resume", 0, OPTION_FLAG, 0, 0, 0, 0, false, VIDEO,
                    "make the video in parts, in OUT.parts; the same command goes on after a break "
                    "where the last whole part ends"},
    [OPT_PART] = {"part", 0, OPTION_INTEGER, "FRAMES", 0, 1, 1000000, false, VIDEO,
                  "with --resume: frames of a part (default: 120)"},
    [OPT_CRF] =
        {"crf", 0, OPTION_INTEGER, "0..63", 0, 0, 63, false, VIDEO,
         "quality of a result that ffmpeg codes, by its constant rate factor: less is better "
         "and larger (default: 16 of x264, which takes 0 to 51; 24 of VP9)"},
    [OPT_SIZE] = {"size", 0, OPTION_SIZE, "WIDTHxHEIGHT", 0, 1, 1000000, false, EXPLAIN,
                  "the size of the picture (default: 640x480)"},
    [OPT_DUMP_ACTIVATIONS] = {"dump-activations", 0, OPTION_FILE, "FOLDER", 0, 0, 0, false, EXPLAIN,
                              "what every layer makes of the middle of the picture, as gray "
                              "pictures in a new folder"},
    [OPT_SCRATCHES] = {"scratches", 0, OPTION_FILE, "auto|MASK", 0, 0, 0, false, PICTURE | EXPLAIN,
                       "fill dust, scratches and cracks in before the network: those that are "
                       "found, or those that are white in a mask of the picture's size"},
    [OPT_SCRATCH_MASK] =
        {"scratch-mask", 0, OPTION_FILE, "FILE", 0, 0, 0, false, PICTURE,
         "with --scratches auto: write what was found, to be looked at and edited"},
    [OPT_ERASE] = {"erase", 0, OPTION_FILE, "MASK", 0, 0, 0, false, PICTURE | EXPLAIN,
                   "fill in what is white in a mask of the picture's size, before the network"},
    [OPT_FAITHFUL] =
        {"faithful", 0, OPTION_REAL, "DB", 0, 20, 60, true, PICTURE | EXPLAIN | VIDEO,
         "hold the result to the picture: downscaled to its size they agree by so many "
         "decibels (alone: 45)"},
    [OPT_COLOUR_LOCK] = {"colour-lock", 0, OPTION_REAL, "0..1", 0, 0, 1, false,
                         PICTURE | EXPLAIN | VIDEO,
                         "how much of the picture's large-scale colour and brightness the result "
                         "takes over (default: 0)"},
    [OPT_GUARD] = {"guard", 0, OPTION_REAL, "0..1", 0, 0, 1, false, PICTURE | EXPLAIN | VIDEO,
                   "keep texture from being invented: how far flat areas of the picture go back to "
                   "its plain enlargement (default: 0)"},
    [OPT_SHARPEN] = {"sharpen", 0, OPTION_REAL, "0..1", 0, 0, 1, false, PICTURE | EXPLAIN | VIDEO,
                     "sharpen the result, without halos (default: 0)"},
    [OPT_GRAIN] = {"grain", 0, OPTION_REAL, "0..1", 0, 0, 1, false, PICTURE | EXPLAIN | VIDEO,
                   "how much of the picture's own grain to keep, or with --grain-seed how much "
                   "grain to make (default: 0)"},
    [OPT_GRAIN_SEED] = {"grain-seed", 0, OPTION_INTEGER, "N", 0, 0, 4294967295.0, false,
                        PICTURE | EXPLAIN | VIDEO,
                        "make grain in place of keeping it; the same number, the same grain"},
    [OPT_WHITE_BALANCE] = {"white-balance", 0, OPTION_CHOICE, "KIND", "none|auto", 0, 0, false,
                           PICTURE | EXPLAIN,
                           "auto: take out the colour of the light (default: none)"},
    [OPT_RESTORE_TONE] = {"restore-tone", 0, OPTION_REAL, "0..1", 0, 0, 1, false, PICTURE | EXPLAIN,
                          "how much of a print's fading and yellowing to undo (default: 0)"},
    [OPT_LEVELS] = {"levels", 0, OPTION_TEXT, "BLACK,WHITE[,GAMMA]", 0, 0, 0, false,
                    PICTURE | EXPLAIN | VIDEO,
                    "what becomes black and white, from 0 to 255, such as 12,240, and a gamma that "
                    "lightens the middle where it is above 1"},
    [OPT_CONTRAST] = {"contrast", 0, OPTION_REAL, "-1..1", 0, -1, 1, false,
                      PICTURE | EXPLAIN | VIDEO,
                      "more or less contrast; black and white stay (default: 0)"},
    [OPT_SATURATION] = {"saturation", 0, OPTION_REAL, "-1..1", 0, -1, 1, false,
                        PICTURE | EXPLAIN | VIDEO, "more or less colour; -1 is gray (default: 0)"},
    [OPT_SHEET] = {"sheet", 0, OPTION_FILE, "FILE", 0, 0, 0, false, COMPARE,
                   "write both and their difference side by side, with captions, and crops pixel "
                   "by pixel where "
                   "they differ most"},
    [OPT_DIFFERENCE] = {"difference", 0, OPTION_FILE, "FILE", 0, 0, 0, false, COMPARE,
                        "write their difference: gray where they are equal, four times what "
                        "differs"},
    [OPT_PLAN] = {"plan", 0, OPTION_CHOICE, "LEVEL", "full|nofuse|ref", 0, 0, false,
                  COMPUTING | VIDEO,
                  "how the network is run: fused, step by step, or by the reference (for tests)"},
    [OPT_MAX_PIXELS] = {"max-pixels", 0, OPTION_INTEGER, "N", 0, 1, 1e12, false,
                        READING | VIDEO | REPLAY, "refuse larger pictures (default: 256000000)"},
    [OPT_PROFILE] = {"profile", 0, OPTION_CHOICE, "FORM", "text|json", 0, 0, true, BATCH,
                     "say where the time went, step by step, and against this machine's peak; "
                     "--profile=json ends with one line of JSON"},
    [OPT_VERBOSE] = {"verbose", 'v', OPTION_FLAG, 0, 0, 0, 0, false, BATCH,
                     "say what is done, with the kernel and the time of every step"},
    [OPT_JSON] = {"json", 0, OPTION_FLAG, 0, 0, 0, 0, false, ANSWERING | GET | VIDEO,
                  "answer in JSON, for programs; one line for each picture"},
    [OPT_QUIET] = {"quiet", 0, OPTION_FLAG, 0, 0, 0, 0, false, BATCH | GET | VIDEO | REPLAY,
                   "say nothing but errors"},
    [OPT_REMOTE] = {"remote", 0, OPTION_FLAG, 0, 0, 0, 0, false, FOR(COMMAND_MODELS),
                    "those that can be fetched, as anew get without a name lists them"},
    [OPT_FROM] = {"from", 0, OPTION_FILE, "FILE|URL", 0, 0, 0, false, GET,
                  "take the model's file from here and not from the catalogue's URL"},
    [OPT_LICENSE_POLICY] = {"license-policy", 0, OPTION_CHOICE, "KIND", "any|commercial", 0, 0,
                            false, GET,
                            "commercial refuses what may not be used commercially (default: any)"},
    [OPT_PRESET] = {"preset", 0, OPTION_TEXT, "NAME|FILE", CLI_PRESET_NAMES, 0, 0, false,
                    ENHANCE | EXPLAIN | VIDEO,
                    "options from a preset: " CLI_PRESET_NAMES ", or a file; the command line "
                    "counts before it"},
    [OPT_SAVE_PRESET] = {"save-preset", 0, OPTION_FILE, "FILE", 0, 0, 0, false, BATCH,
                         "write the options given, those of the preset included, as a preset"},
    [OPT_NO_CONFIG] = {"no-config", 0, OPTION_FLAG, 0, 0, 0, 0, false, EVERY,
                       "leave the config file out ($XDG_CONFIG_HOME/anew/config)"},
    [OPT_HELP] = {"help", 'h', OPTION_FLAG, 0, 0, 0, 0, false, EVERY,
                  "help, also for a command: anew explain --help"},
    [OPT_VERSION] = {"version", 0, OPTION_FLAG, 0, 0, 0, 0, false, EVERY, "the version"},
};

bool cli_option_is_indifferent(option_id id)
{
    switch (id) {
    case OPT_OUTPUT:
    case OPT_FORCE:
    case OPT_SKIP_EXISTING:
    case OPT_RECURSIVE:
    case OPT_LIST:
    case OPT_SHARD:
    case OPT_JOURNAL:
    case OPT_RETRY:
    case OPT_REPORT:
    case OPT_DRY_RUN:
    case OPT_THREADS:
    case OPT_JOBS:
    case OPT_AFFINITY:
    case OPT_MEMORY:
    case OPT_DEVICE_MEMORY:
    case OPT_STRIP_WIDTH:
    case OPT_BAND:
    case OPT_MAX_PIXELS:
    case OPT_PROFILE:
    case OPT_VERBOSE:
    case OPT_JSON:
    case OPT_QUIET:
    case OPT_RESUME:
        return true;
    default:
        return false;
    }
}
