#!/usr/bin/env python3
"""Makes tests/data/formats/modules/*.pth from its state.pth: a network as PyTorch saves it when asked for the whole
module, in both forms, and beside an optimizer's state. Needs PyTorch.

    python3 tests/make_modules.py tests/data/formats/modules

The old form holds the module's source and where it lay; __file__ makes that "network.py", without the folders of the
machine.
"""
import os
import pathlib
import sys

import torch

folder = pathlib.Path(sys.argv[1]).resolve()
os.chdir(pathlib.Path(__file__).resolve().parent.parent / "tools/train")
sys.path.insert(0, ".")
import network  # noqa: E402

network.__file__ = "network.py"
state = torch.load(folder / "state.pth", weights_only=True)
made = network.Compact(features=8, convolutions=2, scale=2)
made.load_state_dict(state)
torch.save(made, folder / "whole.pth")
torch.save(made, folder / "whole_old.pth", _use_new_zipfile_serialization=False)
optimizer = torch.optim.Adam(made.parameters())
torch.save({"model": made, "optimizer": optimizer.state_dict(), "epoch": 3}, folder / "wrapped.pth")
