"""What anew-convert takes files for, for recognition.sh: `CONVERT FOLDER GOLDENS SHARED`. Every architecture's state dict
under the name of another one's file; the published files under SHARED; where a file leaves something open, the note must
say by what it is settled."""
import itertools
import os
import random
import re
import subprocess
import sys

tests = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path[:0] = [tests, os.path.join(tests, "fuzz")]

# What the goldens' names begin with.
NETWORKS = {"esrgan": "rrdb", "realplksr": "plksr", "realcugan": "cunet", "vgg": "upconv", "face": "face_unet"}

# What a file does not show, and what its note must name.
NOTES = {"rfdn_tiny_x2": "--set sample_range=1", "pan_tiny_x2": "--set upscale=3", "espcn_tiny_x3": "--set act_type=",
         "span_tiny_x2": "tensor 'no_norm'", "swinir_jpeg_color_w7": "--set img_range=", "esrgan_old_x2": "--set",
         }

# File under SHARED/weights: architecture and what must be said besides; ! what refuses it.
PUBLISHED = {
    "face_det/retinaface_mnet025_Final.pth": ("retinaface", ""), "face_det/yunet_n.pth": ("yunet", ""),
    "face_det/yunet_n_dynamic.onnx": ("yunet", ""), "face_det/yunet_n_320_320.onnx": ("yunet", ""),
    "face_det/scrfd_500m_kps.onnx": ("scrfd", ""), "face_parse/unet467k_celebamask19.pth": ("unet", ""),
    "sr/espcn_x3_superres.onnx": ("recorded", "brightness alone"), "sr/espcn_x3_epoch599.pth": ("espcn", "--set act_type="),
    "sr/safmn_team15_x4.pth": ("safmn", ""), "sr/bsrn_team18_x4.pth": ("bsrn", ""), "sr/PANx4_DF2K.pth": ("pan", ""),
    "sr/span_team46_ch28_x4.pth": ("span", "tensor 'no_norm'"), "sr/rfdn_baseline_x4.pth": ("rfdn", "--set sample_range=1"),
    "sr/realesr-animevideov3.pth": ("srvgg", ""), "sr/realesr-animevideov3.deflated.pth": ("srvgg", ""),
    "sr/realesr-animevideov3.safetensors": ("srvgg", ""), "x1/dncnn_25.pth": ("dncnn", ""), "x1/ffdnet_rgb.pth": ("ffdnet", ""),
    "sr/ncnn/RealESRGAN_General_x4_v3.param": ("srvgg", ""), "sr/ncnn/RealESRGAN_General_WDN_x4_v3.param": ("srvgg", ""),
    "sr/ncnn/realesr-animevideov3-x4.param": ("srvgg", ""), "sr/ncnn/realesr-animevideov3-x3.param": ("!", ".bin, are missing"),
    "sr/ncnn/realesr-animevideov3-x2.param": ("!", ".bin, are missing"), "sr/ncnn/spanx4_ch48.param": ("recorded", "--range"),
    "sr/ncnn/realcugan-se-up2x-no-denoise.param": ("recorded", "--range"),
}


def synthetic(folder, goldens):
    """Files: what each is of, and what its note must name or None."""
    for name in sorted(os.listdir(goldens)):
        path = os.path.join(goldens, name, "weights.pth")
        if os.path.exists(path):
            first = name.split("_")[0]
            yield path, NETWORKS.get(first, first), NOTES.get(name)
    import make_onnx
    import make_seeds
    import make_swinir_network as swinir
    for network in ("yunet", "scrfd"):
        path = f"{folder}/made.onnx"
        with open(path, "wb") as file:
            file.write(make_onnx.make(network, ["raw"], 1))
        yield path, network, None
    for name, network in (("parsenet", "parsenet"), ("gfpgan", "gfpgan"), ("compact", "srvgg"), ("rrdb", "rrdb"),
                          ("rrdb_plus", "rrdb"), ("span_branches", "span")):
        path = f"{folder}/made.safetensors"
        with open(path, "wb") as file:
            file.write(make_seeds.safetensors(make_seeds.NETWORKS[name]))
        yield path, network, None
    for form in swinir.FORMS:
        if form == "four_colours":  # of no picture
            continue
        random.seed(1)
        swinir.tensors.clear()
        swinir.make(form, "")
        path = f"{folder}/made.safetensors"
        swinir.write(path)
        yield path, "swinir", None


def said(convert, path, out):
    done = subprocess.run([convert, "--force", path, "-o", out], capture_output=True, text=True, timeout=120)
    text = done.stdout + done.stderr
    found = re.match(r"[^:]+: (\w+),", text)
    return ("!" if done.returncode else found.group(1) if found else "?"), text


def main():
    convert, folder, goldens, shared = sys.argv[1:5]
    bad, walked, rows = 0, set(), 0
    names = itertools.cycle(["RealESRGAN_x4plus", "swinir_classical", "detection_Resnet50", "dncnn_25", "GFPGANv1.4", "rfdn", "x"])

    def check(path, shown, network, note):
        nonlocal bad, rows
        found, text = said(convert, path, f"{folder}/recognised.anew")
        rows += 1
        walked.add(network)
        if found != network or (note and note not in text):
            print(f"{shown}: taken for {found}, not {network}{' with ' + note if note else ''}: {text.strip()[:300]}")
            bad += 1

    for path, network, note in synthetic(folder, goldens):
        other = f"{folder}/{next(names)}{os.path.splitext(path)[1]}"  # what it is must not follow from how it is called
        with open(path, "rb") as source, open(other, "wb") as file:
            file.write(source.read())
        check(other, path, network, note)
    for name, (network, note) in PUBLISHED.items():
        path = f"{shared}/weights/{name}"
        if os.path.exists(path):
            check(path, name, network, note)
    if os.path.isdir(f"{shared}/weights"):
        here = {os.path.relpath(os.path.join(at, name), f"{shared}/weights") for at, _, files in os.walk(f"{shared}/weights")
                for name in files if name.endswith((".pth", ".onnx", ".param", ".safetensors"))}
        for name in sorted(here - set(PUBLISHED)):
            found, text = said(convert, f"{shared}/weights/{name}", f"{folder}/recognised.anew")
            print(f"not in the table: {name}: {found}")
    listed = subprocess.run([convert, "--list"], capture_output=True, text=True).stdout
    known = set(re.findall(r"^(\w+) +\S.*\(.*\d{4}.*\)$", listed, re.M))
    print(f"{rows} files, {bad} taken for something else; no file here of: {' '.join(sorted(known - walked)) or 'none'}")
    sys.exit(1 if bad or len(known & walked) < 15 else 0)


main()
