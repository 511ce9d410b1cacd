/* pointwise_avx2.c - functions of single values and of a pixel's channels on vectors of this level. */
#include "kernels/x86/vector_avx2.h"

#define NAME      anew_pointwise_avx2
#define NORMALISE anew_normalise_avx2
#define SOFTMAX   anew_softmax_avx2
#define MAX_POOL  anew_max_pool_avx2
#include "kernels/channels_body.h"
#include "kernels/pointwise_body.h"
#include "kernels/pool_body.h"
