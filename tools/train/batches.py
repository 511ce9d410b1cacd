"""Endless batches to learn from: crops, turned and mirrored at random, damaged, and cut into patches.

On a CPU a process of its own makes them, one crop at a time, while the first one learns. On a GPU the crops lie in the
device's memory and the damage is done there, several crops at a time.
"""
import queue as full

import torch
import torch.multiprocessing as multiprocessing

import crops
import degrade
import dice as chance


def chunk_of(pictures, options, dice):
    """(small, clean) of some crops [n][3][side][side] in 0..1, whole."""
    if dice.chance(0.5):
        pictures = pictures.flip(3)
    pictures = torch.rot90(pictures, dice.integer(0, 3), (2, 3))
    if options.scale == 1:
        pictures = degrade.source(pictures, dice)
        return degrade.damage(pictures, dice, options.old), pictures
    if options.sharper:
        pictures = degrade.sharper(pictures, options.scale, options.patch, dice)
    if options.damage == "none":
        return degrade.only_smaller(pictures, options.scale), pictures
    return degrade.degrade(pictures, options.scale, dice), pictures


def batch(stock, options, dice, chunk):
    """(small, large) of one step, [batch][3][...]; `stock` uint8 on the device of the dice."""
    smalls, larges = [], []
    side, scale = options.patch, options.scale
    while len(smalls) < options.batch:
        chosen = [dice.integer(0, stock.shape[0] - 1) for _ in range(min(chunk, options.batch))]
        small, clean = chunk_of(stock[chosen].float() / 255, options, dice)
        # Several patches of one crop: degrading costs more than cutting.
        for picture in range(len(chosen)):
            for _ in range(options.cuts):
                y, x = (dice.integer(0, small.shape[axis] - side) for axis in (2, 3))
                smalls.append(small[picture, :, y : y + side, x : x + side])
                larges.append(clean[picture, :, y * scale : (y + side) * scale, x * scale : (x + side) * scale])
    return torch.stack(smalls[: options.batch]), torch.stack(larges[: options.batch])


def hand_over(queue, made):
    """Waits until there is room; False where the training was killed meanwhile."""
    while True:
        try:
            queue.put(made, timeout=10)
            return True
        except full.Full:
            if not multiprocessing.parent_process().is_alive():
                return False


def produce(queue, options, seed):
    torch.set_num_threads(1)
    stock, dice = crops.read(options.crops), chance.Dice(seed)
    while hand_over(queue, batch(stock, options, dice, chunk=1)):
        pass


class Batches:
    """Iterates without end; close() ends the process, where there is one."""

    def __init__(self, options, seed, device):
        self.options, self.process = options, None
        if device.type == "cpu":
            multiprocessing.set_start_method("fork", force=True)
            self.queue = multiprocessing.Queue(6)
            self.process = multiprocessing.Process(target=produce, args=(self.queue, options, seed), daemon=True)
            self.process.start()
        else:
            self.stock, self.dice = crops.read(options.crops).to(device), chance.Dice(seed, device)

    def next(self):
        if self.process is not None:
            return self.queue.get()
        with torch.no_grad():
            return batch(self.stock, self.options, self.dice, chunk=8)

    def close(self):
        if self.process is not None:
            self.process.terminate()
