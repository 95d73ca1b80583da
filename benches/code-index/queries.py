"""Draws search queries from a repository: first sentences of docstrings, without the name of their definition."""

import ast
import random
import re
from dataclasses import dataclass
from pathlib import Path

from repository import DEFINITIONS, is_test, parse, python_files

MIN_WORDS = 4


@dataclass(frozen=True)
class Query:
    file: str
    name: str
    text: str
    # The docstring, as byte offsets in the file.
    start: int
    end: int


def first_sentence(docstring, name):
    paragraph = " ".join(docstring.strip().split("\n\n")[0].split())
    sentence = re.split(r"(?<=[.!?])\s", paragraph, maxsplit=1)[0]
    return " ".join(re.sub(rf"\b{re.escape(name)}\b", " ", sentence, flags=re.IGNORECASE).split())


def queries_of(root, file):
    source = (root / file).read_bytes()
    if not (tree := parse(source)):
        return
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in ast.walk(tree):
        if isinstance(node, DEFINITIONS) and (docstring := ast.get_docstring(node)):
            text, literal = first_sentence(docstring, node.name), node.body[0].value
            if len(re.findall(r"[^\W\d_]{2,}", text)) >= MIN_WORDS:
                start = starts[literal.lineno - 1] + literal.col_offset
                end = starts[literal.end_lineno - 1] + literal.end_col_offset
                yield Query(file, node.name, text, start, end)


def draw(root, count, seed):
    by_text = {}
    # Tests describe the code that is meant, so their own docstrings are no queries.
    for file in filter(lambda file: not is_test(file), python_files(root)):
        for query in queries_of(root, file):
            by_text.setdefault(query.text, []).append(query)
    # A sentence that several definitions share has no right file.
    unique = [queries[0] for queries in by_text.values() if len(queries) == 1]
    return random.Random(seed).sample(unique, min(count, len(unique)))


def documents(root):
    """Returns the file and the source of every function and class."""
    for file in python_files(root):
        source = (root / file).read_bytes()
        if tree := parse(source):
            lines = source.decode(errors="replace").split("\n")
            for node in ast.walk(tree):
                if isinstance(node, DEFINITIONS):
                    yield file, "\n".join(lines[node.lineno - 1 : node.end_lineno])


def copy_without(root, queries, target):
    """Copies the Python files, with `...` in the place of the queries' docstrings."""
    cut = {}
    for query in queries:
        cut.setdefault(query.file, []).append((query.start, query.end))
    for file in python_files(root):
        source = (root / file).read_bytes()
        for start, end in sorted(cut.get(file, ()), reverse=True):
            source = source[:start] + b"..." + source[end:]
        path = Path(target) / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source)
