"""Word error rates of what engines heard, every engine's by this same code.
usage: score.py FILE, made by `tests/bench/run speech`:
{"said": [text], "groups": [name of each], "heard": {"KEY": [text]}}

Both texts go through Whisper's English normaliser (whisper-normalizer): case, punctuation, fillers, contractions,
spelling, numbers. Then what is spelled is taken apart: numbers into digits, letters that are joined by hyphens or
points or written as one word of capitals into letters, so that an engine may write C-I-N-D-Y, C. I. N. D. Y. or CINDY
for what was spelled, 39 or three nine for the same two words. `plain` is the rate without that second step."""
import collections
import importlib.metadata
import json
import re
import sys
from pathlib import Path

import jiwer
from whisper_normalizer.english import EnglishTextNormalizer

normalise = EnglishTextNormalizer()
SPELLED = re.compile(r"\b(?:[A-Za-z](?:[-.]\s?|\s)){1,}[A-Za-z]\b")
CAPITALS = re.compile(r"(?<![A-Za-z])[A-Z]{2,}(?![a-z])")
NUMBER = re.compile(r"\d+")


def apart(text, capitals_are_letters):
    """A reference that is in capitals throughout marks nothing by them."""
    text = SPELLED.sub(lambda m: " ".join(re.findall("[A-Za-z]", m[0])), text)
    if capitals_are_letters:
        text = CAPITALS.sub(lambda m: " ".join(m[0]), text)
    # One digit at a time: the normaliser joins some of them and not others.
    return NUMBER.sub(lambda m: " " + " ".join(m[0]) + " ", normalise(text))


def rate(said, heard):
    kept = [(a.strip(), b.strip()) for a, b in zip(said, heard) if a.strip()]
    result = jiwer.process_words([a for a, _ in kept], [b for _, b in kept])
    words = result.hits + result.substitutions + result.deletions
    return {
        "wer": (result.substitutions + result.deletions + result.insertions) / words,
        "words": words,
        "substituted": result.substitutions,
        "deleted": result.deletions,
        "inserted": result.insertions,
        "clips": len(kept),
    }


def score(said, groups, heard):
    said_apart = [" ".join(apart(text, not text.isupper()).split()) for text in said]
    heard_apart = [" ".join(apart(text, True).split()) for text in heard]
    by_group = collections.defaultdict(lambda: ([], []))
    for group, a, b in zip(groups, said_apart, heard_apart):
        by_group[group][0].append(a)
        by_group[group][1].append(b)
    return {
        **rate(said_apart, heard_apart),
        "plain": rate([normalise(text) for text in said], [normalise(text) for text in heard])["wer"],
        "by_source": {group: rate(*texts) for group, texts in sorted(by_group.items())},
    }


def main():
    task = json.loads(Path(sys.argv[1]).read_text())
    version = {name: importlib.metadata.version(name) for name in ("whisper-normalizer", "jiwer")}
    scores = {key: score(task["said"], task["groups"], heard) for key, heard in task["heard"].items()}
    print(json.dumps({"normaliser": f"whisper-normalizer {version['whisper-normalizer']}, jiwer {version['jiwer']}", "scores": scores}))


main()
