"""What JPEG takes from pictures, for whole batches on any device: colours, halved chroma, rounded coefficients (ITU-T T.81).

Entropy coding loses nothing and is left out. The tables are those of T.81, annex K, scaled by quality as libjpeg does it.
"""
import math

import torch
import torch.nn.functional as functional

LUMA = torch.tensor([
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99], dtype=torch.float32).reshape(8, 8)
CHROMA = torch.full((8, 8), 99.0)
CHROMA[:4, :4] = torch.tensor([[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]], dtype=torch.float32)

# Rec. 601 on samples from 0 to 255, rows Y, Cb, Cr (JFIF 1.02).
TO_YCC = torch.tensor([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])

# Rows of the orthonormal DCT-II of 8 samples.
DCT = torch.tensor([[math.sqrt((1 if u == 0 else 2) / 8) * math.cos((2 * x + 1) * u * math.pi / 16) for x in range(8)]
                    for u in range(8)])


def tables(base, quality):
    """[n][8][8] for qualities [n] from 1 to 100."""
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality).floor()
    return ((base.to(quality.device) * scale[:, None, None] + 50) / 100).floor().clamp(1, 255)


def rounded(plane, table):
    """A plane [n][h][w], centred on 0, through its blocks' coefficients. Edges are repeated to whole blocks."""
    height, width = plane.shape[1:]
    plane = functional.pad(plane[:, None], (0, -width % 8, 0, -height % 8), mode="replicate")[:, 0]
    blocks = plane.unflatten(2, (-1, 8)).unflatten(1, (-1, 8)).transpose(2, 3)  # [n][rows][columns][8][8]
    dct = DCT.to(plane.device)
    table = table[:, None, None]
    coefficients = (dct @ blocks @ dct.T / table).round() * table
    plane = (dct.T @ coefficients @ dct).transpose(2, 3).flatten(3, 4).flatten(1, 2)
    return plane[:, :height, :width]


def compress(picture, quality, halved):
    """picture [n][3][h][w] in 0..1, quality [n] from 1 to 100, `halved`: chroma at half resolution (4:2:0). Same shape."""
    n, _, height, width = picture.shape
    quality = quality.float().round().clamp(1, 100)
    pixels = (picture.clamp(0, 1) * 255).round()
    to_ycc = TO_YCC.to(picture.device)
    planes = torch.einsum("ij,njhw->nihw", to_ycc, pixels)
    luma = rounded(planes[:, 0].round() - 128, tables(LUMA, quality)) + 128
    chroma = planes[:, 1:].round()
    if halved:
        chroma = functional.pad(chroma, (0, width % 2, 0, height % 2), mode="replicate")
        chroma = functional.avg_pool2d(chroma, 2).round()
    table = tables(CHROMA, quality).repeat_interleave(2, dim=0)
    chroma = rounded(chroma.flatten(0, 1), table).unflatten(0, (n, 2)).round().clamp(-128, 127)
    if halved:  # the triangle filter of libjpeg's "fancy upsampling" is bilinear interpolation between centres
        chroma = functional.interpolate(chroma, scale_factor=2, mode="bilinear", align_corners=False)
        chroma = chroma[:, :, :height, :width]
    planes = torch.cat([luma.round().clamp(0, 255)[:, None], chroma], dim=1)
    pixels = torch.einsum("ij,njhw->nihw", torch.linalg.inv(to_ycc), planes)
    return pixels.round().clamp(0, 255) / 255
