/*
 * processors.h - how many processors this process may use: fewer than the machine has where the affinity
 * of the process or the quota of its control group (a container's "2 CPUs") says so.
 */
#ifndef ANEW_CORE_PROCESSORS_H
#define ANEW_CORE_PROCESSORS_H

/* At least 1. */
int anew_processors(void);

/* What the quotas of the process's control group and the groups above it leave, rounded up; INT_MAX where
 * there is none. Reads the files `cgroup` and `mountinfo` of that folder: "/proc/self". */
int anew_quota_processors(const char *process_folder);

#endif
