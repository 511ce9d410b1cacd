/*
 * peak_features.h - whether this machine and this build have what the peaks beyond f32 need: NULL, or the reason why
 * not, in a few words.
 */
#ifndef ANEW_KERNELS_X86_PEAK_FEATURES_H
#define ANEW_KERNELS_X86_PEAK_FEATURES_H

const char *anew_peak_missing_avx512_bf16(void);
const char *anew_peak_missing_avx512_fp16(void);
const char *anew_peak_missing_avx512_vnni(void);
const char *anew_peak_missing_amx_bf16(void);
const char *anew_peak_missing_amx_int8(void);

#endif
