"""Trains a compact enlarger.

    python train.py --crops crops.npy --out run --minutes 100 [--resume]

Degraded pictures are made by a second process while the first one learns. The learning rate follows
a cosine over the *time* allowed, not over steps, so that a run always ends annealed, however fast
the machine is. Every few minutes the state goes to run/state.pt (a later call with --resume goes on
from there), the averaged weights to run/average.pt, and a row to run/log.csv.
"""
import argparse
import copy
import math
import os
import pathlib
import random
import time

import numpy
import torch
import torch.multiprocessing as multiprocessing

import anew_file
import degrade
import network


def produce(queue, path, options, seed):
    """Endless batches (small, large) as uint8-rounded float tensors."""
    torch.set_num_threads(1)
    crops = numpy.load(path, mmap_mode="r")
    dice = random.Random(seed)
    generator = torch.Generator().manual_seed(seed)
    side, scale = options.patch, options.scale
    while True:
        smalls, larges = [], []
        while len(smalls) < options.batch:
            crop = torch.from_numpy(crops[dice.randrange(len(crops))].copy())[None].float() / 255
            if dice.random() < 0.5:
                crop = crop.flip(3)
            crop = torch.rot90(crop, dice.randrange(4), (2, 3))
            if scale == 1:
                crop = degrade.source(crop, dice)
                small = degrade.damage(crop, dice, generator)
            else:
                small = degrade.degrade(crop, scale, dice, generator)
            # Several patches of one crop: degrading costs more than cutting.
            for _ in range(options.cuts):
                y = dice.randrange(small.shape[2] - side + 1)
                x = dice.randrange(small.shape[3] - side + 1)
                smalls.append(small[:, :, y : y + side, x : x + side])
                larges.append(crop[:, :, y * scale : (y + side) * scale, x * scale : (x + side) * scale])
        queue.put((torch.cat(smalls), torch.cat(larges)))


def absolute(guess, clean):
    return (guess - clean).abs().mean()


def decibel(guess, clean):
    """The logarithm of each patch's squared error, as Chen et al. 2022 (NAFNet) train for PSNR, so that a patch with little
    damage weighs about as much as one with a lot. The floor is 42 dB: with a lower one clean patches outweigh all others,
    and the network stays at giving back what it gets."""
    return torch.log((guess - clean).pow(2).mean(dim=(1, 2, 3)) + 6e-5).mean() * 0.05


losses = {"absolute": absolute, "decibel": decibel}


def average_into(average, model, share):
    with torch.no_grad():
        for slow, fast in zip(average.parameters(), model.parameters()):
            slow.lerp_(fast, 1 - share)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--crops", required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--minutes", type=float, default=100)
    parser.add_argument("--features", type=int, default=64)
    parser.add_argument("--convolutions", type=int, default=16)
    parser.add_argument("--scale", type=int, default=4, help="1: restores at the picture's own size")
    parser.add_argument("--unshuffle", type=int, default=1, help="2: squares of 2x2 pixels become channels first")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--patch", type=int, default=40, help="side of a small patch")
    parser.add_argument("--cuts", type=int, default=2, help="patches of one damaged crop")
    parser.add_argument("--loss", choices=["absolute", "decibel"], default="absolute",
                        help="decibel: logarithm of the squared error of each patch, so that nearly clean ones count as much")
    parser.add_argument("--differences", action="store_true",
                        help="an enlarger, too, starts as differences of pixels, as a restorer does")
    parser.add_argument("--rate", type=float, default=6e-4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--compile", action="store_true", help="let PyTorch fuse steps: a quarter less time for each, after a minute")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--start", help="begin with these weights: another run's average.pt, or an .anew file")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "pid").write_text(str(os.getpid()))
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)

    model = network.Compact(options.features, options.convolutions, options.scale, options.unshuffle, options.differences)
    model = model.to(memory_format=torch.channels_last)
    if options.start:
        if options.start.endswith(".anew"):
            model.load_state_dict(anew_file.read(options.start))
        else:
            model.load_state_dict(torch.load(options.start, weights_only=True))
    average = copy.deepcopy(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=options.rate, betas=(0.9, 0.99))
    spent, step = 0.0, 0
    if options.resume:
        state = torch.load(options.out / "state.pt", weights_only=False)
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        spent, step = state["spent"], state["step"]

    learner = torch.compile(model) if options.compile else model
    multiprocessing.set_start_method("fork", force=True)
    queue = multiprocessing.Queue(6)
    producer = multiprocessing.Process(
        target=produce, args=(queue, options.crops, options, options.seed * 1000 + step), daemon=True)
    producer.start()

    log = open(options.out / "log.csv", "a", buffering=1)
    if step == 0:
        log.write("step,seconds,rate,loss\n")
    total, counted, saved = 0.0, 0, time.monotonic()
    while spent < options.minutes * 60:
        began = time.monotonic()
        small, large = queue.get()
        small = small.to(memory_format=torch.channels_last)
        part = spent / (options.minutes * 60)
        rate = max(options.rate * 0.5 * (1 + math.cos(math.pi * part)), 1e-6)
        rate *= min(1.0, (step + 1) / 200)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            guess = learner(small)
        loss = losses[options.loss](guess.float(), large)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step += 1
        average_into(average, model, min(0.999, 1 - 1 / (step + 1)))
        # A stop of the process (to time something else) must not count as training time.
        spent += min(time.monotonic() - began, 3.0)
        total, counted = total + loss.item(), counted + 1
        if step % 100 == 0:
            log.write(f"{step},{spent:.0f},{rate:.2e},{total / counted:.5f}\n")
            total, counted = 0.0, 0
        if time.monotonic() - saved > 120 or spent >= options.minutes * 60:
            state = {"model": model.state_dict(), "average": average.state_dict(),
                     "optimizer": optimizer.state_dict(), "spent": spent, "step": step}
            torch.save(state, options.out / "state.tmp")
            os.replace(options.out / "state.tmp", options.out / "state.pt")
            torch.save(average.state_dict(), options.out / "average.tmp")
            os.replace(options.out / "average.tmp", options.out / "average.pt")
            saved = time.monotonic()
    producer.terminate()


if __name__ == "__main__":
    main()
