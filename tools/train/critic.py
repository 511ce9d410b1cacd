"""The critic of adversarial training: tells textures of photos from those that a network made, by patches.

A stack of convolutions with spectral normalisation (Miyato et al. 2018), as the patch critics of Isola et al. 2017 (pix2pix),
that answers for patches of 20 and of 48 pixels. Squares of 2x2 pixels become channels first, which saves most of the work.
"""
import torch.nn as nn
import torch.nn.functional as functional
from torch.nn.utils.parametrizations import spectral_norm


def convolution(inputs, outputs, kernel, stride=1):
    return spectral_norm(nn.Conv2d(inputs, outputs, kernel, stride, 1))


class Critic(nn.Module):
    def __init__(self, features=32):
        super().__init__()
        self.pixels = convolution(12, features, 3)
        self.fine = nn.ModuleList([convolution(features, 2 * features, 4, 2), convolution(2 * features, 2 * features, 3)])
        self.coarse = convolution(2 * features, 3 * features, 4, 2)
        self.answers = nn.ModuleList([convolution(2 * features, 1, 3), convolution(3 * features, 1, 3)])

    def forward(self, picture):
        """[n][3][h][w] in 0..1 to two maps of answers, and the features below them for the feature loss."""
        x = functional.leaky_relu(self.pixels(functional.pixel_unshuffle(picture * 2 - 1, 2)), 0.2)
        features = [x]
        for layer in self.fine:
            x = functional.leaky_relu(layer(x), 0.2)
            features.append(x)
        answers = [self.answers[0](x)]
        x = functional.leaky_relu(self.coarse(x), 0.2)
        features.append(x)
        answers.append(self.answers[1](x))
        return answers, features
