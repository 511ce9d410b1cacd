#!/usr/bin/env python3
"""Whole networks side by side: anew and the peers that are installed, in one run, interleaved.

    python3 bench/compare.py                      what ends in about a quarter of an hour
    python3 bench/compare.py --full               every network, size and number of threads
    python3 bench/compare.py --networks srvgg16 --sizes 512 --threads 2 --engines anew,torch

Peers come from PyPI (README.md here); one that is not installed is named as absent. Every engine has a process of
its own with the same picture and the same weights (real ones of ANEW_SHARED where they are found, else random ones
of a sane scale); the engines take turns, a round is one run of each. Outputs are compared with anew's.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import numpy

from peers import figures, networks

# The name, its worker's job, the engine of the same run that it is compared with, its class, its environment.
AVX2_PEER = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}
ENGINES = [
    ("anew", {"engine": "anew"}, "anew", "f32", {}),
    ("anew --exact", {"engine": "anew", "exact": True}, "anew", "f32", {}),
    ("anew bf16", {"engine": "anew", "bf16": True}, "anew", "bf16", {}),
    ("ncnn", {"engine": "ncnn"}, "anew", "f32", {}),
    ("ncnn, bf16 storage", {"engine": "ncnn", "bf16": True}, "anew", "bf16", {}),
    ("onnxruntime", {"engine": "onnxruntime"}, "anew", "f32", {}),
    ("OpenVINO", {"engine": "openvino"}, "anew", "f32", {}),
    ("OpenVINO bf16", {"engine": "openvino", "bf16": True}, "anew", "bf16", {}),
    ("PyTorch", {"engine": "torch"}, "anew", "f32", {}),
    ("PyTorch compiled", {"engine": "torch", "compile": True}, "anew", "f32", {}),
    ("PyTorch bf16", {"engine": "torch", "bf16": True}, "anew", "bf16", {}),
    ("PyTorch bf16 compiled", {"engine": "torch", "bf16": True, "compile": True}, "anew", "bf16", {}),
    ("anew, AVX2", {"engine": "anew", "cpu": "avx2"}, "anew, AVX2", "f32", {}),
    ("PyTorch, AVX2", {"engine": "torch"}, "anew, AVX2", "f32", AVX2_PEER),
]

# (network, size, threads): the default run, and the rest.
DEFAULT = [("srvgg16", 256, 1), ("srvgg16", 256, 2), ("srvgg16", 512, 2), ("srvgg32", 256, 2), ("srvgg32", 512, 2),
           ("rrdb23", 256, 2)]
FULL = [(network, size, threads) for network in ("srvgg16", "srvgg32", "rrdb23") for size in (256, 512)
        for threads in (1, 2)]


def picture(height, width):
    """Smooth shapes with noise: denormals and constant areas would flatter or punish somebody."""
    dice = numpy.random.default_rng(1)
    y, x = numpy.mgrid[0:height, 0:width] / max(height, width)
    waves = numpy.stack([numpy.sin(9 * x + 5 * y), numpy.cos(7 * y), numpy.sin(30 * x * y)], 2)
    samples = numpy.clip(numpy.rint(127 + 90 * waves + dice.normal(0, 6, (height, width, 3))), 0, 255)
    return (samples / 255).astype(numpy.float32)


class Process:
    """An engine in a worker process (peers/worker.py)."""

    def __init__(self, name, job, environment, log):
        self.name, self.seconds, self.wall, self.cpu = name, [], [], []
        if job["engine"] == "anew":
            command = [job["program"], job["model"], job["picture"], job["shape"][1], job["shape"][0], job["threads"],
                       "exact" if job.get("exact") else "bf16" if job.get("bf16") else "f32"] + ([job["cpu"]] if "cpu" in job else [])
        else:
            command = [sys.executable, pathlib.Path(__file__).parent / "peers" / "worker.py", json.dumps(job)]
        environment = dict(os.environ, OMP_NUM_THREADS=str(job["threads"]), OMP_WAIT_POLICY="PASSIVE", **environment)
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        self.state, _, self.version = self.listen().partition(" ")

    def listen(self):
        line = self.process.stdout.readline().strip()
        return line or f"failed its process ended with code {self.process.wait()}"

    def ask(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # listen() says with which code it ended
        return self.listen()

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def prepare(folder, network, pixels, options):
    """Files that the engines read, all from the same weights. Returns the parts of a job that name them."""
    operations = networks.operations_of(network)
    weights, kind = networks.weights_of(network, options.shared)
    base = str(pathlib.Path(folder) / network)
    pixels.tofile(base + ".f32")
    networks.write_safetensors(base + ".safetensors", weights)
    subprocess.run([options.build / "anew-convert", "-q", "--force", base + ".safetensors", "-o", base + ".anew"],
                   check=True)
    job = {"network": network, "picture": base + ".f32", "shape": list(pixels.shape),
           "weights": base + ".safetensors", "model": base + ".anew",
           "program": str(options.build / "bench_network"), "ncnn": base, "onnx": base + ".onnx"}
    if any(wanted(name, options) for name in ("ncnn",)):
        from peers import ncnn_files

        ncnn_files.write(base + ".param", base + ".bin", operations, weights)
    if any(wanted(name, options) for name in ("onnxruntime", "OpenVINO")):
        try:
            from peers import onnx_file

            onnx_file.write(base + ".onnx", operations, weights, *pixels.shape[:2])
        except ImportError:
            print("absent: onnx, which writes the model for onnxruntime and OpenVINO")
    return job, kind, operations


def wanted(name, options):
    return options.engines is None or any(name.lower().startswith(word) for word in options.engines)


def start(job, threads, options, log):
    engines = []
    for name, own, base, kind, environment in ENGINES:
        if not wanted(name, options):
            continue
        if own["engine"] in ("onnxruntime", "openvino") and not os.path.exists(job["onnx"]):
            continue
        engine = Process(name, dict(job, threads=threads, **own), environment, log)
        engine.base, engine.kind = base, kind
        if engine.state == "ready":
            engines.append(engine)
        else:
            print(f"{engine.state}: {name}: {engine.version}")
            engine.process.kill()
            engine.process.wait()
    return engines


def measure(engines, options):
    """Rounds until there are enough, or the time is up and there are at least three."""
    started = time.monotonic()
    for number in range(options.rounds):
        if number >= min(3, options.rounds) and time.monotonic() - started > options.seconds:
            break
        for engine in list(engines):
            answer = engine.ask("run")
            if answer.startswith("failed") and engine.base != engine.name and not engine.name.startswith("anew"):
                print(f"left out: {engine.name}: {answer}")  # killed for its memory, most often
                engines.remove(engine)
                continue
            if answer.startswith("failed"):
                sys.exit(f"compare.py: {engine.name}: {answer}")
            wall, cpu = map(float, answer.split())
            engine.wall.append(wall)
            engine.cpu.append(cpu)
    for engine in engines:
        engine.seconds = engine.cpu if options.clock == "cpu" else engine.wall


def describe(engines, folder):
    """One row for each engine: the figures of its rounds, its ratio to anew, and how its output differs."""
    rows, outputs = [], {}
    for engine in engines:
        path = os.path.join(folder, "out.f32")
        engine.ask("save " + path)
        outputs[engine.name] = numpy.clip(numpy.fromfile(path, numpy.float32), 0, 1)
    named = {engine.name: engine for engine in engines}
    for engine in engines:
        base = named.get(engine.base)
        row = {"engine": engine.name, "version": engine.version, "class": engine.kind, "rounds": len(engine.seconds),
               "min": min(engine.seconds), "median": statistics.median(engine.seconds),
               "spread": figures.spread(engine.seconds), "wall": engine.wall, "cpu": engine.cpu}
        if base is not None:
            noise = max(row["spread"], figures.spread(base.seconds))
            middle, low, high = figures.ratio(engine.seconds, base.seconds)
            ours, theirs = outputs[base.name], outputs[engine.name]
            eight = [numpy.rint(values * 255).astype(int) for values in (ours, theirs)]
            row.update(base=base.name, ratio=middle, ratio_low=low, ratio_high=high,
                       verdict="" if base is engine else figures.verdict(middle, low, high, noise, row["rounds"]),
                       largest_difference=float(numpy.abs(ours - theirs).max()),
                       differing=float((eight[0] != eight[1]).mean()))
        rows.append(row)
    return rows


def print_rows(rows):
    print(f"{'engine':34} {'class':5} {'min':>8} {'median':>8} {'spread':>7} {'anew is faster by':>25}  "
          f"{'difference':>10} {'of 8 bits':>9}  what may be said")
    for row in rows:
        name = f"{row['engine']} {row['version']}"
        line = f"{name:34} {row['class']:5} {row['min']:8.4f} {row['median']:8.4f} {100 * row['spread']:5.1f} %"
        if "ratio" in row:
            line += (f" {row['ratio']:8.2f}x ({row['ratio_low']:6.2f} -{row['ratio_high']:6.2f})"
                     f"  {row['largest_difference']:10.1e} {100 * row['differing']:7.3f} %  {row['verdict']}")
        print(line)
    print(flush=True)


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        cpu = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "unknown")
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return {"date": datetime.date.today().isoformat(), "cpu": cpu, "processors": os.cpu_count(),
            "system": platform.system(), "commit": commit.stdout.strip() or "unknown"}


def compare(network, height, width, threads, options, log):
    title = f"{networks.TITLES[network]}, {width}x{height}, {threads} thread{'s' if threads > 1 else ''}"
    with tempfile.TemporaryDirectory() as folder:
        job, kind, operations = prepare(folder, network, picture(height, width), options)
        engines = start(job, threads, options, log)
        measure(engines, options)
        rows = describe(engines, folder)
        for engine in engines:
            engine.end()
    flops = networks.flops(operations, height, width)
    for row in rows:
        row["gflops"] = flops / row["median"] * 1e-9
    print(f"{title}: {kind}, {rows[0]['rounds'] if rows else 0} rounds, "
          f"{'seconds of all processors' if options.clock == 'cpu' else 'wall clock'}, {flops * 1e-9:.0f} GFLOP, "
          f"load {os.getloadavg()[0]:.1f}")
    print_rows(rows)
    return {"network": network, "title": title, "size": [width, height], "threads": threads, "weights": kind, "clock": options.clock,
            "flops": flops, "rows": rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="every network, size and number of threads: hours")
    parser.add_argument("--networks", help="of " + ", ".join(networks.NAMES))
    parser.add_argument("--sizes", help="such as 256,512 or 64x48")
    parser.add_argument("--threads", help="such as 1,2")
    parser.add_argument("--engines", type=lambda text: [word.lower() for word in text.split(",")],
                        help="beginnings of names, such as anew,torch; default: all that are installed")
    parser.add_argument("--rounds", type=int, default=11, help="at most (default: 11)")
    parser.add_argument("--seconds", type=float, default=100, help="for the rounds of one table (default: 100)")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall",
                        help="cpu: seconds of all processors; with 1 thread a measure that other programs on the "
                             "machine disturb less")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    parser.add_argument("--shared", default=os.environ.get("ANEW_SHARED", "../shared"))
    parser.add_argument("--json", help="a file for the figures, a line for each table")
    parser.add_argument("--log", default=os.devnull, help="what the peers themselves print")
    options = parser.parse_args()
    cases = [(network, (size, size), threads) for network, size, threads in (FULL if options.full else DEFAULT)]
    if options.networks or options.sizes or options.threads:
        sizes = [[int(side) for side in word.split("x")] for word in (options.sizes or "256,512").split(",")]
        cases = [(network, (size[-1], size[0]), int(threads))
                 for network in (options.networks or ",".join(networks.NAMES)).split(",")
                 for size in sizes for threads in (options.threads or "2").split(",")]
    about = machine()
    print(f"{about['date']}, {about['cpu']}, {about['processors']} processors, commit {about['commit']}\n")
    with open(options.log, "a", encoding="utf-8") as log:
        for network, (height, width), threads in cases:
            case = compare(network, height, width, threads, options, log)
            if options.json:
                with open(options.json, "a", encoding="utf-8") as file:
                    file.write(json.dumps(dict(about, **case)) + "\n")


if __name__ == "__main__":
    sys.exit(main())
