"""Endless batches of faces to learn from: what an enlarger made of a small, damaged face, and the face as it was.

The engine cuts faces from the enlargement (src/pipeline/faces.c), so that is what is learned from: three in four
faces are made small, damaged and enlarged by the networks that --enlargers names, as they are with `--crisp` at both ends and at
what is usual; the others are damaged at up to their own size and enlarged by a filter. An enlarger costs more than a step of the training:
on a CPU a process of its own makes faces, and each is used several times, mirrored or not.
"""
import math

import torch
import torch.multiprocessing as multiprocessing
import torch.nn.functional as functional

import anew_file
import batches
import crops
import degrade
import dice as chance
import face_network
import network

SIDE = face_network.SIDE
POOL, FIRST = 2048, 64  # faces that are drawn from, at most and to begin with
SHARES = (0.0, 0.6, 0.6, 1.0)  # of the crisp end, as often


def enlargers(paths, device):
    """The mixtures of two ends of one network, or the one that there is."""
    ends = [anew_file.read(path) for path in paths]
    for share in {0: (), 1: (0.0,), 2: SHARES}[len(ends)]:
        convolutions = [tensor for tensor in ends[0].values() if tensor.dim() == 4]
        scale = math.isqrt(convolutions[-1].shape[0] // 3)
        mixed = network.Compact(convolutions[0].shape[0], len(convolutions) - 2, scale)
        mixed.load_state_dict({name: (1 - share) * ends[0][name] + share * ends[-1][name] for name in ends[0]})
        yield mixed.to(device, memory_format=torch.channels_last).eval()


def turned(faces, dice):
    """Squares of SIDE out of crops with a margin, as they lie where five points are a little wrong."""
    n, whole = faces.shape[0], faces.shape[2]
    turn, size = dice.each(n, -0.07, 0.07).flatten(), SIDE / whole * dice.each(n, 0.94, 1.05).flatten()
    shift = [dice.each(n, -0.03, 0.03).flatten() for _ in range(2)]
    back = torch.stack([torch.stack([size * turn.cos(), -size * turn.sin(), shift[0]], 1),
                        torch.stack([size * turn.sin(), size * turn.cos(), shift[1]], 1)], 1)
    grid = functional.affine_grid(back, (n, 3, SIDE, SIDE), align_corners=False)
    return functional.grid_sample(faces, grid, mode="bicubic", padding_mode="border", align_corners=False).clamp(0, 1)


def other_light(faces, dice):
    """Brighter or darker, flatter, tinted, gray: the portraits are much alike in that."""
    n = faces.shape[0]
    faces = faces.clamp(0, 1) ** torch.exp(dice.each(n, -0.4, 0.4))
    faces = (faces - 0.5) * dice.each(n, 0.7, 1.1) + 0.5
    if dice.chance(0.4):
        faces = faces * torch.cat([dice.each(n, 0.85, 1.1) for _ in range(3)], dim=1)
    if dice.chance(0.12):
        faces = faces.mean(dim=1, keepdim=True).expand(-1, 3, -1, -1)
    return faces.clamp(0, 1)


def resized(faces, side):
    return functional.interpolate(faces, size=(side, side), mode="bicubic", antialias=side < faces.shape[2],
                                  align_corners=False).clamp(0, 1)


def damaged(faces, side, dice):
    """The faces in `side` pixels, with what photos of faces mostly have: blur, noise, JPEG."""
    scale = SIDE / side
    if dice.chance(0.7):
        faces = degrade.blur(faces, dice, (0.5 if dice.chance(0.5) else 1.3) * max(scale, 1.0))
    small = degrade.shrink(faces, (side, side), dice) if side < SIDE else faces
    if dice.chance(0.1):
        small = degrade.sharpened(small, dice)
    if dice.chance(0.6):
        small = degrade.noise(small, dice, 30)
    if dice.chance(0.7):
        small = degrade.compressed(small, dice, 30, 95)
    return degrade.in_bytes(small)


def pairs(stock, networks, dice, count):
    """(input, clean) [count][3][SIDE][SIDE] in 0..1; damage and sizes are those of all of them."""
    chosen = [dice.integer(0, stock.shape[0] - 1) for _ in range(count)]
    clean = other_light(turned(stock[chosen].float() / 255, dice), dice)
    if dice.chance(0.5):
        clean = clean.flip(3)
    if networks and dice.chance(0.75):
        side = round(math.exp(dice.uniform(math.log(20), math.log(112))))
        given = damaged(clean, side, dice)
        with torch.autocast(given.device.type, dtype=torch.bfloat16):
            given = dice.choice(networks)(given.to(memory_format=torch.channels_last)).float().clamp(0, 1)
        if dice.chance(0.3):  # an enlargement by less than four
            given = resized(given, round(side * dice.uniform(1.5, 4)))
    else:
        given = damaged(clean, round(math.exp(dice.uniform(math.log(40), math.log(SIDE)))), dice)
    return degrade.in_bytes(resized(given, SIDE)), degrade.in_bytes(clean)


def stock_of(options, device):
    return crops.read(options.crops).to(device), list(enlargers(options.enlargers, device))


def produce(queue, options, seed):
    torch.set_num_threads(1)
    (stock, networks), dice = stock_of(options, torch.device("cpu")), chance.Dice(seed)
    with torch.no_grad():
        while batches.hand_over(queue, [(255 * part[0]).round().to(torch.uint8) for part in pairs(stock, networks, dice, 1)]):
            pass


class Batches:
    """Iterates without end; close() ends the process, where there is one."""

    def __init__(self, options, seed, device):
        self.options, self.process, self.dice = options, None, chance.Dice(seed, device)
        if device.type == "cpu":
            multiprocessing.set_start_method("fork", force=True)
            self.queue, self.pool = multiprocessing.Queue(64), []
            self.process = multiprocessing.Process(target=produce, args=(self.queue, options, seed), daemon=True)
            self.process.start()
        else:
            self.stock, self.networks = stock_of(options, device)

    def take_in(self):
        """At first until there are some; then, if there are, an eighth of a batch: so each is used eight times or more."""
        for _ in range(max(self.options.batch // 8, 1)):
            while len(self.pool) < FIRST:
                self.pool.append(self.queue.get())
            if self.queue.empty():
                return
            pair = self.queue.get()
            if len(self.pool) < POOL:
                self.pool.append(pair)
            else:
                self.pool[self.dice.integer(0, POOL - 1)] = pair

    def next(self):
        """(input, clean) in -1..1, [batch][3][SIDE][SIDE]."""
        batch = self.options.batch
        if self.process is None:
            with torch.no_grad():
                parts = [pairs(self.stock, self.networks, self.dice, max(batch // 4, 1)) for _ in range(4)]
                return tuple(2 * torch.cat(side)[:batch] - 1 for side in zip(*parts))
        self.take_in()
        chosen = [self.pool[self.dice.integer(0, len(self.pool) - 1)] for _ in range(batch)]
        given, clean = (torch.stack(side).float() / 127.5 - 1 for side in zip(*chosen))
        return (given.flip(3), clean.flip(3)) if self.dice.chance(0.5) else (given, clean)

    def close(self):
        if self.process is not None:
            self.process.terminate()
