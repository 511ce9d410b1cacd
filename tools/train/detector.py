"""Trains the face detector from the labels of detector_labels.py.

    python detector.py --labels labels.json --out run --minutes 55 [--resume]

Scenes (detector_scenes.py) are made by a second process; where it is slower than the training, one of the last 64 batches is
used again. The learning rate follows a cosine over the time allowed. Every two
minutes the state goes to run/state.pt, the averaged weights to run/average.pt, a row to run/log.csv.
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
from torch.nn import functional

import batches
import detector_network as network
import detector_scenes as scenes

# Sides of the scenes of a batch, their number, and how often: large ones hold the large faces.
BATCHES = ((256, 16, 0.65), (384, 8, 0.2), (640, 3, 0.15))


def produce(queue, labels, seed):
    torch.set_num_threads(1)
    maker = scenes.Scenes(scenes.read_rows(labels), seed)
    while True:
        side, count, _ = maker.dice.choices(BATCHES, [share for *_, share in BATCHES])[0]
        pixels, wanted = [], []
        for _ in range(count):
            scene, faces = maker.scene(side)
            pixels.append(scene[:, :, ::-1])  # the network reads B, G, R
            wanted.append(scenes.targets(faces, side))
        batch = torch.from_numpy(numpy.stack(pixels)), torch.from_numpy(numpy.stack(wanted))
        if not batches.hand_over(queue, batch):
            return


def fit_of(guess, truth):
    """Intersection over union, and how far the middles are apart as a share of the common hull's diagonal."""
    common = (torch.minimum(guess[:, 2:], truth[:, 2:]) - torch.maximum(guess[:, :2], truth[:, :2])).clamp(min=0).prod(1)
    either = (guess[:, 2:] - guess[:, :2]).prod(1) + (truth[:, 2:] - truth[:, :2]).prod(1) - common
    hull = torch.maximum(guess[:, 2:], truth[:, 2:]) - torch.minimum(guess[:, :2], truth[:, :2])
    apart = ((guess[:, :2] + guess[:, 2:] - truth[:, :2] - truth[:, 2:]) / 2).pow(2).sum(1) / hull.pow(2).sum(1)
    return common / either.clamp(min=1e-6), apart


def loss_of(outputs, wanted, place):
    """Of face or not, fit, boxes (Zheng et al. 2020, DIoU) and points (as a share of the face's side)."""
    asked, yes = wanted[..., 0] >= 0, wanted[..., 0] > 0
    count = yes.sum().clamp(min=1)
    where = place.expand(len(outputs), -1, -1)[yes]
    mine, truth = outputs[yes], wanted[yes]
    fit, apart = fit_of(network.boxes(mine, where), truth[:, 1:5])
    quality = torch.zeros_like(wanted[..., 0])
    quality[yes] = fit.detach().clamp(0, 1)
    face = functional.binary_cross_entropy_with_logits(outputs[..., network.FACE][asked], yes[asked].float(), reduction="sum")
    sure = functional.binary_cross_entropy_with_logits(outputs[..., network.FIT][asked], quality[asked], reduction="sum")
    side = (truth[:, 3:5] - truth[:, 1:3]).prod(1).sqrt()[:, None]
    off = (network.points(mine, where) - truth[:, 5:]) / side
    points = functional.smooth_l1_loss(off, torch.zeros_like(off), reduction="none", beta=0.01).sum(1)
    return torch.stack([face / count, sure / count, 4 * ((1 - fit) + apart).sum() / count, 3 * points.sum() / count])


def averaged(model):
    """What is averaged: weights, and the normalisations' means and variances."""
    return [tensor for tensor in model.state_dict().values() if tensor.dtype.is_floating_point]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labels", required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--minutes", type=float, default=55)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    model = network.Detector().to(memory_format=torch.channels_last)
    average = copy.deepcopy(model)
    weights = [weight for weight in model.parameters() if weight.dim() > 1]
    others = [weight for weight in model.parameters() if weight.dim() == 1]
    optimizer = torch.optim.AdamW([{"params": weights, "weight_decay": 1e-2}, {"params": others, "weight_decay": 0.0}],
                                  lr=options.rate, fused=True)
    slow, fast = averaged(average), averaged(model)
    step, fresh, spent = 0, 0, 0.0
    if options.resume and (options.out / "state.pt").exists():
        state = torch.load(options.out / "state.pt")
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        step, fresh, spent = state["step"], state["fresh"], state["spent"]
    queue = multiprocessing.get_context("spawn").Queue(6)
    maker = multiprocessing.get_context("spawn").Process(
        target=produce, args=(queue, options.labels, options.seed + 1000 * step), daemon=True)
    maker.start()
    place = {side: network.places(side, side) for side, *_ in BATCHES}
    kept = [queue.get()]  # the pictures are read: the clock begins
    dice = random.Random(options.seed + step)
    start, saved, sums, counted = time.monotonic() - spent, time.monotonic(), torch.zeros(4), 0
    total = options.minutes * 60
    while (now := time.monotonic()) - start < total:
        part = (now - start) / total
        rate = options.rate * min(1, (step + 1) / 100) * (0.005 + 0.995 * (1 + math.cos(math.pi * part)) / 2)
        for group in optimizer.param_groups:
            group["lr"] = rate
        if queue.empty() and len(kept) >= 32:
            pixels, wanted = dice.choice(kept)
        else:
            kept.append(queue.get())
            pixels, wanted = kept[-1]
            fresh += 1
            del kept[:-64]
        pixels = pixels.permute(0, 3, 1, 2).float().contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            outputs = model(pixels)
        parts = loss_of(outputs, wanted, place[pixels.shape[2]])
        optimizer.zero_grad()
        parts.sum().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 10)
        optimizer.step()
        step += 1
        torch._foreach_lerp_(slow, fast, 1 - min(0.997, step / (step + 10)))
        sums, counted = sums + parts.detach(), counted + 1
        if time.monotonic() - saved > 120 or time.monotonic() - start >= total:
            saved = time.monotonic()
            torch.save({"model": model.state_dict(), "average": average.state_dict(), "optimizer": optimizer.state_dict(),
                        "step": step, "fresh": fresh, "spent": saved - start}, options.out / "state.new")
            os.replace(options.out / "state.new", options.out / "state.pt")
            torch.save(average.state_dict(), options.out / "average.new")
            os.replace(options.out / "average.new", options.out / "average.pt")
            face, fit, box, points = (sums / counted).tolist()
            with open(options.out / "log.csv", "a") as log:
                if log.tell() == 0:
                    log.write("step,fresh,seconds,rate,loss,face,fit,box,points\n")
                log.write(f"{step},{fresh},{saved - start:.0f},{rate:.2e},{face + fit + box + points:.4f},"
                          f"{face:.4f},{fit:.4f},{box:.4f},{points:.4f}\n")
            sums, counted = torch.zeros(4), 0
    maker.terminate()


if __name__ == "__main__":
    main()
