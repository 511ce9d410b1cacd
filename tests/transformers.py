"""Published transformers in PyTorch, each as its paper has it, on the tensor names of published files: what goldens are made by
(make_golden_transformers.py) and speed is compared with (bench/). Windows are cut out of the picture here, and every pair's bias
is looked up by the rule of the published tables.

As in small_networks.py, a function takes a dict of tensors and a picture, and notes what its boxes give in `seen`.
"""
import math

import torch
import torch.nn.functional as F

from small_networks import conv, number_of

MEAN = torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1)


def norm(weights, x, name, epsilon=1e-5):
    y = F.layer_norm(x.permute(0, 2, 3, 1), x.shape[1:2], weights[name + ".weight"], weights[name + ".bias"], epsilon)
    return y.permute(0, 3, 1, 2)


def windows_of(x, window):
    """[1, C, H, W] to [windows, pixels, C]."""
    _, c, h, w = x.shape
    x = x.view(c, h // window, window, w // window, window)
    return x.permute(1, 3, 2, 4, 0).reshape(-1, window * window, c)


def picture_of(x, window, h, w):
    x = x.view(h // window, w // window, window, window, -1)
    return x.permute(4, 0, 2, 1, 3).reshape(1, -1, h, w)


def attend(q, k, v, heads, bias):
    """[windows, queries, C] on [windows, keys, C]; bias is added to the scores, [.., heads, queries, keys]."""
    n, queries, c = q.shape
    q, k, v = (t.view(n, -1, heads, c // heads).transpose(1, 2) for t in (q, k, v))
    scores = (q * (c // heads) ** -0.5) @ k.transpose(-2, -1) + bias
    return (scores.softmax(-1) @ v).transpose(1, 2).reshape(n, queries, c)


def places(side):
    """Rows and columns of the pixels of a square, [pixels] each."""
    return torch.arange(side).repeat_interleave(side), torch.arange(side).repeat(side)


def bias_of(table, window):
    """[heads, pixels, pixels]: query less key, each 1 - window .. window - 1."""
    rows, columns = places(window)
    down = rows[:, None] - rows[None, :] + window - 1
    right = columns[:, None] - columns[None, :] + window - 1
    return table[down * (2 * window - 1) + right].permute(2, 0, 1)


def shifted_mask(h, w, window, shift):
    """[windows, 1, pixels, pixels]: -100 between pixels that only the turning around has brought together."""
    if shift == 0:
        return 0.0
    part = torch.zeros(1, 1, h, w)
    cuts = (slice(0, -window), slice(-window, -shift), slice(-shift, None))
    for i, rows in enumerate(cuts):
        for k, columns in enumerate(cuts):
            part[:, :, rows, columns] = 3 * i + k
    part = windows_of(part, window)[:, :, 0]
    return torch.where(part[:, None, :] == part[:, :, None], 0.0, -100.0)[:, None]


def hat_attention(weights, x, name, window, shift):
    _, c, h, w = x.shape
    table = weights[name + ".relative_position_bias_table"]
    if shift:
        x = torch.roll(x, (-shift, -shift), (2, 3))
    qkv = conv(weights, windows_of(x, window).transpose(1, 2)[..., None], name + ".qkv")[..., 0].transpose(1, 2)
    q, k, v = qkv.split(c, 2)
    y = attend(q, k, v, table.shape[1], bias_of(table, window) + shifted_mask(h, w, window, shift))
    y = picture_of(y, window, h, w)
    if shift:
        y = torch.roll(y, (shift, shift), (2, 3))
    return conv(weights, y, name + ".proj")


def hat_overlapping(weights, x, name, window):
    _, c, h, w = x.shape
    table = weights[name + ".relative_position_bias_table"]
    side = round(table.shape[0] ** 0.5)
    large = side + 1 - window
    q, k, v = conv(weights, x, name + ".qkv").split(c, 1)
    keys, values = (F.unfold(t, large, padding=(large - window) // 2, stride=window).view(c, large * large, -1).permute(2, 1, 0)
                    for t in (k, v))
    rows, columns = places(window)
    large_rows, large_columns = places(large)
    # As published: offsets that may be below 0, which count from the table's end.
    down = large_rows[None, :] - rows[:, None] + window - large + 1
    right = large_columns[None, :] - columns[:, None] + window - large + 1
    bias = table[down * side + right].permute(2, 0, 1)
    y = attend(windows_of(q, window), keys, values, table.shape[1], bias)
    return conv(weights, picture_of(y, window, h, w), name + ".proj")


def mlp(weights, x, name):
    y = F.gelu(conv(weights, norm(weights, x, name + ".norm2"), name + ".mlp.fc1"))
    return x + conv(weights, y, name + ".mlp.fc2")


def swin2sr_attention(weights, x, name, shift):
    """Cosines for scores; biases by a small network of the offsets."""
    _, c, h, w = x.shape
    coords = weights[name + ".relative_coords_table"]
    window = (coords.shape[1] + 1) // 2
    scale = weights[name + ".logit_scale"].clamp(max=math.log(100)).exp()
    heads = scale.shape[0]
    bias = F.linear(F.relu(F.linear(coords, weights[name + ".cpb_mlp.0.weight"], weights[name + ".cpb_mlp.0.bias"])),
                    weights[name + ".cpb_mlp.2.weight"])
    bias = 16 * torch.sigmoid(bias_of(bias.reshape(-1, heads), window))
    if shift:
        x = torch.roll(x, (-shift, -shift), (2, 3))
    q, k, v = F.linear(windows_of(x, window), weights[name + ".qkv.weight"]).split(c, 2)
    q, v = q + weights[name + ".q_bias"], v + weights[name + ".v_bias"]
    q, k, v = (t.reshape(t.shape[0], -1, heads, c // heads).transpose(1, 2) for t in (q, k, v))
    scores = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1) * scale
    y = (scores + bias + shifted_mask(h, w, window, shift)).softmax(-1) @ v
    y = picture_of(y.transpose(1, 2).reshape(-1, window * window, c), window, h, w)
    if shift:
        y = torch.roll(y, (shift, shift), (2, 3))
    return conv(weights, y, name + ".proj")


def swin2sr(weights, picture, seen):
    """The light form, whose end is one convolution and a pixel shuffle."""
    window = (weights["layers.0.residual_group.blocks.0.attn.relative_coords_table"].shape[1] + 1) // 2
    shallow = conv(weights, picture - MEAN.to(picture.dtype), "conv_first")
    x = norm(weights, conv(weights, shallow, "patch_embed.proj"), "patch_embed.norm")
    for i in range(number_of(weights, "layers.")):
        group, before = f"layers.{i}.residual_group.", x
        for k in range(number_of(weights, group + "blocks.")):
            name = f"{group}blocks.{k}"
            seen[name + ".attn.proj"] = y = swin2sr_attention(weights, x, name + ".attn", window // 2 * (k % 2))
            x = x + norm(weights, y, name + ".norm1")
            y = conv(weights, F.gelu(conv(weights, x, name + ".mlp.fc1")), name + ".mlp.fc2")
            seen[name] = x = x + norm(weights, y, name + ".norm2")
        x = conv(weights, conv(weights, x, f"layers.{i}.conv"), f"layers.{i}.patch_embed.proj") + before
        seen[f"layers.{i}"] = x
    x = conv(weights, norm(weights, x, "norm"), "conv_after_body") + shallow
    x = conv(weights, x, "upsample.0")
    return F.pixel_shuffle(x, round((x.shape[1] / 3) ** 0.5)) + MEAN.to(picture.dtype)


def hat(weights, picture, seen, conv_scale=0.01):
    table = weights["layers.0.residual_group.blocks.0.attn.relative_position_bias_table"]
    window = (round(table.shape[0] ** 0.5) + 1) // 2
    shallow = conv(weights, picture - MEAN.to(picture.dtype), "conv_first")
    x = norm(weights, shallow, "patch_embed.norm")
    for i in range(number_of(weights, "layers.")):
        group, before = f"layers.{i}.residual_group.", x
        for k in range(number_of(weights, group + "blocks.")):
            name = f"{group}blocks.{k}"
            normal = norm(weights, x, name + ".norm1")
            y = F.gelu(conv(weights, normal, name + ".conv_block.cab.0"))
            y = conv(weights, y, name + ".conv_block.cab.2")
            few = F.relu(conv(weights, y.mean((2, 3), keepdim=True), name + ".conv_block.cab.3.attention.1"))
            y = y * torch.sigmoid(conv(weights, few, name + ".conv_block.cab.3.attention.3"))
            seen[name + ".conv_block.cab.3.attention"] = y
            x = x + hat_attention(weights, normal, name + ".attn", window, window // 2 * (k % 2)) + conv_scale * y
            seen[name] = x = mlp(weights, x, name)
        name = group + "overlap_attn"
        x = hat_overlapping(weights, norm(weights, x, name + ".norm1"), name, window) + x
        seen[name] = x = mlp(weights, x, name)
        seen[f"layers.{i}"] = x = conv(weights, x, f"layers.{i}.conv") + before
    x = conv(weights, norm(weights, x, "norm"), "conv_after_body") + shallow
    x = F.leaky_relu(conv(weights, x, "conv_before_upsample.0"), 0.01)
    for i in range(0, 6, 2):
        if f"upsample.{i}.weight" in weights:
            x = conv(weights, x, f"upsample.{i}")
            x = F.pixel_shuffle(x, round((x.shape[1] / weights[f"upsample.{i}.weight"].shape[1]) ** 0.5))
    return conv(weights, x, "conv_last") + MEAN.to(picture.dtype)
