"""Runs a Python program and records which function calls which: python trace.py ROOT OUTPUT PROGRAM [ARGUMENT...]

The output has one line of JSON for each pair of functions below ROOT: caller and callee, as node ids of code-index.
PROGRAM is a file or, after "-m", a module. Calls in other processes are not recorded.
"""

import atexit
import json
import os
import runpy
import sys
import threading

pairs = {}


def record(frame, event, _argument):
    if event == "call":
        caller = frame.f_back
        if caller is not None:
            pair = caller.f_code, frame.f_code
            # By identity: the hash of a code object reads all of its names. The values keep the objects alive.
            pairs.setdefault((id(pair[0]), id(pair[1])), pair)


def node_id(code, root):
    """Returns the node of a code object; None for modules and for code outside the root."""
    path = os.path.realpath(code.co_filename)
    if not path.startswith(root):
        return None
    # A lambda or a comprehension belongs to the function around it, `__init__` and all in it to the class.
    parts = [part for part in code.co_qualname.split(".") if not part.startswith("<")]
    if "__init__" in parts:
        parts = parts[: parts.index("__init__")]
    return f"{path[len(root):]}:{'.'.join(parts)}" if parts else None


def write(root, output):
    sys.setprofile(None)
    known = {}

    def node(code):
        if id(code) not in known:
            known[id(code)] = node_id(code, root)
        return known[id(code)]

    edges = {(node(caller), node(callee)) for caller, callee in list(pairs.values())}
    with open(output, "w", encoding="utf-8") as file:
        for edge in sorted(edge for edge in edges if None not in edge):
            file.write(json.dumps(edge) + "\n")


def main():
    root, output, program, *arguments = sys.argv[1:]
    process = os.getpid()
    # A test may change the directory, and a forked child also runs the exit handlers.
    root, output = os.path.realpath(root) + os.sep, os.path.abspath(output)
    atexit.register(lambda: os.getpid() == process and write(root, output))
    sys.argv = [program, *arguments] if program != "-m" else arguments
    threading.setprofile(record)
    sys.setprofile(record)
    if program == "-m":
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = os.path.dirname(os.path.abspath(program))
        runpy.run_path(program, run_name="__main__")


main()
