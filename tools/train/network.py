"""SRVGGNetCompact for training; src/nets/srvgg.c is the same network in the engine."""
import torch
import torch.nn as nn
import torch.nn.functional as functional


class Compact(nn.Module):
    """`unshuffle` folds squares of so many pixels into channels first: a quarter of the work at 2, and twice as far a
    look, for a network that keeps the picture's size."""

    def __init__(self, features=64, convolutions=16, scale=4, unshuffle=1, differences=False):
        super().__init__()
        self.scale, self.unshuffle, self.differences = scale, unshuffle, differences or scale == 1
        self.body = nn.ModuleList([nn.Conv2d(3 * unshuffle**2, features, 3, 1, 1), nn.PReLU(features)])
        for _ in range(convolutions):
            self.body.append(nn.Conv2d(features, features, 3, 1, 1))
            self.body.append(nn.PReLU(features))
        self.body.append(nn.Conv2d(features, 3 * (scale * unshuffle) ** 2, 3, 1, 1))
        self.initialise()

    def initialise(self):
        """He et al. 2015 (Delving deep into rectifiers), equation 15: the gain for PReLU's slope of
        0.25. PyTorch's default halves the signal in each layer; 16 of them leave nothing. The last
        layer starts small, so that the first output is the picture enlarged by repetition."""
        for layer in self.body:
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, a=0.25, nonlinearity="leaky_relu")
                nn.init.zeros_(layer.bias)
        with torch.no_grad():
            self.body[-1].weight.mul_(0.05)
            if self.differences:
                self.start_as_differences()

    def start_as_differences(self):
        """A restorer must take a small correction out of differences between pixels, which a stack of random layers buries
        under the picture's brightness: begun as above it stayed at "as it came" for 3,000 steps. So the first layer starts
        as differences only, at a gain of 4, the layers between pass on what they get and add little of their own, and half
        of the features begin linear: a fifth of the error was gone after 240 steps."""
        convolutions = [layer for layer in self.body if isinstance(layer, nn.Conv2d)]
        first = convolutions[0].weight
        first.copy_(4 * (first - first.mean(dim=(2, 3), keepdim=True)))
        for layer in convolutions[1:-1]:
            layer.weight.mul_(0.4)
            for channel in range(layer.out_channels):
                layer.weight[channel, channel, 1, 1] += 1
        for layer in self.body:
            if isinstance(layer, nn.PReLU):
                layer.weight[::2] = 1

    def forward(self, small):
        x = functional.pixel_unshuffle(small, self.unshuffle)
        for layer in self.body:
            x = layer(x)
        x = functional.pixel_shuffle(x, self.scale * self.unshuffle)
        return x + functional.interpolate(small, scale_factor=self.scale, mode="nearest")
