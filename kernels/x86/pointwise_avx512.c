/* pointwise_avx512.c - functions of single values and of a pixel's channels on vectors of this level. */
#include "kernels/x86/vector_avx512.h"

#define NAME      anew_pointwise_avx512
#define NORMALISE anew_normalise_avx512
#define SOFTMAX   anew_softmax_avx512
#define MAX_POOL  anew_max_pool_avx512
#include "kernels/channels_body.h"
#include "kernels/pointwise_body.h"
#include "kernels/pool_body.h"
