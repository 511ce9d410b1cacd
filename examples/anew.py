"""anew from Python: one file on top of libanew, nothing but the standard library needed.

    import anew, numpy
    session = anew.Session(anew.Model("photo-x4"))
    large = session.run(picture)                  # a numpy array in, a numpy array out
    half_more = session.run(picture, 960, 640)    # any size
    print(anew.look(picture)["jpeg_quality"])     # what has been done to it

A picture is an array of height x width (gray) or height x width x channels: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and
alpha; uint8 (0 to 255), uint16 (0 to 65535) or float32 (0 to 1). Slices and transposed arrays are worked on where they lie,
nothing is copied: planes are `planes.transpose(1, 2, 0)`. Without numpy any object of that shape does that has Python's
buffer protocol, such as `memoryview(data).cast("B", (height, width, 3))`, and a memoryview comes back.

A run lets other Python threads go on; a session is used by one thread at a time, a model by any number.

The library is looked for where the system looks for libraries, or is the file that ANEW_LIBRARY names.

    python3 anew.py IN.ppm OUT.ppm [MODEL]        enlarges a picture (binary PGM or PPM of 8 or 16 bits)
"""

import ctypes
import ctypes.util
import os
import sys
from ctypes import POINTER, byref, c_char, c_char_p, c_double, c_int, c_int64, c_size_t, c_ssize_t, c_void_p


class _CError(ctypes.Structure):
    _fields_ = [("status", c_int), ("text", c_char * 512), ("system_code", c_int)]


class _Pixels(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("sample", c_int), ("width", c_int), ("height", c_int), ("channels", c_int),
                ("row_stride", c_ssize_t), ("pixel_stride", c_ssize_t), ("channel_stride", c_ssize_t)]


class _Findings(ctypes.Structure):
    _fields_ = ([(name, c_int) for name in ("width", "height", "channels")] + [("pixels_seen", c_int64)] +
                [(name, c_int) for name in ("file_quality", "file_quality_exact", "file_chroma_x", "file_chroma_y",
                                            "jpeg_quality", "jpeg_grid_x", "jpeg_grid_y")] +
                [(name, c_double) for name in ("noise_luma", "noise_chroma", "enlarged", "detail", "blur")] +
                [(name, c_int) for name in ("gray", "sepia", "drawing")] +
                [(name, c_double) for name in ("black", "white", "yellowing", "shadows", "highlights")] +
                [(name, c_int) for name in ("faded", "yellowed", "repeated")])


class _Buffer(ctypes.Structure):  # Py_buffer of Python's C interface, the same since 3.0
    _fields_ = [("buf", c_void_p), ("obj", ctypes.py_object), ("len", c_ssize_t), ("itemsize", c_ssize_t),
                ("readonly", c_int), ("ndim", c_int), ("format", c_char_p), ("shape", POINTER(c_ssize_t)),
                ("strides", POINTER(c_ssize_t)), ("suboffsets", POINTER(c_ssize_t)), ("internal", c_void_p)]


_PROGRESS = ctypes.CFUNCTYPE(c_int, c_void_p, c_int64, c_int64)
_FORMATS = {b"B": 0, b"H": 1, b"f": 2}  # anew_sample
_PRECISIONS = {"f32": 0, "exact": 1, "bf16": 2, "int8": 3, "auto": 4, "tf32": 5}
_get_buffer = ctypes.pythonapi.PyObject_GetBuffer
_get_buffer.argtypes = [ctypes.py_object, POINTER(_Buffer), c_int]
_release_buffer = ctypes.pythonapi.PyBuffer_Release
_release_buffer.argtypes = [POINTER(_Buffer)]
_release_buffer.restype = None


def _load():
    name = os.environ.get("ANEW_LIBRARY") or ctypes.util.find_library("anew") or "libanew.so.0"
    library = ctypes.CDLL(name)
    for function, result, arguments in (
            ("version", c_char_p, ()),
            ("model_open_named", c_int, (POINTER(c_void_p), c_char_p, POINTER(_CError))),
            ("model_open_memory", c_int, (POINTER(c_void_p), c_void_p, c_size_t, POINTER(_CError))),
            ("model_name", c_char_p, (c_void_p,)),
            ("model_architecture", c_char_p, (c_void_p,)),
            ("model_source", c_char_p, (c_void_p,)),
            ("model_licence", c_char_p, (c_void_p,)),
            ("model_scale", c_int, (c_void_p,)),
            ("model_close", None, (POINTER(c_void_p),)),
            ("session_open", c_int, (POINTER(c_void_p), c_void_p, POINTER(_CError))),
            ("session_close", None, (POINTER(c_void_p),)),
            ("session_set_threads", None, (c_void_p, c_int)),
            ("session_set_memory", None, (c_void_p, c_size_t)),
            ("session_set_precision", None, (c_void_p, c_int)),
            ("session_set_noise_level", None, (c_void_p, c_double)),
            ("session_set_progress", None, (c_void_p, _PROGRESS, c_void_p)),
            ("session_run", c_int, (c_void_p, POINTER(_Pixels), POINTER(_Pixels), POINTER(_CError))),
            ("look", c_int, (POINTER(_Findings), POINTER(_Pixels), POINTER(_CError))),
            ("look_file", c_int, (POINTER(_Findings), c_char_p, POINTER(_CError)))):
        entry = getattr(library, "anew_" + function)
        entry.restype, entry.argtypes = result, arguments
    return library


_library = _load()
version = _library.anew_version().decode()


class Error(Exception):
    """What the library refused: the text says what, where and why; `status` is an anew_status of anew.h."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


def _call(function, *arguments):
    error = _CError()
    if function(*arguments, byref(error)) != 0:
        raise Error(error.status, error.text.decode(errors="replace"))


class _Held:
    """An object's memory, held by the buffer protocol for as long as the `with` lasts."""

    def __init__(self, target, writable=False, flat=False):
        self.buffer = _Buffer()
        # PyBUF_FORMAT, PyBUF_STRIDES and PyBUF_WRITABLE of Python's object.h; PyBUF_SIMPLE is 0
        _get_buffer(target, byref(self.buffer), (0 if flat else 0x04 | 0x18) | (0x01 if writable else 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        _release_buffer(byref(self.buffer))

    def pixels(self):
        view = self.buffer
        form = (view.format or b"B").lstrip(b"@=")
        if form not in _FORMATS:
            raise TypeError("a picture's samples are uint8, uint16 or float32, not of format %r" % form.decode())
        shape, strides = view.shape[:view.ndim], view.strides[:view.ndim]
        if view.ndim not in (2, 3) or 0 in shape:
            raise TypeError("a picture is height x width or height x width x channels, not %r" % (tuple(shape),))
        if view.ndim == 2:
            shape, strides = shape + [1], strides + [view.itemsize]
        # All strides 0 would mean something else: a single value that is to be the whole picture.
        if strides == [0, 0, 0]:
            raise TypeError("an array without strides is no picture: numpy.ascontiguousarray makes one of it")
        return _Pixels(view.buf, _FORMATS[form], shape[1], shape[0], shape[2], *strides)


def _empty(like, height, width):
    """An array for a result, of the kind that `like` is."""
    view = memoryview(like)
    shape = (height, width) + view.shape[2:]
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(like, numpy.ndarray):
        return numpy.empty(shape, like.dtype)
    size = view.itemsize
    for side in shape:
        size *= side
    return memoryview(bytearray(size)).cast(view.format, shape)


class Model:
    """A model by its name or file, or by the bytes of a file; None is the one inside the library."""

    def __init__(self, name=None, data=None):
        self._model, self._data = c_void_p(), None
        if data is None:
            _call(_library.anew_model_open_named, byref(self._model), None if name is None else os.fsencode(name))
        else:
            self._data = _Held(data, flat=True)  # the library uses the bytes in place
            _call(_library.anew_model_open_memory, byref(self._model), self._data.buffer.buf, self._data.buffer.len)
        self.name, self.architecture, self.source, self.licence = (
            getattr(_library, "anew_model_" + what)(self._model).decode(errors="replace")
            for what in ("name", "architecture", "source", "licence"))
        self.scale = _library.anew_model_scale(self._model)

    def __del__(self):
        _library.anew_model_close(byref(self._model))
        if self._data is not None:
            self._data.__exit__()


class Session:
    """How a model is run. `progress(done, total)` is called after each band of rows; what it raises ends the run."""

    def __init__(self, model, threads=0, memory=0, precision="f32", noise_level=None, progress=None):
        self._session, self._model = c_void_p(), model  # the model stays open as long as this
        if precision not in _PRECISIONS:
            raise ValueError("precision is one of %s, not %r" % (", ".join(_PRECISIONS), precision))
        _call(_library.anew_session_open, byref(self._session), model._model)
        _library.anew_session_set_threads(self._session, threads)
        _library.anew_session_set_memory(self._session, memory)
        _library.anew_session_set_precision(self._session, _PRECISIONS[precision])
        if noise_level is not None:
            _library.anew_session_set_noise_level(self._session, noise_level)
        self._failures = failures = []
        if progress is not None:
            def told(_, done, total):
                try:
                    progress(done, total)
                    return 1
                except BaseException as failure:  # it may not pass through the library: raised after the run
                    failures.append(failure)
                    return 0
            self._told = _PROGRESS(told)
            _library.anew_session_set_progress(self._session, self._told, None)

    def __del__(self):
        _library.anew_session_close(byref(self._session))

    def run(self, picture, width=None, height=None, out=None):
        """The picture enlarged, by default by the model's scale; into `out` where that is given, any kind of sample."""
        with _Held(picture) as source:
            pixels = source.pixels()
            if out is None:
                scale = self._model.scale
                out = _empty(picture, height or pixels.height * scale, width or pixels.width * scale)
            with _Held(out, writable=True) as result:
                self._failures.clear()
                try:
                    _call(_library.anew_session_run, self._session, byref(result.pixels()), byref(pixels))
                except Error:
                    if self._failures:
                        raise self._failures[0] from None
                    raise
        return out


def look(picture):
    """What a picture shows of what has been done to it (anew_findings of anew.h), as a dictionary: an array, or a file's
    name, which also tells what only the file knows."""
    findings = _Findings()
    if isinstance(picture, (str, os.PathLike)):
        _call(_library.anew_look_file, byref(findings), os.fsencode(picture))
    else:
        with _Held(picture) as source:
            _call(_library.anew_look, byref(findings), byref(source.pixels()))
    return {name: getattr(findings, name) for name, _ in findings._fields_}


def read_pnm(path):
    """A binary PGM or PPM without comments, as a memoryview."""
    with open(path, "rb") as file:
        data = file.read()
    words = data.split(None, 4)[:4]
    if len(words) < 4 or words[0] not in (b"P5", b"P6"):
        raise ValueError("%s is no binary PGM or PPM" % path)
    width, height, largest = (int(word) for word in words[1:])
    if largest not in (255, 65535):
        raise ValueError("%s has samples to %d: 255 or 65535 is understood" % (path, largest))
    count = width * height * (3 if words[0] == b"P6" else 1)
    samples = bytearray(data[len(data) - count * (1 if largest == 255 else 2):])
    if largest == 65535 and sys.byteorder == "little":
        samples[0::2], samples[1::2] = samples[1::2], samples[0::2]
    shape = (height, width) + ((3,) if words[0] == b"P6" else ())
    return memoryview(samples).cast("B" if largest == 255 else "H", shape)


def write_pnm(path, picture):
    samples = bytearray(picture.tobytes())
    if picture.itemsize == 2 and sys.byteorder == "little":
        samples[0::2], samples[1::2] = samples[1::2], samples[0::2]
    with open(path, "wb") as file:
        file.write(b"P%d\n%d %d\n%d\n" % (6 if picture.ndim == 3 else 5, picture.shape[1], picture.shape[0],
                                         256 ** picture.itemsize - 1))
        file.write(samples)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit("usage: anew.py IN.ppm OUT.ppm [MODEL]")
    try:
        write_pnm(sys.argv[2], Session(Model(sys.argv[3] if len(sys.argv) > 3 else None)).run(read_pnm(sys.argv[1])))
    except (Error, OSError, ValueError) as failure:
        sys.exit("anew.py: %s" % failure)
