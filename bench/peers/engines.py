"""engines.py - one class for each peer: made once in a process of its own (worker.py), then run again and again.

A peer is made from a job (see worker.py), `run()` returns the seconds from the picture in memory to the result
in memory, both f32, and `result()` the latter as [height][width][3].
"""
import time

import numpy


def planes(picture):
    return numpy.ascontiguousarray(picture.transpose(2, 0, 1))


class Ncnn:
    def __init__(self, job, picture):
        import ncnn

        self.version = ncnn.__version__
        self.net = ncnn.Net()
        self.net.opt.num_threads = job["threads"]
        self.net.opt.use_vulkan_compute = False
        for option in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic"):
            setattr(self.net.opt, option, bool(job.get("fp16")))
        self.net.opt.use_bf16_storage = bool(job.get("bf16"))
        self.net.load_param(job["ncnn"] + ".param")
        self.net.load_model(job["ncnn"] + ".bin")
        array = planes(picture)  # a Mat borrows the array's memory; clone() makes it own its data
        self.input = ncnn.Mat(array).clone()

    def run(self):
        started = time.perf_counter()
        extractor = self.net.create_extractor()
        extractor.input("in", self.input)
        status, self.output = extractor.extract("out")
        seconds = time.perf_counter() - started
        if status != 0:
            raise RuntimeError(f"ncnn's extract returns {status}")
        return seconds

    def result(self):
        return numpy.array(self.output).transpose(1, 2, 0)


class OnnxRuntime:
    def __init__(self, job, picture):
        import onnxruntime

        self.version = onnxruntime.__version__
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = job["threads"]
        options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        # Its workers otherwise spin for a while after each run, beside the engine whose turn it is next.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        self.session = onnxruntime.InferenceSession(job["onnx"], options, providers=["CPUExecutionProvider"])
        self.input = {"in": planes(picture)[None]}

    def run(self):
        started = time.perf_counter()
        self.output = self.session.run(["out"], self.input)[0]
        return time.perf_counter() - started

    def result(self):
        return self.output[0].transpose(1, 2, 0)


class OpenVino:
    def __init__(self, job, picture):
        import openvino

        self.version = openvino.__version__.split("-")[0]
        settings = {"INFERENCE_NUM_THREADS": job["threads"], "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY",
                    "INFERENCE_PRECISION_HINT": "bf16" if job.get("bf16") else "f32"}
        compiled = openvino.Core().compile_model(job["onnx"], "CPU", settings)
        self.request = compiled.create_infer_request()
        self.input = openvino.Tensor(planes(picture)[None])
        self.request.set_input_tensor(self.input)

    def run(self):
        started = time.perf_counter()
        self.request.infer()
        return time.perf_counter() - started

    def result(self):
        return self.request.get_output_tensor().data[0].transpose(1, 2, 0)


class Torch:
    def __init__(self, job, picture):
        import torch

        from peers import networks, torch_network

        self.torch = torch
        self.version = torch.__version__.split("+")[0]
        torch.set_num_threads(job["threads"])
        self.kind = torch.bfloat16 if job.get("bf16") else torch.float32
        weights = networks.read_safetensors(job["weights"])
        self.net = torch_network.Network(networks.operations_of(job["network"]), weights).eval()
        self.net = self.net.to(self.kind).to(memory_format=torch.channels_last)
        if job.get("compile"):
            self.net = torch.compile(self.net, dynamic=False)
        self.input = torch.from_numpy(planes(picture)[None]).to(memory_format=torch.channels_last)

    def run(self):
        with self.torch.inference_mode():
            started = time.perf_counter()
            self.output = self.net(self.input.to(self.kind)).to(self.torch.float32)
            return time.perf_counter() - started

    def result(self):
        return self.output[0].permute(1, 2, 0).numpy()


CLASSES = {"ncnn": Ncnn, "onnxruntime": OnnxRuntime, "openvino": OpenVino, "torch": Torch}
