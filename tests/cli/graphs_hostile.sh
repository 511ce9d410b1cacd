#!/bin/sh
# Graphs of ONNX and ncnn that are wrong, or of no kind that is known: each is refused in one line that names the node.
#
# Seen to fail by a mean over the rows alone that is taken for one over all pixels (onnx_views.c), by weights that are not looked
# at (convert_main.c) and by a limit of their number a hundred times as high (nodes.c).
. tests/cli/common.inc
if command -v python3 >/dev/null 2>&1; then
    python3 tests/cli/graphs_hostile.py "$convert" "$scratch" || complain "graphs that are wrong"
else
    echo "SKIP graphs that are wrong: python3 is absent, which makes them"
fi
finish
