/* level.h - how much the plan may change what the network page says. */
#ifndef ANEW_PLAN_LEVEL_H
#define ANEW_PLAN_LEVEL_H

typedef enum anew_plan_level {
    ANEW_PLAN_FULL = 0, /* fused, blocked, best kernels */
    ANEW_PLAN_NOFUSE,   /* the same engine and kernels, one step for each operation */
    ANEW_PLAN_REF,      /* the unfused graph by the plain reference operations */
    ANEW_PLAN_DEVICE    /* fused as far as a device's steps go: shuffles and crops are steps */
} anew_plan_level;

#endif
