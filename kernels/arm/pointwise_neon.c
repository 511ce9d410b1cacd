/* pointwise_neon.c - functions of single values and of a pixel's channels on vectors of this level. */
#include "kernels/arm/vector_neon.h"

#define NAME      anew_pointwise_neon
#define NORMALISE anew_normalise_neon
#define SOFTMAX   anew_softmax_neon
#define MAX_POOL  anew_max_pool_neon
#include "kernels/channels_body.h"
#include "kernels/pointwise_body.h"
#include "kernels/pool_body.h"
