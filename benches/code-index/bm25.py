"""BM25 over the functions and classes of a repository: the ranking to compare the index with.

It is that of the package bm25s with its defaults. Words are those of identifiers, and the identifiers themselves. A
file ranks with its best function or class, tests with 0.7 of their score.
"""

import re

import bm25s
import numpy
from bm25s.stopwords import STOPWORDS_EN

from repository import is_test

TEST_WEIGHT = 0.7
IDENTIFIER = re.compile(r"\w+")
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[^\W_a-zA-Z]+")


def words(text):
    found = []
    for identifier in IDENTIFIER.findall(text):
        parts = WORD.findall(identifier)
        found += [word for part in parts if len(word := part.lower()) > 1 and word not in STOPWORDS_EN]
        if len(parts) > 1:
            found.append(identifier.replace("_", "").lower())
    return found


class Bm25:
    def __init__(self, documents):
        """Takes pairs of a file and a text."""
        self.files, texts = zip(*documents, strict=True)
        self.weights = numpy.array([TEST_WEIGHT if is_test(file) else 1 for file in self.files])
        self.index = bm25s.BM25()
        self.index.index([words(text) for text in texts], show_progress=False)

    def rank(self, query):
        """Returns the files with a word of the query, best first."""
        known = [word for word in words(query) if word in self.index.vocab_dict]
        if not known:
            return []
        scores = self.index.get_scores(known) * self.weights
        best = {}
        for number in numpy.flatnonzero(scores):
            file = self.files[number]
            best[file] = max(best.get(file, 0), scores[number])
        return sorted(best, key=lambda file: (-best[file], file))
