/*
 * conv.cuh - convolutions as matrix products whose left matrix, a row of source pixels and taps for each output pixel, is
 * never stored: three kernels.
 *
 *     run_conv_plain    float32, the chain of the exact class: 128 pixels x 16..64 outputs a block
 *     run_conv_groups   the same of groups and depthwise, one output a thread
 *     run_conv_tensor   products on the tensor cores, sums in float32: 16x16 pixels x 16..64 outputs a block
 *
 * Operands are a concatenation's parts one after the other, so that its blocks of 16 channels are steps of the sum, and each
 * is looked at through its enlargement. Nothing is copied for padding: what is outside is zero, the mirrored picture, or its edge.
 */

/* The row or column that a tap reads, or -1 for zero; `edge` as anew_edge counts: zeros, mirrored, the edge again. */
static __device__ __forceinline__ int seen(int at, int size, int edge)
{
    if (at >= 0 && at < size)
        return at;
    if (edge == 0)
        return -1;
    const int inside = edge != 1 ? at : at < 0 ? -at : 2 * (size - 1) - at;
    return inside < 0 ? 0 : inside >= size ? size - 1 : inside;
}

/* Channel c of an operand at pixel (y, x) of what the convolution sees, which is inside. */
static __device__ __forceinline__ float load_seen(const device_tables &t, const anew_device_step &s,
                                                  const anew_device_operand &o, int c, int y, int x)
{
    if (o.bilinear)
        return load_bilinear(t, o.value, c, y, x, s.source_height, s.source_width, o.corners);
    return load(t, o.value, c, y / o.enlarge, x / o.enlarge);
}

/* Walks over the blocks of all operands. */
struct source_block {
    int operand, block; /* of the operand */
    int start;          /* channels before it */
    int channels;       /* of it, 1 .. 16 */
};

static __device__ __forceinline__ source_block first_block(const anew_device_step &s)
{
    source_block b = {0, 0, 0, 0};
    b.channels = s.operands[0].channels < ANEW_DEVICE_BLOCK ? s.operands[0].channels : ANEW_DEVICE_BLOCK;
    return b;
}

/* False behind the last one. */
static __device__ __forceinline__ bool next_block(const anew_device_step &s, source_block *b)
{
    b->start += b->channels;
    b->block++;
    if (b->block * ANEW_DEVICE_BLOCK >= s.operands[b->operand].channels) {
        b->operand++;
        b->block = 0;
    }
    if (b->operand >= s.operand_count)
        return false;
    const int left = s.operands[b->operand].channels - b->block * ANEW_DEVICE_BLOCK;
    b->channels = left < ANEW_DEVICE_BLOCK ? left : ANEW_DEVICE_BLOCK;
    return true;
}

/* ---- float32 -------------------------------------------------------------------------------------------------- */

#define CONV_THREADS 256
#define PLAIN_PIXELS 128
#define PLAIN_EACH   8 /* pixels of a thread */

template <int OUT_BLOCKS>
static __global__ void __launch_bounds__(CONV_THREADS) run_conv_plain(const __grid_constant__ device_tables t, const __grid_constant__ anew_device_step s)
{
    __shared__ float sources[ANEW_DEVICE_BLOCK][PLAIN_PIXELS + 1];
    __shared__ float factors[ANEW_DEVICE_BLOCK][OUT_BLOCKS * ANEW_DEVICE_BLOCK];
    __shared__ int rows[PLAIN_PIXELS], columns[PLAIN_PIXELS];
    mark_step(t);
    const int me = (int)threadIdx.x, lane = me % 16, first = me / 16 * PLAIN_EACH;
    const int padded = (s.channels + 15) / 16 * 16;
    const unsigned int parts = (unsigned int)((padded / 16 + OUT_BLOCKS - 1) / OUT_BLOCKS);
    const int out = (int)(blockIdx.x % parts) * OUT_BLOCKS * ANEW_DEVICE_BLOCK;
    const size_t pixel = (size_t)(blockIdx.x / parts) * PLAIN_PIXELS, pixels = (size_t)s.height * (size_t)s.width;
    if (me < PLAIN_PIXELS) {
        rows[me] = pixel + (size_t)me < pixels ? (int)((pixel + (size_t)me) / (size_t)s.width) : -1;
        columns[me] = (int)((pixel + (size_t)me) % (size_t)s.width);
    }
    float sums[PLAIN_EACH][OUT_BLOCKS];
#pragma unroll
    for (int j = 0; j < OUT_BLOCKS; j++) {
        const int c = out + j * ANEW_DEVICE_BLOCK + lane;
        const float bias = c < padded ? numbers_at(t, s.bias)[c] : 0.0f;
#pragma unroll
        for (int i = 0; i < PLAIN_EACH; i++)
            sums[i][j] = bias;
    }
    const float *weights = numbers_at(t, s.weights);
    for (int tap = 0; tap < s.kernel * s.kernel; tap++) {
        const int down = (tap / s.kernel - s.kernel / 2) * s.dilation + s.shift;
        const int right = (tap % s.kernel - s.kernel / 2) * s.dilation + s.shift;
        source_block b = first_block(s);
        do {
            __syncthreads();
            for (int e = me; e < PLAIN_PIXELS * ANEW_DEVICE_BLOCK; e += CONV_THREADS) {
                const int p = e / ANEW_DEVICE_BLOCK, c = b.block * ANEW_DEVICE_BLOCK + e % ANEW_DEVICE_BLOCK;
                float v = 0;
                if (rows[p] >= 0 && e % ANEW_DEVICE_BLOCK < b.channels) {
                    const int y = seen(rows[p] * s.stride + down, s.source_height, s.edge);
                    const int x = seen(columns[p] * s.stride + right, s.source_width, s.edge);
                    v = y < 0 || x < 0 ? 0.0f : load_seen(t, s, s.operands[b.operand], c, y, x);
                }
                sources[e % ANEW_DEVICE_BLOCK][p] = v;
            }
            for (int e = me; e < ANEW_DEVICE_BLOCK * OUT_BLOCKS * ANEW_DEVICE_BLOCK; e += CONV_THREADS) {
                const int k = e / (OUT_BLOCKS * ANEW_DEVICE_BLOCK), c = e % (OUT_BLOCKS * ANEW_DEVICE_BLOCK);
                factors[k][c] = k < b.channels && out + c < padded
                                    ? weights[(size_t)(tap * s.in_channels + b.start + k) * (size_t)padded +
                                              (size_t)(out + c)]
                                    : 0.0f;
            }
            __syncthreads();
            for (int k = 0; k < b.channels; k++)
#pragma unroll
                for (int i = 0; i < PLAIN_EACH; i++) {
                    const float v = sources[k][first + i];
#pragma unroll
                    for (int j = 0; j < OUT_BLOCKS; j++)
                        sums[i][j] = fmaf(v, factors[k][j * ANEW_DEVICE_BLOCK + lane], sums[i][j]);
                }
        } while (next_block(s, &b));
    }
#pragma unroll
    for (int i = 0; i < PLAIN_EACH; i++)
#pragma unroll
        for (int j = 0; j < OUT_BLOCKS; j++) {
            const int c = out + j * ANEW_DEVICE_BLOCK + lane, y = rows[first + i], x = columns[first + i];
            if (y < 0 || c >= padded)
                continue;
            if (c < s.channels)
                finish(t, s, c, y, x, sums[i][j]);
            else
                finish_nothing(t, s, c, y, x);
        }
}

/* Groups see only their own channels; of a depthwise convolution neighbouring threads read neighbouring channels. */
static __global__ void run_conv_groups(const __grid_constant__ device_tables t, const __grid_constant__ anew_device_step s)
{
    mark_step(t);
    const int padded = (s.channels + 15) / 16 * 16, each = s.in_channels / s.groups, of_group = s.channels / s.groups;
    const size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x;
    const size_t plane = (size_t)s.height * (size_t)s.width, pixels = i / ANEW_DEVICE_BLOCK;
    const int c = (int)(pixels / plane) * ANEW_DEVICE_BLOCK + (int)(i % ANEW_DEVICE_BLOCK);
    const int y = (int)(pixels % plane / (size_t)s.width), x = (int)(pixels % (size_t)s.width);
    if (c >= padded)
        return;
    if (c >= s.channels) {
        finish_nothing(t, s, c, y, x);
        return;
    }
    const float *weights = numbers_at(t, s.weights);
    float sum = numbers_at(t, s.bias)[c];
    for (int tap = 0; tap < s.kernel * s.kernel; tap++) {
        const int down = (tap / s.kernel - s.kernel / 2) * s.dilation + s.shift;
        const int right = (tap % s.kernel - s.kernel / 2) * s.dilation + s.shift;
        const int row = seen(y * s.stride + down, s.source_height, s.edge);
        const int column = seen(x * s.stride + right, s.source_width, s.edge);
        for (int k = 0; k < each; k++) {
            const float v = row < 0 || column < 0
                                ? 0.0f
                                : load_seen(t, s, s.operands[0], c / of_group * each + k, row, column);
            sum = fmaf(v, weights[(size_t)(tap * each + k) * (size_t)padded + (size_t)c], sum);
        }
    }
    finish(t, s, c, y, x, sum);
}

/* ---- tensor cores -------------------------------------------------------------------------------------------- */

/*
 * A block has 16x16 output pixels and OUT_BLOCKS * 16 outputs, each of its 8 warps two rows of 16 pixels. For each block of
 * 16 source channels, the patch of source pixels that the tile reaches, side x side x 16, and all taps' weights,
 * [tap][16][OUT_BLOCKS * 16 + 8], are in shared memory; a row of 16 neighbouring pixels of the patch is the 16x16 matrix that
 * the tensor cores take, with 16 * stride elements from one row to the next. Where there is room, the next block's
 * patch and weights come in (cp.async) while this one's are multiplied.
 */
template <int ARITHMETIC> struct tensor {
    enum { present = 0 };
};

template <> struct tensor<ANEW_DEVICE_ARITHMETIC_FP16> {
    enum { present = 1, depth = 16, element = ANEW_DEVICE_FP16 };
    typedef unsigned short memory;
    typedef half stored;
    typedef half fragment;
    static __device__ __forceinline__ unsigned short rounded(float v)
    {
        return to_fp16(v);
    }
};

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
template <> struct tensor<ANEW_DEVICE_ARITHMETIC_BF16> {
    enum { present = 1, depth = 16, element = ANEW_DEVICE_BF16 };
    typedef unsigned short memory;
    typedef __nv_bfloat16 stored;
    typedef __nv_bfloat16 fragment;
    static __device__ __forceinline__ unsigned short rounded(float v)
    {
        return to_bf16(v);
    }
};

template <> struct tensor<ANEW_DEVICE_ARITHMETIC_TF32> {
    enum { present = 1, depth = 8, element = ANEW_DEVICE_F32 };
    typedef float memory;
    typedef float stored;
    typedef nvcuda::wmma::precision::tf32 fragment;
    static __device__ __forceinline__ float rounded(float v)
    {
        return nvcuda::wmma::__float_to_tf32(v);
    }
};
#endif

/* 8 channels at a time, so that a copy is of 16 bytes where elements have 2. */
#define CHUNK 8

/* The patch whose first pixel is source pixel (top, left). */
template <int ARITHMETIC>
static __device__ void take_patch(const device_tables &t, const anew_device_step &s,
                                  typename tensor<ARITHMETIC>::memory *patch, const source_block &b, int top, int left,
                                  int side)
{
    typedef typename tensor<ARITHMETIC>::memory memory;
    const anew_device_operand &o = s.operands[b.operand];
    const anew_device_value &value = t.values[o.value];
    const bool same = sizeof(memory) == 2 && value.element == (int)tensor<ARITHMETIC>::element && !o.bilinear;
    for (int e = (int)threadIdx.x; e < side * side * 2; e += CONV_THREADS) {
        const int position = e / 2, lane = e % 2 * CHUNK, c = b.block * ANEW_DEVICE_BLOCK + lane;
        const int y = seen(top + position / side, s.source_height, s.edge);
        const int x = seen(left + position % side, s.source_width, s.edge);
        memory *to = patch + (size_t)position * ANEW_DEVICE_BLOCK + lane;
        if (y < 0 || x < 0) {
            for (int i = 0; i < CHUNK; i++)
                to[i] = 0;
        } else if (same) {
            const size_t place = place_of(value, c, y / o.enlarge, x / o.enlarge);
            __pipeline_memcpy_async(to, t.arena + value.offset + place * sizeof(memory), CHUNK * sizeof(memory));
        } else if (o.bilinear) {
            for (int i = 0; i < CHUNK; i++)
                to[i] = tensor<ARITHMETIC>::rounded(
                    load_bilinear(t, o.value, c + i, y, x, s.source_height, s.source_width, o.corners));
        } else {
            const size_t place = place_of(value, c, y / o.enlarge, x / o.enlarge);
            for (int i = 0; i < CHUNK; i++)
                to[i] = tensor<ARITHMETIC>::rounded(
                    load_at(t.arena + value.offset, value.element, place + (size_t)i));
        }
    }
}

/* All taps' rows of a block of source channels. Rows past the operand's last channel are those of what follows: they meet
 * zeros of the patch. */
template <int ARITHMETIC, int OUT_BLOCKS>
static __device__ void take_weights(const device_tables &t, const anew_device_step &s,
                                    typename tensor<ARITHMETIC>::memory *to, const source_block &b, int out, int padded)
{
    typedef typename tensor<ARITHMETIC>::memory memory;
    enum { chunks = OUT_BLOCKS * ANEW_DEVICE_BLOCK / CHUNK, row = OUT_BLOCKS * ANEW_DEVICE_BLOCK + ANEW_DEVICE_PADDING };
    const memory *weights = (const memory *)(const void *)(t.constants + s.weights);
    for (int e = (int)threadIdx.x; e < s.kernel * s.kernel * ANEW_DEVICE_BLOCK * chunks; e += CONV_THREADS) {
        const int k = e / chunks, column = e % chunks * CHUNK;
        const size_t from = (size_t)(k / ANEW_DEVICE_BLOCK * s.in_channels + b.start + k % ANEW_DEVICE_BLOCK);
        memory *put = to + k * row + column;
        const memory *take = weights + from * (size_t)padded + (size_t)(out + column);
        if (out + column >= padded)
            for (int i = 0; i < CHUNK; i++)
                put[i] = 0;
        else if (sizeof(memory) == 2)
            __pipeline_memcpy_async(put, take, CHUNK * sizeof(memory));
        else
            for (int i = 0; i < CHUNK; i++)
                put[i] = tensor<ARITHMETIC>::rounded((float)take[i]);
    }
}

template <int ARITHMETIC, int OUT_BLOCKS>
static __device__ __forceinline__ void convolve_tile(const device_tables &t, const anew_device_step &s, int buffers,
                                                     unsigned char *shared)
{
    typedef tensor<ARITHMETIC> kind;
    typedef typename kind::memory memory;
    namespace wmma = nvcuda::wmma;
    enum { row = OUT_BLOCKS * ANEW_DEVICE_BLOCK + ANEW_DEVICE_PADDING, tile = ANEW_DEVICE_TILE };
    const int side = anew_device_side(s.kernel, s.stride, s.dilation), padded = (s.channels + 15) / 16 * 16;
    const size_t patch_elements = (size_t)(side * side) * ANEW_DEVICE_BLOCK;
    const size_t buffer_elements = patch_elements + (size_t)(s.kernel * s.kernel * ANEW_DEVICE_BLOCK * row);
    memory *const buffer = (memory *)(void *)shared;
    const unsigned int parts = (unsigned int)((padded / 16 + OUT_BLOCKS - 1) / OUT_BLOCKS);
    const unsigned int across = (unsigned int)((s.width + tile - 1) / tile), place = blockIdx.x / parts;
    const int out = (int)(blockIdx.x % parts) * OUT_BLOCKS * ANEW_DEVICE_BLOCK;
    const int y0 = (int)(place / across) * tile, x0 = (int)(place % across) * tile;
    const int top = y0 * s.stride - s.kernel / 2 * s.dilation + s.shift;
    const int left = x0 * s.stride - s.kernel / 2 * s.dilation + s.shift;
    const int warp = (int)threadIdx.x / 32, lane = (int)threadIdx.x % 32;

    wmma::fragment<wmma::accumulator, 16, 16, kind::depth, float> sums[2][OUT_BLOCKS];
#pragma unroll
    for (int i = 0; i < 2; i++)
#pragma unroll
        for (int j = 0; j < OUT_BLOCKS; j++)
            wmma::fill_fragment(sums[i][j], 0.0f);

    source_block b = first_block(s), ahead = b;
    take_patch<ARITHMETIC>(t, s, buffer, ahead, top, left, side);
    take_weights<ARITHMETIC, OUT_BLOCKS>(t, s, buffer + patch_elements, ahead, out, padded);
    __pipeline_commit();
    bool more = next_block(s, &ahead);
    for (int index = 0;; index++) {
        memory *now = buffer + (buffers == 2 ? (size_t)(index % 2) * buffer_elements : 0);
        if (buffers == 2 && more) {
            memory *then = buffer + (size_t)((index + 1) % 2) * buffer_elements;
            take_patch<ARITHMETIC>(t, s, then, ahead, top, left, side);
            take_weights<ARITHMETIC, OUT_BLOCKS>(t, s, then + patch_elements, ahead, out, padded);
            __pipeline_commit();
            __pipeline_wait_prior(1);
        } else {
            __pipeline_wait_prior(0);
        }
        __syncthreads();
        for (int tap = 0; tap < s.kernel * s.kernel; tap++)
            for (int k = 0; k < ANEW_DEVICE_BLOCK; k += kind::depth) {
                wmma::fragment<wmma::matrix_b, 16, 16, kind::depth, typename kind::fragment, wmma::row_major>
                    factors[OUT_BLOCKS];
                const memory *taps = now + patch_elements + (tap * ANEW_DEVICE_BLOCK + k) * row;
#pragma unroll
                for (int j = 0; j < OUT_BLOCKS; j++)
                    wmma::load_matrix_sync(factors[j],
                                           (const typename kind::stored *)(const void *)(taps + j * ANEW_DEVICE_BLOCK),
                                           row);
#pragma unroll
                for (int i = 0; i < 2; i++) {
                    wmma::fragment<wmma::matrix_a, 16, 16, kind::depth, typename kind::fragment, wmma::row_major> pixels;
                    const int y = (warp * 2 + i) * s.stride + tap / s.kernel * s.dilation;
                    const memory *from = now + (size_t)(y * side + tap % s.kernel * s.dilation) * ANEW_DEVICE_BLOCK + k;
                    wmma::load_matrix_sync(pixels, (const typename kind::stored *)(const void *)from,
                                           (unsigned int)(ANEW_DEVICE_BLOCK * s.stride));
#pragma unroll
                    for (int j = 0; j < OUT_BLOCKS; j++)
                        wmma::mma_sync(sums[i][j], pixels, factors[j], sums[i][j]);
                }
            }
        __syncthreads();
        if (!more)
            break;
        b = ahead;
        more = next_block(s, &ahead);
        if (buffers == 1) {
            take_patch<ARITHMETIC>(t, s, buffer, b, top, left, side);
            take_weights<ARITHMETIC, OUT_BLOCKS>(t, s, buffer + patch_elements, b, out, padded);
            __pipeline_commit();
        }
    }

    /* The warp's sums by way of shared memory, whose layout is known, unlike that of fragments. */
    float *mine = (float *)(void *)shared + warp * 256;
    const int y = y0 + warp * 2, x = x0 + lane / 16;
#pragma unroll
    for (int i = 0; i < 2; i++)
#pragma unroll
        for (int j = 0; j < OUT_BLOCKS; j++) {
            const int c = out + j * ANEW_DEVICE_BLOCK + lane % 16;
            float v[8];
            wmma::store_matrix_sync(mine, sums[i][j], 16, wmma::mem_row_major);
            __syncwarp();
            for (int k = 0; k < 8; k++)
                v[k] = mine[lane + 32 * k];
            __syncwarp();
            if (y + i >= s.height || c >= padded)
                continue;
            if (c < s.channels) {
                const float bias = numbers_at(t, s.bias)[c];
#pragma unroll
                for (int k = 0; k < 8; k++)
                    v[k] = v[k] + bias;
                finish_pixels<8, 2>(t, s, c, y + i, x, v);
            } else {
                for (int k = 0; k < 8 && x + 2 * k < s.width; k++)
                    finish_nothing(t, s, c, y + i, x + 2 * k);
            }
        }
}

template <int ARITHMETIC, int OUT_BLOCKS>
static __global__ void __launch_bounds__(CONV_THREADS)
    run_conv_tensor(const __grid_constant__ device_tables t, const __grid_constant__ anew_device_step s, int buffers)
{
    SHARED_MEMORY(shared);
    mark_step(t);
    if constexpr (tensor<ARITHMETIC>::present)
        convolve_tile<ARITHMETIC, OUT_BLOCKS>(t, s, buffers, shared);
}
