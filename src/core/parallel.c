/* parallel.c - OpenMP behind one function. */
#include "core/parallel.h"

#include <fenv.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#if defined(__SSE2__)
#include <immintrin.h>
#endif

/* A host program may have set flush-to-zero or another rounding; the exact class is defined for
 * IEEE defaults. Restores what it found in leave(). */
typedef struct float_environment {
    fenv_t saved;
#if defined(__SSE2__)
    unsigned int control;
#endif
} float_environment;

static void enter(float_environment *environment)
{
    (void)fegetenv(&environment->saved);
    (void)fesetround(FE_TONEAREST);
#if defined(__SSE2__)
    environment->control = _mm_getcsr();
    _mm_setcsr(environment->control & ~0x8040u); /* clear flush-to-zero and denormals-are-zero */
#endif
}

static void leave(const float_environment *environment)
{
#if defined(__SSE2__)
    _mm_setcsr(environment->control);
#endif
    (void)fesetenv(&environment->saved);
}

int anew_parallel_threads(void)
{
#ifdef _OPENMP
    const int threads = omp_get_max_threads();
    return threads < 1 ? 1 : threads > ANEW_MAX_THREADS ? ANEW_MAX_THREADS : threads;
#else
    return 1;
#endif
}

static void run_pieces(int count, int grain, anew_range_function function, void *context)
{
    float_environment environment;
    enter(&environment);
    for (int first = 0; first < count; first += grain)
        function(context, first, count - first < grain ? count : first + grain, 0);
    leave(&environment);
}

void anew_parallel_for(int threads, int count, int grain, anew_range_function function,
                       void *context)
{
    if (threads <= 1 || count <= grain) {
        run_pieces(count, grain, function, context);
        return;
    }
#ifdef _OPENMP
    const int pieces = count / grain + (count % grain != 0);
#pragma omp parallel num_threads(threads)
    {
        float_environment environment;
        enter(&environment);
        const int worker = omp_get_thread_num();
#pragma omp for schedule(dynamic, 1)
        for (int piece = 0; piece < pieces; piece++) {
            const int first = piece * grain;
            function(context, first, count - first < grain ? count : first + grain, worker);
        }
        leave(&environment);
    }
#else
    run_pieces(count, grain, function, context);
#endif
}
