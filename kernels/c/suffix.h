/*
 * suffix.h - the C kernels are compiled twice: as they are (suffix c), and with hardware fused
 * multiply-add (suffix cfma, -DANEW_SUFFIX=cfma). ANEW_KERNEL(name) gives the name for this build.
 */
#ifndef ANEW_KERNELS_SUFFIX_H
#define ANEW_KERNELS_SUFFIX_H

#ifndef ANEW_SUFFIX
#define ANEW_SUFFIX c
#endif
#define ANEW_JOIN2(a, b)  a##_##b
#define ANEW_JOIN(a, b)   ANEW_JOIN2(a, b)
#define ANEW_KERNEL(name) ANEW_JOIN(name, ANEW_SUFFIX)

#endif
