/* epilogue.h - the epilogue on the 16 channels of one pixel of one block; shared by the C kernels. `row` is the
 * destination's index among the rows of an ADD. */
#ifndef ANEW_KERNELS_EPILOGUE_H
#define ANEW_KERNELS_EPILOGUE_H

#include "kernels/kernels.h"

static inline void apply_epilogue(float v[ANEW_BLOCK], const anew_epilogue *epilogue, int count,
                                  int block, int row, int x)
{
    for (int i = 0; i < count; i++) {
        const anew_epilogue *e = &epilogue[i];
        switch (e->kind) {
        case ANEW_EPILOGUE_PRELU:
            for (int lane = 0; lane < ANEW_BLOCK; lane++)
                v[lane] = v[lane] >= 0 ? v[lane] : v[lane] * e->slope[block * ANEW_BLOCK + lane];
            break;
        case ANEW_EPILOGUE_RELU:
            for (int lane = 0; lane < ANEW_BLOCK; lane++)
                v[lane] = v[lane] >= 0 ? v[lane] : 0.0f;
            break;
        case ANEW_EPILOGUE_SCALE:
            for (int lane = 0; lane < ANEW_BLOCK; lane++)
                v[lane] = v[lane] * e->factor;
            break;
        case ANEW_EPILOGUE_ADD:
            for (int lane = 0; lane < ANEW_BLOCK; lane++)
                v[lane] = v[lane] + e->rows[row][x * ANEW_BLOCK + lane];
            break;
        }
    }
}

#endif
