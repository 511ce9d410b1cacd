/*
 * known.c - published files, by the SHA-256 of the whole file (weights/MODELS.md tells where the hashes come
 * from): their name, licence and source, and what no tensor of theirs shows.
 */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "core/sha256.h"
#include "recognise.h"

#define RELEASES "https://github.com/xinntao/Real-ESRGAN/releases/download/"
#define YUNET    "https://github.com/ShiqiYu/libfacedetection.train/blob/master/"
#define NCNN     "https://github.com/upscayl/custom-models/blob/main/models/"

typedef struct known_file {
    const char *sha256, *name, *licence, *source, *denoise_partner;
} known_file;

static const known_file files[] = {
    {"4fa0d38905f75ac06eb49a7951b426670021be3018265fd191d2125df9d682f1", "RealESRGAN_x4plus",
     "BSD-3-Clause", RELEASES "v0.1.0/RealESRGAN_x4plus.pth", NULL},
    {"49fafd45f8fd7aa8d31ab2a22d14d91b536c34494a5cfe31eb5d89c2fa266abb", "RealESRGAN_x2plus",
     "BSD-3-Clause", RELEASES "v0.2.1/RealESRGAN_x2plus.pth", NULL},
    {"f872d837d3c90ed2e05227bed711af5671a6fd1c9f7d7e91c911a61f155e99da",
     "RealESRGAN_x4plus_anime_6B", "BSD-3-Clause",
     RELEASES "v0.2.2.4/RealESRGAN_x4plus_anime_6B.pth", NULL},
    {"8dc7edb9ac80ccdc30c3a5dca6616509367f05fbc184ad95b731f05bece96292", "realesr-general-x4v3",
     "BSD-3-Clause", RELEASES "v0.2.5.0/realesr-general-x4v3.pth", "realesr-general-wdn-x4v3"},
    {"1641f8c4464b9f097c9fdda5589273713f67cf59f3d909e0bd688f0cee269dca", "realesr-general-wdn-x4v3",
     "BSD-3-Clause", RELEASES "v0.2.5.0/realesr-general-wdn-x4v3.pth", NULL},
    {"b8a8376811077954d82ca3fcf476f1ac3da3e8a68a4f4d71363008000a18b75d", "realesr-animevideov3",
     "BSD-3-Clause", RELEASES "v0.2.5.0/realesr-animevideov3.pth", NULL},
    /* The same weights for ncnn: of its two files the .bin. */
    {"548a36f9c3f4ab8da56cd3b13badf23968bee207b396dad14d04b830e5f2ab2d", "realesr-animevideov3",
     "BSD-3-Clause", NCNN "realesr-animevideov3-x4.bin", NULL},
    {"85ee266b632a765a725425ba6a5620c088c8aa2939a03063b2d83b3462724cc1", "realesr-general-x4v3",
     "BSD-3-Clause", NCNN "RealESRGAN_General_x4_v3.bin", "realesr-general-wdn-x4v3"},
    {"74eae91a6230cbe5b931be6c49141faaff0034976933d4da9accb77c329c8a78", "realesr-general-wdn-x4v3",
     "BSD-3-Clause", NCNN "RealESRGAN_General_WDN_x4_v3.bin", NULL},
    {"9c7c9e14a4d60e57491d77e4d8b0d451bd834f300e05c0dea7fd1f6533817b06", "yunet_n", "Apache-2.0",
     YUNET "weights/yunet_n.pth", NULL},
    {"81dbde155e982455488235acb8ec2dec5d647edf7cf7080d33e4abb69b93a0d2", "yunet_n", "Apache-2.0",
     YUNET "onnx/yunet_n_320_320.onnx", NULL},
    {"104ee26c71d5c270ce79a6b3dced91c91013260d29a6bf18f9296c5b8c4c2b12", "yunet_n", "Apache-2.0",
     YUNET "onnx/yunet_n_dynamic.onnx", NULL},
    {"517cb1980c72422e676738fc45431700fb7cbee56d0f825b623ee427b3e5ce58", "scrfd_500m",
     "non-commercial research", "https://github.com/deepinsight/insightface", NULL},
};

/* Files whose activations are LeakyReLU of a slope that no tensor tells and that is not the usual one. */
static const struct {
    const char *sha256, *name, *licence, *source;
    double slope;
} slopes[] = {
    {"78b0533ceea681a290e98efca85e3a2815b22310f1fe7e287788e7f55f0743a9", "retinaface_mobilenet025",
     "MIT", "https://github.com/biubug6/Pytorch_Retinaface/blob/master/weights/", 0},
};

/* Keeps what the file itself says. */
static anew_status set_text(char **text, const char *value, anew_error *error)
{
    if (*text != NULL)
        return ANEW_OK;
    *text = anew_text_copy(value);
    return *text != NULL ? ANEW_OK : anew_fail(error, ANEW_ERROR_MEMORY, "no memory");
}

anew_status known_file_note(checkpoint *c, const uint8_t *data, size_t size, anew_error *error)
{
    char hex[65];
    anew_sha256(hex, data, size);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (strcmp(files[i].sha256, hex) != 0)
            continue;
        ANEW_TRY(set_text(&c->name, files[i].name, error));
        ANEW_TRY(set_text(&c->licence, files[i].licence, error));
        ANEW_TRY(set_text(&c->source, files[i].source, error));
        c->denoise_partner = files[i].denoise_partner;
    }
    for (size_t i = 0; i < sizeof slopes / sizeof slopes[0]; i++) {
        if (strcmp(slopes[i].sha256, hex) != 0)
            continue;
        ANEW_TRY(set_text(&c->name, slopes[i].name, error));
        ANEW_TRY(set_text(&c->licence, slopes[i].licence, error));
        ANEW_TRY(set_text(&c->source, slopes[i].source, error));
        c->has_slope = true;
        c->slope = slopes[i].slope;
    }
    return ANEW_OK;
}
