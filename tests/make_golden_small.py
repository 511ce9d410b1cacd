#!/usr/bin/env python3
"""Writes the goldens of small networks into tests/data/goldens/ (needs PyTorch and NumPy): random weights of few channels
on published names, a picture of odd sides, what small_networks.py makes of it and some values between.

    make_golden_small.py [NAME...]      all of them, or those named
"""
import os
import sys

import numpy
import torch

import small_networks as nets


class Weights(dict):
    """Random weights that keep values at the size of 1."""

    def conv(self, name, outs, ins, kernel=3, bias=True, groups=1, gain=1.4, linear=False):
        fan = ins // groups * kernel * kernel
        shape = (outs, ins) if linear else (outs, ins // groups, kernel, kernel)
        self[name + ".weight"] = torch.randn(shape) * gain / fan ** 0.5
        if bias:
            self[name + ".bias"] = torch.randn(outs) * 0.2

    def norm(self, name, channels):
        self[name + ".weight"] = 1 + 0.3 * torch.randn(channels)
        self[name + ".bias"] = 0.2 * torch.randn(channels)
        self[name + ".running_mean"] = 0.3 * torch.randn(channels)
        self[name + ".running_var"] = 0.02 + 1.5 * torch.rand(channels)
        self[name + ".num_batches_tracked"] = torch.tensor(3)

    def sequence(self, prefix, channels, bias, norm):
        index = 0
        for k in range(len(channels) - 1):
            last = k == len(channels) - 2
            self.conv(f"{prefix}{index}", channels[k + 1], channels[k], bias=bias)
            index += 1
            if norm and 0 < k and not last:
                self.norm(f"{prefix}{index}", channels[k + 1])
                index += 1
            index += 1  # ReLU


def with_level(picture, level):
    return torch.cat([picture, torch.full_like(picture[:, :1], level / 255.0)], 1)


def dncnn_tiny():
    w = Weights()
    w.sequence("model.", [3, 7, 7, 7, 3], True, True)
    picture = torch.rand(1, 3, 11, 14)
    return w, picture, nets.dncnn, ("conv.0", "conv.2")


def ffdnet_tiny():
    w = Weights()
    w.sequence("model.", [13, 6, 6, 12], True, False)
    picture = torch.rand(1, 3, 10, 14)
    return w, picture, lambda w, p, seen: nets.ffdnet(w, p, seen, 30.0), ("conv.0",), with_level(picture, 30.0)


def ffdnet_gray():
    w = Weights()
    w.sequence("intermediate_dncnn.itermediate_dncnn.", [5, 6, 6, 4], False, True)
    picture = torch.rand(1, 1, 10, 14)
    return w, picture, lambda w, p, seen: nets.ffdnet(w, p, seen, 55.0), ("conv.0", "conv.1"), with_level(picture, 55.0)


def espcn_tiny_x3():
    w = Weights()
    w.conv("conv1", 7, 1, 5)
    w.conv("conv2", 5, 7)
    w.conv("conv3", 9, 5)
    return w, torch.rand(1, 1, 9, 13), lambda w, p, seen: nets.espcn(w, p, seen, torch.tanh), ("conv1", "conv2")


def pan_tiny(scale):
    w = Weights()
    w.conv("conv_first", 10, 3)
    for b in range(2):
        p = f"SCPA_trunk.{b}."
        w.conv(p + "conv1_a", 5, 10, 1, False)
        w.conv(p + "conv1_b", 5, 10, 1, False)
        w.conv(p + "k1.0", 5, 5, 3, False)
        w.conv(p + "PAConv.k2", 5, 5, 1)
        w.conv(p + "PAConv.k3", 5, 5, 3, False)
        w.conv(p + "PAConv.k4", 5, 5, 3, False)
        w.conv(p + "conv3", 10, 10, 1, False)
    w.conv("trunk_conv", 10, 10)
    for u in range(1, 3 if scale == 4 else 2):
        w.conv(f"upconv{u}", 6, 10 if u == 1 else 6)
        w.conv(f"att{u}.conv", 6, 6, 1)
        w.conv(f"HRconv{u}", 6, 6)
    w.conv("conv_last", 3, 6)
    return w, torch.rand(1, 3, 7, 9), nets.pan, ("conv_first", "body.0", "body.1", "up1")


def distillation(w, name, channels, aside, few, separable):
    def conv3(layer, outs, ins):
        if separable:
            w.conv(layer + ".pw", outs, ins, 1, linear=True)
            w.conv(layer + ".dw", outs, outs, 3, groups=outs)
        else:
            w.conv(layer, outs, ins)

    for k in (1, 2, 3):
        w.conv(f"{name}.c{k}_d", aside, channels, 1, linear=separable)
        conv3(f"{name}.c{k}_r", channels, channels)
    conv3(name + ".c4", aside, channels)
    w.conv(name + ".c5", channels, 4 * aside, 1, linear=separable)
    w.conv(name + ".esa.conv1", few, channels, 1, linear=separable)
    w.conv(name + ".esa.conv_f", few, few, 1, linear=separable)
    w.conv(name + ".esa.conv2", few, few)
    for layer in ("conv_max", "conv3", "conv3_"):
        conv3(f"{name}.esa.{layer}", few, few)
    w.conv(name + ".esa.conv4", channels, few, 1, linear=separable)


def imdn_tiny():
    w = Weights()
    w.conv("fea_conv", 8, 3)
    for b in (1, 2):
        p = f"IMDB{b}."
        w.conv(p + "c1", 8, 8)
        w.conv(p + "c2", 8, 6)
        w.conv(p + "c3", 8, 6)
        w.conv(p + "c4", 2, 6)
        w.conv(p + "cca.conv_du.0", 3, 8, 1)
        w.conv(p + "cca.conv_du.2", 8, 3, 1)
        w.conv(p + "c5", 8, 8, 1)
    w.conv("c.0", 8, 16, 1)
    w.conv("LR_conv", 8, 8)
    w.conv("upsampler.0", 12, 8)
    return w, torch.rand(1, 3, 15, 13), nets.imdn, ("conv_first", "block_1", "block_2")


def rfdn_tiny():
    w = Weights()
    w.conv("fea_conv", 8, 3, gain=0.01)
    for b in (1, 2):
        distillation(w, f"B{b}", 8, 4, 3, False)
    w.conv("c.0", 8, 16, 1)
    w.conv("LR_conv", 8, 8)
    w.conv("upsampler.0", 12, 8, gain=255.0)
    return w, torch.rand(1, 3, 19, 25), lambda w, p, seen: nets.rfdn(w, p, seen, 255.0), ("conv_first", "block_1.esa", "block_2.esa")


def bsrn_tiny(contest):
    w = Weights()
    w.conv("fea_conv.pw", 8, 12, 1, linear=True)
    w.conv("fea_conv.dw", 8, 8, groups=8)
    for b in (1, 2):
        distillation(w, f"B{b}", 8, 4, 3, True)
        if contest:
            w[f"B{b}.cw"] = 1 + 0.3 * torch.randn(1, 8)
            w.conv(f"B{b}.conv_out", 8, 8, 1, linear=True)
        else:
            w.conv(f"B{b}.cca.conv_du.0", 3, 8, 1)
            w.conv(f"B{b}.cca.conv_du.2", 8, 3, 1)
    w.conv("c1", 8, 16, 1, linear=contest)
    w.conv("c2.pw", 8, 8, 1, linear=True)
    w.conv("c2.dw", 8, 8, groups=8)
    w.conv("upsampler.upsampleOneStep.0", 12, 8)
    return w, torch.rand(1, 3, 22, 17), nets.bsrn, ("conv_first.dw", "block_1", "block_2")


def safmn_tiny(contest):
    w = Weights()
    w.conv("to_feat", 12, 3)
    if contest:
        w["norm.gamma"] = 0.5 * torch.randn(1, 12, 1, 1)
        w["norm.beta"] = 0.5 * torch.randn(1, 12, 1, 1)
    for b in range(2):
        p = f"feats.{b}."
        for i in range(4):
            w.conv(f"{p}safm.mfr.{i}", 3, 3, bias=not contest, groups=3)
        w.conv(p + "safm.aggr", 12, 12, 1, not contest)
        w.conv(p + "ccm.ccm.0", 20, 12, 3, not contest)
        w.conv(p + "ccm.ccm.2", 12, 20, 1, not contest)
        for k in (1, 2):
            if not contest:
                w[f"{p}norm{k}.weight"] = 1 + 0.3 * torch.randn(12)
                w[f"{p}norm{k}.bias"] = 0.3 * torch.randn(12)
    w.conv("to_img.0", 12, 12)
    return w, torch.rand(1, 3, 21, 27), nets.safmn, ("conv_first", "block_0", "block_1")


def plksr_network(norm, features, far, blocks, kernel, mix2, attention, scale):
    w = Weights()
    w.conv("feats.0", features, 3)
    for b in range(1, blocks + 1):
        p = f"feats.{b}."
        mixer = p + ("channel_mixer" if norm else "channe_mixer")
        w.conv(mixer + ".0", 2 * features, features)
        w.conv(mixer + ".2", features, 2 * features, mix2)
        w.conv(p + "lk.conv", far, far, kernel)
        if attention:
            w.conv(p + "attn.f.0", features, features)
        w.conv(p + "refine", features, features, 1)
        if norm:
            w[p + norm + ".weight"] = 1 + 0.3 * torch.randn(features)
            w[p + norm + ".bias"] = 0.3 * torch.randn(features)
    w.conv(f"feats.{blocks + (2 if norm else 1)}", 3 * scale * scale, features)
    return w


def plksr_tiny(norm):
    w = plksr_network(norm, 12, 5 if norm else 3, 2, 9 if norm == "layer_norm" else 17, 3 if norm else 1,
                      norm != "layer_norm", 2)
    return w, torch.rand(1, 3, 13, 18), nets.plksr, ("conv_first", "block_1", "block_2")


def upconv_network(channels, larger):
    w = Weights()
    for i in range(len(channels) - 1):
        w.conv(f"net.{2 * i}", channels[i + 1], channels[i])
    if larger:
        w.conv(f"net.{2 * len(channels) - 2}", channels[-1], channels[0], 4, False, gain=2.8)
        return w
    w.conv(f"net.{2 * len(channels) - 2}", channels[0], channels[-1])
    return w


def upconv_tiny(larger):
    w = upconv_network([3, 5, 6, 9] if larger else [3, 4, 4, 5, 5, 6, 6], larger)
    return w, torch.rand(1, 3, 20, 23), nets.upconv, ("conv2", "conv3")


def cunet_network(width, larger, real):
    w = Weights()

    def pair(name, ins, middle, outs, squeeze=True):
        w.conv(name + ".conv.0", middle, ins)
        w.conv(name + ".conv.2", outs, middle)
        if squeeze:
            w.conv(name + ".seblock.conv1", outs // 8, outs, 1, not real, gain=3)
            w.conv(name + ".seblock.conv2", outs, outs // 8, 1, not real, gain=3)

    def unet(name, channels, shapes, downs, ups, last, larger):
        pair(f"{name}.conv1", channels, width, 2 * width, False)
        for k, (ins, middle, outs) in shapes.items():
            pair(f"{name}.conv{k}", ins, middle, outs)
        for k, outs in downs.items():
            w.conv(f"{name}.conv{k}_down", outs, outs, 2)
        for k, (ins, outs) in ups.items():
            w.conv(f"{name}.conv{k}_up", ins, outs, 2, gain=2)
            w[f"{name}.conv{k}_up.bias"] = torch.randn(outs) * 0.2
        w.conv(f"{name}.conv{last}", 2 * width, 2 * width)
        if larger:
            w.conv(f"{name}.conv_bottom", 2 * width, channels, 4, gain=0.3)
        else:
            w.conv(f"{name}.conv_bottom", channels, 2 * width, gain=0.3)
        w[f"{name}.conv_bottom.bias"] = torch.full((channels,), 0.5)

    two, four, eight = 2 * width, 4 * width, 8 * width
    unet("unet1", 3, {2: (two, four, two)}, {1: two}, {2: (two, two)}, 3, larger)
    unet("unet2", 3, {2: (two, two, four), 3: (four, eight, four), 4: (four, two, two)}, {1: two, 2: four},
         {3: (four, four), 4: (two, two)}, 5, False)
    return w


def cunet_tiny(larger, real):
    w = cunet_network(4, larger, real)
    return w, torch.rand(1, 3, 60 if larger else 68, 64), nets.cunet, ("unet1.pair1", "unet1.pair2", "unet2.pair4")


def unet_tiny():
    w = Weights()
    for name, outs, ins in (("enc1", 4, 3), ("enc2", 8, 4), ("bottleneck", 16, 8), ("dec1", 8, 16), ("dec2", 4, 8)):
        w.conv(name + ".0", outs, ins)
        w.conv(name + ".2", outs, outs)
    for name, outs, ins in (("up1", 8, 16), ("up2", 4, 8)):
        w[name + ".weight"] = torch.randn(ins, outs, 2, 2) * 1.4 / ins ** 0.5
        w[name + ".bias"] = torch.randn(outs) * 0.2
    w.conv("out", 3, 4, 1)
    return w, torch.rand(1, 3, 12, 20), nets.unet, ("enc1", "bottleneck", "dec1", "dec2")


def face_unet_tiny():
    """The trainer's own module."""
    sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools/train"))
    import face_network

    network = face_network.FaceUnet((5, 6, 9))
    w = Weights()
    for name, parameter in network.named_parameters():
        w[name] = torch.rand_like(parameter) * 0.5 if parameter.dim() == 1 else parameter + 0.02 * torch.randn_like(parameter)
    w["tail.weight"] *= 2
    network.load_state_dict(w)

    def run(weights, picture, seen):
        layers = [("head", network.head)] + [(f"{kind}.{i}", module) for kind in ("enc", "dec")
                                             for i, module in enumerate(getattr(network, kind))]
        for name, module in layers:
            module.register_forward_hook(lambda _, __, value, name=name: seen.__setitem__(name, value))
        return network(picture)

    return w, torch.rand(1, 3, 32, 32) * 2 - 1, run, ("head", "enc.1", "dec.1", "dec.0")


GOLDENS = {
    "dncnn_tiny": dncnn_tiny,
    "ffdnet_tiny": ffdnet_tiny,
    "ffdnet_gray": ffdnet_gray,
    "espcn_tiny_x3": espcn_tiny_x3,
    "pan_tiny_x2": lambda: pan_tiny(2),
    "pan_tiny_x4": lambda: pan_tiny(4),
    "rfdn_tiny_x2": rfdn_tiny,
    "bsrn_tiny_x2": lambda: bsrn_tiny(False),
    "bsrn_contest_x2": lambda: bsrn_tiny(True),
    "safmn_tiny_x2": lambda: safmn_tiny(False),
    "safmn_contest_x2": lambda: safmn_tiny(True),
    "unet_tiny": unet_tiny,
    "imdn_tiny_x2": imdn_tiny,
    "realplksr_tiny_x2": lambda: plksr_tiny("norm"),
    "realplksr_layers_x2": lambda: plksr_tiny("layer_norm"),
    "plksr_tiny_x2": lambda: plksr_tiny(""),
    "upconv_tiny_x2": lambda: upconv_tiny(True),
    "vgg_tiny": lambda: upconv_tiny(False),
    "cunet_tiny": lambda: cunet_tiny(False, False),
    "cunet_tiny_x2": lambda: cunet_tiny(True, False),
    "realcugan_tiny_x2": lambda: cunet_tiny(True, True),
    "face_unet_tiny": face_unet_tiny,
}


def main():
    for number, (name, make) in enumerate(GOLDENS.items()):
        torch.manual_seed(20261122 + number)
        if len(sys.argv) > 1 and name not in sys.argv[1:]:
            continue
        weights, picture, network, kept, *given = make()
        folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data/goldens", name)
        os.makedirs(folder, exist_ok=True)
        seen = {}
        with torch.no_grad():
            result = network(weights, picture, seen)
        torch.save(dict(weights), os.path.join(folder, "weights.pth"))
        numpy.save(os.path.join(folder, "in.npy"), (given[0] if given else picture).numpy())
        numpy.save(os.path.join(folder, "out.npy"), result.numpy())
        for layer in kept:
            numpy.save(os.path.join(folder, f"act_{layer}.npy"), seen[layer].numpy())
        spread = ", ".join(f"{layer} {float(value.std()):.2g}" for layer, value in seen.items())
        print(f"{name}: deviations {spread}; result {float(result.std()):.2g}, largest {float(result.abs().max()):.2g}")


if __name__ == "__main__":
    main()
