#!/usr/bin/env python3
"""gpu.py - anew on a GPU: SRVGG-32 and RRDB-23 at 512x512 and 2048x2048, beside a matrix product by cuBLAS and PyTorch.

Needs the plug-in (make CUDA=1), build/release/bench_cuda and numpy; torch with CUDA gives the peers. Prints a table and, with
--json FILE, all numbers. It was not run yet on a GPU (docs/cuda.md); --smoke runs it small, on whatever plug-in is named.
"""
import argparse
import ctypes
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from peers import networks  # noqa: E402

KINDS = {"bf16": (14, 2), "fp16": (2, 2), "f32": (0, 4), "tf32": (0, 4)}  # cudaDataType, bytes
COMPUTE = {"bf16": 68, "fp16": 68, "f32": 68, "tf32": 77}  # CUBLAS_COMPUTE_32F and _32F_FAST_TF32


def library(*names):
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None


def cublas_flops(arithmetic, side=8192, runs=10):
    """Operations a second of a side^3 matrix product; None where cuBLAS is not there or refuses."""
    cublas = library("libcublas.so.13", "libcublas.so.12", "libcublas.so")
    cudart = library("libcudart.so.13", "libcudart.so.12", "libcudart.so")
    if cublas is None or cudart is None:
        return None
    kind, size = KINDS[arithmetic]
    handle, matrices = ctypes.c_void_p(), [ctypes.c_void_p() for _ in range(3)]
    if cublas.cublasCreate_v2(ctypes.byref(handle)) != 0:
        return None
    for i, matrix in enumerate(matrices):
        bytes_of = ctypes.c_size_t(side * side * (4 if i == 2 else size))
        if cudart.cudaMalloc(ctypes.byref(matrix), bytes_of) != 0 or cudart.cudaMemset(matrix, 0, bytes_of) != 0:
            return None
    one, zero, n = ctypes.c_float(1), ctypes.c_float(0), ctypes.c_int(side)

    def multiply():
        return cublas.cublasGemmEx(handle, 0, 0, n, n, n, ctypes.byref(one), matrices[0], kind, n, matrices[1], kind, n,
                                   ctypes.byref(zero), matrices[2], 0, n, COMPUTE[arithmetic], -1)

    best = None
    if multiply() == 0 and cudart.cudaDeviceSynchronize() == 0:
        for _ in range(runs):
            started = time.perf_counter()
            multiply()
            cudart.cudaDeviceSynchronize()
            seconds = time.perf_counter() - started
            best = seconds if best is None else min(best, seconds)
    for matrix in matrices:
        cudart.cudaFree(matrix)
    cublas.cublasDestroy_v2(handle)
    return None if best is None else 2.0 * side**3 / best


def torch_seconds(network, weights, side, arithmetic, runs):
    """Median seconds of PyTorch, channels last and compiled, with the copies in and out; None where there is no such."""
    try:
        import torch
        from peers import torch_network
    except ImportError:
        return None
    if not torch.cuda.is_available():
        return None
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = arithmetic == "tf32"
    kind = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(arithmetic, torch.float32)
    net = torch_network.Network(networks.operations_of(network), weights).eval().to("cuda", kind)
    net = torch.compile(net.to(memory_format=torch.channels_last), dynamic=False)
    picture = torch.rand(1, 3, side, side).pin_memory()
    times = []
    try:
        with torch.inference_mode():
            for _ in range(runs + 2):
                started = time.perf_counter()
                net(picture.to("cuda", kind).to(memory_format=torch.channels_last)).float().cpu()
                times.append(time.perf_counter() - started)
    except torch.cuda.OutOfMemoryError:
        return None
    return statistics.median(times[2:])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--shared", default="../shared")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--plugin")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--smoke", action="store_true", help="16x16, SRVGG-1")
    options = parser.parse_args()
    cases = [(n, s) for n in ("srvgg32", "rrdb23") for s in (256, 512, 2048)]
    if options.smoke:
        cases, options.runs = [("srvgg1", 16)], 1
    plugin = [options.plugin] if options.plugin else []
    results = []
    peaks = {} if options.smoke else {kind: cublas_flops(kind) for kind in KINDS}
    for kind, peak in peaks.items():
        print(f"cuBLAS {kind}: " + ("not there" if peak is None else f"{peak / 1e12:.1f} TFLOP/s"))
    with tempfile.TemporaryDirectory() as folder:
        for network, side in cases:
            weights, where = networks.weights_of(network, options.shared)
            base = f"{folder}/{network}"
            networks.write_safetensors(base + ".safetensors", weights)
            subprocess.run([options.build / "anew-convert", "-q", "--force", base + ".safetensors", "-o",
                            base + ".anew"], check=True)
            flops = networks.flops(networks.operations_of(network), side, side)
            for kind in KINDS:
                command = [options.build / "bench_cuda", base + ".anew", str(side), str(side), kind,
                           str(options.runs), options.device, *plugin]
                answer = subprocess.run(command, capture_output=True, text=True)
                if answer.returncode != 0:
                    print(f"{network} {side} {kind}: {answer.stderr.strip()}")
                    continue
                row = json.loads(answer.stdout)
                row.update(network=network, weights=where, cublas=peaks.get(kind))
                row["torch"] = None if options.smoke else torch_seconds(network, weights, side, kind, options.runs)
                whole = statistics.median(row["seconds"])
                text = f"{network} {side}x{side} {kind}: {whole * 1e3:.2f} ms, {row['tiles']} tiles"
                if row["steps_seconds"] > 0:
                    text += f", steps {row['steps_seconds'] * 1e3:.2f} ms"
                if row["cublas"]:
                    if row["steps_seconds"] > 0:
                        text += f" = {flops / row['steps_seconds'] / row['cublas']:.0%} of cuBLAS"
                    text += f", whole {flops / whole / row['cublas']:.0%}"
                if row["torch"]:
                    text += f"; PyTorch takes {row['torch'] / whole:.2f} times as long"
                if "same_bits" in row:
                    text += f"; {'the same bits' if row['same_bits'] else str(row.get('decibels')) + ' dB'}"
                print(text, flush=True)
                results.append(row)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    return 0 if results else 1


if __name__ == "__main__":
    sys.exit(main())
