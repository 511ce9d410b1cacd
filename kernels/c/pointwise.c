/* pointwise.c - functions of single values and of a pixel's channels in plain C: pointwise_body.h and
 * channels_body.h with "vectors" of one float. */
#include "kernels/c/suffix.h"
#include "kernels/c/vector_c.h"

#define NAME      ANEW_KERNEL(anew_pointwise)
#define NORMALISE ANEW_KERNEL(anew_normalise)
#define SOFTMAX   ANEW_KERNEL(anew_softmax)
#define MAX_POOL  ANEW_KERNEL(anew_max_pool)
#include "kernels/channels_body.h"
#include "kernels/pointwise_body.h"
#include "kernels/pool_body.h"
