"""Graphs that PyTorch's exporter writes, against onnxruntime, for graphs_torch.sh: `BUILD FOLDER SHARED [OPSETS [NAMES]]`.

OPSETS is a list such as 10,13,17, `all`, or `turns`: each network at one of them, taking turns. Rows and columns are left
open in the file, so that what PyTorch reckons with shapes is in it. Prints how far the 8-bit pictures are apart."""
import contextlib
import io
import os
import re
import subprocess
import sys
import warnings

import numpy as np
import onnxruntime
import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import small_networks as published  # noqa: E402

OPSETS = (10, 11, 13, 16, 17, 18)
H, W = 40, 56


# ---- random networks of the layers that people use -----------------------------------------------------------------
class Net(nn.Module):
    """A body between two convolutions; FUNCTION(x) where the body has no state."""

    def __init__(self, body, channels=8, after=None, scale=1):
        super().__init__()
        self.first, self.body = nn.Conv2d(3, channels, 3, padding=1), body
        self.last = nn.Conv2d(after or channels, 3 * scale * scale, 3, padding=1)
        self.shuffle = nn.PixelShuffle(scale) if scale > 1 else nn.Identity()

    def forward(self, x):
        return 0.5 + 0.2 * self.shuffle(self.last(self.body(self.first(x))))


class Lambda(nn.Module):
    def __init__(self, function, **parts):
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x):
        return self.function(self, x)


class LayerNorm2d(nn.Module):
    """ConvNeXt's of channels first, as most networks spell it."""

    def __init__(self, channels, kind):
        super().__init__()
        self.weight, self.bias = nn.Parameter(1 + 0.3 * torch.randn(channels)), nn.Parameter(0.3 * torch.randn(channels))
        self.kind = kind

    def forward(self, x):
        if self.kind == "last":
            y = F.layer_norm(x.permute(0, 2, 3, 1), self.weight.shape, self.weight, self.bias, 1e-6)
            return y.permute(0, 3, 1, 2)
        mean = x.mean(1, keepdim=True)
        variance = (x - mean).pow(2).mean(1, keepdim=True)
        x = (x - mean) / torch.sqrt(variance + 1e-6)
        return self.weight[:, None, None] * x + self.bias[:, None, None]


class Attention(nn.Module):
    """Squeeze and excitation; WITH linear layers or convolutions of 1x1."""

    def __init__(self, channels, linear, gate=torch.sigmoid):
        super().__init__()
        layer = (lambda i, o: nn.Linear(i, o)) if linear else (lambda i, o: nn.Conv2d(i, o, 1))
        self.down, self.up, self.linear, self.gate = layer(channels, 4), layer(4, channels), linear, gate

    def forward(self, x):
        y = F.adaptive_avg_pool2d(x, 1)
        if self.linear:
            y = y.view(x.size(0), -1)
        y = self.gate(self.up(F.relu(self.down(y))))
        return x * (y.view(x.size(0), x.size(1), 1, 1) if self.linear else y)


class Randomised(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.norm = norm
        with torch.no_grad():
            for p in norm.parameters():
                p.copy_(torch.randn_like(p) * 0.3 + 1)
            for name, b in norm.named_buffers():
                if b.dtype.is_floating_point:
                    b.copy_(torch.rand_like(b) + (0.5 if "var" in name else -0.5))

    def forward(self, x):
        return self.norm(x)


def function(f, **more):
    return Net(Lambda(lambda self, x: f(x)), **more)


def mixer(self, x):
    """Linear layers over channels last, as transformers and ConvNeXt have them."""
    y = self.norm(x.permute(0, 2, 3, 1))
    return x + self.down(F.gelu(self.up(y))).permute(0, 3, 1, 2)


def tokens(self, x):
    b, c, h, w = x.shape
    y = self.linear(x.flatten(2).transpose(1, 2))
    return x + y.transpose(1, 2).view(b, c, h, w)


def by_hand(self, x):
    b, c, h, w = x.shape
    return x.view(b, c // 4, 2, 2, h, w).permute(0, 1, 4, 2, 5, 3).reshape(b, c // 4, h * 2, w * 2)


def unshuffle_by_hand(self, x):
    b, c, h, w = x.shape
    return x.view(b, c, h // 2, 2, w // 2, 2).permute(0, 1, 3, 5, 2, 4).reshape(b, c * 4, h // 2, w // 2)


def depth_first(self, x):
    b, c, h, w = x.shape
    return x.view(b, 2, 2, c // 4, h, w).permute(0, 3, 4, 1, 5, 2).reshape(b, c // 4, h * 2, w * 2)


def to_the_size_of(self, x):
    small = self.small(x)
    return x + F.interpolate(small, size=x.shape[2:], mode=self.mode, **self.how)


def shuffled_channels(self, x):
    b, c, h, w = x.shape
    return x.view(b, 2, c // 2, h, w).transpose(1, 2).reshape(b, c, h, w)


def halves(self, x):
    a, b = x.chunk(2, 1)
    return a * torch.sigmoid(b)


def parts(self, x):
    a, b, c = torch.split(x, [2, 4, 2], 1)
    return torch.cat([c, a, b], 1)


def residual(self, x):
    return x + self.conv(x) * 0.1


def nets():
    yield "relu6", Net(nn.ReLU6())
    yield "hardtanh", Net(nn.Hardtanh(-0.3, 0.4))
    yield "clamp", function(lambda x: x.clamp(min=-0.1))
    yield "clamp_ends", function(lambda x: x.clamp(max=0.3))
    yield "hardsigmoid", Net(nn.Hardsigmoid())
    yield "hardswish", Net(nn.Hardswish())
    yield "silu", Net(nn.SiLU())
    yield "mish", Net(nn.Mish())
    yield "elu", Net(nn.ELU(0.7))
    yield "gelu", Net(nn.GELU())
    yield "gelu_tanh", Net(nn.GELU(approximate="tanh"))
    yield "tanh", Net(nn.Tanh())
    yield "prelu", Net(nn.PReLU(8))
    yield "abs", function(torch.abs)
    yield "maximum", function(lambda x: torch.maximum(x, x * 0.3))
    yield "rsqrt", function(lambda x: x / torch.sqrt(x * x + 0.01) + x.pow(3))
    yield "batch", Net(Randomised(nn.BatchNorm2d(8)).eval())
    yield "batch_behind_relu", Net(nn.Sequential(nn.ReLU(), Randomised(nn.BatchNorm2d(8)).eval()))
    yield "instance", Net(Randomised(nn.InstanceNorm2d(8, affine=True)))
    yield "instance_plain", Net(nn.InstanceNorm2d(8))
    yield "group", Net(Randomised(nn.GroupNorm(4, 8)))
    yield "group_one", Net(Randomised(nn.GroupNorm(1, 8)))
    yield "layer_last", Net(LayerNorm2d(8, "last"))
    yield "layer_first", Net(LayerNorm2d(8, "first"))
    yield "attention_linear", Net(Attention(8, True))
    yield "attention_conv", Net(Attention(8, False, F.hardsigmoid))
    yield "global_mean_and_deviation", function(lambda x: x * torch.sigmoid(
        x.mean((2, 3), keepdim=True) + ((x - x.mean((2, 3), keepdim=True)) ** 2).mean((2, 3), keepdim=True).sqrt()))
    yield "mean_of_channels", function(lambda x: x * torch.sigmoid(x.mean(1, keepdim=True)))
    yield "pool_average", Net(nn.AvgPool2d(2), scale=2)
    yield "pool_average_same", Net(nn.AvgPool2d(3, 1, 1))
    yield "pool_average_inside", Net(nn.AvgPool2d(3, 1, 1, count_include_pad=False))
    yield "pool_max", Net(nn.MaxPool2d(2), scale=2)
    yield "pool_max_same", Net(nn.MaxPool2d(3, 1, 1))
    yield "pool_max_stride", Net(nn.MaxPool2d(3, 2, 1), scale=2)
    yield "pixel_shuffle", Net(nn.PixelShuffle(2), after=2)
    yield "pixel_unshuffle", Net(nn.PixelUnshuffle(2), after=32, scale=2)
    yield "shuffle_by_hand", Net(Lambda(by_hand), after=2)
    yield "unshuffle_by_hand", Net(Lambda(unshuffle_by_hand), after=32, scale=2)
    yield "shuffle_depth_first", Net(Lambda(depth_first), after=2)
    yield "shuffled_channels", Net(Lambda(shuffled_channels))
    yield "nearest", Net(nn.Upsample(scale_factor=2))
    yield "nearest_size", function(lambda x: F.interpolate(x, size=(x.shape[2] * 3, x.shape[3] * 3)))
    yield "bilinear", Net(nn.Upsample(scale_factor=2, mode="bilinear"))
    yield "bilinear_corners", Net(nn.Upsample(scale_factor=3, mode="bilinear", align_corners=True))
    yield "bilinear_like", Net(Lambda(to_the_size_of, small=nn.MaxPool2d(2), mode="bilinear", how={"align_corners": False}))
    yield "nearest_like", Net(Lambda(to_the_size_of, small=nn.Conv2d(8, 8, 3, 2, 1), mode="nearest", how={}))
    yield "half_size", function(lambda x: F.interpolate(x, scale_factor=0.5), scale=2)
    yield "half_size_bilinear", function(lambda x: F.interpolate(x, scale_factor=0.5, mode="bilinear"), scale=2)
    yield "reflect", Net(nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(8, 8, 3)))
    yield "reflect_mode", Net(nn.Conv2d(8, 8, 3, padding=1, padding_mode="reflect"))
    yield "zero_pad", Net(nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(8, 8, 3, 2)), scale=2)
    yield "transposed", Net(nn.ConvTranspose2d(8, 8, 4, 2, 1))
    yield "dilated", Net(nn.Conv2d(8, 8, 3, padding=2, dilation=2))
    yield "depthwise", Net(nn.Sequential(nn.Conv2d(8, 8, 5, padding=2, groups=8), nn.Conv2d(8, 8, 1)))
    yield "strip", Net(nn.Sequential(nn.Conv2d(8, 8, (1, 7), padding=(0, 3)), nn.Conv2d(8, 8, (7, 1), padding=(3, 0))))
    yield "residual", Net(Lambda(residual, conv=nn.Conv2d(8, 8, 3, padding=1)))
    yield "halves", Net(Lambda(halves), after=4)
    yield "parts", Net(Lambda(parts))
    yield "slices", function(lambda x: torch.cat([x[:, 4:], x[:, :4] * 2], 1))
    yield "mixer", Net(Lambda(mixer, norm=Randomised(nn.LayerNorm(8)), up=nn.Linear(8, 16), down=nn.Linear(16, 8)))
    yield "tokens", Net(Lambda(tokens, linear=nn.Linear(8, 8)))
    yield "softmax", function(lambda x: torch.softmax(x, 1) * 4)
    yield "many_joined", function(lambda x: torch.cat([x * (0.1 * i) for i in range(1, 12)], 1), after=88)
    yield "clamped_result", nn.Sequential(Net(nn.ReLU()), Lambda(lambda self, x: x.clamp(0, 1)))


# ---- published networks ---------------------------------------------------------------------------------------------
class Published(nn.Module):
    """A function of tests/small_networks.py over the weights of a file, as a module."""

    def __init__(self, forward, weights):
        super().__init__()
        self.f = forward
        self.names = list(weights)
        for i, value in enumerate(weights.values()):
            self.register_buffer(f"w{i}", value.float())

    def forward(self, x):
        return self.f({name: getattr(self, f"w{i}") for i, name in enumerate(self.names)}, x)


def srvgg(weights, x):
    y, k = x, 0
    while f"body.{k}.weight" in weights:
        w = weights[f"body.{k}.weight"]
        y = F.conv2d(y, w, weights[f"body.{k}.bias"], 1, 1) if w.dim() == 4 else F.prelu(y, w)
        k += 1
    scale = round((int(y.shape[1]) / 3) ** 0.5)
    return F.pixel_shuffle(y, scale) + F.interpolate(x, scale_factor=scale, mode="nearest")


FILES = {
    "srvgg": ("sr/realesr-animevideov3.pth", srvgg),
    "espcn": ("sr/espcn_x3_epoch599.pth", lambda w, x: published.espcn(w, x, {})),
    "dncnn": ("x1/dncnn_25.pth", lambda w, x: published.dncnn(w, x, {})),
    "pan": ("sr/PANx4_DF2K.pth", lambda w, x: published.pan(w, x, {})),
}


def state(path):
    class Network(nn.Module):
        pass

    setattr(sys.modules["__main__"], "Network", Network)  # a whole module names its class
    loaded = torch.load(path, map_location="cpu", weights_only=False)
    loaded = loaded.state_dict() if isinstance(loaded, nn.Module) else loaded
    for key in ("params_ema", "params"):
        loaded = loaded.get(key, loaded)
    return {name.removeprefix("module."): value for name, value in loaded.items() if hasattr(value, "shape")}


def read(path):
    head = open(path, "rb").read().split(b"\n", 3)
    width, height = map(int, head[1].split())
    return np.frombuffer(head[3], ">u2" if head[2] == b"65535" else "u1").reshape(height, width, 3).astype(float)


@contextlib.contextmanager
def quiet():
    """Without what the exporter writes to both outputs."""
    sys.stdout.flush()
    kept, nothing = [os.dup(1), os.dup(2)], os.open(os.devnull, os.O_WRONLY)
    for k in (1, 2):
        os.dup2(nothing, k)
    try:
        yield
    finally:
        sys.stdout.flush()
        for k in (1, 2):
            os.dup2(kept[k - 1], k)
            os.close(kept[k - 1])
        os.close(nothing)


def export(network, opset, channels):
    sink = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad(), quiet():
        warnings.simplefilter("ignore")
        torch.onnx.export(network, torch.rand(1, channels, H, W), sink, opset_version=opset, dynamo=False,
                          input_names=["picture"], output_names=["result"],
                          dynamic_axes={"picture": {2: "h", 3: "w"}, "result": {2: "h2", 3: "w2"}})
    return sink.getvalue()


def compare(name, network, opset, build, folder, picture, channels=3, largest=1):
    """A text where it is not the same picture."""
    try:
        graph = export(network.eval(), opset, channels)
    except Exception as why:  # the exporter does not know the operation in that version
        return None if "Unsupported" in type(why).__name__ or "unsupported" in str(why).lower() or "not supported" in str(why) \
            else f"export: {type(why).__name__} {str(why)[:200]}"
    with open(f"{folder}/torch.onnx", "wb") as file:
        file.write(graph)
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    samples = picture.transpose(2, 0, 1)[None].astype(np.float32) / 255
    if channels == 1:
        samples = samples[:, :1]
    want = session.run(None, {"picture": samples * np.float32(largest)})[0][0].transpose(1, 2, 0) / largest
    options = ["--range", str(largest)] if largest != 1 else []
    done = subprocess.run([f"{build}/anew-convert", "--as-graph", "--force", "-q", *options, f"{folder}/torch.onnx"],
                          capture_output=True, text=True)
    if done.returncode != 0:
        return re.sub(r" \(known: .*", "", done.stderr.strip().split(": ", 2)[-1])
    done = subprocess.run([f"{build}/anew", "--quiet", "--force", "--exact", f"{folder}/torch.ppm", "-m",
                           f"{folder}/torch.anew", "-o", f"{folder}/torch_out.ppm"], capture_output=True, text=True)
    if done.returncode != 0:
        return "run: " + done.stderr.strip()
    got = read(f"{folder}/torch_out.ppm")
    if channels == 1:  # a picture without colours stays one
        got = got[:, :, :1]
    if got.shape != want.shape:
        return f"the size is {got.shape}, not {want.shape}"
    off = np.abs(got - np.floor(np.clip(want, 0, 1) * 255 + 0.5))
    if want.std() < 1e-3:
        return "the picture says nothing"
    if off.max() > 1 or (off > 0).mean() > 0.001:
        return f"{100 * (off > 0).mean():.4f} % of samples differ, by at most {off.max():.0f}"
    return ""


def main():
    build, folder, shared = sys.argv[1:4]
    opsets = sys.argv[4] if len(sys.argv) > 4 else "turns"
    chosen = sys.argv[5].split(",") if len(sys.argv) > 5 else None
    torch.manual_seed(1)
    torch.set_num_threads(1)
    rng = np.random.default_rng(1)
    y, x = np.mgrid[0:H, 0:W]
    smooth = np.stack([127 + 100 * np.sin(x / 5 + y / 9), 120 + 90 * np.cos(y / 4), x * y / H / W * 255], 2)
    picture = np.clip(smooth + rng.normal(0, 20, (H, W, 3)), 0, 255).round()
    work, turn, bad, done, left_out = [], 0, 0, 0, 0
    for name, network in nets():
        work.append((name, network, picture, 3, 1))
    for name, (file, forward) in FILES.items():
        if os.path.exists(f"{shared}/weights/{file}"):
            gray = picture[:, :, :1].repeat(3, 2)
            one = name in ("espcn", "dncnn")
            work.append((name, Published(forward, state(f"{shared}/weights/{file}")), gray if one else picture, 1 if one else 3,
                         1))
    for name, network, shown, channels, largest in work:
        turn += 1
        if chosen is not None and name not in chosen:
            continue
        with open(f"{folder}/torch.ppm", "wb") as file:
            file.write(b"P6\n%d %d\n255\n" % (W, H) + shown.astype("u1").tobytes())
        for opset in (OPSETS if opsets == "all" else [OPSETS[turn % len(OPSETS)]] if opsets == "turns" else
                      map(int, opsets.split(","))):
            said = compare(name, network, opset, build, folder, shown, channels, largest)
            if said:
                print(f"{name}, opset {opset}: {said}", flush=True)
            bad += bool(said)
            done += said is not None
            left_out += said is None
    print(f"{done} graphs of PyTorch's exporter against onnxruntime, {bad} bad; {left_out} that it cannot write")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
