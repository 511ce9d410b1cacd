"""The U-Net that restores an aligned face; src/nets/face_unet.c is the same network in the engine."""
import torch
import torch.nn as nn
import torch.nn.functional as functional

SIDE = 256
WIDTHS = (16, 32, 40, 48)  # at a half, a quarter, an eighth and a sixteenth of the side


def convolution(channels_in, channels_out, kernel=3, stride=1):
    """With He's gain for PReLU's slope of 0.25 (network.py)."""
    layer = nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2)
    nn.init.kaiming_normal_(layer.weight, a=0.25, nonlinearity="leaky_relu")
    nn.init.zeros_(layer.bias)
    return layer


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1, self.act, self.conv2 = convolution(width, width), nn.PReLU(width), convolution(width, width)
        with torch.no_grad():
            self.conv2.weight.mul_(0.3)  # begins near the identity

    def forward(self, x):
        return x + self.conv2(self.act(self.conv1(x)))


class FaceUnet(nn.Module):
    def __init__(self, widths=WIDTHS):
        super().__init__()
        levels = range(len(widths) - 1)
        self.head = convolution(12, widths[0])
        self.enc = nn.ModuleList(Block(width) for width in widths)
        self.down = nn.ModuleList(convolution(widths[i], widths[i + 1], stride=2) for i in levels)
        self.act = nn.ModuleList(nn.PReLU(widths[i + 1]) for i in levels)
        self.up = nn.ModuleList(convolution(widths[i + 1], 4 * widths[i], 1) for i in levels)
        self.dec = nn.ModuleList(Block(widths[i]) for i in levels)
        self.tail = convolution(widths[0], 12)
        with torch.no_grad():  # starts from differences of pixels, and at "as it came" (network.py)
            self.head.weight.copy_(4 * (self.head.weight - self.head.weight.mean(dim=(2, 3), keepdim=True)))
            self.tail.weight.mul_(0.05)

    def forward(self, face):
        """[n][3][side][side] in -1..1, side a multiple of 16; the same shape."""
        x = self.enc[0](self.head(functional.pixel_unshuffle(face, 2)))
        skips = []
        for level, down in enumerate(self.down):
            skips.append(x)
            x = self.enc[level + 1](self.act[level](down(x)))
        for level in reversed(range(len(self.up))):
            x = skips[level] + functional.pixel_shuffle(self.up[level](x), 2)
            x = self.dec[level](x)
        return face + functional.pixel_shuffle(self.tail(x), 2)
