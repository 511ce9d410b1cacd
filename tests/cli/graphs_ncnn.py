"""Layers of ncnn against ncnn itself, for graphs_peers.sh: `BUILD FOLDER`. Each row is a layer between two convolutions,
with the numbers that stand in its .bin."""
import struct
import subprocess
import sys

import ncnn
import numpy as np

H, W, C = 20, 28, 8
rng = np.random.default_rng(3)


def some(count, low=-1.0, high=1.0):
    return rng.uniform(low, high, count).astype(np.float32)


# name: lines between "a" and "b", and their numbers
CASES = {
    "abs": ("AbsVal f 1 1 a b", []),
    "clip": ("Clip f 1 1 a b 0=-2.000000e-01 1=3.000000e-01", []),
    "elu": ("ELU f 1 1 a b 0=7.000000e-01", []),
    "selu": ("SELU f 1 1 a b", []),
    "gelu": ("GELU f 1 1 a b 0=1", []),
    "gelu_erf": ("GELU f 1 1 a b 0=0", []),
    "hard_sigmoid": ("HardSigmoid f 1 1 a b 0=1.666667e-01 1=5.000000e-01", []),
    "hard_swish": ("HardSwish f 1 1 a b 0=1.666667e-01 1=5.000000e-01", []),
    "mish": ("Mish f 1 1 a b", []),
    "swish": ("Swish f 1 1 a b", []),
    "cubic": ("Interp f 1 1 a c 0=3 1=2.000000e+00 2=2.000000e+00\nInterp g 1 1 c b 0=3 1=5.000000e-01 2=5.000000e-01", []),
    "softmax": ("Softmax f 1 1 a b 0=0 1=1", []),
    "power": ("Power f 1 1 a b 0=2.000000e+00 1=5.000000e-01 2=2.000000e-01", []),
    "batch": (f"BatchNorm f 1 1 a b 0={C} 1=1.000000e-03", [some(C), some(C), some(C, 0.5, 1.5), some(C)]),
    "scale": (f"Scale f 1 1 a b 0={C} 1=1", [some(C), some(C)]),
    "bias": (f"Bias f 1 1 a b 0={C}", [some(C)]),
    "instance": (f"InstanceNorm f 1 1 a b 0={C} 1=1.000000e-05", [some(C), some(C)]),
    "instance_plain": (f"InstanceNorm f 1 1 a b 0=0 1=1.000000e-05 2=0", []),
    "group": (f"GroupNorm f 1 1 a b 0=2 1={C} 2=1.000000e-05", [some(C), some(C)]),
    "shuffle": ("ShuffleChannel f 1 1 a b 0=4", []),
    "shuffle_back": ("ShuffleChannel f 1 1 a b 0=4 1=1", []),
    "largest": ("Split s 1 2 a a0 a1\nTanH t 1 1 a0 c\nBinaryOp f 2 1 a1 c b 0=4", []),
    "smallest": ("BinaryOp f 1 1 a b 0=5 1=1 2=1.000000e-01", []),
    "over": ("UnaryOp e 1 1 a c 0=7\nBinaryOp f 1 1 c b 0=8 1=1 2=5.000000e-01", []),
    "rsqrt": ("UnaryOp e 1 1 a c 0=7\nUnaryOp f 1 1 c b 0=6", []),
    "reciprocal": ("UnaryOp e 1 1 a c 0=7\nUnaryOp f 1 1 c b 0=15", []),
    "mean": ("Split s 1 2 a a0 a1\nReduction r 1 1 a0 c 0=3 1=0 -23303=2,1,2 4=1 5=1\nBinaryOp f 2 1 a1 c b 0=2", []),
    "pow": ("AbsVal e 1 1 a c\nBinaryOp f 1 1 c b 0=6 1=1 2=2.000000e+00", []),
}
ACTIVATIONS = {"conv_clip": "9=3 -23310=2,-1.000000e-01,2.000000e-01", "conv_mish": "9=5",
               "conv_hard_swish": "9=6 -23310=2,1.666667e-01,5.000000e-01"}


def run(name, lines, numbers, activation, build, folder):
    """A text where the pictures differ."""
    first, last = some(C * 27) * 0.6, some(3 * C * 9) * 0.1
    text = (f"Input in0 0 1 in0\nConvolution first 1 1 in0 a 0={C} 1=3 4=1 5=1 6={C * 27} {activation}\n{lines}\n"
            f"Convolution last 1 1 b out0 0=3 1=3 4=1 5=1 6={3 * C * 9}").replace("  ", " ")
    layers = text.split("\n")
    blobs = sum(int(line.split()[3]) for line in layers)
    with open(f"{folder}/case.param", "w") as file:
        file.write(f"7767517\n{len(layers)} {blobs}\n" + "\n".join(line.rstrip() for line in layers) + "\n")
    with open(f"{folder}/case.bin", "wb") as file:
        file.write(struct.pack("<I", 0) + first.tobytes() + some(C).tobytes())
        for part in numbers:
            file.write(part.tobytes())
        file.write(struct.pack("<I", 0) + last.tobytes() + np.full(3, 0.5, np.float32).tobytes())
    picture = rng.integers(0, 256, (H, W, 3))
    with open(f"{folder}/case.ppm", "wb") as file:
        file.write(b"P6\n%d %d\n255\n" % (W, H) + picture.astype("u1").tobytes())
    net = ncnn.Net()
    net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = net.opt.use_fp16_packed = net.opt.use_bf16_storage = False
    net.opt.num_threads = 1
    net.load_param(f"{folder}/case.param")
    net.load_model(f"{folder}/case.bin")
    extractor = net.create_extractor()
    samples = np.ascontiguousarray((picture.transpose(2, 0, 1) / 255).astype(np.float32))
    extractor.input("in0", ncnn.Mat(samples))
    want = np.clip(np.array(extractor.extract("out0")[1]).transpose(1, 2, 0), 0, 1)
    done = subprocess.run([f"{build}/anew-convert", "--as-graph", "--force", "-q", f"{folder}/case.param"], capture_output=True,
                          text=True)
    if done.returncode:
        return done.stderr.strip()
    subprocess.run([f"{build}/anew", "--quiet", "--force", "--exact", f"{folder}/case.ppm", "-m", f"{folder}/case.anew", "-o",
                    f"{folder}/case_out.ppm"], check=True)
    head = open(f"{folder}/case_out.ppm", "rb").read().split(b"\n", 3)
    got = np.frombuffer(head[3], "u1").reshape(H, W, 3).astype(int)
    off = np.abs(got - np.floor(want * 255 + 0.5))
    if want.std() < 1e-3:
        return "the picture says nothing"
    if off.max() > 1 or (off > 0).mean() > 0.001:
        return f"{100 * (off > 0).mean():.3f} % of samples differ, by at most {off.max():.0f}"
    return ""


def main():
    bad = 0
    rows = [(name, lines, numbers, "") for name, (lines, numbers) in CASES.items()]
    rows += [(name, "Noop f 1 1 a b", [], activation) for name, activation in ACTIVATIONS.items()]
    for row in rows:
        said = run(*row, *sys.argv[1:3])
        if said:
            print(f"{row[0]}: {said}")
        bad += bool(said)
    print(f"{len(rows)} graphs of ncnn's layers against ncnn, {bad} bad")
    sys.exit(1 if bad else 0)


main()
