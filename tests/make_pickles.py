#!/usr/bin/env python3
"""Makes the .pth files of tests/data/formats that hold more than a flat state dict: whole modules, views of
storages, objects beside the weights. Needs no PyTorch: stand-ins of its names are pickled.

    python3 tests/make_pickles.py tests/data/formats

Element k of every tensor has the value first + k, in its storage's order; checks compare with that.
"""
import argparse
import collections
import io
import pathlib
import pickle
import struct
import sys
import types
import zipfile


def invent(module, name, base=object):
    """A class that pickles under a foreign name."""
    made = type(name, (base,), {"__module__": module})
    parts = module.split(".")
    for i in range(len(parts)):
        sys.modules.setdefault(".".join(parts[: i + 1]), types.ModuleType(".".join(parts[: i + 1])))
    setattr(sys.modules[module], name, made)
    return made


class Called:
    """Pickles as a call of `function` with `arguments`, and attributes if there are any."""

    def __init__(self, function, arguments, state=None):
        self.reduced = (function, arguments) if state is None else (function, arguments, state)

    def __reduce__(self):
        return self.reduced


FORMATS = {"Float": "f", "Half": "e", "Double": "d", "Long": "q"}
STORAGES = {kind: invent("torch", kind + "Storage") for kind in FORMATS}
rebuild_tensor = invent("torch._utils", "_rebuild_tensor_v2")
rebuild_parameter = invent("torch._utils", "_rebuild_parameter")
rebuild_with_type = invent("torch._tensor", "_rebuild_from_type_v2")
Parameter = invent("torch.nn.parameter", "Parameter")
Parameter.__getstate__ = lambda self: self.state
thnn = invent("torch.nn.backends.thnn", "_get_thnn_function_backend")
Conv2d = invent("torch.nn.modules.conv", "Conv2d")
PReLU = invent("torch.nn.modules.activation", "PReLU")
Sequential = invent("torch.nn.modules.container", "Sequential")
Loss = invent("torch.nn.modules.loss", "L1Loss")
Compact = invent("somebody.networks", "Compact")
numpy_scalar = invent("numpy.core.multiarray", "scalar")
numpy_dtype = invent("numpy", "dtype")


class Storage:
    def __init__(self, kind, key, first, count, view=None):
        self.kind, self.key, self.view = kind, key, view
        self.values = [first + k for k in range(count)]

    def raw(self):
        return struct.pack(f"<{len(self.values)}{FORMATS[self.kind]}", *self.values)


keys = 0


def tensor(first, *dims, kind="Float", storage=None, offset=0, strides=None):
    global keys
    if strides is None:
        strides, step = [], 1
        for dim in reversed(dims):
            strides.insert(0, step)
            step *= dim
    if storage is None:
        count = 1
        for dim in dims:
            count *= dim
        storage = Storage(kind, str(keys), first, count)
        keys += 1
    return Called(rebuild_tensor, (storage, offset, dims, tuple(strides), False, collections.OrderedDict()))


def parameter(*arguments, **more):
    return Called(rebuild_parameter, (tensor(*arguments, **more), True, collections.OrderedDict()))


def module(kind, parameters={}, modules={}, buffers={}, **attributes):
    made = kind()
    made.__dict__.update(
        training=True,
        _backend=Called(thnn, ()),
        _parameters=collections.OrderedDict(parameters),
        _buffers=collections.OrderedDict(buffers),
        _modules=collections.OrderedDict(modules),
        **attributes,
    )
    return made


class Pickler(pickle.Pickler):
    """persistent_id as torch.save has it; `legacy` adds the view, and the source of a module's class."""

    def __init__(self, file, legacy):
        super().__init__(file, 2)
        self.legacy, self.storages, self.shown = legacy, {}, set()

    def persistent_id(self, value):
        # The source of a class goes with its first object.
        if self.legacy and isinstance(value, type) and value in (Conv2d, Compact) and value not in self.shown:
            self.shown.add(value)
            return ("module", value, "somewhere.py", "class of somebody:\n    pass\n")
        if not isinstance(value, Storage):
            return None
        root = self.storages.setdefault(value.key, value)
        identity = ("storage", STORAGES[value.kind], value.key, "cuda:0", len(root.values))
        return identity + (value.view,) if self.legacy else identity


def save_zip(path, what):
    file = io.BytesIO()
    pickler = Pickler(file, False)
    pickler.dump(what)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in [("data.pkl", file.getvalue())] + [
            ("data/" + s.key, s.raw()) for s in pickler.storages.values()
        ]:
            archive.writestr(zipfile.ZipInfo("top/" + name), data)


def save_legacy(path, what):
    with open(path, "wb") as file:
        for head in (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True}):
            pickle.dump(head, file, 2)
        pickler = Pickler(file, True)
        pickler.dump(what)
        pickle.dump(sorted(pickler.storages), file, 2)
        for key in sorted(pickler.storages):
            file.write(struct.pack("<q", len(pickler.storages[key].values)) + pickler.storages[key].raw())


def compact(wrap):
    """An SRVGGNetCompact of 2 features and no scale, as a module or as its state dict."""
    global keys
    keys = 0
    tensors = {
        "0.weight": (0.0, 2, 3, 3, 3), "0.bias": (100.0, 2), "1.weight": (0.25, 2),
        "2.weight": (-9.0, 3, 2, 3, 3), "2.bias": (7.0, 3),
    }
    if not wrap:
        return collections.OrderedDict(("body." + name, tensor(*facts)) for name, facts in tensors.items())
    made = {name: parameter(*facts) for name, facts in tensors.items()}
    # One parameter with attributes of its own, two as PyTorch before 0.4 wrote them.
    made["0.bias"] = Called(rebuild_with_type, (rebuild_tensor, Parameter, made["0.bias"].reduced[1][0].reduced[1], {}))
    made["1.weight"] = Called(Parameter, (tensor(*tensors["1.weight"]), True))
    made["2.bias"] = Parameter()
    made["2.bias"].state = (tensor(*tensors["2.bias"]), None, False)
    layers = {
        "0": module(Conv2d, {"weight": made["0.weight"], "bias": made["0.bias"]}, kernel_size=(3, 3)),
        "1": module(PReLU, {"weight": made["1.weight"]}),
        "2": module(Conv2d, {"weight": made["2.weight"], "bias": made["2.bias"]}, transposed=False),
    }
    return module(
        Compact, {"absent": None}, {"body": module(Sequential, {}, layers), "gone": None},
        {"scratch": tensor(5.0, 2)}, _non_persistent_buffers_set={"scratch"}, scale=1,
    )


def beside():
    """Optimizer state, numpy's numbers, paths ... and the weights under a name that nothing knows."""
    global keys
    keys = 0
    weights = collections.OrderedDict()
    shared = Storage("Float", "shared", 0.0, 12)
    weights["whole"] = tensor(0, 3, 4, storage=shared)
    weights["turned"] = tensor(0, 4, 3, storage=shared, strides=(1, 4))
    weights["part"] = tensor(0, 2, 2, storage=shared, offset=5, strides=(4, 1))
    weights["same"] = tensor(0, 3, storage=shared, offset=2, strides=(0,))
    weights["steps"] = tensor(41, kind="Long")
    weights["fine"] = tensor(0.5, 2, kind="Double")
    return {
        "epoch": Called(numpy_scalar, (Called(numpy_dtype, ("f8", 0, 1), (3, "<", None)), b"\0\1\2")),
        "arguments": argparse.Namespace(lr=1e-4),
        "loss": module(Loss),
        "path": pathlib.PurePosixPath("/some/where"),
        "many": collections.defaultdict(list, {"losses": [1.5]}),
        "count": collections.Counter("abca"),
        "set": {1, 2},
        "huge": 1 << 4000,
        "optimizer": {"state": {0: {"step": 3, "exp_avg": tensor(9.0, 5)}}, "param_groups": [{"lr": 1e-4}]},
        "the_weights": weights,
    }


def views():
    root = Storage("Float", "100", 0.0, 10)
    part = Storage("Float", "100", 0.0, 10, view=("101", 4, 6))
    return collections.OrderedDict(
        root=tensor(0, 10, storage=root),
        part=tensor(0, 2, 3, storage=part),
        turned=tensor(0, 3, 2, storage=part, strides=(1, 3)),
        last=tensor(0, 1, storage=part, offset=5),
    )


def outside():
    """A tensor that leaves its view, though not its root."""
    root = Storage("Float", "100", 0.0, 10)
    part = Storage("Float", "100", 0.0, 10, view=("101", 2, 3))
    return collections.OrderedDict(root=tensor(0, 10, storage=root), part=tensor(0, 4, storage=part))


def endless():
    made = module(Sequential)
    made._modules["again"] = made
    return made


def doubling():
    made = module(Sequential)
    for _ in range(40):
        made = module(Sequential, {}, {"a": made, "b": made})
    return made


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    save_zip(folder / "module_state.pth", compact(False))
    save_zip(folder / "module.pth", {"model": compact(True), "epoch": 3})
    save_legacy(folder / "module_legacy.pth", compact(True))
    save_zip(folder / "beside.pth", beside())
    save_legacy(folder / "views_legacy.pth", views())
    save_legacy(folder / "view_outside.pth", outside())
    save_zip(folder / "module_endless.pth", endless())
    save_zip(folder / "module_doubling.pth", doubling())
