"""Plain BM25 over the functions and classes of a repository: the ranking to compare the index with.

The formula and its constants are the defaults of the package bm25s: the idf of Lucene, k1 = 1.5, b = 0.75. Words are
those of identifiers, and the identifiers themselves. A file ranks with its best function or class, tests with 0.7 of
their score.
"""

import math
import re
from collections import Counter, defaultdict

from repository import is_test

K1, B = 1.5, 0.75
TEST_WEIGHT = 0.7
IDENTIFIER = re.compile(r"\w+")
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[^\W_a-zA-Z]+")
# The English stop words of bm25s and Lucene.
STOP = frozenset(
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this"
    " to was will with".split()
)


def words(text):
    found = []
    for identifier in IDENTIFIER.findall(text):
        parts = WORD.findall(identifier)
        found += [word for part in parts if len(word := part.lower()) > 1 and word not in STOP]
        if len(parts) > 1:
            found.append(identifier.replace("_", "").lower())
    return found


class Bm25:
    def __init__(self, documents):
        """Takes pairs of a file and a text."""
        self.postings, self.files, lengths = defaultdict(list), [], []
        for number, (file, text) in enumerate(documents):
            counts = Counter(words(text))
            self.files.append(file)
            lengths.append(sum(counts.values()))
            for word, count in counts.items():
                self.postings[word].append((number, count))
        mean = sum(lengths) / len(lengths)
        self.norms = [K1 * (1 - B + B * length / mean) for length in lengths]

    def rank(self, query):
        """Returns the files with a word of the query, best first."""
        scores = defaultdict(float)
        for word in words(query):
            postings = self.postings.get(word, ())
            idf = math.log(1 + (len(self.files) - len(postings) + 0.5) / (len(postings) + 0.5))
            for number, count in postings:
                scores[number] += idf * count / (count + self.norms[number])
        best = defaultdict(float)
        for number, score in scores.items():
            file = self.files[number]
            best[file] = max(best[file], score * (TEST_WEIGHT if is_test(file) else 1))
        return sorted(best, key=lambda file: (-best[file], file))
