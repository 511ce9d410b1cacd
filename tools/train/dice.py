"""Chance for degradations: what a batch does as a whole, and each picture's own numbers, from one seed on any device."""
import random

import torch


class Dice:
    def __init__(self, seed, device="cpu"):
        self.whole = random.Random(seed)
        self.device = torch.device(device)
        self.generator = torch.Generator(self.device).manual_seed(seed)

    def chance(self, share):
        return self.whole.random() < share

    def uniform(self, low, high):
        return self.whole.uniform(low, high)

    def choice(self, options):
        return self.whole.choice(options)

    def integer(self, low, high):
        """From low to high, both included."""
        return self.whole.randint(low, high)

    def each(self, count, low=0.0, high=1.0):
        """[count][1][1][1]: a number for each picture."""
        return low + (high - low) * torch.rand(count, 1, 1, 1, generator=self.generator, device=self.device)

    def normal(self, *shape):
        return torch.randn(*shape, generator=self.generator, device=self.device)
