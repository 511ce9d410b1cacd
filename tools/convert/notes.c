/* notes.c - operations and licences of the networks that are recognised. */
#include "notes.h"

#include <stddef.h>
#include <string.h>

static const network_note notes[] = {
    {"srvgg", "PReLU or ReLU, pixel shuffle, nearest enlargement", "BSD-3-Clause (Real-ESRGAN)"},
    {"rrdb", "LeakyReLU, concatenation, nearest enlargement, pixel unshuffle",
     "BSD-3-Clause (Real-ESRGAN); others differ"},
    {"span", "SiLU, tanh, products, concatenation, pixel shuffle", "differs from file to file"},
    {"swin2sr", "attention in windows, grouped sums, roots, quotients, layer norm, GELU",
     "Apache-2.0 (Swin2SR)"},
    {"hat",
     "attention in windows, also overlapping ones, layer norm, GELU, means of the whole picture",
     "Apache-2.0 (HAT)"},
    {"swinir", "attention in windows, layer norm, GELU, pixel shuffle", "Apache-2.0 (SwinIR)"},
    {"dncnn", "ReLU, dilated convolutions (IRCNN)", "MIT (KAIR)"},
    {"ffdnet", "ReLU, pixel unshuffle and shuffle, a plane of the noise's level",
     "KAIR's MIT; FFDNet-PyTorch's files come without a grant"},
    {"espcn", "tanh or ReLU, pixel shuffle", "differs from file to file"},
    {"pan", "sigmoid, products, nearest and bilinear enlargement", "published without a grant"},
    {"imdn", "slices, concatenation, means of the whole picture, sigmoid, products",
     "published without a grant"},
    {"rfdn", "convolutions and pools without padding, resize to a size, sigmoid, concatenation",
     "MIT (NTIRE2022_ESR)"},
    {"bsrn", "as RFDN; depthwise convolutions, GELU, means of the whole picture",
     "MIT (NTIRE2022_ESR)"},
    {"safmn",
     "adaptive max pools, depthwise convolutions, GELU, layer norm or means of the picture",
     "Apache-2.0 (SAFMN), MIT (its NTIRE2023_ESR)"},
    {"plksr", "large kernels, slices, Mish or GELU, norms of the whole picture, pixel shuffle",
     "PLKSR's MIT; files of RealPLKSR differ, many are CC-BY"},
    {"upconv", "convolutions without padding, a transposed one, LeakyReLU", "MIT (waifu2x, nunif)"},
    {"cunet",
     "convolutions without padding, crops, means of the whole picture, transposed convolutions",
     "MIT (waifu2x, nunif; Real-CUGAN)"},
    {"unet", "max pools, transposed convolutions, concatenation", "published without a grant"},
    {"gfpgan", "modulated convolutions, bilinear resize, LeakyReLU, noise planes",
     "Apache-2.0 (GFPGAN); parts after StyleGAN2 are non-commercial"},
    {"codeformer", "group norm, attention over the whole value, a codebook, adaptive norms",
     "NTU S-Lab 1.0: non-commercial"},
    {"face_unet", "convolutions with strides, PReLU, pixel shuffle", "CC0-1.0 (anew)"},
    {"parsenet", "convolutions with reflected edges, nearest enlargement, LeakyReLU",
     "MIT (facexlib); trained on CelebAMask-HQ, which is non-commercial"},
    {"bisenet", "means of the whole picture, sigmoid, products, nearest and bilinear resize",
     "MIT (facexlib, face-parsing.PyTorch); trained on CelebAMask-HQ, which is non-commercial"},
    {"retinaface", "depthwise convolutions, nearest resize, concatenation, softmax",
     "MIT (Pytorch_Retinaface)"},
    {"yunet", "depthwise convolutions, max pools, nearest enlargement, sigmoid",
     "Apache-2.0 (libfacedetection.train)"},
    {"scrfd", "depthwise convolutions, nearest enlargement, sigmoid",
     "non-commercial research (InsightFace)"},
};

const network_note *network_note_of(const char *architecture)
{
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++)
        if (strcmp(notes[i].architecture, architecture) == 0)
            return &notes[i];
    return NULL;
}
