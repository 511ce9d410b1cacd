"""worker.py - a process with one peer in it (anew's own is bench_network.c). It is told its job on the command line, makes the engine, and then
answers lines: "run" with the seconds that a run took by the wall clock and of all its processors, "save PATH" with "saved" when the result lies there, as
f32 without a header. What it says first is "ready VERSION", "absent PACKAGE" or "failed REASON".

A process for each engine: their thread libraries, allocators and environment variables do not meet, and what is
made once (loading, packing, compiling) is not measured.
"""
import json
import os
import pathlib
import sys
import time


def main():
    job = json.loads(sys.argv[1])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print goes to standard error

    def answer(text):
        answers.write(" ".join(str(text).split()) + "\n")
        answers.flush()

    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
    try:
        import numpy

        from peers import engines

        engine = engines.CLASSES[job["engine"]](job, numpy.fromfile(job["picture"], numpy.float32).reshape(job["shape"]))
        engine.run()  # the first run: memory, threads, compilation
    except ImportError as error:
        return answer(f"absent {error.name or error}")
    except Exception as error:  # whatever a peer raises is a line of the report, no end of the comparison
        return answer(f"failed {type(error).__name__}: {str(error)[:200]}")
    answer(f"ready {engine.version}")
    for line in sys.stdin:
        words = line.split(maxsplit=1)
        if words[0] == "run":
            before = time.process_time()
            seconds = engine.run()
            answer(f"{seconds!r} {time.process_time() - before!r}")
        elif words[0] == "save":
            numpy.ascontiguousarray(engine.result(), numpy.float32).tofile(words[1].strip())
            answer("saved")
    return None


if __name__ == "__main__":
    sys.exit(main())
