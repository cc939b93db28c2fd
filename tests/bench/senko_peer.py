"""Senko (PyPI) on a folder of wav files: who speaks when, and the processor time it takes. Prints JSON.

usage: senko_peer.py DIR
"""
import contextlib
import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
import torch  # noqa: E402

torch.set_num_threads(1)
import senko  # noqa: E402


def main():
    found = {}
    # Senko prints as it goes; the answer alone belongs on standard output.
    with contextlib.redirect_stdout(sys.stderr):
        diarizer = senko.Diarizer(device="cpu", warmup=True, quiet=True)
        files = sorted(Path(sys.argv[1]).glob("*.wav"))
        # The first run compiles; it is not counted.
        diarizer.diarize(str(files[0]), generate_colors=False)
        for file in files:
            start = time.process_time()
            result = diarizer.diarize(str(file), generate_colors=False)
            cpu = time.process_time() - start
            segments = result["merged_segments"] if result else []
            turns = [[s["start"], s["end"], s["speaker"]] for s in segments]
            found[file.stem] = {"turns": turns, "cpu_s": cpu}
    print(json.dumps(found))


main()
