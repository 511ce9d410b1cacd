"""YuNet (Wu, Peng, Yu 2023), with the names of tensors that anew-convert knows it by: src/nets/yunet.c draws it.

The widths are our own: fewer channels at a quarter of the size, where most of the work is, more at the smallest, which sees
whole faces. Starts from random values.
"""
import torch
from torch import nn
from torch.nn import functional

STRIDES = (8, 16, 32)
# The outputs of each place: middle and size of the box, face or not and how well the box fits, five points; in strides.
BOX, FIT, FACE, POINTS = slice(0, 4), 4, 5, slice(6, 16)


class Unit(nn.Module):
    """1x1 across channels, then a depthwise 3x3."""

    def __init__(self, channels, out, normed=True):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 1)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1, groups=out)
        self.bn = nn.BatchNorm2d(out) if normed else None
        nn.init.kaiming_normal_(self.conv1.weight, nonlinearity="linear")
        nn.init.zeros_(self.conv1.bias)
        nn.init.normal_(self.conv2.weight, std=0.2)
        with torch.no_grad():  # near to passing on what comes, so that the first steps reach the first layers
            self.conv2.weight[:, :, 1, 1] += 1
        nn.init.zeros_(self.conv2.bias)

    def forward(self, x):
        x = self.conv2(self.conv1(x))
        return functional.relu(self.bn(x)) if self.bn is not None else x


class Stem(nn.Module):
    def __init__(self, channels, out):
        super().__init__()
        self.conv1 = nn.Conv2d(3, channels, 3, stride=2, padding=1)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = Unit(channels, out)

    def forward(self, x):
        return self.conv2(functional.relu(self.bn1(self.conv1(x))))


class Pair(nn.Module):
    def __init__(self, channels, out):
        super().__init__()
        self.conv1 = Unit(channels, channels)
        self.conv2 = Unit(channels, out)

    def forward(self, x):
        return self.conv2(self.conv1(x))


class Detector(nn.Module):
    def __init__(self, widths=(16, 32, 64, 64, 96, 128), features=64):
        super().__init__()
        self.backbone = nn.ModuleDict({"model0": Stem(widths[0], widths[0])})
        for level in range(1, 6):
            self.backbone[f"model{level}"] = Pair(widths[level - 1], widths[level])
        below = [widths[3], widths[3], widths[4]]
        self.neck = nn.ModuleDict({"lateral_convs": nn.ModuleList(Unit(widths[3 + i], below[i]) for i in range(3))})
        self.bbox_head = nn.ModuleDict({
            "multi_level_share_convs": nn.ModuleList(nn.ModuleList([Unit(below[i], features)]) for i in range(3))})
        for name, count in (("bbox", 4), ("cls", 1), ("obj", 1), ("kps", 10)):
            self.bbox_head[f"multi_level_{name}"] = nn.ModuleList(Unit(features, count, normed=False) for _ in range(3))
        for name, start in (("bbox", [0.5, 0.5, 1.2, 1.2]), ("cls", [-4.0]), ("obj", [-4.0]), ("kps", [0.5] * 10)):
            for head in self.bbox_head[f"multi_level_{name}"]:  # a box of some three strides; nearly all places are no face
                with torch.no_grad():
                    head.conv1.weight *= 0.2
                    head.conv2.bias.copy_(torch.tensor(start))

    def forward(self, x):
        """(batch, places of all levels, 16)."""
        levels = []
        for index in range(6):
            x = self.backbone[f"model{index}"](x)
            if index >= 3:
                levels.append(x)
            if index in (0, 2, 3, 4):
                x = functional.max_pool2d(x, 2)
        for index in (2, 1, 0):
            if index < 2:
                levels[index] = levels[index] + functional.interpolate(levels[index + 1], scale_factor=2.0)
            levels[index] = self.neck["lateral_convs"][index](levels[index])
        out = []
        for index, x in enumerate(levels):
            x = self.bbox_head["multi_level_share_convs"][index][0](x)
            heads = [self.bbox_head[f"multi_level_{name}"][index](x) for name in ("bbox", "cls", "obj", "kps")]
            out.append(torch.cat(heads, 1).flatten(2).transpose(1, 2).float())
        return torch.cat(out, 1)


def places(height, width):
    """(places, 3): left, top and stride of each, in the order of the outputs."""
    rows = []
    for stride in STRIDES:
        y, x = torch.meshgrid(torch.arange(height // stride), torch.arange(width // stride), indexing="ij")
        rows.append(torch.stack([x.flatten() * stride, y.flatten() * stride, torch.full((x.numel(),), stride)], 1))
    return torch.cat(rows).float()


def boxes(outputs, place):
    """Left, top, right, bottom."""
    middle = place[:, :2] + outputs[..., 0:2] * place[:, 2:]
    half = outputs[..., 2:4].clamp(max=5).exp() * place[:, 2:] / 2
    return torch.cat([middle - half, middle + half], -1)


def points(outputs, place):
    """Five times x, y."""
    return place[:, :2].repeat(1, 5) + outputs[..., POINTS] * place[:, 2:]
