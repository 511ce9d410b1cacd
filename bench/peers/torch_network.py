"""torch_network.py - a network of networks.py as a PyTorch module."""
import torch
from torch.nn import functional


class Network(torch.nn.Module):
    def __init__(self, operations, weights):
        super().__init__()
        self.operations = operations
        self.layers = torch.nn.ModuleDict()
        for kind, _, _, numbers in operations:
            if kind not in ("conv", "prelu"):
                continue
            name = numbers["name"]
            if kind == "conv":
                layer = torch.nn.Conv2d(numbers["in"], numbers["out"], 3, 1, 1)
                layer.bias.data = torch.from_numpy(weights[f"{name}.bias"].copy())
            else:
                layer = torch.nn.PReLU(numbers["channels"])
            layer.weight.data = torch.from_numpy(weights[f"{name}.weight"].copy())
            self.layers[name.replace(".", "_")] = layer
        # What is read for the last time by an operation is dropped after it, as in a forward() written by hand.
        self.last = {source: i for i, (_, _, sources, _) in enumerate(operations) for source in sources}

    def forward(self, picture):
        values = {"in": picture}
        for i, (kind, result, sources, numbers) in enumerate(self.operations):
            read = [values[source] for source in sources]
            for source in set(sources):
                if self.last[source] == i:
                    del values[source]
            if kind in ("conv", "prelu"):
                value = self.layers[numbers["name"].replace(".", "_")](read[0])
                if numbers.get("slope") is not None:
                    value = functional.leaky_relu(value, numbers["slope"], inplace=True)
            elif kind == "concat":
                value = torch.cat(read, 1)
            elif kind == "scale_add":
                value = read[0] + read[1] if numbers["factor"] == 1 else read[0] * numbers["factor"] + read[1]
            elif kind == "enlarge":
                value = functional.interpolate(read[0], scale_factor=numbers["factor"], mode="nearest")
            else:
                value = functional.pixel_shuffle(read[0], numbers["factor"])
            values[result] = value
        return values["out"]
