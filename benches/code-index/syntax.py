"""Compares the definitions of a graph with those of Python's own parser: python syntax.py CODE_INDEX DIRECTORY...

The default directories are the standard library and the packages of this Python. Prints, as JSON, the numbers of files
and definitions, and the files on which the two disagree.
"""

import ast
import json
import subprocess
import sys
import sysconfig
from pathlib import Path

from repository import parse

KINDS = {ast.ClassDef: "class", ast.FunctionDef: "function", ast.AsyncFunctionDef: "function"}


def definitions(tree, path):
    """Returns the kind and the lines of each definition; the last of those with the same id counts."""
    found = {}
    # Pairs of a node, and the id of the definition around it. `__init__` and all in it have no ids.
    pending = [(child, path, ":") for child in ast.iter_child_nodes(tree)]
    while pending:
        node, around, separator = pending.pop(0)
        if kind := KINDS.get(type(node)):
            if node.name == "__init__" and found.get(around, ("",))[0] == "class":
                continue
            around, separator = f"{around}{separator}{node.name}", "."
            found[around] = kind, node.lineno, node.end_lineno
        pending[:0] = [(child, around, separator) for child in ast.iter_child_nodes(node)]
    return found


def python_definitions(root, path):
    """Returns the definitions of a file; None if Python refuses it."""
    tree = parse((root / path).read_bytes())
    return None if tree is None else definitions(tree, path)


def compare(program, root):
    output = subprocess.run([program, "graph", root, "--json"], stdout=subprocess.PIPE, check=True).stdout
    graph = json.loads(output)
    files = {node["id"]: {} for node in graph["nodes"] if node["type"] == "file"}
    for node in graph["nodes"]:
        if node["type"] in KINDS.values():
            path = next(path for path in prefixes(node["id"]) if path in files)
            files[path][node["id"]] = node["type"], node["start_line"], node["end_line"]
    result = {"files": 0, "definitions": 0, "refused": [], "accepted": [], "different": []}
    for path, found in files.items():
        expected = python_definitions(root, path)
        if expected is None:
            # A file that Python refuses has no definitions in an ideal graph.
            result["accepted"] += [path] if found else []
            continue
        result["files"] += 1
        result["definitions"] += len(expected)
        if found != expected:
            result["different" if found else "refused"].append(path)
    return result


def prefixes(node):
    """Returns what may be the file of a node: file names may have colons."""
    return (node[:at] for at in range(len(node)) if node[at] == ":")


def main():
    program, *directories = sys.argv[1:]
    for directory in directories or [sysconfig.get_path("stdlib")]:
        print(json.dumps({"directory": directory, **compare(program, Path(directory))}))


if __name__ == "__main__":
    main()
