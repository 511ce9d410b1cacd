"""examples.py - examples/anew.py: every kind of picture that it takes and gives, with numpy where that is there and without,
against the program's pictures; what it refuses; what is called back.

    python3 tests/cli/examples.py SMALL.ppm FOLDER     the folder has want.ppm, odd.ppm and tiny.anew of examples.sh
"""

import gc
import sys
import threading

import anew

small_path, folder = sys.argv[1:]
small = anew.read_pnm(small_path)
want = anew.read_pnm(folder + "/want.ppm")
odd = anew.read_pnm(folder + "/odd.ppm")
model = anew.Model()
session = anew.Session(model)


def refuses(kind, words, function, *arguments, **named):
    try:
        function(*arguments, **named)
    except kind as failure:
        assert words in str(failure), failure
        return failure
    raise AssertionError("not refused: " + words)


assert anew.version.count(".") == 2 and model.name == "photo-x4" and model.scale == 4 and model.architecture == "srvgg"

# Without numpy: views of any kind of sample.
assert session.run(small) == want
assert session.run(small, 77, 41) == odd
fine = session.run(memoryview(bytearray(b"".join(bytes([v, v]) for v in small.tobytes()))).cast("H", small.shape))
assert fine.format == "H" and fine.shape == want.shape
assert max(abs(a / 257 - b) for a, b in zip(fine.cast("B").cast("H"), want.tobytes())) <= 0.51
view = memoryview(bytearray(want.nbytes)).cast("B", want.shape)
assert session.run(memoryview(bytes(small)).cast("B", small.shape), out=view) is view and view == want
assert anew.Session(model, threads=1, memory=1 << 28).run(small) == want
with open(folder + "/tiny.anew", "rb") as file:
    tiny = anew.Model(data=b"" + file.read())
assert tiny.scale == 2 and anew.Session(tiny).run(small) == anew.read_pnm(folder + "/tiny.ppm")

# What is told.
told = []
assert anew.Session(model, progress=lambda done, total: told.append((done, total))).run(small) == want
assert told[-1][0] == told[-1][1] > 0


def stop(done, total):
    raise KeyError("no more")


refuses(KeyError, "no more", anew.Session(model, progress=stop).run, small)
seen = anew.look(small)
assert seen["width"] == small.shape[1] and seen["channels"] == 3 and seen["file_quality"] == 0
assert anew.look(small_path)["noise_luma"] == seen["noise_luma"]

# What is refused.
assert refuses(anew.Error, "none.anew", anew.Model, "./none.anew").status == -2
refuses(anew.Error, "", anew.Model, data=b"no model" * 20)
refuses(ValueError, "exact", anew.Session, model, precision="double")
refuses(TypeError, "height x width", session.run, bytearray(100))
refuses(TypeError, "uint8", session.run, memoryview(bytearray(64)).cast("d", (2, 4)))
refuses(BufferError, "", session.run, small, out=memoryview(bytes(want.nbytes)).cast("B", want.shape))
refuses(anew.Error, "", session.run, memoryview(bytearray(60)).cast("B", (2, 5, 6)))

# Sessions of one model in several threads, and all is given back.
results = [None] * 3


def work(i):
    results[i] = anew.Session(model, threads=1).run(small)


threads = [threading.Thread(target=work, args=(i,)) for i in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert all(result == want for result in results)
gc.collect()

try:
    import numpy
except ImportError:
    print("SKIP examples/anew.py with arrays: no numpy in " + sys.executable)
    sys.exit()

picture, wanted = numpy.array(small), numpy.array(want)
result = session.run(picture)
assert type(result) is numpy.ndarray and result.dtype == numpy.uint8 and (result == wanted).all()
picture.setflags(write=False)
assert (session.run(picture) == wanted).all()
planes = numpy.ascontiguousarray(picture.transpose(2, 0, 1)).astype(numpy.float32) / 255
result = numpy.empty((3,) + wanted.shape[:2], numpy.float32)
session.run(planes.transpose(1, 2, 0), out=result.transpose(1, 2, 0))
assert abs(result.transpose(1, 2, 0) * 255 - wanted).max() <= 0.501 and (result * 255 != numpy.rint(result * 255)).any()
wide = numpy.zeros((picture.shape[0] + 5, picture.shape[1] * 2, 4), numpy.uint16)
part = wide[2:-3, 1::2, 2::-1]  # every other column, blue first, in a larger array
part[...] = picture.astype(numpy.uint16) * 257
result = session.run(part, 77, 41)
assert result.dtype == numpy.uint16 and abs(result / 257 - numpy.array(odd)).max() <= 0.501
gray = session.run(picture[:, :, 1])
assert gray.shape == wanted.shape[:2] and (gray == session.run(picture[:, :, 1:2])[:, :, 0]).all()
mirrored = session.run(picture[::-1, ::-1])
assert mirrored.shape == wanted.shape and (mirrored != wanted).any()
assert (mirrored == session.run(picture[::-1, ::-1].copy())).all()
alpha = numpy.dstack([picture, numpy.full(picture.shape[:2], 255, numpy.uint8)])
assert (session.run(alpha)[:, :, :3] == wanted).all() and (session.run(alpha)[:, :, 3] == 255).all()
assert anew.look(part)["width"] == picture.shape[1]
refuses(TypeError, "uint8", session.run, picture.astype(numpy.float64))
refuses(TypeError, "height x width", session.run, picture[None])
refuses(TypeError, "height x width", session.run, picture[:0])
refuses(TypeError, "strides", session.run, numpy.broadcast_to(numpy.uint8(3), (4, 4, 3)))
refuses(anew.Error, "", session.run, picture, out=numpy.empty(wanted.shape[:2], numpy.uint8))
