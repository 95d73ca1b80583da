"""Compares the invokes edges of a graph with the calls that trace.py recorded.

    python calls.py ROOT GRAPH TRUTH

ROOT is the repository, GRAPH the output of `code-index graph --json`, TRUTH that of trace.py. Prints the number of true
edges, recall and precision as JSON. `--missed N` and `--wrong N` also list edges, drawn by a seed.
"""

import argparse
import ast
import json
import random
import sys
from pathlib import Path

from repository import parse


class Sites(ast.NodeVisitor):
    """Collects the names that each definition of a file calls: `f` for `f()` and for `x.f()`."""

    def __init__(self, path, sites):
        self.path, self.sites, self.parts, self.is_hidden = path, sites, [], False

    def define(self, node):
        outer = self.parts, self.is_hidden
        # The calls of `__init__`, and of all in it, belong to the class.
        self.is_hidden = self.is_hidden or node.name == "__init__" and bool(self.parts)
        if not self.is_hidden:
            self.parts = [*self.parts, node.name]
        for child in node.body:
            self.visit(child)
        self.parts, self.is_hidden = outer

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = define

    def visit_Call(self, node):
        name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
        if name and self.parts:
            self.sites.setdefault(f"{self.path}:{'.'.join(self.parts)}", set()).add(name)
        self.generic_visit(node)


def call_sites(root, files):
    sites = {}
    for path in files:
        # A file that Python refuses has no calls in the truth either.
        if tree := parse((root / path).read_bytes()):
            Sites(path, sites).visit(tree)
    return sites


def name_of(node):
    return node.rsplit(":", 1)[1].rsplit(".", 1)[-1]


def evaluate(root, graph, truth):
    nodes = {node["id"]: node["type"] for node in graph["nodes"]}
    sites = call_sites(root, [node for node, kind in nodes.items() if kind == "file"])
    true = {
        (caller, callee)
        for caller, callee in truth
        if caller in nodes and callee in nodes and name_of(callee) in sites.get(caller, ())
    }
    # A prediction can be judged if the tests have run the calls of that name in that caller.
    observed = {(caller, name_of(callee)) for caller, callee in true}
    found = {(edge["source"], edge["target"]) for edge in graph["edges"] if edge["type"] == "invokes"}
    judged = {(caller, callee) for caller, callee in found if (caller, name_of(callee)) in observed}
    return true, judged


def main():
    sys.setrecursionlimit(50_000)  # for sums of hundreds of terms
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("graph", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--missed", type=int, default=0)
    parser.add_argument("--wrong", type=int, default=0)
    arguments = parser.parse_args()
    truth = [tuple(json.loads(line)) for line in arguments.truth.read_text().splitlines()]
    true, judged = evaluate(arguments.root, json.loads(arguments.graph.read_text()), truth)
    right = len(true & judged)
    print(json.dumps({"edges": len(true), "recall": right / len(true), "precision": right / len(judged)}))
    chosen = random.Random(23)
    for name, edges, count in (("missed", true - judged, arguments.missed), ("wrong", judged - true, arguments.wrong)):
        for edge in chosen.sample(sorted(edges), min(count, len(edges))):
            print(name, *edge)


if __name__ == "__main__":
    main()
