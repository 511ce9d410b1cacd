/*
 * codeformer.c - CodeFormer: restores a face by looking up what it may have been in a book of codes.
 *
 * Zhou et al.: Towards Robust Blind Face Restoration with Codebook Lookup Transformer (2022), figure 3; the encoder and
 * the generator are those of VQGAN (Esser et al. 2021). Input and result are aligned faces, samples from -1 to 1.
 *
 * The figure in words. The encoder halves the face until each pixel of its result stands for a square of 32 x 32. To a
 * transformer these 16 x 16 pixels are words of a sentence: for each it tells which of the codes belongs there. The
 * codes were learned from good faces, and the generator makes a face of them, so that the result is sharp whatever the
 * input was, but may be somebody else. Therefore, at some sizes, features of the encoder change those of the
 * generator: by `fidelity`, from 0, not at all, to 1.
 *
 *     picture - encoder ----- transformer - codes -(adain)- generator - result
 *                  |  \______________________________/          |
 *                  +----- fuse, at some sizes ------------------+
 *
 * Up to the codes nothing is rounded to bfloat16: another code is another face.
 *
 * All blocks of the encoder are numbered in one row, and so are those of the generator.
 */
#include "nets/nets.h"

#define MOST_LEVELS 6
#define GROUPS      32
#define EPSILON     1e-6f

static anew_val norm_swish(anew_graph *g, anew_val x, const char *name)
{
    return anew_silu(g, anew_group_norm(g, x, GROUPS, EPSILON, "%s", name));
}

static anew_val residual_block(anew_graph *g, anew_val x, int channels)
{
    anew_val y = anew_conv3(g, norm_swish(g, x, "norm1"), channels, "conv1");
    y = anew_conv3(g, norm_swish(g, y, "norm2"), channels, "conv2");
    const bool same = anew_channels(g, x) == channels;
    return anew_add(g, y, same ? x : anew_conv(g, x, channels, 1, true, "conv_out"));
}

static anew_val attention_block(anew_graph *g, anew_val x)
{
    const int channels = anew_channels(g, x);
    const anew_val n = anew_group_norm(g, x, GROUPS, EPSILON, "norm");
    const anew_val query = anew_conv(g, n, channels, 1, true, "q");
    const anew_val key = anew_conv(g, n, channels, 1, true, "k");
    const anew_val value = anew_conv(g, n, channels, 1, true, "v");
    const anew_val y = anew_attention(g, query, key, value, 1);
    return anew_add(g, x, anew_conv(g, y, channels, 1, true, "proj_out"));
}

/* Pads below and right only. */
static anew_val down_block(anew_graph *g, anew_val x)
{
    return anew_conv_with(
        g, x,
        (anew_conv_options){
            .channels = anew_channels(g, x), .kernel = 3, .stride = 2, .bias = true, .after = true},
        "conv");
}

static anew_val up_block(anew_graph *g, anew_val x)
{
    return anew_conv3(g, anew_upsample_nearest(g, x, 2), anew_channels(g, x), "conv");
}

/* The next block of the encoder or of the generator. */
static void enter(anew_graph *g, const char *part, int *number)
{
    anew_enter(g, "%s.blocks.%d", part, (*number)++);
}

static anew_val residual(anew_graph *g, anew_val x, int channels, const char *part, int *number)
{
    enter(g, part, number);
    return anew_leave(g, residual_block(g, x, channels));
}

static anew_val attention(anew_graph *g, anew_val x, const char *part, int *number)
{
    enter(g, part, number);
    return anew_leave(g, attention_block(g, x));
}

/* A norm that no swish follows, and the convolution that ends a part. */
static anew_val end(anew_graph *g, anew_val x, int channels, const char *part, int *number)
{
    x = anew_group_norm(g, x, GROUPS, EPSILON, "%s.blocks.%d", part, *number);
    *number += 2;
    return anew_conv3(g, x, channels, "%s.blocks.%d", part, *number - 1);
}

static anew_val middle(anew_graph *g, anew_val x, const char *part, int *number)
{
    const int channels = anew_channels(g, x);
    x = attention(g, residual(g, x, channels, part, number), part, number);
    return residual(g, x, channels, part, number);
}

/* features[level]: before the level's size is halved. */
static anew_val encode(anew_graph *g, anew_val x, const int *channels, int levels, int code_size,
                       anew_val *features)
{
    static const char part[] = "encoder";
    int number = 1;
    x = anew_conv3(g, x, channels[0], "encoder.blocks.0");
    for (int level = 0; level < levels; level++) {
        for (int i = 0; i < 2; i++) {
            x = residual(g, x, channels[level], part, &number);
            if (level == levels - 1)
                x = attention(g, x, part, &number);
        }
        features[level] = x;
        if (level < levels - 1) {
            enter(g, part, &number);
            x = anew_leave(g, down_block(g, x));
        }
    }
    x = middle(g, x, part, &number);
    return end(g, x, code_size, part, &number);
}

/* One layer of the transformer; places are told to queries and keys, never to values. */
static anew_val transformer_layer(anew_graph *g, anew_val x, anew_val places, int heads, int mlp)
{
    const int width = anew_channels(g, x);
    anew_val n = anew_layer_norm(g, x, 1e-5f, "norm1");
    const anew_val placed = anew_add(g, n, places);
    anew_enter(g, "self_attn");
    const anew_val query = anew_linear(g, placed, width, true, "q");
    const anew_val key = anew_linear(g, placed, width, true, "k");
    const anew_val value = anew_linear(g, n, width, true, "v");
    n = anew_leave(
        g, anew_linear(g, anew_attention(g, query, key, value, heads), width, true, "out_proj"));
    x = anew_add(g, x, n);
    n = anew_linear(g, anew_layer_norm(g, x, 1e-5f, "norm2"), mlp, true, "linear1");
    n = anew_linear(g, anew_function(g, ANEW_OP_GELU, n), width, true, "linear2");
    return anew_add(g, x, n);
}

/* The generator's x, changed by the encoder's features of the same size. */
static anew_val fuse(anew_graph *g, anew_val x, anew_val features, float fidelity)
{
    const int channels = anew_channels(g, x);
    anew_val terms[2];
    anew_enter(g, "encode_enc");
    const anew_val e = anew_leave(g, residual_block(g, anew_cat(g, features, x), channels));
    for (int i = 0; i < 2; i++) {
        anew_enter(g, i == 0 ? "scale" : "shift");
        const anew_val y = anew_lrelu(g, anew_conv3(g, e, channels, "0"), 0.2f);
        terms[i] = anew_leave(g, anew_conv3(g, y, channels, "2"));
    }
    const anew_val change = anew_add(g, anew_multiply(g, x, terms[0]), terms[1]);
    return anew_add(g, x, anew_scale(g, change, fidelity));
}

anew_val anew_build_codeformer(anew_graph *g)
{
    const int side = anew_hyper_int(g, "img_size", 32, 4096);
    const int levels = anew_hyper_int(g, "num_level", 2, MOST_LEVELS);
    const int width = anew_hyper_int(g, "dim_embd", 1, 4096);
    const int heads = anew_hyper_int(g, "n_head", 1, 64);
    const int layers = anew_hyper_int(g, "n_layers", 0, 64);
    const int mlp = anew_hyper_int(g, "dim_mlp", 1, 4096);
    const int codes = anew_hyper_int(g, "codebook_size", 1, 4096);
    const int code_size = anew_hyper_int(g, "emb_dim", 1, 4096);
    /* Sizes at which features are fused, powers of two, as a sum. */
    const int fused = anew_hyper_int_or(g, "connect_list", 0, 0, 8191);
    const float fidelity = anew_wish(g, "fidelity", 0.5f, 0, 1);
    const bool adain = anew_wish(g, "adain", 1, 0, 1) > 0;
    static const char *const names[MOST_LEVELS] = {"ch_0", "ch_1", "ch_2", "ch_3", "ch_4", "ch_5"};
    int channels[MOST_LEVELS] = {0};
    for (int i = 0; i < levels; i++)
        channels[i] = anew_hyper_int(g, names[i], GROUPS, 2048);
    if ((side & (side - 1)) != 0)
        anew_hyper_refuse(g, "img_size", "a power of two");

    anew_keep_float32(g, true);
    anew_val features[MOST_LEVELS];
    const anew_val encoded =
        encode(g, anew_input_square(g, 3, side), channels, levels, code_size, features);

    anew_val x = anew_linear(g, encoded, width, true, "feat_emb");
    const anew_val places = anew_constant(g, width, side >> (levels - 1), "position_emb");
    for (int i = 0; i < layers; i++) {
        anew_enter(g, "ft_layers.%d", i);
        x = anew_leave(g, transformer_layer(g, x, places, heads, mlp));
    }
    x = anew_layer_norm(g, x, 1e-5f, "idx_pred_layer.0");
    x = anew_linear(g, x, codes, false, "idx_pred_layer.1");
    x = anew_codebook(g, x, code_size, "quantize.embedding");
    if (adain)
        x = anew_adain(g, x, encoded, 1e-5f);

    anew_keep_float32(g, false);
    static const char part[] = "generator";
    int number = 1;
    x = anew_conv3(g, x, channels[levels - 1], "generator.blocks.0");
    x = middle(g, x, part, &number);
    if (fidelity <= 0)
        anew_leave_out(g, "fuse_convs_dict.");
    for (int level = levels - 1; level >= 0; level--) {
        for (int i = 0; i < 2; i++) {
            x = residual(g, x, channels[level], part, &number);
            if (level == levels - 1)
                x = attention(g, x, part, &number);
            if (i == 0 && fidelity > 0 && (fused & side >> level) != 0) {
                anew_enter(g, "fuse_convs_dict.%d", side >> level);
                x = anew_leave(g, fuse(g, x, features[level], fidelity));
            }
        }
        if (level > 0) {
            enter(g, part, &number);
            x = anew_leave(g, up_block(g, x));
        }
    }
    return end(g, x, 3, part, &number);
}
