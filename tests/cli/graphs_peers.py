"""Graphs against other programs, for graphs_peers.sh: `onnx BUILD FOLDER`, `ncnn` or `torch`
MODEL PICTURE RESULT."""
import subprocess
import sys

import numpy as np

try:
    import onnx
    from onnx import TensorProto as T, helper as h, numpy_helper as nh
except ImportError:  # the other half works without
    pass

H, W = 24, 36  # of the picture
rng = np.random.default_rng(1)


def read(path):
    head = open(path, "rb").read().split(b"\n", 3)
    width, height = map(int, head[1].split())
    return np.frombuffer(head[3], ">u2" if head[2] == b"65535" else "u1").reshape(height, width, 3).astype(float)


# ---- Real-CUGAN ---------------------------------------------------------------------------------------------
def layers_of(model):
    """Its .param and .bin by PyTorch's functions, as far as it needs them; float64."""
    import torch
    weights, at = open(model + ".bin", "rb").read(), 0
    for line in open(model + ".param").read().split("\n")[2:]:
        words = line.split()
        if not words:
            continue
        kind, inputs, outputs = words[0], int(words[2]), int(words[3])
        given, arrays = {}, {}
        for word in words[4 + inputs + outputs:]:
            key, value = word.split("=")
            if int(key) <= -23300:
                arrays[-23300 - int(key)] = [float(v) for v in value.split(",")[1:]]
            else:
                given[int(key)] = float(value)
        tensors = []
        if kind in ("Convolution", "Deconvolution", "InnerProduct"):
            inner = kind == "InnerProduct"
            count, channels, side = int(given[2 if inner else 6]), int(given[0]), 1 if inner else int(given[1])
            half = weights[at:at + 4] == b"\x47\x6b\x30\x01"
            values = np.frombuffer(weights, "<f2" if half else "<f4", count, at + 4).astype(float)
            at += 4 + (count * (2 if half else 4) + 3) // 4 * 4
            bias = np.frombuffer(weights, "<f4", channels, at).astype(float)
            at += 4 * channels
            tensors = [torch.tensor(values).reshape(channels, -1, side, side), torch.tensor(bias)]
        yield kind, words[4:4 + inputs], words[4 + inputs:4 + inputs + outputs], given, arrays, tensors
    assert at == len(weights)


def by_torch(model, padded):
    import torch
    from torch.nn import functional
    values, y = {}, None
    for kind, inputs, outputs, given, arrays, tensors in layers_of(model):
        x = values[inputs[0]] if inputs else None
        if kind == "Input":
            y = torch.tensor(padded).double()[None]
        elif kind == "Split":
            y = x
        elif kind == "Deconvolution":
            y = functional.conv_transpose2d(x, tensors[0].transpose(0, 1), tensors[1], stride=int(given[3]),
                                            padding=int(given.get(4, 0)))
        elif tensors:
            y = functional.conv2d(x, *tensors, stride=int(given.get(3, 1)))
        elif kind == "Pooling":
            y = x.mean((2, 3), keepdim=True)
        elif kind == "BinaryOp":
            y = x * values[inputs[1]] if given.get(0) == 2 else x + values[inputs[1]]
        elif kind == "Crop":
            cut = int(arrays[9][0])
            y = x[:, :, cut:-cut, cut:-cut]
        activation = given.get(9, 0) if tensors else 0
        y = functional.leaky_relu(y, arrays[10][0]) if activation == 2 else y
        y = torch.sigmoid(y) if activation == 4 else functional.relu(y) if activation == 1 else y
        values.update((name, y) for name in outputs)
    return y[0].numpy()


def by_ncnn(model, padded):
    import ncnn
    net = ncnn.Net()
    net.opt.use_vulkan_compute = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_fp16_packed = net.opt.use_bf16_storage = False
    net.opt.num_threads = 1
    net.load_param(model + ".param")
    net.load_model(model + ".bin")
    run = net.create_extractor()
    picture = np.ascontiguousarray(padded)  # which must live on: ncnn copies nothing
    run.input("in0", ncnn.Mat(picture))
    return np.array(run.extract("out0")[1])


def against(other, most, model, picture, result):
    """As its authors run it: the picture continued by reflection, 18 pixels and to an even size."""
    image = read(picture)
    height, width = image.shape[:2]
    padded = np.pad(image / 255, ((18, 18 + height % 2), (18, 18 + width % 2), (0, 0)), "reflect").astype(np.float32)
    want = other(model, padded.transpose(2, 0, 1))[:, :2 * height, :2 * width].transpose(1, 2, 0)
    off = np.abs(read(result) - np.floor(np.clip(want, 0, 1) * 255 + 0.5))
    print(f"Real-CUGAN {other.__name__}: at most {off.max():.0f} of 255 off, {100 * (off > 0).mean():.4f} % of all samples")
    return off.max() <= 1 and (off > 0).mean() <= most


def against_ncnn(*files):
    return against(by_ncnn, 0.001, *files)


def against_torch(*files):
    return against(by_torch, 0.001, *files)


# ---- ONNX: one graph for each row ---------------------------------------------------------------------------
class Graph:
    def __init__(s):
        s.n=[]
        s.i=[]
        s.k=0
    def name(s):
        s.k+=1
        return f't{s.k}'
    def const(s,a):
        m=s.name()
        s.i.append(nh.from_array(np.ascontiguousarray(a),m))
        return m
    def op(s,t,*ins,outs=1,**a):
        o=[s.name() for _ in range(outs)]
        s.n.append(h.make_node(t,list(ins),o,name=f'n{s.k}_{t}',**a))
        return o[0] if outs==1 else o
    def conv(s,x,i,o,k=3,bias=True,scale=1.0,**a):
        kk=(k,k) if isinstance(k,int) else k
        g=a.get('group',1)
        w=(rng.standard_normal((o,i//g)+kk)*scale/np.sqrt(i//g*kk[0]*kk[1])).astype(np.float32)
        ins=[x,s.const(w)]+([s.const((rng.standard_normal(o)*.1).astype(np.float32))] if bias else [])
        a.setdefault('pads',[kk[0]//2,kk[1]//2]*2)
        return s.op('Conv',*ins,**a)
    def convt(s,x,i,o,k,**a):
        g=a.get('group',1)
        w=(rng.standard_normal((i,o//g,k,k))/np.sqrt(i*k)).astype(np.float32)
        return s.op('ConvTranspose',x,s.const(w),s.const((rng.standard_normal(o)*.1).astype(np.float32)),**a)
f32=lambda *a:np.array(a,np.float32); i64=lambda *a:np.array(a,np.int64)
def case_silu(g,x):
    y=g.conv(x,3,8)
    y=g.op('Mul',y,g.op('Sigmoid',y))
    return g.conv(y,8,3)

def case_prelu(g,x):
    y=g.conv(x,3,8)
    y=g.op('PRelu',y,g.const(rng.standard_normal((8,1,1)).astype(np.float32)))
    return g.conv(y,8,3)

def case_leaky(g,x):
    return g.conv(g.op('LeakyRelu',g.conv(x,3,8),alpha=.2),8,3)

def case_d2s_dcr(g,x):
    return g.op('DepthToSpace',g.conv(x,3,12),blocksize=2)

def case_d2s_crd(g,x):
    return g.op('DepthToSpace',g.conv(x,3,12),blocksize=2,mode='CRD')

def case_s2d(g,x):
    return g.op('DepthToSpace',g.conv(g.op('SpaceToDepth',x,blocksize=2),12,12),blocksize=2,mode='CRD')

def case_shuffle(g,x):
    y=g.conv(x,3,27)
    y=g.op('Reshape',y,g.const(i64(-1,3,3,3,H,W)))
    y=g.op('Transpose',y,perm=[0,1,4,2,5,3])
    return g.op('Reshape',y,g.const(i64(-1,3,3*H,3*W)))
def case_unshuffle(g,x):
    y=g.op('Reshape',x,g.const(i64(1,3,H//2,2,W//2,2)))
    y=g.op('Transpose',y,perm=[0,1,3,5,2,4])
    y=g.op('Reshape',y,g.const(i64(1,12,H//2,W//2)))
    return g.op('DepthToSpace',g.conv(y,12,12),blocksize=2,mode='CRD')
def case_resize_nearest(g,x):
    return g.conv(g.op('Resize',g.conv(x,3,8),'',g.const(f32(1,1,2,2)),mode='nearest',
                            coordinate_transformation_mode='asymmetric',nearest_mode='floor'),8,3)

def case_resize_default(g,x):
    return g.conv(g.op('Resize',g.conv(x,3,8),'',g.const(f32(1,1,3,3)),mode='nearest'),8,3)

def case_resize_linear(g,x):
    return g.conv(g.op('Resize',g.conv(x,3,8),'',g.const(f32(1,1,2,2)),mode='linear'),8,3)

def case_resize_corners(g,x):
    return g.conv(g.op('Resize',g.conv(x,3,8),'',g.const(f32(1,1,2,2)),mode='linear',coordinate_transformation_mode='align_corners'),8,3)

def case_resize_cubic(g,x):
    return g.conv(g.op('Resize',g.conv(x,3,8),'',g.const(f32(1,1,3,3)),mode='cubic',cubic_coeff_a=-0.75),8,3)
def case_resize_cubic_sharp(g,x):
    return g.conv(g.op('Resize',x,'',g.const(f32(1,1,2,2)),mode='cubic',cubic_coeff_a=-0.5,coordinate_transformation_mode='pytorch_half_pixel'),3,3)
def case_resize_cubic_asymmetric(g,x):
    return g.conv(g.op('Resize',g.conv(x,3,8),'',g.const(f32(1,1,2,2)),mode='cubic',coordinate_transformation_mode='asymmetric'),8,3)
def case_resize_cubic_ratio(g,x):
    y=g.op('DepthToSpace',g.conv(x,3,48),blocksize=4)
    y=g.op('Resize',y,'',g.const(f32(1,1,0.75,0.75)),mode='cubic')
    return g.conv(g.op('Resize',g.op('DepthToSpace',g.conv(y,3,12),blocksize=2),'',g.const(f32(1,1,0.5,0.5)),mode='cubic'),3,3)
def case_resize_sizes(g,x):
    y=g.conv(x,3,8)
    s=g.op('Shape',y)
    hh=g.op('Gather',s,g.const(i64(2)),axis=0)
    ww=g.op('Slice',s,g.const(i64(3)),g.const(i64(4)),g.const(i64(0)))
    hh=g.op('Mul',hh,g.const(i64(2)))
    ww=g.op('Cast',g.op('Floor',g.op('Mul',g.op('Cast',ww,to=1),g.const(f32(2)))),to=7)
    nc=g.op('Slice',s,g.const(i64(0)),g.const(i64(2)),g.const(i64(0)))
    return g.conv(g.op('Resize',y,'','',g.op('Concat',nc,hh,ww,axis=0),mode='nearest',coordinate_transformation_mode='asymmetric',nearest_mode='floor'),8,3)
def case_resize_fixed(g,x):
    return g.conv(g.op('Resize',g.conv(x,3,8),'','',g.const(i64(1,8,2*H,2*W)),mode='nearest',coordinate_transformation_mode='asymmetric',nearest_mode='floor'),8,3)

def case_se(g,x):
    y=g.conv(x,3,16)
    m=g.op('GlobalAveragePool',y)
    m=g.op('Relu',g.conv(m,16,4,1))
    m=g.op('Sigmoid',g.conv(m,4,16,1))
    return g.conv(g.op('Mul',y,m),16,3)
def case_se_gemm(g,x):
    y=g.conv(x,3,16)
    m=g.op('Flatten',g.op('ReduceMean',y,axes=[2,3],keepdims=1))
    m=g.op('Relu',g.op('Gemm',m,g.const((rng.standard_normal((4,16))/4).astype(np.float32)),g.const(rng.standard_normal(4).astype(np.float32)),transB=1))
    m=g.op('Sigmoid',g.op('MatMul',m,g.const((rng.standard_normal((4,16))/2).astype(np.float32))))
    m=g.op('Reshape',m,g.const(i64(-1,16,1,1)))
    return g.conv(g.op('Mul',y,m),16,3)
def bn(g,y,c):
    return g.op('BatchNormalization',y,*[g.const(a.astype(np.float32)) for a in (rng.random(c)+.5,rng.standard_normal(c)*.1,rng.standard_normal(c)*.1,rng.random(c)+.5)])

def case_bn(g,x):
    return g.conv(g.op('Relu',bn(g,g.conv(x,3,8,bias=False),8)),8,3)

def case_bn_alone(g,x):
    y=g.conv(x,3,8)
    z=g.op('Relu',y)
    return g.conv(g.op('Add',bn(g,z,8),y),8,3)

def case_split(g,x):
    a,b=g.op('Split',g.conv(x,3,8),outs=2,axis=1)
    return g.conv(g.op('Mul',a,g.op('Tanh',b)),4,3)

def case_concat(g,x):
    a=g.conv(x,3,8)
    b=g.conv(a,8,4)
    return g.conv(g.op('Concat',x,a,b,axis=1),15,3)

def case_slice(g,x):
    y=g.conv(x,3,8)
    return g.conv(g.op('Slice',y,g.const(i64(2)),g.const(i64(7)),g.const(i64(1))),5,3)

def case_arith(g,x):
    y=g.op('Sub',x,g.const(f32(.4,.5,.6).reshape(1,3,1,1)))
    y=g.op('Div',y,g.const(f32(.25)))
    y=g.op('Sub',g.const(f32(1)),y)
    y=g.op('Neg',y)
    return g.op('Mul',g.op('Add',g.conv(y,3,3),x),g.const(f32(.3,.4,.5).reshape(3,1,1)))
def case_pow(g,x):
    y=g.conv(x,3,8)
    return g.conv(g.op('Sqrt',g.op('Add',g.op('Pow',y,g.const(f32(2))),g.const(f32(1e-3)))),8,3)

def case_div(g,x):
    y=g.conv(x,3,8)
    return g.conv(g.op('Div',y,g.op('Add',g.op('Exp',y),g.const(f32(1)))),8,3)

def case_erf(g,x):
    y=g.conv(x,3,8)
    return g.conv(g.op('Mul',g.op('Mul',y,g.op('Add',g.op('Erf',g.op('Mul',y,g.const(f32(.70710678)))),g.const(f32(1)))),g.const(f32(.5))),8,3)

def case_softmax(g,x):
    return g.conv(g.op('Softmax',g.conv(x,3,8),axis=1),8,3)

def case_pools(g,x):
    y=g.conv(x,3,8)
    a=g.op('AveragePool',y,kernel_shape=[2,2],strides=[2,2])
    b=g.op('MaxPool',y,kernel_shape=[2,2],strides=[2,2])
    return g.convt(g.op('Add',a,b),8,3,2,strides=[2,2])

def case_stride(g,x):
    return g.convt(g.conv(g.conv(x,3,8,strides=[2,2]),8,8),8,3,4,strides=[2,2],pads=[1,1,1,1])

def case_stride_even(g,x):
    return g.convt(g.conv(x,3,8,2,strides=[2,2],pads=[0,0,0,0]),8,3,2,strides=[2,2])

def case_deconv9(g,x):
    return g.convt(g.conv(x,3,8),8,3,9,strides=[3,3],pads=[4,4,4,4],output_padding=[2,2])

def case_deconv_group(g,x):
    return g.conv(g.convt(g.conv(x,3,8),8,8,4,strides=[2,2],pads=[1,1,1,1],group=8),8,3)

def case_depthwise(g,x):
    return g.conv(g.conv(g.conv(x,3,16),16,16,group=16),16,3,1)

def case_grouped(g,x):
    return g.conv(g.conv(g.conv(x,3,16),16,16,5,group=4,dilations=[2,2],pads=[4,4,4,4]),16,3,1)

def case_rect(g,x):
    return g.conv(g.conv(g.conv(x,3,8,(1,5)),8,8,(5,1)),8,3,1)

def case_pad_reflect(g,x):
    y=g.op('Pad',g.conv(x,3,8),g.const(i64(0,0,1,1,0,0,1,1)),mode='reflect')
    return g.conv(y,8,3,pads=[0]*4)

def case_pad_edge(g,x):
    y=g.op('Pad',g.conv(x,3,8),g.const(i64(0,0,2,2,0,0,2,2)),mode='edge')
    return g.conv(y,8,3,5,pads=[0]*4)

def case_pad_zero(g,x):
    y=g.op('Pad',g.conv(x,3,8),g.const(i64(0,0,1,1,0,0,1,1)),g.const(f32(0)))
    return g.conv(y,8,3,pads=[0]*4)

def case_pad_input(g,x):
    y=g.op('Pad',x,g.const(i64(0,0,2,2,0,0,2,2)),mode='reflect')
    return g.conv(g.conv(y,3,8,pads=[0]*4),8,3,pads=[0]*4)

def case_crop(g,x):
    x=g.op('Pad',x,g.const(i64(0,0,2,2,0,0,2,2)),mode='reflect')
    y=g.conv(g.conv(x,3,8,pads=[0]*4),8,3,pads=[0]*4)
    return g.op('Add',y,g.op('Slice',x,g.const(i64(2,2)),g.const(i64(-2,-2)),g.const(i64(2,3))))
def case_same_upper(g,x):
    y=g.op('Conv',x,g.const((rng.standard_normal((8,3,3,3))/5).astype(np.float32)),auto_pad='SAME_UPPER')
    return g.conv(y,8,3)

def case_half(g,x):
    y=g.op('Cast',x,to=1)
    return g.op('Identity',g.conv(y,3,3))


def against_onnxruntime(build, folder):
    import onnxruntime
    cases = {name[5:]: function for name, function in globals().items() if name.startswith("case_")}
    good = True
    for name, function in cases.items():
        g = Graph()
        y = function(g, "x")
        g.op("Add", g.op("Mul", y, g.const(f32(.15))), g.const(f32(.5)))  # into 0 .. 1
        g.n[-1].output[0] = "y"
        opset = 13 if name in ("split", "se_gemm") else 17
        shape = [1, 3, H, W] if "shuffle" in name or "fixed" in name else [1, 3, "h", "w"]
        graph = h.make_graph(g.n, "g", [h.make_tensor_value_info("x", T.FLOAT, shape)],
                             [h.make_tensor_value_info("y", T.FLOAT, None)], g.i)
        model = h.make_model(graph, opset_imports=[h.make_opsetid("", opset)])
        model.ir_version = 8
        onnx.save(model, f"{folder}/peer.onnx")
        image = rng.integers(0, 65536, (H, W, 3))
        with open(f"{folder}/peer.ppm", "wb") as file:
            file.write(b"P6\n%d %d\n65535\n" % (W, H) + image.astype(">u2").tobytes())
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        want = session.run(None, {"x": (image.transpose(2, 0, 1)[None] / 65535).astype(np.float32)})[0][0]
        want = np.clip(want.transpose(1, 2, 0), 0, 1) * 65535
        subprocess.run([f"{build}/anew-convert", "--as-graph", "--force", "-q", f"{folder}/peer.onnx"], check=True)
        subprocess.run([f"{build}/anew", "--quiet", "--force", "--exact", f"{folder}/peer.ppm", "-m", f"{folder}/peer.anew",
                        "-o", f"{folder}/peer_out.ppm"], check=True)
        got = read(f"{folder}/peer_out.ppm")
        off = np.abs(got - want).max() if got.shape == want.shape else np.inf
        if off > 2:
            print(f"{name}: {off} of 65535 off, {got.shape} {want.shape}")
            good = False
    print(f"{len(cases)} graphs against onnxruntime")
    return good


if __name__ == "__main__":
    sys.exit(0 if {"onnx": against_onnxruntime, "ncnn": against_ncnn, "torch": against_torch}[sys.argv[1]](*sys.argv[2:]) else 1)
