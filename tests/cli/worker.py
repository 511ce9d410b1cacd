#!/usr/bin/env python3
"""worker.py ANEW MODEL: `anew worker` as its clients see it: jobs of several sessions at once give the bytes of
`anew PICTURE`, answers come as jobs end, bad requests hurt nobody, jobs are cancelled and end in time, signals end the
worker in order. The present folder is a scratch one."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

ANEW, MODEL = sys.argv[1], sys.argv[2]
SESSIONS, PICTURES = 4, 6
PATIENCE = 120  # seconds for an answer
failures = 0
said = []  # every answer, for the schema


def complain(text):
    global failures
    failures += 1
    print("FAILED:", text)


def want(what, seen, wanted):
    if seen != wanted:
        complain(f"{what}: {seen}, not {wanted}")


def write_picture(name, width, height, seed):
    pixels = bytes((x * 3 + y * 5 + seed * 17) % 256 for y in range(height) for x in range(width * 3))
    pathlib.Path(name).write_bytes(b"P6 %d %d 255\n" % (width, height) + pixels)


def enhance(*words):
    subprocess.run([ANEW, "--quiet", "--force", "-m", MODEL, *words], check=True)


def same(a, b):
    return os.path.exists(a) and pathlib.Path(a).read_bytes() == pathlib.Path(b).read_bytes()


def read_answer(line):
    if line:
        said.append(line)
    return json.loads(line or "null")


class Pipe:
    """A worker at its standard input and output."""

    def __init__(self, *more, model=MODEL):
        self.job = subprocess.Popen([ANEW, "worker", "-m", model, *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True)

    def send(self, *requests):
        for request in requests:
            self.job.stdin.write((request if isinstance(request, str) else json.dumps(request)) + "\n")
        self.job.stdin.flush()

    def answer(self):
        return read_answer(self.job.stdout.readline())

    def end(self):
        """The answers that are left, and the exit code."""
        out, err = self.job.communicate(timeout=PATIENCE)
        if err:
            complain(f"a worker says: {err}")
        return [read_answer(line) for line in out.splitlines()], self.job.returncode


class Client:
    """A session at a worker's socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        for _ in range(200):
            try:
                self.socket.connect(path)
                break
            except OSError:
                time.sleep(0.05)
        self.socket.settimeout(PATIENCE)
        self.file = self.socket.makefile("r")

    def send(self, *requests):
        self.socket.sendall("".join(json.dumps(request) + "\n" for request in requests).encode())

    def answer(self):
        return read_answer(self.file.readline())


def refusals():
    worker = Pipe()
    good = {"id": 1, "input": "p0.ppm", "output": "x.ppm"}
    for request, pattern in (("nonsense", "line 1, column 1"), ('{"id":1', "line 1"), ("[]", "one object"), ("1 2", "one object"),
                             ("{}", '"id" must be'), ({**good, "id": 1.5}, '"id" must be'), ({**good, "id": None}, '"id" must be'),
                             ({"id": 1, "output": "x.ppm"}, '"input" must be'), ({**good, "input": "-"}, '"input" must be'),
                             ({**good, "output": 3}, '"output" must be'), ({**good, "sclae": 2}, "sclae"),
                             ({**good, "scale": "2"}, "scale"), ({**good, "scale": 65}, "scale"), ({**good, "width": 1.5}, "width"),
                             ({**good, "quality": 0}, "quality"), ({**good, "format": "gif9"}, "png|jpeg"),
                             ({**good, "format": 1}, "png|jpeg"), ({**good, "timeout_s": 0}, "timeout_s"),
                             ({**good, "memory_bytes": 0.5}, "memory_bytes"), ({**good, "force": 1}, "force"),
                             ({**good, "auto": "maybe"}, "on|off"), ({**good, "auto": 1}, "on|off"),
                             ({**good, "fit": "3840"}, 'column 56: "fit" 3840: must be two whole numbers like 640x480'),
                             ({**good, "fit": 3840}, '"fit" must be a string, WIDTHxHEIGHT'), ({**good, "strength": 1.5}, "from 0 to 1"),
                             ({**good, "strength": True}, "from 0 to 1"), ({**good, "strength": None}, "from 0 to 1"),
                             ({**good, "print": "12x8"}, "on paper like 12x8in@300"), ({**good, "max_bytes": "150q"}, "such as 150k"),
                             ({**good, "linear": "yes"}, "true or false"), ({**good, "passes": "all"}, 'or "auto"'),
                             ({**good, "levels": "1"}, "BLACK,WHITE"), ({**good, "resample": "nearest"}, "lanczos3|mitchell"),
                             ({**good, "erase": "-"}, "must be a string"), ({**good, "erase": ""}, "must be a string"),
                             ({**good, "scale": 2, "fit": "90x90"}, "exclude each other"),
                             ({**good, "max-bytes": 1}, "no member"), ({**good, "journal": "j"}, "no member"),
                             ({**good, "model": "photo-x4"}, "for all of a worker's pictures: anew worker --model"),
                             ({**good, "restore": "off"}, "anew worker --restore"), ({**good, "threads": 1}, "anew worker --threads"),
                             ({"cancel": "who"}, "no job of this id"), ({"cancel": 1, "id": 2}, "id"), ({"health": 1}, "health"),
                             ("x" * 70000, "65536 bytes"), ('{"id":1,"id":2}', "id")):
        worker.send(request)
        answer = worker.answer()
        if answer.get("event") != "refused" or pattern not in answer.get("error", ""):
            complain(f"{str(request)[:60]}: {answer}")
    worker.send("", " ", good)
    want("afterwards", worker.answer()["event"], "done")
    worker.send(good, {**good, "id": "b", "force": True}, {**good, "id": "c", "input": "none.ppm", "output": "y.ppm"},
                {**good, "id": "d", "input": ".", "output": "y.ppm"}, {**good, "id": "e", "input": "/dev/zero", "output": "y.ppm"})
    answers, code = worker.end()
    want("exit code at the end of input", code, 0)
    by_id = {answer["id"]: answer for answer in answers}
    want("an existing result", (by_id[1]["event"], by_id[1]["cause"]), ("failed", "argument"))
    want("force", by_id["b"]["event"], "done")
    want("none", (by_id["c"]["event"], by_id["c"]["cause"]), ("failed", "not found"))
    want("a folder", by_id["d"]["event"], "failed")
    want("a device", "no regular file" in by_id["e"].get("error", ""), True)
    want("nothing made", os.path.exists("y.ppm"), False)


def options():
    """Each option as the command line has it."""
    formats = [f for f in ("png", "jpeg", "webp") if os.environ.get("ANEW_" + f.upper(), "1") == "1"]
    worker = Pipe("--threads", "2", "--scale", "3", "--quality", "90")
    jobs = [({}, ["-s", "3"], "ppm"), ({"scale": 2}, ["-s", "2"], "ppm"), ({"width": 77}, ["--width", "77"], "ppm"),
            ({"width": 50, "height": 61}, ["--width", "50", "--height", "61"], "ppm"), ({"height": 61}, ["--height", "61"], "ppm"), ({"format": "pnm"}, ["-s", "3", "--format", "pnm"], "dat"),
            ({"memory_bytes": 1 << 28}, ["-s", "3"], "ppm")]
    jobs += [({"format": f}, ["-s", "3", "--format", f, "--quality", "90"], "dat") for f in formats]
    if "jpeg" in formats:
        jobs.append(({"quality": 31}, ["-s", "3", "--quality", "31"], "jpg"))
    for i, (request, words, ending) in enumerate(jobs):
        enhance("p1.ppm", "-o", f"o{i}.{ending}", *words)
        worker.send({"id": i, "input": "p1.ppm", "output": f"w{i}.{ending}", **request})
    answers, _ = worker.end()
    want("answers", sorted(answer["id"] for answer in answers), list(range(len(jobs))))
    for i, (request, _, ending) in enumerate(jobs):
        if not same(f"w{i}.{ending}", f"o{i}.{ending}"):
            complain(f"{request}: other bytes, {[answer for answer in answers if answer['id'] == i]}")
    # A size as people state it is the worker's, and gives way to a request's.
    worker = Pipe("--fit", "90x90")
    worker.send({"id": 0, "input": "p1.ppm", "output": "f0.ppm"})
    worker.send({"id": 1, "input": "p1.ppm", "output": "f1.ppm", "scale": 2})
    worker.end()
    enhance("p1.ppm", "-o", "fit0.ppm", "--fit", "90x90")
    enhance("p1.ppm", "-o", "fit1.ppm", "-s", "2")
    for i in range(2):
        if not same(f"f{i}.ppm", f"fit{i}.ppm"):
            complain(f"--fit and request {i}: other bytes")
    worker = Pipe()
    worker.send({"id": "small", "input": "p1.ppm", "output": "s.ppm", "memory_bytes": 1000})
    answers, _ = worker.end()
    want("too little memory", (answers[0]["event"], answers[0]["cause"]), ("failed", "too large"))


def every_option():
    """What the help says that a request may say is what the schema says, and gives the bytes of the command line."""
    said_by_help = subprocess.run([ANEW, "worker", "--help"], capture_output=True, text=True, check=True).stdout
    names = said_by_help.split("with _ for -:")[1].split("Exit code")[0].split()
    schema = json.loads((pathlib.Path(__file__).parents[2] / "docs/json.schema.json").read_text(encoding="utf-8"))
    members = set(schema["definitions"]["request"]["properties"]) - {"id", "input", "output", "timeout_s", "memory_bytes"}
    want("members of the schema and of the help", sorted(members), sorted(names))
    pathlib.Path("mask.pgm").write_bytes(b"P5 33 61 255\n" + bytes(255 * (i % 33 == 9) for i in range(33 * 61)))
    built = {name: os.environ.get("ANEW_" + name, "1") == "1" for name in ("PNG", "JPEG", "WEBP", "LCMS")}
    plain = "png" if built["PNG"] else "ppm"
    enhance("p1.ppm", "-o", f"plain.{plain}")
    # The value, and what else is asked for, so that it shows.
    values = {"scale": 2.5, "width": 77, "height": 61, "fit": "100x90", "megapixels": 0.02, "print": "2x3in@72", "dpi": 123,
              "resample": ("mitchell", {"scale": 2}), "linear": (True, {"scale": 2}), "auto": "on", "strength": 0.4, "passes": 1,
              "restore_strength": 0.5, "noise_level": 7.5, "order": "upscale-first", "shrink_first": 1.5, "format": "pnm",
              "frame": 1, "quality": (31, "jpg"), "chroma": ("444", "jpg"), "lossless": (True, "webp"), "png_compression": 9,
              "max_bytes": ("15k", "jpg"), "strip": True, "icc": "drop", "to_srgb": True, "no_provenance": True, "force": True,
              "scratches": "auto", "scratch_mask": ("found.pgm", {"scratches": "auto"}), "erase": "mask.pgm", "faithful": 40,
              "colour_lock": 0.5, "guard": 0.5, "sharpen": 0.5, "grain": 0.5, "grain_seed": (7, {"grain": 0.5}),
              "white_balance": "auto", "restore_tone": 0.5, "levels": "12,240,1.1", "contrast": 0.2, "saturation": -0.5}
    want("members that are tried", sorted(values), sorted(names))
    needs = {"jpg": "JPEG", "webp": "WEBP", "to_srgb": "LCMS", "png_compression": "PNG"}
    worker, asked, requests = Pipe(), {}, []
    for name, value in values.items():
        value, more = value if isinstance(value, tuple) else (value, {})
        ending = plain if isinstance(more, dict) else more
        if not all(built[needs[key]] for key in (ending, name) if key in needs):
            continue
        request = {name: value, **(more if isinstance(more, dict) else {})}
        words = [f"--{key.replace('_', '-')}" + ("" if told is True else f"={told}") for key, told in request.items()]
        enhance("p1.ppm", "-o", f"cli_{name}.{ending}", *words)
        if name == "scratch_mask":
            os.rename("found.pgm", "found_cli.pgm")
        requests.append({"id": name, "input": "p1.ppm", "output": f"job_{name}.{ending}", **request})
        worker.send(requests[-1])
        asked[name] = f"{name}.{ending}"
    by_id = {answer["id"]: answer for answer in worker.end()[0]}
    for name, path in asked.items():
        if not same("job_" + path, "cli_" + path):
            complain(f"{name}: other bytes, {by_id.get(name)}")
        elif built["PNG"] and name not in ("force", "auto", "scratch_mask", "restore_strength") and same("job_" + path, "plain.png"):
            complain(f"{name}: no effect")
    pathlib.Path("requests").write_text("".join(json.dumps(request) + "\n" for request in requests))
    want("a mask beside the result", same("found.pgm", "found_cli.pgm"), True)
    # What a request says counts before what the worker was started with, and says off, too.
    started = ["--strength", "0.2", "--sharpen", "0.3", "--linear", "--print", "3x3in@150", "--faithful=30", "--dpi=150", "--quality=20"]
    jobs = [({}, started), ({"scale": 2, "linear": False, "faithful": False, "strength": 1}, ["--sharpen=0.3", "--scale=2", "--dpi=150", "--strength=1", "--quality=20"]),
            ({"print": "2x2in@72", "sharpen": 0}, ["--strength=0.2", "--sharpen=0", "--linear", "--print=2x2in@72", "--faithful=30", "--quality=20"]),
            ({"faithful": True, "max_bytes": 1e9}, [*started[:-3], "--faithful", "--dpi=150", "--quality=20", "--max-bytes=1000000000"])]
    worker = Pipe(*started)
    for i, (request, words) in enumerate(jobs):
        enhance("p1.ppm", "-o", f"before{i}.{plain}", *words)
        worker.send({"id": i, "input": "p1.ppm", "output": f"after{i}.{plain}", **request})
    answers, _ = worker.end()
    for i, (request, _) in enumerate(jobs):
        if not same(f"after{i}.{plain}", f"before{i}.{plain}"):
            complain(f"{request} of a worker with options: other bytes, {[answer for answer in answers if answer['id'] == i]}")
    # Files beside the picture: nobody waits for a pipe, and the picture itself stays.
    os.mkfifo("pipe")
    worker = Pipe()
    worker.send({"id": 1, "input": "p1.ppm", "output": "no.ppm", "erase": "pipe"},
                {"id": 2, "input": "p1.ppm", "output": "no.ppm", "scratches": "auto", "scratch_mask": "./p1.ppm", "force": True})
    by_id = {answer["id"]: answer for answer in worker.end()[0]}
    want("a pipe as a mask", "pipe: is no regular file" in by_id[1].get("error", ""), True)
    want("a mask over the picture", "is the picture itself" in by_id[2].get("error", ""), True)


def looks():
    """A look as the command line has it (--auto): the same bytes, told in the answer, and off where a request says so."""
    os.environ.pop("ANEW_AUTO", None)
    pathlib.Path("models").mkdir()
    for made, wanted in (("restorer.anew", "restore-x1.anew"), ("drawer.anew", "anime-x4.anew")):
        if os.path.exists("../" + made):
            os.link("../" + made, "models/" + wanted)
    os.environ["ANEW_MODELS"] = "models"
    subprocess.run([sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "auto_pictures.py"), "."], check=True)
    off, on = ({"auto": "off"}, ["--auto=off"]), ({"auto": "on"}, ["--auto"])
    for words, jobs in ((["-m", "photo-x4"], [("noisy.ppm", {}, []), ("noisy.ppm", *off), ("clean.ppm", {}, [])]),
                        (["--restore-strength", "0.25"], [("noisy.ppm", {}, []), ("drawing.ppm", {}, [])]),
                        (["-m", MODEL, "--auto=off"], [("noisy.ppm", {}, ["--auto=off"]), ("noisy.ppm", *on)]),
                        (["-m", MODEL], [("noisy.ppm", {}, [])])):
        worker = subprocess.run([ANEW, "worker", *words], capture_output=True, text=True, check=True, input="".join(
            json.dumps({"id": i, "input": name, "output": f"look{i}.ppm", "scale": 2, "force": True, **request}) + "\n"
            for i, (name, request, _) in enumerate(jobs)))
        answers = {answer["id"]: answer for answer in map(read_answer, worker.stdout.splitlines())}
        for i, (name, request, more) in enumerate(jobs):
            said = subprocess.run([ANEW, "--json", "--force", name, "-s", "2", "-o", "alone.ppm", *words[:2], *more], check=True,
                                  capture_output=True, text=True)
            if not same(f"look{i}.ppm", "alone.ppm"):
                complain(f"{words} {name} {request}: other bytes")
            seen = [{key: event[key] for key in ("text", "shrink_first", "restore_strength")}
                    for event in map(json.loads, said.stdout.splitlines()) if event["event"] == "looked"]
            want(f"{words} {name} {request}: looks", len(seen), "--auto=off" not in more)
            want(f"{words} {name} {request}: what was seen", answers[i].get("looked"), seen[0] if seen else None)
    # Time and memory that a job has are those of its look, too.
    worker = Pipe(model="photo-x4")
    worker.send({"id": 1, "input": "big.ppm", "output": "late.ppm", "timeout_s": 0.001},
                {"id": 2, "input": "noisy.ppm", "output": "none.ppm", "memory_bytes": 4000000},
                {"id": 3, "input": "noisy.ppm", "output": "small.ppm", "memory_bytes": 60000000})
    by_id = {answer["id"]: answer for answer in worker.end()[0]}
    want("a late look", (by_id[1]["event"], by_id[1]["cause"]), ("failed", "time limit"))
    want("no memory for a look", (by_id[2]["event"], by_id[2]["cause"], "looking at" in by_id[2]["error"]), ("failed", "too large", True))
    want("memory for a look", by_id[3]["event"], "done")
    want("a late look's result", os.path.exists("late.ppm"), False)
    del os.environ["ANEW_MODELS"]
    os.environ["ANEW_AUTO"] = "off"


def sessions():
    """N sessions with M pictures each, at once."""
    for i in range(PICTURES):
        enhance(f"p{i}.ppm", "-o", f"serial{i}.ppm")
    for words in ([], ["--jobs", "3", "--threads", "2"], ["--jobs", "1"]):
        worker = subprocess.Popen([ANEW, "worker", "-m", MODEL, "--socket", "s", *words], stderr=subprocess.PIPE)

        def one(number):
            client = Client("s")
            client.send(*({"id": i, "input": f"p{i}.ppm", "output": f"out{number}_{i}.ppm", "force": True} for i in range(PICTURES)))
            # Bad ones between them, of one session only.
            if number == 0:
                client.send({"id": "bad", "input": "bad.ppm", "output": "bad_x4.ppm"}, {"nothing": 1})
            answers = [client.answer() for _ in range(PICTURES + 2 * (number == 0))]
            events = sorted(str(answer.get("event")) for answer in answers)
            want(f"session {number}", events, ["done"] * PICTURES + ["failed", "refused"] * (number == 0))
            want(f"ids of session {number}", sorted(answer["id"] for answer in answers if answer["event"] == "done"),
                 list(range(PICTURES)))
            client.send({"health": True})
            want(f"health of session {number}", client.answer().get("event"), "health")
            client.socket.shutdown(socket.SHUT_WR)
            want(f"end of session {number}", client.answer(), None)

        threads = [threading.Thread(target=one, args=(number,)) for number in range(SESSIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for number in range(SESSIONS):
            for i in range(PICTURES):
                if not same(f"out{number}_{i}.ppm", f"serial{i}.ppm"):
                    complain(f"{words}: picture {i} of session {number} has other bytes")
                pathlib.Path(f"out{number}_{i}.ppm").unlink(missing_ok=True)
        want("rights of the socket", os.stat("s").st_mode & 0o777, 0o600)
        taken = subprocess.run([ANEW, "worker", "--socket", "s"], capture_output=True, text=True)
        want("a second worker", (taken.returncode, "another worker" in taken.stderr), (2, True))
        # A client that goes away in the middle leaves the worker as it was.
        gone = Client("s")
        gone.send(*({"id": i, "input": "big.ppm", "output": f"gone{i}.ppm"} for i in range(40)))
        gone.file.close()
        gone.socket.close()
        last = Client("s")
        last.send({"id": 0, "input": "p0.ppm", "output": "last.ppm", "force": True})
        want("after a client that went away", last.answer().get("event"), "done")
        last.send({"id": 1, "input": "p1.ppm", "output": "drained.ppm", "force": True}, {"health": True})
        while last.answer().get("event") != "health":
            pass
        worker.send_signal(signal.SIGTERM)
        code = worker.wait(timeout=PATIENCE)
        want("exit code after SIGTERM", (code, worker.stderr.read()), (0, b""))
        want("what was taken before SIGTERM", same("drained.ppm", "serial1.ppm"), True)
        want("the socket is gone", os.path.exists("s"), False)
        made = [name for name in os.listdir(".") if name.startswith("gone")]
        want("jobs of a client that went away are not all done", len(made) < 40, True)
        for name in made:
            os.unlink(name)
    # One that was killed leaves its socket, which the next one takes.
    worker = subprocess.Popen([ANEW, "worker", "-m", MODEL, "--socket", "s"])
    Client("s")
    worker.kill()
    worker.wait()
    want("a killed worker's socket", os.path.exists("s"), True)
    worker = subprocess.Popen([ANEW, "worker", "-m", MODEL, "--socket", "s"])
    client = Client("s")
    client.send({"health": True})
    want("the next worker", client.answer().get("state"), "ready")
    worker.send_signal(signal.SIGINT)
    want("exit code after SIGINT", worker.wait(timeout=PATIENCE), 130)


def same_output():
    """Jobs of several sessions that make the same new file: one of them does, the others say so."""
    for number in range(3):
        write_picture(f"rival{number}.ppm", 200, 150, 20 + number)
        enhance(f"rival{number}.ppm", "-o", f"alone{number}.ppm")
    for words in (["--jobs", "3", "--threads", "3"], ["--jobs", "1"]):
        worker = subprocess.Popen([ANEW, "worker", "-m", MODEL, "--socket", "s", *words])
        clients = [Client("s") for _ in range(2)]
        # The second one's path is another text for the same file.
        for number, output in enumerate(("contested.ppm", "./contested.ppm", "contested.ppm")):
            clients[number % 2].send({"id": number, "input": f"rival{number}.ppm", "output": output})
        answers = [clients[number % 2].answer() for number in range(3)]
        done = [answer["id"] for answer in answers if answer["event"] == "done"]
        want(f"{words}: jobs that made the file", len(done), 1)
        for answer in answers:
            if answer["event"] != "done" and ("contested.ppm: exists" not in answer["error"] or answer["cause"] != "argument"):
                complain(f"{words}: {answer}")
        want(f"{words}: whose bytes", [number for number in range(3) if same("contested.ppm", f"alone{number}.ppm")], done)
        # With force the last one counts.
        clients[0].send({"id": "f", "input": "rival2.ppm", "output": "contested.ppm", "force": True})
        want(f"{words}: force", (clients[0].answer()["event"], same("contested.ppm", "alone2.ppm")), ("done", True))
        worker.send_signal(signal.SIGTERM)
        worker.wait(timeout=PATIENCE)
        want(f"{words}: left", [name for name in os.listdir(".") if name.endswith(".tmp")], [])
        os.unlink("contested.ppm")


def limits():
    """Cancelled, late, drained: a picture that takes seconds, by the default model's slow way."""
    slow = ("--exact", "--jobs", "1", "--threads", "1", "--band", "8")
    worker = Pipe(*slow, model="photo-x4")
    started = time.monotonic()
    worker.send({"id": "late", "input": "big.ppm", "output": "late.ppm", "timeout_s": 0.2})
    answer = worker.answer()
    want("a late job", (answer["event"], answer["cause"], "0.2 seconds" in answer["error"]), ("failed", "time limit", True))
    # The first is running, the second waits.
    worker.send({"id": "a", "input": "big.ppm", "output": "a.ppm"}, {"id": "b", "input": "big.ppm", "output": "b.ppm"},
                {"id": "b", "input": "big.ppm", "output": "c.ppm"}, {"cancel": "b"})
    want("an id twice", "not yet done" in worker.answer().get("error", ""), True)
    answer = worker.answer()
    want("cancelled while it waits", (answer["event"], answer["id"]), ("cancelled", "b"))
    while True:
        worker.send({"health": True})
        health = worker.answer()
        if health["running"] == 1 or health["event"] != "health":
            break
    want("health", (health["state"], health["waiting"], health["cancelled"], health["failed"]), ("ready", 0, 1, 1))
    worker.send({"cancel": "a"})
    answer = worker.answer()
    want("cancelled while it runs", (answer["event"], answer["id"]), ("cancelled", "a"))
    worker.send({"id": "a", "input": "p0.ppm", "output": "a.ppm"})
    want("the id again", worker.answer()["event"], "done")
    # SIGINT gives up what runs and what waits.
    worker.send({"id": 1, "input": "big.ppm", "output": "g1.ppm"}, {"id": 2, "input": "p0.ppm", "output": "g2.ppm"}, {"health": True})
    want("before SIGINT", worker.answer()["event"], "health")
    worker.job.send_signal(signal.SIGINT)
    answers, code = worker.end()
    want("SIGINT", (sorted((answer["event"], answer["id"]) for answer in answers), code), ([("cancelled", 1), ("cancelled", 2)], 130))
    for name in ("late.ppm", "b.ppm", "c.ppm", "g1.ppm", "g2.ppm"):
        want(name, os.path.exists(name), False)
    print(f"limits: {time.monotonic() - started:.1f} s")


for number in range(PICTURES):
    write_picture(f"p{number}.ppm", 20 + 13 * number, 70 - 9 * number, number)
write_picture("big.ppm", 400, 300, 9)
pathlib.Path("bad.ppm").write_bytes(b"P6 9 9 255\nabc")
for part in (refusals, options, every_option, looks, sessions, same_output, limits):
    if len(sys.argv) < 4 or part.__name__ in sys.argv[3:]:
        part()
pathlib.Path("said").write_text("".join(line.rstrip("\n") + "\n" for line in said))
sys.exit(failures > 0)
