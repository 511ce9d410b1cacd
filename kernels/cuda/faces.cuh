/*
 * faces.cuh - aligned crops of faces, and what restored faces add to a picture: src/faces/warp.c and paste.c on the device.
 * Included by device.cu, of which it has the errors and launches.
 *
 * A thread makes one pixel, by the same operations in the same order as the CPU, in double where that is in double, and
 * without contraction: the same bits. Where faces meet, a pixel's masks are made twice, first for their sum, so that
 * nothing is kept for each face and pixel.
 */

/* ---- one pixel of a source ---------------------------------------------------------------------------------- */

/* The index that stands for one beyond the edges, or -1 for the border's colour. */
static __device__ __forceinline__ int bordered(int index, int size, int border)
{
    if (index >= 0 && index < size)
        return index;
    if (border == ANEW_DEVICE_BORDER_CONSTANT)
        return -1;
    if (border == ANEW_DEVICE_BORDER_REPLICATE || size == 1)
        return index < 0 ? 0 : size - 1;
    const int period = 2 * (size - 1);
    int folded = index % period;
    folded = folded < 0 ? folded + period : folded;
    return folded < size ? folded : period - folded;
}

static __device__ __forceinline__ float sample_at(const anew_device_warp &w, int c, int row, int x)
{
    const int column = row < 0 ? -1 : bordered(x, w.width, w.border);
    return column < 0 ? w.colour[c]
                      : w.source[((size_t)c * (size_t)w.height + (size_t)row) * (size_t)w.width + (size_t)column];
}

static __device__ __forceinline__ float positive(float value)
{
    return 0.5f * (value + fabsf(value));
}

/* Keys' kernel with a = -0.5, as warp.c and kernels/c/footprint.c have it. */
static __device__ __forceinline__ float keys(float distance)
{
    const float x = fabsf(distance), s = positive(2 - x), t = positive(1 - x);
    return 0.5f * (1 - x) * (s * s) + (t * t) * (1 - 2 * t);
}

static __device__ __forceinline__ int whole_below(double value)
{
    const int towards_zero = (int)value;
    return towards_zero - (value < towards_zero ? 1 : 0);
}

/* ---- channels first .. last - 1 of a pixel ------------------------------------------------------------------ */

static __device__ void interpolated(float *to, const anew_device_warp &w, double px, double py, int first, int last)
{
    float across[4], down[4];
    const int left = whole_below(px), top = whole_below(py);
    for (int i = 0; i < 4; i++) {
        across[i] = keys((float)(px - left) - (float)(i - 1));
        down[i] = keys((float)(py - top) - (float)(i - 1));
    }
    for (int c = first; c < last; c++) {
        float sums[4] = {0, 0, 0, 0};
        for (int r = 0; r < 4; r++) {
            const int row = bordered(top - 1 + r, w.height, w.border);
            for (int i = 0; i < 4; i++)
                sums[i] += down[r] * sample_at(w, c, row, left - 1 + i);
        }
        to[c] = (across[0] * sums[0] + across[1] * sums[1]) + (across[2] * sums[2] + across[3] * sums[3]);
    }
}

#define LANES ANEW_DEVICE_FOOTPRINT_LANES

static __device__ __forceinline__ float joined(const float *lanes)
{
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

/* kernels/c/footprint.c, whose lanes are those of the sums here. */
static __device__ void filtered(float *to, const anew_device_warp &w, double px, double py, int first, int last)
{
    float sums[1 + ANEW_DEVICE_WARP_CHANNELS][LANES] = {{0}};
    const int left = -whole_below(w.reach[0] - px), top = -whole_below(w.reach[1] - py);
    const int height = whole_below(py + w.reach[1]) - top + 1;
    const float dx = (float)(left - px), dy = (float)(top - py);
    const float p0 = w.inverse[0][0] * dx + w.inverse[0][1] * dy, q0 = w.inverse[1][0] * dx + w.inverse[1][1] * dy;
    for (int y = 0; y < height; y++) {
        const float p = p0 + (float)y * w.inverse[0][1], q = q0 + (float)y * w.inverse[1][1];
        const int row = bordered(top + y, w.height, w.border);
        for (int x = 0; x < w.columns; x += LANES)
#pragma unroll
            for (int k = 0; k < LANES; k++) {
                const float weight =
                    keys(p + w.inverse[0][0] * (float)(x + k)) * keys(q + w.inverse[1][0] * (float)(x + k));
                sums[0][k] += weight;
#pragma unroll
                for (int c = 0; c < ANEW_DEVICE_WARP_CHANNELS; c++)
                    if (c >= first && c < last)
                        sums[1 + c][k] += weight * sample_at(w, c, row, left + x + k);
            }
    }
    const float total = joined(sums[0]);
#pragma unroll
    for (int c = 0; c < ANEW_DEVICE_WARP_CHANNELS; c++)
        if (c >= first && c < last)
            to[c] = joined(sums[1 + c]) / total;
}

static __device__ __forceinline__ double bounded(double position, int size)
{
    const double far_away = 1e6 + 2.0 * size;
    return fmin(fmax(position, -far_away), far_away);
}

static __device__ void warp_pixel(float *to, const anew_device_warp &w, int x, int y, int first, int last)
{
    const double px = bounded(w.to_source[0][0] * x + w.to_source[0][1] * y + w.to_source[0][2], w.width);
    const double py = bounded(w.to_source[1][0] * x + w.to_source[1][1] * y + w.to_source[1][2], w.height);
    if (w.shrinks)
        filtered(to, w, px, py, first, last);
    else
        interpolated(to, w, px, py, first, last);
}

/* ---- kernels -------------------------------------------------------------------------------------------------- */

/* to[channels][height][width] */
static __global__ void run_warp(float *to, const anew_device_warp w, int height, int width)
{
    const size_t plane = (size_t)height * (size_t)width;
    const size_t at = (size_t)blockIdx.x * blockDim.x + threadIdx.x;
    float pixel[ANEW_DEVICE_WARP_CHANNELS];
    if (at >= plane)
        return;
    warp_pixel(pixel, w, (int)(at % (size_t)width), (int)(at / (size_t)width), 0, w.channels);
    for (int c = 0; c < w.channels; c++)
        to[(size_t)c * plane + at] = pixel[c];
}

/* 1 in the middle of the face, falling fast. */
static __device__ __forceinline__ float nearness(const anew_device_face &f, int x, int y)
{
    const double at_x = f.to_crop[0][0] * x + f.to_crop[0][1] * y + f.to_crop[0][2];
    const double at_y = f.to_crop[1][0] * x + f.to_crop[1][1] * y + f.to_crop[1][2];
    const double dx = (at_x - f.centre[0]) / f.size, dy = (at_y - f.centre[1]) / f.size;
    const double once = 1 / (1 + 64 * (dx * dx + dy * dy));
    return (float)(once * once * (once * once));
}

/* The mask of a face at a pixel, 0 where it has none. */
static __device__ float mask_at(const anew_device_paste &p, int face, const int32_t *spans, int x, int y)
{
    float pixel[ANEW_DEVICE_WARP_CHANNELS];
    if (x < spans[2 * face] || x >= spans[2 * face + 1])
        return 0;
    warp_pixel(pixel, p.faces[face].warp, x, y, p.colours, p.colours + 1);
    return pixel[p.colours] >= p.least ? fminf(pixel[p.colours], 1) : 0;
}

/* delta[colours][rows][columns] */
static __global__ void run_paste(float *delta, const anew_device_paste p)
{
    const size_t plane = (size_t)p.rows * (size_t)p.columns;
    const size_t at = (size_t)blockIdx.x * blockDim.x + threadIdx.x;
    float added[3] = {0, 0, 0}, sum = 0, largest = 0;
    if (at >= plane)
        return;
    const int row = (int)(at / (size_t)p.columns);
    const int x = p.first_column + (int)(at % (size_t)p.columns), y = p.first_row + row;
    const int32_t *spans = p.spans + 2 * (size_t)row * (size_t)p.face_count;
    for (int i = 0; i < p.face_count; i++) {
        const float mask = mask_at(p, i, spans, x, y);
        if (mask > 0) {
            sum += mask * nearness(p.faces[i], x, y);
            largest = fmaxf(largest, mask);
        }
    }
    for (int i = 0; i < p.face_count && largest > 0; i++) {
        const anew_device_face &f = p.faces[i];
        const float mask = mask_at(p, i, spans, x, y);
        float pixel[ANEW_DEVICE_WARP_CHANNELS];
        if (!(mask > 0))
            continue;
        const float share = largest * (mask * nearness(f, x, y) / sum);
        warp_pixel(pixel, f.warp, x, y, 0, p.colours);
        for (int c = 0; c < p.colours; c++)
            added[c] += f.strength * share * pixel[c];
    }
    for (int c = 0; c < p.colours; c++)
        delta[(size_t)c * plane + at] = added[c];
}

/* ---- the way to them ------------------------------------------------------------------------------------------- */

/* Memory of one call, handed out from its beginning in the order in which anew_device_*_bytes counts it. */
struct face_memory {
    unsigned char *all;
    size_t used;
};

static void *hand_out(face_memory *m, size_t bytes)
{
    void *part = m->all + m->used;
    m->used += (size_t)anew_device_place(bytes);
    return part;
}

static int copy_source(anew_device_warp *on_device, face_memory *m, const anew_device_warp *w, char *message,
                       size_t message_bytes)
{
    const size_t bytes = (size_t)anew_device_source_bytes(w);
    float *source = (float *)hand_out(m, bytes);
    *on_device = *w;
    on_device->source = source;
    TRY(cudaMemcpy(source, w->source, bytes, cudaMemcpyHostToDevice), "copying a face");
    return ANEW_DEVICE_OK;
}

static int fetch_result(float *to, const float *from, size_t bytes, char *message, size_t message_bytes)
{
    TRY(cudaGetLastError(), "launch");
    TRY(cudaStreamSynchronize(NULL), "running");
    TRY(cudaMemcpy(to, from, bytes, cudaMemcpyDeviceToHost), "copying a result");
    return ANEW_DEVICE_OK;
}

static int warp_in(face_memory *m, float *to, const anew_device_warp *warp, int height, int width, char *message,
                   size_t message_bytes)
{
    const size_t plane = (size_t)height * (size_t)width, bytes = plane * (size_t)warp->channels * sizeof(float);
    anew_device_warp w;
    TRY(cudaMalloc((void **)&m->all, (size_t)anew_device_warp_bytes(warp, height, width)), "a face");
    const int result = copy_source(&w, m, warp, message, message_bytes);
    if (result != ANEW_DEVICE_OK)
        return result;
    float *made = (float *)hand_out(m, bytes);
    LAUNCH_FREE(run_warp, blocks_for(plane, ELEMENT_THREADS), ELEMENT_THREADS, 0, (cudaStream_t)NULL, made, w, height,
                width);
    return fetch_result(to, made, bytes, message, message_bytes);
}

static int warp_picture(void *device, float *to, const anew_device_warp *warp, int height, int width, char *message,
                        size_t message_bytes)
{
    face_memory memory = {NULL, 0};
    TRY(cudaSetDevice(((const cuda_device *)device)->index), "cudaSetDevice");
    const int result = warp_in(&memory, to, warp, height, width, message, message_bytes);
    (void)cudaFree(memory.all);
    return result;
}

/* `faces` is the host's table of the device's faces. */
static int paste_in(face_memory *m, anew_device_face *faces, float *delta, const anew_device_paste *paste,
                    char *message, size_t message_bytes)
{
    const size_t plane = (size_t)paste->rows * (size_t)paste->columns, count = (size_t)paste->face_count;
    const size_t bytes = plane * (size_t)paste->colours * sizeof(float);
    const size_t span_bytes = 2 * count * (size_t)paste->rows * sizeof *paste->spans;
    anew_device_paste p = *paste;
    TRY(cudaMalloc((void **)&m->all, (size_t)anew_device_paste_bytes(paste)), "faces");
    for (size_t i = 0; i < count; i++) {
        faces[i] = paste->faces[i];
        const int result = copy_source(&faces[i].warp, m, &paste->faces[i].warp, message, message_bytes);
        if (result != ANEW_DEVICE_OK)
            return result;
    }
    anew_device_face *table = (anew_device_face *)hand_out(m, count * sizeof *table);
    int32_t *spans = (int32_t *)hand_out(m, span_bytes);
    float *made = (float *)hand_out(m, bytes);
    TRY(cudaMemcpy(table, faces, count * sizeof *table, cudaMemcpyHostToDevice), "copying the faces");
    TRY(cudaMemcpy(spans, paste->spans, span_bytes, cudaMemcpyHostToDevice), "copying the faces' columns");
    p.faces = table;
    p.spans = spans;
    LAUNCH_FREE(run_paste, blocks_for(plane, ELEMENT_THREADS), ELEMENT_THREADS, 0, (cudaStream_t)NULL, made, p);
    return fetch_result(delta, made, bytes, message, message_bytes);
}

static int paste_faces(void *device, float *delta, const anew_device_paste *paste, char *message, size_t message_bytes)
{
    face_memory memory = {NULL, 0};
    TRY(cudaSetDevice(((const cuda_device *)device)->index), "cudaSetDevice");
    anew_device_face *faces = (anew_device_face *)calloc((size_t)paste->face_count, sizeof *faces);
    if (faces == NULL) {
        (void)snprintf(message, message_bytes, "no memory");
        return ANEW_DEVICE_FAILED;
    }
    const int result = paste_in(&memory, faces, delta, paste, message, message_bytes);
    (void)cudaFree(memory.all);
    free(faces);
    return result;
}
