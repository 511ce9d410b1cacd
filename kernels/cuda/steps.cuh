/*
 * steps.cuh - a program's steps on the device, but for convolutions (conv.cuh): what is rearranged, pools, norms, attention.
 *
 * As in values.cuh, all of it is the exact class: every sum is taken in the order of src/graph/ops.def by one thread, or
 * by as many as the order there has lanes.
 */
#include "kernels/cuda/values.cuh"

/* ---- one value of the result at a time --------------------------------------------------------------------------- */

static __device__ float pool(const device_tables &t, const anew_device_step &s, int c, int y, int x)
{
    const int pad = (s.kernel - 1) / 2 - s.shift;
    float largest = 0;
    int any = 0;
    for (int i = 0; i < s.kernel * s.kernel; i++) {
        const int from_y = y * s.stride + i / s.kernel - pad, from_x = x * s.stride + i % s.kernel - pad;
        if (from_y < 0 || from_y >= s.source_height || from_x < 0 || from_x >= s.source_width)
            continue;
        const float v = load(t, s.operands[0].value, c, from_y, from_x);
        largest = !any || largest < v ? v : largest;
        any = 1;
    }
    return largest;
}

static __device__ __forceinline__ int nearest_source(int d, int n, int m)
{
    const int place = (int)((float)d * ((float)n / (float)m));
    return place < n - 1 ? place : n - 1;
}

static __device__ float adaptive(const device_tables &t, const anew_device_step &s, int c, int y, int x)
{
    const long long h = s.source_height, w = s.source_width, m = s.height, n = s.width;
    const int top = (int)(y * h / m), bottom = (int)(((y + 1) * h + m - 1) / m);
    const int left = (int)(x * w / n), right = (int)(((x + 1) * w + n - 1) / n);
    float largest = load(t, s.operands[0].value, c, top, left);
    for (int i = top; i < bottom; i++)
        for (int k = left; k < right; k++) {
            const float v = load(t, s.operands[0].value, c, i, k);
            largest = largest < v ? v : largest;
        }
    return largest;
}

static __device__ float average(const device_tables &t, const anew_device_step &s, int c, int y, int x)
{
    const int r = s.factor;
    float sum = 0;
    for (int i = 0; i < r; i++)
        for (int j = 0; j < r; j++)
            sum += load(t, s.operands[0].value, c, y * r + i, x * r + j);
    return sum * (float)(1.0 / (double)(r * r));
}

static __device__ float concat(const device_tables &t, const anew_device_step &s, int c, int y, int x)
{
    int k = 0;
    while (k + 1 < s.operand_count && c >= s.operands[k].channels)
        c -= s.operands[k++].channels;
    return load(t, s.operands[k].value, c, y, x);
}

static __device__ float codebook(const device_tables &t, const anew_device_step &s, int c, int y, int x)
{
    int best = 0;
    float largest = load(t, s.operands[0].value, 0, y, x);
    for (int k = 1; k < s.operands[0].channels; k++) {
        const float v = load(t, s.operands[0].value, k, y, x);
        best = largest < v ? k : best;
        largest = largest < v ? v : largest;
    }
    return numbers_at(t, s.numbers)[(size_t)best * (size_t)s.channels + (size_t)c];
}

static __device__ double tree_of_lanes(double *lanes)
{
    for (int half = 8; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++)
            lanes[lane] += lanes[lane + half];
    return lanes[0];
}

static __device__ float demodulation(const device_tables &t, const anew_device_step &s, int c)
{
    const int in = s.operands[0].channels;
    const float *squares = numbers_at(t, s.numbers) + (size_t)c * (size_t)in;
    double lanes[16] = {0};
    for (int i = 0; i < in; i++) {
        const double v = (double)load(t, s.operands[0].value, i, 0, 0);
        lanes[i % 16] += v * v * (double)squares[i];
    }
    return (float)(1.0 / sqrt(tree_of_lanes(lanes) + s.epsilon));
}

static __device__ float flatten(const device_tables &t, const anew_device_step &s, int c)
{
    const int plane = s.source_height * s.source_width;
    return load(t, s.operands[0].value, c / plane, c % plane / s.source_width, c % s.source_width);
}

/* Of channel c of operand k: the sum of its values and of their squares, behind the sums of rows (channel_sums below). */
static __device__ __forceinline__ const double *sums_of(const device_tables &t, const anew_device_step &s, int k, int c)
{
    const size_t lanes = (size_t)((s.operands[0].channels + 15) / 16 * 16), rows = (size_t)s.source_height;
    const double *sums = (const double *)(const void *)(t.arena + s.scratch) + (size_t)s.operand_count * rows * lanes * 2;
    return sums + ((size_t)k * lanes + (size_t)c) * 2;
}

static __device__ __forceinline__ float *factors_of(const device_tables &t, const anew_device_step &s)
{
    const size_t lanes = (size_t)((s.operands[0].channels + 15) / 16 * 16);
    return (float *)(void *)(t.arena + s.scratch) +
           2 * ((size_t)s.operand_count * ((size_t)s.source_height + 1) * lanes * 2);
}

static __device__ float element(const device_tables &t, const anew_device_step &s, int c, int y, int x)
{
    const int value = s.operands[0].value, r = s.factor;
    switch (s.kind) {
    case ANEW_DEVICE_POINTWISE:
        return function_of(s.function, load(t, value, c, y, x),
                           s.operand_count > 1 ? load(t, s.operands[1].value, c, y, x) : 0.0f);
    case ANEW_DEVICE_POOL:
        return pool(t, s, c, y, x);
    case ANEW_DEVICE_CONCAT:
        return concat(t, s, c, y, x);
    case ANEW_DEVICE_UPSAMPLE:
        return load(t, value, c, y / r, x / r);
    case ANEW_DEVICE_SHUFFLE:
        return load(t, value, c * r * r + y % r * r + x % r, y / r, x / r);
    case ANEW_DEVICE_UNSHUFFLE:
        return load(t, value, c / (r * r), y * r + c % (r * r) / r, x * r + c % r);
    case ANEW_DEVICE_LOAD:
        return t.input[((size_t)(c / (r * r)) * (size_t)t.input_height + (size_t)(y * r + c % (r * r) / r)) *
                           (size_t)t.input_width +
                       (size_t)(x * r + c % r)];
    case ANEW_DEVICE_TAIL:
        return 0.0f;
    case ANEW_DEVICE_BILINEAR:
        return load_bilinear(t, value, c, y, x, s.height, s.width, s.operands[0].corners);
    case ANEW_DEVICE_NEAREST:
        return load(t, value, c, nearest_source(y, s.source_height, s.height), nearest_source(x, s.source_width, s.width));
    case ANEW_DEVICE_ADAPTIVE:
        return adaptive(t, s, c, y, x);
    case ANEW_DEVICE_AVERAGE:
        return average(t, s, c, y, x);
    case ANEW_DEVICE_SLICE:
        return load(t, value, s.first + c, y, x);
    case ANEW_DEVICE_CROP:
        return load(t, value, c, y + s.shift, x + s.shift);
    case ANEW_DEVICE_CODEBOOK:
        return codebook(t, s, c, y, x);
    case ANEW_DEVICE_CONSTANT:
        return numbers_at(t, s.numbers)[((size_t)c * (size_t)s.height + (size_t)y) * (size_t)s.width + (size_t)x];
    case ANEW_DEVICE_DEMODULATION:
        return demodulation(t, s, c);
    case ANEW_DEVICE_FLATTEN:
        return flatten(t, s, c);
    case ANEW_DEVICE_GLOBAL_MEAN:
        return (float)(sums_of(t, s, 0, c)[0] / ((double)s.source_height * (double)s.source_width));
    case ANEW_DEVICE_GROUP_NORM:
    case ANEW_DEVICE_ADAIN: {
        const float *factors = factors_of(t, s);
        return fmaf(load(t, value, c, y, x), factors[c], factors[(s.channels + 15) / 16 * 16 + c]);
    }
    default: /* MAP, STORE */
        return load(t, value, c, y, x);
    }
}

/* A thread for each lane of each pixel, neighbours in memory beside each other. */
static __global__ void run_elements(const __grid_constant__ device_tables t, const __grid_constant__ anew_device_step s)
{
    mark_step(t);
    const size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x;
    const size_t plane = (size_t)s.height * (size_t)s.width, pixels = i / ANEW_DEVICE_BLOCK;
    const int c = (int)(pixels / plane) * ANEW_DEVICE_BLOCK + (int)(i % ANEW_DEVICE_BLOCK);
    const int y = (int)(pixels % plane / (size_t)s.width), x = (int)(pixels % (size_t)s.width);
    if (c >= (s.channels + ANEW_DEVICE_BLOCK - 1) / ANEW_DEVICE_BLOCK * ANEW_DEVICE_BLOCK)
        return;
    if (c < s.channels)
        finish(t, s, c, y, x, element(t, s, c, y, x));
    else
        finish_nothing(t, s, c, y, x);
}

/* ---- over the channels of a pixel ----------------------------------------------------------------------------------- */

#define PIXELS_AT_A_TIME 8

/* 16 threads for each pixel, which are the 16 lanes of the sums; all threads of the block come here. */
static __device__ double sum_of_lanes(double *lanes, double mine)
{
    const int lane = (int)threadIdx.x % 16;
    double *row = lanes + (int)threadIdx.x / 16 * 16;
    row[lane] = mine;
    for (int half = 8; half > 0; half /= 2) {
        __syncthreads();
        if (lane < half)
            row[lane] += row[lane + half];
    }
    __syncthreads();
    const double sum = row[0];
    __syncthreads();
    return sum;
}

/* NORMALISE and SOFTMAX. */
static __global__ void run_pixels(const __grid_constant__ device_tables t, const __grid_constant__ anew_device_step s)
{
    __shared__ double lanes[PIXELS_AT_A_TIME * 16];
    mark_step(t);
    const size_t pixel = (size_t)blockIdx.x * PIXELS_AT_A_TIME + threadIdx.x / 16;
    const bool inside = pixel < (size_t)s.height * (size_t)s.width;
    const int lane = (int)threadIdx.x % 16, value = s.operands[0].value;
    const int y = inside ? (int)(pixel / (size_t)s.width) : 0, x = inside ? (int)(pixel % (size_t)s.width) : 0;
    const int padded = (s.channels + 15) / 16 * 16;
    double mine = 0;
    if (s.kind == ANEW_DEVICE_NORMALISE) {
        for (int c = lane; c < s.channels; c += 16)
            mine += (double)load(t, value, c, y, x);
        const double mean = sum_of_lanes(lanes, mine) / (double)s.channels;
        mine = 0;
        for (int c = lane; c < s.channels; c += 16) {
            const double d = (double)load(t, value, c, y, x) - mean;
            mine += d * d;
        }
        const double variance = sum_of_lanes(lanes, mine) / (double)s.channels;
        const double factor = 1.0 / sqrt(variance + s.epsilon);
        const float *weight = numbers_at(t, s.weights), *bias = numbers_at(t, s.bias);
        for (int c = lane; inside && c < s.channels; c += 16)
            finish(t, s, c, y, x,
                   fmaf((float)(((double)load(t, value, c, y, x) - mean) * factor), weight[c], bias[c]));
    } else {
        float largest = load(t, value, 0, y, x);
        for (int c = 1; c < s.channels; c++) {
            const float v = load(t, value, c, y, x);
            largest = largest < v ? v : largest;
        }
        for (int c = lane; c < s.channels; c += 16)
            mine += (double)elementary_exp(load(t, value, c, y, x) - largest);
        const double sum = sum_of_lanes(lanes, mine);
        for (int c = lane; inside && c < s.channels; c += 16)
            finish(t, s, c, y, x, (float)((double)elementary_exp(load(t, value, c, y, x) - largest) / sum));
    }
    if (inside && padded - 16 + lane >= s.channels)
        finish_nothing(t, s, padded - 16 + lane, y, x);
}

/* ---- over whole values ------------------------------------------------------------------------------------------------- */

/* Sums of one row of one channel; a thread for each. */
static __global__ void sum_rows(const __grid_constant__ device_tables t, const __grid_constant__ anew_device_step s)
{
    mark_step(t);
    const size_t lanes = (size_t)((s.operands[0].channels + 15) / 16 * 16), rows = (size_t)s.source_height;
    const size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x;
    const int c = (int)(i % lanes), y = (int)(i / lanes % rows), k = (int)(i / lanes / rows);
    if (k >= s.operand_count)
        return;
    double parts[4] = {0}, squares[4] = {0};
    for (int x = 0; c < s.operands[0].channels && x < s.source_width; x++) {
        const double v = (double)load(t, s.operands[k].value, c, y, x);
        parts[x % 4] += v;
        squares[x % 4] += v * v;
    }
    double *sums = (double *)(void *)(t.arena + s.scratch) + i * 2;
    sums[0] = (parts[0] + parts[1]) + (parts[2] + parts[3]);
    sums[1] = (squares[0] + squares[1]) + (squares[2] + squares[3]);
}

/* ... of all rows of a channel. */
static __global__ void sum_channels(const __grid_constant__ device_tables t, const __grid_constant__ anew_device_step s)
{
    mark_step(t);
    const size_t lanes = (size_t)((s.operands[0].channels + 15) / 16 * 16), rows = (size_t)s.source_height;
    const size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= lanes * (size_t)s.operand_count)
        return;
    const double *of_rows = (const double *)(const void *)(t.arena + s.scratch);
    double sum = 0, squares = 0;
    for (size_t y = 0; y < rows; y++) {
        const double *row = of_rows + ((i / lanes * rows + y) * lanes + i % lanes) * 2;
        sum += row[0];
        squares += row[1];
    }
    double *to = (double *)(void *)(t.arena + s.scratch) + (size_t)s.operand_count * rows * lanes * 2 + i * 2;
    to[0] = sum;
    to[1] = squares;
}

static __device__ double deviation_of(const double *sums, double count, double epsilon)
{
    const double mean = sums[0] / count, squares = sums[1] - sums[0] * mean;
    return sqrt((squares > 0 ? squares : 0) / (count > 1 ? count - 1 : 1) + epsilon);
}

/* What each channel is multiplied by, and what is added to it. */
static __global__ void find_factors(const __grid_constant__ device_tables t, const __grid_constant__ anew_device_step s)
{
    mark_step(t);
    const int c = (int)(blockIdx.x * blockDim.x + threadIdx.x), lanes = (s.channels + 15) / 16 * 16;
    if (c >= s.channels)
        return;
    float *factors = factors_of(t, s);
    double f, mean;
    double count = (double)s.source_height * (double)s.source_width;
    if (s.kind == ANEW_DEVICE_GROUP_NORM) {
        const int each = s.channels / s.groups, first = c / each * each;
        double sum = 0, squares = 0;
        for (int i = first; i < first + each; i++) {
            sum += sums_of(t, s, 0, i)[0];
            squares += sums_of(t, s, 0, i)[1];
        }
        count = count * (double)each;
        mean = sum / count;
        const double variance = squares / count - mean * mean;
        f = (double)numbers_at(t, s.weights)[c] / sqrt((variance > 0 ? variance : 0) + s.epsilon);
        factors[lanes + c] = (float)((double)numbers_at(t, s.bias)[c] - mean * f);
    } else {
        const double *a = sums_of(t, s, 0, c), *b = sums_of(t, s, 1, c);
        mean = a[0] / count;
        f = deviation_of(b, count, s.epsilon) / deviation_of(a, count, s.epsilon);
        factors[lanes + c] = (float)(b[0] / count - mean * f);
    }
    factors[c] = (float)f;
}

/* ---- attention ------------------------------------------------------------------------------------------------------------ */

#define ATTENTION_THREADS 128

/* A block for each pixel and head: its row of scores in shared memory. */
static __global__ void run_attention(const __grid_constant__ device_tables t, const __grid_constant__ anew_device_step s)
{
    SHARED_MEMORY(memory);
    float *p = (float *)(void *)memory; /* [pixels] */
    __shared__ double lanes[16];
    mark_step(t);
    const int pixels = s.source_height * s.source_width, each = s.channels / s.heads;
    const int i = (int)(blockIdx.x / (unsigned int)s.heads), head = (int)(blockIdx.x % (unsigned int)s.heads);
    const int y = i / s.width, x = i % s.width, me = (int)threadIdx.x;
    const float share = (float)(1.0 / sqrt((double)each));
    for (int j = me; j < pixels; j += ATTENTION_THREADS) {
        float sum = 0;
        for (int c = head * each; c < (head + 1) * each; c++)
            sum = fmaf(load(t, s.operands[0].value, c, y, x),
                       load(t, s.operands[1].value, c, j / s.source_width, j % s.source_width), sum);
        p[j] = sum * share;
    }
    __syncthreads();
    float largest = p[0];
    for (int j = 1; j < pixels; j++)
        largest = largest < p[j] ? p[j] : largest;
    __syncthreads();
    for (int j = me; j < pixels; j += ATTENTION_THREADS)
        p[j] = elementary_exp(p[j] - largest);
    __syncthreads();
    if (me < 16) {
        double mine = 0;
        for (int j = me; j < pixels; j += 16)
            mine += (double)p[j];
        lanes[me] = mine;
    }
    __syncthreads();
    if (me == 0)
        (void)tree_of_lanes(lanes);
    __syncthreads();
    for (int j = me; j < pixels; j += ATTENTION_THREADS)
        p[j] = (float)((double)p[j] / lanes[0]);
    __syncthreads();
    for (int c = head * each + me; c < (head + 1) * each; c += ATTENTION_THREADS) {
        float sum = 0;
        for (int j = 0; j < pixels; j++)
            sum = fmaf(p[j], load(t, s.operands[2].value, c, j / s.source_width, j % s.source_width), sum);
        finish(t, s, c, y, x, sum);
    }
    if (head == 0 && me < (16 - s.channels % 16) % 16)
        finish_nothing(t, s, s.channels + me, y, x);
}

/* A block for each window and head, cut at the picture's edges; a thread for each pixel of it as a query. */
static __global__ void run_windows(const __grid_constant__ device_tables t, const __grid_constant__ anew_device_step s)
{
    mark_step(t);
    const int w = s.window, before = (w - s.shift) % w, each = s.channels / s.heads;
    const int across = (s.width + before + w - 1) / w;
    const int head = (int)(blockIdx.x % (unsigned int)s.heads), index = (int)(blockIdx.x / (unsigned int)s.heads);
    const int top = index / across * w - before, left = index % across * w - before;
    const int i = (int)threadIdx.x, y = top + i / w, x = left + i % w;
    if (i >= w * w || y < 0 || y >= s.height || x < 0 || x >= s.width)
        return;
    const int value = s.operands[0].value, keys = (w * w + 31) / 32 * 32;
    const float *biases = numbers_at(t, s.numbers) + ((size_t)head * (size_t)(w * w) + (size_t)i) * (size_t)keys;
    const float r = (float)(1.0 / sqrt((double)each));
    float e[ANEW_DEVICE_WINDOW_PIXELS], lanes[16] = {0}, largest = 0;
    bool any = false;
    for (int j = 0; j < w * w; j++) {
        const int row = top + j / w, column = left + j % w;
        if (row < 0 || row >= s.height || column < 0 || column >= s.width)
            continue;
        float sum = 0;
        for (int c = head * each; c < (head + 1) * each; c++)
            sum = fmaf(load(t, value, c, y, x), load(t, value, s.channels + c, row, column), sum);
        e[j] = fmaf(sum, r, biases[j]);
        largest = !any || largest < e[j] ? e[j] : largest;
        any = true;
    }
    for (int j = 0; j < w * w; j++) {
        const int row = top + j / w, column = left + j % w;
        if (row < 0 || row >= s.height || column < 0 || column >= s.width)
            continue;
        e[j] = elementary_exp(e[j] - largest);
        lanes[j % 16] += e[j];
    }
    for (int half = 8; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++)
            lanes[lane] += lanes[lane + half];
    const float share = 1.0f / lanes[0];
    for (int c = head * each; c < (head + 1) * each; c++) {
        float sum = 0;
        for (int j = 0; j < w * w; j++) {
            const int row = top + j / w, column = left + j % w;
            if (row < 0 || row >= s.height || column < 0 || column >= s.width)
                continue;
            sum = fmaf(e[j], load(t, value, 2 * s.channels + c, row, column), sum);
        }
        finish(t, s, c, y, x, sum * share);
    }
    for (int c = s.channels; head == 0 && c < (s.channels + 15) / 16 * 16; c++)
        finish_nothing(t, s, c, y, x);
}
