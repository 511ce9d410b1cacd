/*
 * tile_emulator.c - LDTILECFG, TILERELEASE, TILEZERO, TILELOADD, TILESTORED, TDPBF16PS and TDPBUSD by the Intel SDM
 * (volume 2, their pages; volume 1, chapter 18): decoded from their bytes, with the registers of the signal's
 * context. An instruction that it does not know, or that the manual forbids (a tile without configuration, shapes
 * that do not fit), ends the program with a message.
 */
#define _GNU_SOURCE
#include "common/tile_emulator.h"

#if defined(__x86_64__) && defined(__linux__)

#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "kernels/bf16.h"

#define TILES 8
#define LINES 16
#define LINE  64

typedef struct configuration { /* SDM volume 1, table 18-1 */
    uint8_t palette, start_row, reserved[14];
    uint16_t bytes_of_line[16];
    uint8_t lines[16];
} configuration;

static _Thread_local configuration now; /* palette 0: none; each thread has its own tiles */
static _Thread_local uint8_t tiles[TILES][LINES][LINE];
static _Atomic long count;

static void give_up(const char *why)
{
    (void)!write(STDERR_FILENO, "tile emulator: ", 15);
    (void)!write(STDERR_FILENO, why, strlen(why));
    (void)!write(STDERR_FILENO, "\n", 1);
    _exit(70);
}

/* A VEX-encoded instruction (SDM volume 2, section 2.3) of map 0F 38. */
typedef struct instruction {
    int prefix; /* 0: none, 1: 66, 2: F3, 3: F2 */
    int opcode;
    int mod, reg, rm, third; /* reg, rm and VEX.vvvv: tiles, where the operand is one */
    uint64_t address;        /* of a memory operand, without the index */
    int64_t stride;          /* the index register, scaled */
    int bytes;
} instruction;

static uint64_t general_register(const ucontext_t *context, int number)
{
    static const int names[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                  REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                  REG_R12, REG_R13, REG_R14, REG_R15};
    return (uint64_t)context->uc_mcontext.gregs[names[number]];
}

/* The memory operand that begins after ModRM. */
static void decode_memory(instruction *i, const ucontext_t *context, const uint8_t *code, int vex)
{
    const int extend_index = ~vex >> 6 & 1, extend_base = ~vex >> 5 & 1;
    int base = i->rm, displacement_bytes = i->mod == 1 ? 1 : i->mod == 2 ? 4 : 0;
    bool relative = false, no_base = false;
    if (i->rm == 4) {
        const int sib = code[i->bytes++];
        const int index = (sib >> 3 & 7) | extend_index << 3;
        base = sib & 7;
        i->stride = index == 4 ? 0 : (int64_t)(general_register(context, index) << (sib >> 6));
        no_base = base == 5 && i->mod == 0;
    } else {
        relative = base == 5 && i->mod == 0;
    }
    if (no_base || relative)
        displacement_bytes = 4;
    int32_t displacement = 0;
    if (displacement_bytes == 1)
        displacement = (int8_t)code[i->bytes];
    else if (displacement_bytes == 4)
        memcpy(&displacement, code + i->bytes, sizeof displacement);
    i->bytes += displacement_bytes;
    i->address = (uint64_t)(int64_t)displacement;
    if (relative)
        i->address += (uint64_t)(uintptr_t)(code + i->bytes);
    else if (!no_base)
        i->address += general_register(context, base | extend_base << 3);
}

static instruction decode(const ucontext_t *context, const uint8_t *code)
{
    if (code[0] != 0xc4 || (code[1] & 0x1f) != 2 || (code[2] & 0x84) != 0)
        give_up("not an AMX instruction");
    instruction i = {.prefix = code[2] & 3,
                     .opcode = code[3],
                     .mod = code[4] >> 6,
                     .reg = code[4] >> 3 & 7,
                     .rm = code[4] & 7,
                     .third = ~code[2] >> 3 & 15,
                     .bytes = 5};
    if (i.mod != 3)
        decode_memory(&i, context, code, code[1]);
    return i;
}

static void need(int tile)
{
    if (now.palette != 1 || tile >= TILES || now.lines[tile] == 0 || now.bytes_of_line[tile] == 0)
        give_up("a tile that is not configured");
}

static void configure(uint64_t address)
{
    memcpy(&now, (const void *)(uintptr_t)address, sizeof now);
    for (int t = 0; t < 16; t++)
        if (now.lines[t] > (t < TILES ? LINES : 0) || now.bytes_of_line[t] > (t < TILES ? LINE : 0))
            give_up("a configuration out of bounds");
    if (now.palette != 1 || now.start_row != 0)
        give_up("a configuration that is not supported");
    memset(tiles, 0, sizeof tiles);
}

static void load(int tile, const instruction *i)
{
    memset(tiles[tile], 0, sizeof tiles[tile]);
    for (int r = 0; r < now.lines[tile]; r++)
        memcpy(tiles[tile][r], (const void *)(uintptr_t)(i->address + (uint64_t)(r * i->stride)),
               now.bytes_of_line[tile]);
}

static void store(int tile, const instruction *i)
{
    for (int r = 0; r < now.lines[tile]; r++)
        memcpy((void *)(uintptr_t)(i->address + (uint64_t)(r * i->stride)), tiles[tile][r],
               now.bytes_of_line[tile]);
}

static float half_at(const uint8_t *line, int index)
{
    uint16_t half;
    memcpy(&half, line + 2 * index, sizeof half);
    return anew_bf16_to(half);
}

static void need_fitting(int sum, int a, int b)
{
    need(sum);
    need(a);
    need(b);
    if (now.lines[a] != now.lines[sum] || now.lines[b] < now.bytes_of_line[a] / 4 ||
        now.bytes_of_line[b] != now.bytes_of_line[sum])
        give_up("tiles whose shapes do not fit");
}

/* Unsigned bytes of a, signed ones of b, four products to each sum. */
static void multiply_integers(int sum, int a, int b)
{
    need_fitting(sum, a, b);
    const int n = now.bytes_of_line[sum] / 4, k = now.bytes_of_line[a] / 4;
    for (int m = 0; m < now.lines[sum]; m++)
        for (int x = 0; x < n; x++) {
            int32_t value;
            memcpy(&value, tiles[sum][m] + 4 * x, sizeof value);
            for (int four = 0; four < k; four++)
                for (int i = 0; i < 4; i++)
                    value += tiles[a][m][4 * four + i] * (int8_t)tiles[b][four][4 * x + i];
            memcpy(tiles[sum][m] + 4 * x, &value, sizeof value);
        }
}

/* Sums of even and of odd pairs apart, fused multiply-adds in each, and both added to the tile at the end. */
static void multiply(int sum, int a, int b)
{
    need_fitting(sum, a, b);
    const int n = now.bytes_of_line[sum] / 4, k = now.bytes_of_line[a] / 4;
    for (int m = 0; m < now.lines[sum]; m++) {
        float even[LINE / 4] = {0}, odd[LINE / 4] = {0};
        for (int pair = 0; pair < k; pair++)
            for (int x = 0; x < n; x++) {
                even[x] =
                    fmaf(half_at(tiles[a][m], 2 * pair), half_at(tiles[b][pair], 2 * x), even[x]);
                odd[x] = fmaf(half_at(tiles[a][m], 2 * pair + 1),
                              half_at(tiles[b][pair], 2 * x + 1), odd[x]);
            }
        for (int x = 0; x < n; x++) {
            float value;
            memcpy(&value, tiles[sum][m] + 4 * x, sizeof value);
            value += even[x] + odd[x];
            memcpy(tiles[sum][m] + 4 * x, &value, sizeof value);
        }
    }
}

static void handle(int number, siginfo_t *info, void *opaque)
{
    (void)number, (void)info;
    ucontext_t *context = opaque;
    const uint8_t *code = (const uint8_t *)(uintptr_t)context->uc_mcontext.gregs[REG_RIP];
    const instruction i = decode(context, code);
    const int what = i.prefix << 8 | i.opcode;
    if (what == 0x049 && i.mod == 3) {
        memset(&now, 0, sizeof now);
    } else if (what == 0x049) {
        configure(i.address);
    } else if (what == 0x349 && i.mod == 3) {
        need(i.reg);
        memset(tiles[i.reg], 0, sizeof tiles[i.reg]);
    } else if ((what == 0x34b || what == 0x14b) && i.mod != 3) {
        need(i.reg);
        load(i.reg, &i);
    } else if (what == 0x24b && i.mod != 3) {
        need(i.reg);
        store(i.reg, &i);
    } else if (what == 0x25c && i.mod == 3) {
        multiply(i.reg, i.rm, i.third);
    } else if (what == 0x15e && i.mod == 3) {
        multiply_integers(i.reg, i.rm, i.third);
    } else {
        give_up("an instruction that is not emulated");
    }
    count++;
    context->uc_mcontext.gregs[REG_RIP] += i.bytes;
}

bool tile_emulator_start(void)
{
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx512bf16") || !__builtin_cpu_supports("avx512dq") ||
        !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512bw"))
        return false;
    const struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
    return sigaction(SIGILL, &action, NULL) == 0;
}

#else

static const long count = 0;

bool tile_emulator_start(void)
{
    return false;
}

#endif

long tile_emulator_count(void)
{
    return count;
}
