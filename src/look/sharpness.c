/* sharpness.c - draft */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/memory.h"
#include "look/functions.h"
#include "look/parts.h"

anew_status anew_look_sharpness(anew_findings *findings, const anew_look_samples *samples,
                                anew_error *error)
{
    anew_look_periods periods;
    double power[LOOK_RINGS];
    bool seen = false;
    findings->enlarged = 1.0;
    ANEW_TRY(anew_look_spectrum(&seen, power, samples, error));
    anew_status status = anew_look_periods_find(&periods, samples, error);
    if (status == ANEW_OK && getenv("LOOK_DEBUG")) {
        fprintf(stderr, "spectrum:");
        for (int i = 0; seen && i < LOOK_RINGS; i++)
            fprintf(stderr, " %.5g", power[i]);
        fprintf(stderr, "\n");
        for (int a = 0; a < 2; a++) {
            fprintf(stderr, "periods%d: %d", a, periods.length[a]);
            for (int i = 0; i < periods.length[a]; i++)
                if (periods.power[a][i] > 5)
                    fprintf(stderr, " %.5f:%.1f", 0.5 * i / (periods.length[a] - 1), periods.power[a][i]);
            fprintf(stderr, "\n");
        }
    }
    anew_look_periods_free(&periods);
    return status;
}
