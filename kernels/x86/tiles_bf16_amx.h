/*
 * tiles_bf16_amx.h - what the convolutions on tiles of bfloat16 share, after conv_tiles_amx_body.h.
 */

/* Channels first .. first + 15 of pixel x, zeros where there are none; a mask because the lanes past the
 * channels may hold anything. */
INLINE vector channels_of(const anew_conv_row *row, int block, int source_rows, int y, int x)
{
    if (block >= row->source_blocks)
        return _mm512_setzero_ps();
    const __mmask16 used = (__mmask16)((1u << row->source_channels[block]) - 1);
    return _mm512_maskz_loadu_ps(used, row->sources[block * source_rows + y] + x * ANEW_BLOCK);
}

static vector values_of(const convolution *c, const float *sums, int block)
{
    return vector_add(vector_load(sums), vector_load(c->row->bias + block * ANEW_BLOCK));
}

static const float *weights_of(const anew_conv_row *row)
{
    return row->weights;
}
