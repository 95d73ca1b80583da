"""Compares the search of code-index with plain BM25.

    python search.py CODE_INDEX ROOT [--queries 300] [--seed 1]

CODE_INDEX is the program, ROOT a repository. Python needs the package bm25s. Prints hit@1, hit@10 and the mean
reciprocal rank of both, with the docstrings left in the files and cut out of them, for the queries with even numbers
(learn), odd numbers (report) and all. Weights are chosen by the first half only.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

from bm25 import Bm25
from queries import copy_without, documents, draw

LIMIT = 100


def index_ranks(program, root, queries):
    lines = "".join(query.text + "\n" for query in queries)
    command = [program, "search", root, "-", "--json", "--limit", str(LIMIT)]
    output = subprocess.run(command, input=lines, stdout=subprocess.PIPE, check=True, text=True).stdout
    found = [[hit["file"] for hit in json.loads(line)] for line in output.splitlines()]
    return [rank(files, query) for files, query in zip(found, queries, strict=True)]


def bm25_ranks(root, queries):
    bm25 = Bm25(documents(root))
    return [rank(bm25.rank(query.text)[:LIMIT], query) for query in queries]


def rank(files, query):
    return files.index(query.file) + 1 if query.file in files else None


def measures(ranks):
    def share(limit):
        return sum(rank is not None and rank <= limit for rank in ranks) / len(ranks)

    return {"hit1": share(1), "hit10": share(10), "mrr": sum(1 / rank for rank in ranks if rank) / len(ranks)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("root", type=Path)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    queries = draw(arguments.root, arguments.queries, arguments.seed)
    with tempfile.TemporaryDirectory() as directory:
        copy_without(arguments.root, queries, directory)
        for docstrings, root in (("left in", arguments.root), ("cut out", Path(directory))):
            ranks = {"index": index_ranks(arguments.program, root, queries), "bm25": bm25_ranks(root, queries)}
            for half, numbers in (("learn", slice(0, None, 2)), ("report", slice(1, None, 2)), ("all", slice(None))):
                row = {name: measures(of[numbers]) for name, of in ranks.items()}
                print(json.dumps({"docstrings": docstrings, "half": half, **row}))


if __name__ == "__main__":
    main()
