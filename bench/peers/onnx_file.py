"""onnx_file.py - a network of networks.py as an ONNX model: opset 17, one fixed size, f32 weights."""
import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper


def write(path, operations, weights, height, width):
    nodes, constants = [], {}

    def constant(name, value):
        constants.setdefault(name, numpy_helper.from_array(value, name))
        return name

    for kind, result, sources, numbers in operations:
        name = numbers.get("name")
        if kind == "conv":
            plain = result if numbers["slope"] is None else result + "_plain"
            inputs = sources + [constant(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias")]
            nodes.append(helper.make_node("Conv", inputs, [plain], name, kernel_shape=[3, 3], pads=[1, 1, 1, 1]))
            if plain != result:
                nodes.append(helper.make_node("LeakyRelu", [plain], [result], alpha=numbers["slope"]))
        elif kind == "prelu":
            slope = constant(f"{name}.weight", weights[f"{name}.weight"].reshape(-1, 1, 1))
            nodes.append(helper.make_node("PRelu", sources + [slope], [result]))
        elif kind == "concat":
            nodes.append(helper.make_node("Concat", sources, [result], axis=1))
        elif kind == "scale_add":
            scaled = sources[0]
            if numbers["factor"] != 1:
                factor = constant(f"factor_{numbers['factor']}", numpy.float32(numbers["factor"]))
                scaled = result + "_scaled"
                nodes.append(helper.make_node("Mul", [sources[0], factor], [scaled]))
            nodes.append(helper.make_node("Add", [scaled, sources[1]], [result]))
        elif kind == "enlarge":
            factors = numpy.array([1, 1, numbers["factor"], numbers["factor"]], numpy.float32)
            scales = constant(f"enlarge_{numbers['factor']}", factors)
            nodes.append(helper.make_node("Resize", [sources[0], "", scales], [result], mode="nearest",
                                          coordinate_transformation_mode="asymmetric", nearest_mode="floor"))
        elif kind == "shuffle":
            nodes.append(helper.make_node("DepthToSpace", sources, [result], blocksize=numbers["factor"], mode="CRD"))
    graph = helper.make_graph(
        nodes, "network",
        [helper.make_tensor_value_info("in", TensorProto.FLOAT, [1, 3, height, width])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 3, 4 * height, 4 * width])],
        list(constants.values()))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
