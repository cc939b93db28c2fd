"""Finds a playbook's phrases with spaCy's rule matchers and prints how many turns a second of processor time that takes.
usage: spacy_peer.py FILE, made by `tests/bench/run reading`: {"phrases": [{"gap", "of": [phrase]}], "texts": [text]}

Phrases without alternatives, and alternatives that stand alone, go to a PhraseMatcher; the others become token patterns
of a Matcher, with optional tokens for the gap; measured again without them, words next to each other only. spaCy does
less than the evaluator: no inflection, no other order, no negation, no facts; of alternatives of several words it looks
for each word apart, kinds of words are a flag or a short list, and the text is cut into tokens beforehand."""
import itertools
import json
import re
import sys
import time

import spacy
from spacy.matcher import Matcher, PhraseMatcher

AT_LEAST_S = 3
WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday today tomorrow"
MONTHS = "january february march april may june july august september october november december"
ROLES = "ceo cfo cto cio ciso director manager head president chair partner lead chief officer"
KINDS = {
    "<number>": {"LIKE_NUM": True},
    "<money>": {"LIKE_NUM": True},
    "<date>": {"LOWER": {"IN": (WEEKDAYS + " " + MONTHS).split()}},
    "<role>": {"LOWER": {"IN": ROLES.split()}},
    "<name>": {"IS_TITLE": True},
    "<word>": {"IS_STOP": False, "IS_ALPHA": True},
}
MATCHER_WORDS = re.compile(r"[*<]")


def elements(phrase):
    """The places of a phrase, each a list of alternatives."""
    for braces, word in re.findall(r"\{([^}]*)\}|([^\s{]+)", phrase):
        yield [alternative.strip() for alternative in braces.split("|")] if braces else [word]


def words(nlp, text):
    """The words of an alternative as spaCy cuts them; `=` means exactly this one, which they always are."""
    for word in text.split():
        if MATCHER_WORDS.search(word):
            yield word
        else:
            yield from (token.lower_ for token in nlp.make_doc(word.removeprefix("=")))


def token(alternatives):
    """One token pattern for alternatives of one kind."""
    first = alternatives[0]
    if first in KINDS:
        return KINDS[first]
    if first.endswith("*"):
        return {"LOWER": {"REGEX": "^(?:" + "|".join(re.escape(a[:-1].lower()) for a in alternatives) + ")"}}
    return {"LOWER": {"IN": sorted(set(alternatives))}}


def kind(word):
    return word if word in KINDS else "*" if word.endswith("*") else ""


def ways(nlp, alternatives):
    """Token sequences for the alternatives of a place: those of the same shape in one."""
    shapes = {}
    for alternative in alternatives:
        cut = tuple(words(nlp, alternative))
        shapes.setdefault(tuple(kind(word) for word in cut), []).append(cut)
    return [[token(column) for column in zip(*same)] for same in shapes.values()]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        given = json.load(file)
    nlp = spacy.blank("en")
    phrase_matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
    matcher, adjacent = Matcher(nlp.vocab), Matcher(nlp.vocab)
    phrases = patterns = plain = 0
    for number, listed in enumerate(given["phrases"]):
        docs, token_patterns, adjacent_patterns = [], [], []
        for phrase in listed["of"]:
            phrases += 1
            places = list(elements(phrase))
            if not MATCHER_WORDS.search(phrase) and (len(places) == 1 or all(len(place) == 1 for place in places)):
                for alternative in itertools.product(*places):
                    docs.append(nlp.make_doc(" ".join(alternative).replace("=", "")))
                continue
            gap = [{"OP": "?"}] * listed["gap"]
            for way in itertools.product(*(ways(nlp, place) for place in places)):
                pattern = list(way[0])
                for following in way[1:]:
                    pattern += gap + following
                token_patterns.append(pattern)
                adjacent_patterns.append([word for place in way for word in place])
        if docs:
            phrase_matcher.add(str(number), docs)
        if token_patterns:
            matcher.add(str(number), token_patterns)
            adjacent.add(str(number), adjacent_patterns)
        plain += len(docs)
        patterns += len(token_patterns)

    texts = given["texts"]
    docs = [nlp.make_doc(text) for text in texts]

    def rate(run):
        turns, started = 0, time.process_time()
        while (spent := time.process_time() - started) < AT_LEAST_S:
            found = run()
            turns += len(texts)
        return turns / spent, found

    def find(matcher):
        return sum(len(phrase_matcher(doc)) + len(matcher(doc)) for doc in docs)

    matching, matches = rate(lambda: find(matcher))
    without_gaps, _ = rate(lambda: find(adjacent))
    cutting, _ = rate(lambda: sum(len(nlp.make_doc(text)) for text in texts))
    print(json.dumps({
        "version": spacy.__version__,
        "turns_per_s_core": matching,
        "turns_per_s_core_without_gaps": without_gaps,
        "turns_per_s_core_with_tokens": 1 / (1 / matching + 1 / cutting),
        "phrases": phrases,
        "patterns": patterns,
        "plain": plain,
        "matches": matches,
    }))


main()
