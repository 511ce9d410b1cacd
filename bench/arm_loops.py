#!/usr/bin/env python3
"""arm_loops.py [OBJECTS] - the inner loops of the NEON kernels against the bound of their multiply-adds, without a board.

    make CROSS=aarch64-linux-gnu PNG=0 JPEG=0 && bench/arm_loops.py >bench/results/DATE-arm-loops.txt

Emulated time tells nothing about a CPU, so llvm-mca reads the loops out of the objects that the build made and
computes the cycles of a turn from LLVM's models of the CPUs, all data in the first-level cache. The bound is what the
same model says of the loop's multiply-adds alone. Loads per multiply-add and vector registers are counted.

What the models are worth: cortex-a76 has none of its own in LLVM (it is that of the A57, with half the units);
neoverse-n1 is the same core with a model of its own. LLVM lets a core that takes instructions in order (cortex-a53)
wait until a multiply-add of 10 cycles is written back before anything shorter may follow, be it a pointer's addition:
the table of what one instruction costs after 96 multiply-adds shows it. cortex-a55 is in order, too, and its model
has shorter waits. The last table is what arithmetic on 16 bits could give: multiply-adds a cycle on registers alone.
"""
import glob
import os
import re
import subprocess
import sys

# Object, what it is, its multiply-adds, CPUs that have them.
EVERY = ("cortex-a53", "cortex-a55", "cortex-a76", "neoverse-n1", "neoverse-v1")
LOOPS = (
    ("conv_direct_neon", "direct, 1x1, linear, Winograd's products", "fmla", EVERY),
    ("conv_direct_inorder_neon", "the same for cores that take instructions in order", "fmla", EVERY[:2]),
    ("conv_few_neon", "few outputs", "fmla", EVERY),
    ("conv_depthwise_neon", "depthwise", "fmla", EVERY),
    ("conv_int8_neondotprod", "bytes, dot products", "sdot", EVERY[1:]),
    ("conv_int8_neoni8mm", "bytes, matrix products", "usmmla", EVERY[-1:]),
    ("conv_bf16_neonbf16", "bfloat16, matrix products", "bfmmla", EVERY[-1:]),
)
TURNS = 200


def analyser():
    found = [p for d in os.environ["PATH"].split(":") for p in glob.glob(d + "/llvm-mca*")]
    named = sorted(found, key=lambda p: int((re.search(r"-(\d+)$", p) or [0, 0])[1]))
    return named[-1] if named else None


def disassembled(path):
    """(address, text) of each instruction."""
    out = subprocess.run(["aarch64-linux-gnu-objdump", "-d", "--no-show-raw-insn", path], capture_output=True,
                         text=True, check=True).stdout
    return [(int(m[1], 16), m[2].replace("\t", " ").split("//")[0].strip())
            for m in re.finditer(r"^ *([0-9a-f]+):\t(.*)$", out, re.M)]


def innermost_loops(code):
    place = {address: i for i, (address, _) in enumerate(code)}
    spans = []
    for i, (address, text) in enumerate(code):
        m = re.match(r"(?:b\.\w+|cbn?z .*?,|tbn?z .*?,) *([0-9a-f]+) <", text)
        if m and int(m[1], 16) in place and place[int(m[1], 16)] < i:
            spans.append((place[int(m[1], 16)], i))
    return [code[a:b + 1] for a, b in spans if not any((c, d) != (a, b) and a <= c and d <= b for c, d in spans)]


def loads(lines):
    """Vectors loaded."""
    return sum(2 if text.startswith("ldp") else 4 if re.match(r"ld1 {v\d+\.4s-", text) else 1
               for text in lines if re.match(r"(ldp|ldr|ldur) q|ld1", text))


def cycles(mca, cpu, lines):
    run = subprocess.run([mca, "-mtriple=aarch64", "-mcpu=" + cpu, "-iterations=%d" % TURNS, "-"],
                         input="\n".join(lines) + "\n", capture_output=True, text=True)
    m = re.search(r"Total Cycles:\s+(\d+)", run.stdout)
    if not m:
        sys.exit("%s: %s" % (cpu, run.stderr))
    return int(m[1]) / TURNS


# In place of weights: what follows 96 multiply-adds once.
FOLLOWERS = ("ldr q31, [x0]", "ldp q30, q31, [x0]", "ld1 {v28.4s-v31.4s}, [x0]", "ldr d31, [x0]", "ldr x1, [x0]",
             "ins v31.d[1], x1", "add x0, x0, #64", "b.ne 0")
# Arithmetic: multiply-adds of an instruction, its text for sums in register %d, CPUs that have it.
ARITHMETIC = (
    ("float32", 4, "fmla v%d.4s, v30.4s, v15.s[1]", ("neoverse-n1", "neoverse-v1")),
    ("fp16, sums of fp16", 8, "fmla v%d.8h, v30.8h, v15.h[1]", ("neoverse-n1", "neoverse-v1")),
    ("fp16, sums of float32", 4, "fmlal v%d.4s, v30.4h, v15.h[1]", ("neoverse-v1",)),
    ("bfloat16, dot products", 8, "bfdot v%d.4s, v30.8h, v15.2h[1]", ("neoverse-v1",)),
    ("bfloat16, matrix products", 16, "bfmmla v%d.4s, v30.8h, v15.8h", ("neoverse-v1",)),
)


def print_models(mca):
    many = ["fmla v%d.4s, v24.4s, v25.s[0]" % (i % 24) for i in range(96)]
    print("\ncortex-a53: 96 multiply-adds take %.0f cycles; with one instruction more" % cycles(mca, "cortex-a53", many))
    for text in FOLLOWERS:
        print("    %-26s %3.0f" % (text, cycles(mca, "cortex-a53", many + [text])))
    print("\nmultiply-adds a cycle on registers")
    sums = [i for i in range(30) if i != 15][:24]
    for title, count, text, cpus in ARITHMETIC:
        for cpu in cpus:
            print("    %-26s %-12s %5.1f" % (title, cpu, 24 * count / cycles(mca, cpu, [text % i for i in sums])))


def main():
    if len(sys.argv) > 1:
        objects = sys.argv[1]
    else:
        with open("build/release-aarch64-linux-gnu/configuration") as file:
            objects = file.read().split()[0]
    mca = analyser()
    if mca is None:
        sys.exit("arm_loops.py: no llvm-mca: apt-get install llvm")
    version = re.search(r"LLVM version \S+", subprocess.run([mca, "--version"], capture_output=True, text=True).stdout)
    compiler = subprocess.run(["aarch64-linux-gnu-gcc", "-dumpfullversion"], capture_output=True, text=True).stdout
    print("gcc %s, llvm-mca of %s; cycles of a turn of the inner loop, and against its multiply-adds alone" %
          (compiler.strip(), version[0]))
    for name, title, multiply, cpus in LOOPS:
        loops = innermost_loops(disassembled("%s/kernels/arm/%s.o" % (objects, name)))
        is_multiply = lambda text: text.split()[0] == multiply
        # The widest tile, which loads least for a multiply-add; with a stride of 1, which takes fewer instructions.
        count = lambda loop: sum(is_multiply(t) for _, t in loop)
        loop = min((l for l in loops if count(l) >= 16), key=lambda l: (round(loads(t for _, t in l) / count(l), 3), len(l)))
        # The branch is the loop's end to the analyser, wherever it goes.
        lines = [re.sub(r"[0-9a-f]+ <.*", "0", text) for _, text in loop]
        products = [text for text in lines if is_multiply(text)]
        loaded = loads(lines)
        stack = sum("[sp" in text for text in lines)
        registers = {r for text in lines for r in re.findall(r"\b[vq](\d+)\b", text)}
        print("\n%s (%s): %d %s, %d loads of vectors (%.2f each), %d instructions, %d vector registers, %d on the stack" %
              (title, name, len(products), multiply, loaded, loaded / len(products), len(lines), len(registers), stack))
        for cpu in cpus:
            turn, bound = cycles(mca, cpu, lines), cycles(mca, cpu, products)
            print("    %-12s %7.2f of %6.2f  %.2f" % (cpu, turn, bound, turn / bound))
    print_models(mca)


main()
