"""What every training has in common: options, the start, the learning rate, averaging, checkpoints, the log.

The learning rate follows a cosine over the *time* allowed, not over steps, so that a run always ends annealed, however fast
the machine is. Every two minutes the state goes to OUT/state.pt (a later call with --resume goes on from there) and the
averaged weights to OUT/average.pt; every hundred steps a row to OUT/log.csv.
"""
import argparse
import copy
import math
import os
import pathlib
import time

import torch

import anew_file
import batches
import network


def options_of(description, rate):
    """A parser with what all trainings take; `rate`: the default."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--crops", required=True, nargs="+", help="what pack.py wrote, one file or several of crops of one size")
    parser.add_argument("--out", required=True, type=pathlib.Path, help="folder of the run")
    parser.add_argument("--minutes", type=float, default=100)
    parser.add_argument("--features", type=int, default=64)
    parser.add_argument("--convolutions", type=int, default=16)
    parser.add_argument("--scale", type=int, default=4, help="1: restores at the picture's own size")
    parser.add_argument("--unshuffle", type=int, default=1, help="2: squares of 2x2 pixels become channels first")
    parser.add_argument("--differences", action="store_true",
                        help="an enlarger, too, starts as differences of pixels, as a restorer does")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--patch", type=int, default=40, help="side of a small patch")
    parser.add_argument("--cuts", type=int, default=4, help="patches of one damaged crop")
    parser.add_argument("--sharper", action="store_true", help="most crops are made smaller first, which makes them sharper")
    parser.add_argument("--damage", choices=["real", "none"], default="real",
                        help="of an enlarger: real-world damage, or none but bicubic downsampling")
    parser.add_argument("--old", type=float, default=0.0, help="of a restorer: the share of pictures that become old prints")
    parser.add_argument("--rate", type=float, default=rate)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--compile", action="store_true", help="let PyTorch fuse steps: a quarter less time for each, after a minute")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--start", help="begin with these weights: another run's average.pt, or an .anew file")
    return parser


class Loop:
    """`parts` are what a checkpoint holds besides the maker and its average: {name: a thing with state_dict}."""

    def __init__(self, options, maker=None):
        """`maker`: what learns; None: the compact network that the options describe."""
        self.options, self.device = options, torch.device(options.device)
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "pid").write_text(str(os.getpid()))
        torch.manual_seed(options.seed)
        torch.set_num_threads(options.threads)
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
        if maker is None:
            maker = network.Compact(options.features, options.convolutions, options.scale, options.unshuffle, options.differences)
        if options.start:
            read = anew_file.read if options.start.endswith(".anew") else self.read_state
            maker.load_state_dict(read(options.start))
        self.maker = maker.to(self.device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.maker)
        self.spent, self.step, self.parts = 0.0, 0, {}

    @staticmethod
    def read_state(path):
        return torch.load(path, map_location="cpu", weights_only=True)

    def compiled(self, module):
        return torch.compile(module) if self.options.compile else module

    def autocast(self):
        return torch.autocast(self.device.type, dtype=torch.bfloat16)

    def rate_now(self):
        part = self.spent / (self.options.minutes * 60)
        rate = max(self.options.rate * 0.5 * (1 + math.cos(math.pi * part)), 1e-6)
        return rate * min(1.0, (self.step + 1) / 200)

    def save(self):
        state = {name: part.state_dict() for name, part in self.parts.items()}
        state |= {"maker": self.maker.state_dict(), "average": self.average.state_dict(), "spent": self.spent, "step": self.step}
        for name, content in (("state", state), ("average", self.average.state_dict())):
            torch.save(content, self.options.out / f"{name}.tmp")
            os.replace(self.options.out / f"{name}.tmp", self.options.out / f"{name}.pt")

    def resume(self):
        state = torch.load(self.options.out / "state.pt", map_location=self.device, weights_only=False)
        for name, part in {**self.parts, "maker": self.maker, "average": self.average}.items():
            part.load_state_dict(state[name])
        self.spent, self.step = state["spent"], state["step"]

    def blend_average(self):
        share = 1 - min(0.999, 1 - 1 / (self.step + 1))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.maker.parameters()), share)

    def fit(self, loss_of, source=batches.Batches):
        """Adam on `loss_of(guess, clean)` alone, by what train.py and face.py have in common."""
        learner = self.compiled(self.maker)
        optimizer = torch.optim.Adam(self.maker.parameters(), lr=self.options.rate, betas=(0.9, 0.99))

        def learn(given, clean):
            optimizer.zero_grad(set_to_none=True)
            with self.autocast():
                guess = learner(given)
            loss = loss_of(guess.float(), clean)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.maker.parameters(), 1.0)
            optimizer.step()
            return (loss,)

        self.run({"optimizer": optimizer}, [optimizer], learn, ["loss"], source)

    def run(self, parts, optimizers, learn, columns, source=batches.Batches):
        """`learn(small, large)` does one step and returns a number (tensor) for each of the log's `columns`."""
        self.parts = parts
        if self.options.resume:
            self.resume()
        source = source(self.options, self.options.seed * 1000 + self.step, self.device)
        log = open(self.options.out / "log.csv", "a", buffering=1)
        if self.step == 0:
            log.write("step,seconds,rate," + ",".join(columns) + "\n")
        totals, counted, saved = [0.0] * len(columns), 0, time.monotonic()
        while self.spent < self.options.minutes * 60:
            began = time.monotonic()
            small, large = (part.to(memory_format=torch.channels_last) for part in source.next())
            for optimizer in optimizers:
                for group in optimizer.param_groups:
                    group["lr"] = self.rate_now()
            values = learn(small, large)
            self.step += 1
            self.blend_average()
            totals, counted = [total + value.detach() for total, value in zip(totals, values)], counted + 1
            if self.step % 100 == 0:
                means = ",".join(f"{float(total) / counted:.5g}" for total in totals)
                log.write(f"{self.step},{self.spent:.0f},{self.rate_now():.2e},{means}\n")
                totals, counted = [0.0] * len(columns), 0
            # A stop of the process (to time something else) must not count as training time.
            self.spent += min(time.monotonic() - began, 3.0)
            if time.monotonic() - saved > 120:
                self.save()
                saved = time.monotonic()
        self.save()
        source.close()
