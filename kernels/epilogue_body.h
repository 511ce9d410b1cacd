/*
 * epilogue_body.h - the epilogue on one vector, for bodies that hold one result at a time; an including file
 * brings the vector vocabulary.
 */
#ifndef ANEW_KERNELS_EPILOGUE_BODY_H
#define ANEW_KERNELS_EPILOGUE_BODY_H

#include "kernels/kernels.h"

/* `channel` is the vector's first channel; `row` the destination's index among the rows of an ADD, and
 * `place` the vector's place in it, in floats from pixel 0. */
static inline __attribute__((always_inline)) vector
vector_epilogue(vector v, const anew_epilogue *epilogue, int count, int channel, int row, int place)
{
    for (int i = 0; i < count; i++) {
        const anew_epilogue *e = &epilogue[i];
        switch (e->kind) {
        case ANEW_EPILOGUE_PRELU:
            v = vector_positive_or(v, vector_mul(v, vector_load(e->slope + channel)));
            break;
        case ANEW_EPILOGUE_RELU:
            v = vector_positive_or(v, vector_repeat(0.0f));
            break;
        case ANEW_EPILOGUE_SCALE:
            v = vector_mul(v, vector_repeat(e->factor));
            break;
        case ANEW_EPILOGUE_ADD:
            v = vector_add(v, vector_load(e->rows[row] + place));
            break;
        }
    }
    return v;
}

#endif
