/*
 * plan.h - from a graph and a size to a list of steps that an executor runs without a decision left.
 *
 *     graph --fuse--> steps --select (plan_weights.c)--> kernels and packed weights --bands, arena--> one arena
 *
 * A picture passes through in bands: for each band of output rows every step computes just the rows
 * that the steps after it need (bands.c). A value keeps only the rows that are still needed. A row of one
 * block is
 *
 *     [border + width + border][16]
 *
 * anywhere in the arena (arena.c), with borders of zeros at both ends (written by whoever writes the row), as
 * wide as the widest kernel that reads a value of that width needs. Rows above and below the picture are one
 * shared row of zeros, so no value needs them. The planar picture and the planar output are rings of rows. A
 * band as high as the picture is the customary way of running a network, layer by layer.
 */
#ifndef ANEW_PLAN_PLAN_H
#define ANEW_PLAN_PLAN_H

#include "graph/graph.h"
#include "kernels/kernels.h"
#include "plan/level.h"

/* ---- Weights in the kernels' layouts: once per graph, CPU level and class (plan_weights.c) ------------- */

typedef struct anew_packed {
    const anew_conv_kernel *kernel; /* CONV */
    anew_conv_shape shape;
    anew_conv_int8 int8; /* CONV on integers: the shape points to it */
    float *weights;      /* CONV: the kernel's layout */
    float *bias;         /* CONV, norms: [blocks * 16], zero padded */
    float *slope;        /* PRELU, LEAKY_RELU; norms: their weight; [blocks * 16], zero padded */
    float *
        numbers; /* CONSTANT [channels][side][side]; CODEBOOK [codes][channels]; DEMODULATION q[o][i] (ops.def);
                    WINDOW_ATTENTION (kernels/windows.h) */
} anew_packed;

/* How kernels may be chosen. */
typedef enum anew_selection {
    ANEW_SELECT_EXACT = 0, /* the exact class */
    ANEW_SELECT_ROWS,      /* the fast class, but only kernels that compute rows one by one */
    ANEW_SELECT_FAST,      /* the fast class: float32 */
    ANEW_SELECT_BF16_ROWS, /* products of bfloat16 where they are faster, rows one by one */
    ANEW_SELECT_BF16,      /* ... and any */
    ANEW_SELECT_INT8_ROWS, /* integers where the model has them and the CPU is faster, else float32, rows one by one */
    ANEW_SELECT_INT8, /* ... and any */
    ANEW_SELECT_COUNT
} anew_selection;

typedef struct anew_weights {
    const anew_graph *graph;
    anew_isa isa;
    anew_selection selection;
    anew_packed *nodes; /* [graph nodes] */
    size_t bytes;       /* of all packed data */
    unsigned int
        serial; /* of all weights of the process, so that a copy elsewhere knows whose it is */
} anew_weights;

/* Chooses a kernel for each layer and counts the bytes of its packed weights; enough for planning. */
ANEW_NODISCARD anew_status anew_weights_choose(anew_weights **weights, const anew_graph *graph,
                                               anew_isa isa, anew_selection selection,
                                               anew_error *error);

/* Packs the weights of what was chosen: before the first plan that is to be run. */
ANEW_NODISCARD anew_status anew_weights_fill(anew_weights *weights, anew_error *error);

/* Both. */
ANEW_NODISCARD anew_status anew_weights_pack(anew_weights **weights, const anew_graph *graph,
                                             anew_isa isa, anew_selection selection,
                                             anew_error *error);
void anew_weights_free(anew_weights **weights);

/* ---- Fusion: which operations share a step (fuse.c) -------------------------------------------- */

typedef enum anew_role {
    ANEW_ROLE_STEP = 0, /* has a step of its own and a place in the arena */
    ANEW_ROLE_INNER,    /* inside the step of a later node: never stored */
    ANEW_ROLE_VIEW /* no step: its readers look through it (concat, nearest, unshuffle, input) */
} anew_role;

/* What becomes of a node. For a node of role STEP that ends a fused chain, `conv` is the convolution
 * at the chain's head and the nodes conv .. node of the chain are its epilogue. Where the chain ends in a
 * group, `previous` of the group's last node is the node whose value the group begins with. */
typedef struct anew_fused {
    anew_role role;
    int conv;     /* head of the chain, or -1 */
    int previous; /* the chain's node before this one, or -1 */
    int group; /* the last node of the group of operations on single values that it is in, or -1 */
    bool to_output;  /* the step writes the planar output itself */
    bool adds_input; /* ... and adds the picture, enlarged */
} anew_fused;

/* Fills fused[anew_graph_count()]; at levels below FULL and DEVICE every node gets a step of its own. */
ANEW_NODISCARD anew_status anew_plan_fuse(anew_fused *fused, const anew_graph *graph,
                                          anew_plan_level level, anew_error *error);

/* ---- Steps -------------------------------------------------------------------------------------- */

typedef enum anew_step_kind {
    ANEW_STEP_CONV,
    ANEW_STEP_MAP,       /* element by element: the epilogue alone */
    ANEW_STEP_POINTWISE, /* a function of single values, or of two values */
    ANEW_STEP_NORMALISE, /* over the channels of a pixel */
    ANEW_STEP_SOFTMAX,
    ANEW_STEP_POOL,      /* the largest of a window */
    ANEW_STEP_CONCAT,    /* copies */
    ANEW_STEP_UPSAMPLE,  /* nearest */
    ANEW_STEP_SHUFFLE,   /* pixel shuffle */
    ANEW_STEP_UNSHUFFLE, /* pixel unshuffle */
    ANEW_STEP_LOAD,      /* planar picture to rows of blocks */
    ANEW_STEP_STORE,     /* rows of blocks to the planar output */
    ANEW_STEP_TAIL,      /* nothing but its group of operations on single values */
    ANEW_STEP_BILINEAR,  /* also to any size */
    ANEW_STEP_NEAREST,   /* to any size */
    ANEW_STEP_ADAPTIVE,  /* largest values of a grid over the whole value */
    ANEW_STEP_AVERAGE,
    ANEW_STEP_SLICE,
    ANEW_STEP_CROP,
    ANEW_STEP_CODEBOOK,
    ANEW_STEP_CONSTANT,
    ANEW_STEP_DEMODULATION,
    ANEW_STEP_WINDOWS, /* attention in windows (exec_windows.c) */
    /* From here on, steps that read whole values (exec_whole.c). */
    ANEW_STEP_FLATTEN,
    ANEW_STEP_GLOBAL_MEAN,
    ANEW_STEP_GROUP_NORM,
    ANEW_STEP_ADAIN,
    ANEW_STEP_ATTENTION
} anew_step_kind;

/* What a step reads: a value of the arena or the planar picture, looked at through a view. */
typedef struct anew_operand {
    int value;              /* index of plan->values; -1: the planar picture */
    int enlarge;            /* nearest-neighbour factor of the view, 1: none */
    int unshuffle;          /* pixel-unshuffle factor of the view (picture only), 1: none */
    bool bilinear, corners; /* the enlargement is no nearest-neighbour one */
    anew_edge edge;         /* what its rows' borders need */
    int channels;           /* as seen */
} anew_operand;

typedef struct anew_step_epilogue {
    anew_epilogue_kind kind;
    float factor;
    const float *slope;
    int value; /* ADD */
} anew_step_epilogue;

/* An operation of a group on single values, which a step does to its rows a few pixels at a time, while they
 * are in the cache. Rows are those of values (plan->values, from 0 on) or the step's own: ANEW_TAIL_ROW(0) is
 * the destination's, where the group finds its first value and leaves its result, the others are scratch. */
#define ANEW_MAX_TAIL    8
#define ANEW_TAIL_ROW(i) (-1 - (i))
#define ANEW_TAIL_PIECE  64 /* pixels at a time: the rows of a block take 4 KiB each */

typedef struct anew_tail_operation {
    bool spread;                  /* `second` is a single pixel that stands for all */
    int plane;                    /* node of the NOISE that is added instead of `second`; 0: none */
    bool is_function;             /* else an epilogue's operation */
    anew_pointwise_kind function; /* of first, or of first and second */
    anew_step_epilogue map;       /* of first; ADD: its rows are second's */
    int first, second, result;
} anew_tail_operation;

typedef struct anew_step {
    anew_step_kind kind;
    int node; /* the last graph node that it computes */
    int head; /* the first one */
    anew_operand operands[ANEW_MAX_SOURCES];
    int operand_count;
    int destination; /* index of plan->values; -1: a planar output */
    int output;      /* ... and which one */
    int height,
        width;  /* rows and pixels that it computes, before a pixel shuffle into the output */
    int unit;   /* rows are computed in groups of so many ... */
    int before; /* ... of which the first one begins this many rows above the picture */
    int border; /* CONV: pixels read left and right of the row */
    int shift;  /* CONV, POOL: pixels by which its window is moved down and right; CROP: before */
    anew_edge edge;                  /* CONV: how it pads */
    int source_height, source_width; /* of the operands as seen */
    int kernel, stride;              /* POOL; ADAPTIVE: the most rows of a window */
    int overlap;                     /* WINDOWS: rows above and below a group that it reads */
    int shuffle; /* CONV: pixel shuffle on the way to the value, else 1; height is that of the value, width is before it */
    int factor;  /* UPSAMPLE, SHUFFLE, UNSHUFFLE; output: pixel shuffle while writing, or 1 */
    int add_input;                /* output: adds the picture enlarged by this factor; 0: no */
    bool add_bilinear;            /* ... by interpolation, not by repetition */
    const anew_packed *packed;    /* CONV, NORMALISE */
    anew_pointwise_kind function; /* POINTWISE */
    double epsilon;               /* NORMALISE */
    anew_step_epilogue epilogue[ANEW_MAX_EPILOGUE];
    int epilogue_count;
    anew_tail_operation
        tail[ANEW_MAX_TAIL + 1]; /* after the epilogue; one more where it is all of the step */
    int tail_count;
    int tail_rows; /* rows of scratch that it needs */
    double flops;
} anew_step;

typedef struct anew_value {
    int node;
    int channels, blocks;
    int height, width;
    int rows;          /* that may be held at the same time: the height, or fewer */
    int border;        /* pixels of zeros left and right of each row */
    size_t row_floats; /* of one row of one block */
    int pool;
    size_t first_held; /* index of anew_row_map.held */
    int first_step, last_step;
    int first_reader, reader_count; /* in anew_plan.readers */
    int source; /* a window (CROP that is not stored): the value whose rows it is part of, else -1 ... */
    int shift; /* ... and how many rows and pixels further in it begins */
} anew_value;

/* A planar output: rows of all channels, as many as one band brings. */
typedef struct anew_plan_output {
    int node, step; /* the step that writes it */
    int channels, height, width;
    int rows;
    size_t offset; /* in floats, from the first output's rows on */
} anew_plan_output;

/* Rows of one block of one width; `offset` is in floats from the start of the arena. */
typedef struct anew_pool {
    size_t row_floats, rows, offset;
} anew_pool;

#define ANEW_MAX_POOLS 64

typedef struct anew_plan {
    const anew_graph *graph;
    const anew_weights *weights;
    int height, width; /* of the input */
    anew_step *steps;
    int step_count;
    anew_value *values;
    int value_count;
    int *readers; /* the steps that read a value, in order, from its first_reader on ... */
    int first_picture_reader, picture_reader_count; /* ... and those that read the picture */
    int band;       /* rows of the last step that one band computes */
    int input_rows; /* of the planar picture's ring */
    anew_pool pools[ANEW_MAX_POOLS];
    int pool_count;
    anew_plan_output outputs[ANEW_MAX_OUTPUTS];
    int output_count;
    size_t held_count, free_count;      /* of anew_row_map */
    size_t arena_floats;                /* all pools */
    size_t input_floats, output_floats; /* of all outputs */
    size_t zero_floats;                 /* the shared row of zeros */
    size_t whole_floats;     /* shared by the workers of a step that reads whole values; even */
    size_t scratch_floats;   /* each worker's rows */
    size_t scratch_pointers; /* each worker's row pointers */
    double flops;
} anew_plan;

/* The kernel's name of an operation on single values. */
anew_pointwise_kind anew_pointwise_of(anew_op op);

/* The node as operation of a tail: its slopes, and whether it spreads. */
void anew_plan_tail_operation(anew_tail_operation *to, const anew_graph *graph,
                              const anew_node *node, const float *slope);

/* The group that begins with the value of `root` and ends in node `last`, as operations of the step;
 * value_of[nodes] are the values of stored nodes (tail.c). */
void anew_plan_tail(anew_step *step, const anew_weights *weights, const anew_fused *fused,
                    const int *value_of, int root, int last);

/* Plans one size (multiples of anew_graph_alignment, or any that the graph takes) in bands of `band` input rows; 0: one band for
 * all. The weights must outlive the plan. */
ANEW_NODISCARD anew_status anew_plan_create(anew_plan **plan, const anew_weights *weights,
                                            int height, int width, int band, anew_plan_level level,
                                            anew_error *error);
void anew_plan_free(anew_plan **plan);

/* ---- Steps of whole values, and resampling (plan_whole.c) ---------------------------------------- */

/* What a worker needs for the step; the plan's are those of its largest (scratch.c). */
void anew_step_scratch(anew_plan *plan, const anew_step *step);

/* What a worker needs where the writing of the output adds the picture enlarged by interpolation: rows of all planes, as many
 * as come from one row; two weights and a place of each pixel; a row of the picture and its last pixel again. */
size_t anew_added_floats(const anew_plan *plan, const anew_step *step);

/* A row of the operand is made in a worker's scratch before a convolution reads it. */
bool anew_operand_is_made(const anew_operand *operand);

bool anew_step_is_whole(const anew_step *step);

/* Source pixel (the left or upper one) and the other one's weight of pixel d of a bilinear enlargement of n pixels
 * (ops.def). */
void anew_bilinear_source(int *first, float *weight, int d, int n, int m, bool corners);
/* The same of all m pixels. */
void anew_bilinear_sources(int32_t *first, float *weights, int n, int m, bool corners);

/* The kind of a node's step, for the operations of this file; ANEW_STEP_CONV for all others. */
anew_step_kind anew_whole_step_kind(anew_op op);

/* Operations, none of them of single values, whose rows may be gone over by a group behind them. */
bool anew_op_leads(anew_op op);

/* What a step of such a kind needs of the shared floats and of a worker's floats and pointers. */
void anew_whole_scratch(anew_plan *plan, const anew_step *step);

/* A step's row of groups that row y is in (rows past the end of a group count as the next one's), and the row that a group
 * begins with. */
int anew_step_group(const anew_step *step, int y);
int anew_step_group_first(const anew_step *step, int group);
/* The end of the group that row `rows` - 1 is in. */
int anew_step_group_end(const anew_step *step, int rows);

/* Packed data of such nodes: bytes, and the data. */
size_t anew_whole_weights_bytes(const anew_graph *graph, const anew_node *node);
ANEW_NODISCARD anew_status anew_whole_weights_fill(anew_packed *packed, const anew_graph *graph,
                                                   const anew_node *node, anew_error *error);

/* ---- Bands (bands.c) ----------------------------------------------------------------------------- */

/* How far a run is. Zeroed at its start; all arrays belong to the caller. */
typedef struct anew_progress {
    int *done;               /* [steps]: rows finished */
    int *next;               /* [steps]: rows finished when this band is */
    int fetched, fetch_next; /* the same for rows of the picture */
} anew_progress;

/* Sets what the next band computes: rows done[i] .. next[i] of each step, in order, after the rows
 * fetched .. fetch_next of the picture. False when nothing is left. The band before counts as done. */
bool anew_bands_next(const anew_plan *plan, anew_progress *progress);

/* Rows of the planar output for each row of the step that writes it (its pixel shuffle). */
int anew_step_output_factor(const anew_step *step);

typedef struct anew_row_range {
    int first, last; /* first <= y < last */
} anew_row_range;

/* Calls see(context, value or -1 for the picture, rows) for all that rows `r` of the step read; of a window, with the value
 * that holds its rows. */
void anew_step_reads(const anew_plan *plan, const anew_step *step, anew_row_range r,
                     void (*see)(void *context, int value, anew_row_range rows), void *context);
/* Only for that value, or -1. */
void anew_step_reads_of(const anew_plan *plan, const anew_step *step, int value, anew_row_range r,
                        void (*see)(void *context, int value, anew_row_range rows), void *context);

/* Rows of n that rows `r` of their bilinear enlargement are made of, and how many rows of that can be made of the first
 * `available` ones (plan_whole.c). */
anew_row_range anew_bilinear_rows(anew_row_range r, int n, int m, bool corners);
int anew_bilinear_possible(int available, int n, int m, bool corners);

/* Source pixel of pixel d of m (RESIZE_NEAREST), and the window of pixel d of m (ADAPTIVE_MAX_POOL), of n pixels. */
int anew_nearest_source(int d, int n, int m);
void anew_nearest_sources(int32_t *places, int n, int m); /* of all m pixels */
anew_row_range anew_adaptive_window(int d, int n, int m);

/* Rows of its source that rows `r` of a NEAREST or ADAPTIVE step are made of, and how many rows can be made of the first
 * `available`. */
anew_row_range anew_placed_rows(const anew_step *step, anew_row_range r);
int anew_placed_possible(const anew_step *step, int available);

/* ---- Rows (arena.c) ------------------------------------------------------------------------------- */

/* Where the rows of a run lie; all arrays belong to the caller. */
typedef struct anew_row_map {
    size_t *
        held; /* [plan->held_count]: block b of row y of a value lies at held[first_held + y % rows *
                     blocks + b], in floats from the start of the arena */
    size_t *free; /* [plan->free_count]: each pool's free rows, a stack */
    size_t *stacks[ANEW_MAX_POOLS], on_stack[ANEW_MAX_POOLS];
    int *low; /* [values]: the lowest row that is held */
} anew_row_map;

/* Sets values[].rows, input_rows and outputs[].rows for the plan's band, and sizes the pools and the arena. SIZE_MAX floats there
 * mean that it does not fit into memory's address range. */
ANEW_NODISCARD anew_status anew_rows_size(anew_plan *plan, anew_error *error);

/* Fills plan->readers, which the bands and the rows go by: few of the steps between a value's first and last one read it. */
ANEW_NODISCARD anew_status anew_plan_list_readers(anew_plan *plan, anew_error *error);

/* All rows free, before the first band. */
void anew_rows_begin(const anew_plan *plan, anew_row_map *rows);

/* Before and after the step computes its rows of this band. */
void anew_rows_take(const anew_plan *plan, anew_row_map *rows, const anew_progress *progress,
                    int step);
void anew_rows_release(const anew_plan *plan, anew_row_map *rows, const anew_progress *progress,
                       int step);

/* ---- Passes of their own files ------------------------------------------------------------------ */

/* Receptive radius in input pixels: how far from an output pixel's place the input can matter; -1
 * without memory (halo.c). */
int anew_graph_radius(const anew_graph *graph);

/* fields[anew_graph_count()]: the side of the square of input pixels that one pixel of each value can
 * depend on, where it is largest (field.c). */
ANEW_NODISCARD anew_status anew_graph_fields(int *fields, const anew_graph *graph,
                                             anew_error *error);

/* How far left and right of columns that begin and end at multiples of anew_weights_grid() the input
 * can change a bit of the output with these kernels: the radius, and more where a kernel rounds whole
 * tiles; -1 without memory (halo.c). */
int anew_weights_halo(const anew_weights *weights);

/* Strips of a picture must begin at multiples of this many input pixels. */
int anew_weights_grid(const anew_weights *weights);

/* Multiply-adds counted as two, for one pixel of a WINDOW_ATTENTION, and for one input pixel of the graph. */
double anew_window_flops(const anew_node *node);
double anew_graph_flops(const anew_graph *graph);

#endif
