"""Judges the graph and the search of code-index, and prints the tables in Markdown.

    python judge.py CODE_INDEX WORK [--judge calls|search|syntax] [--project NAME]

CODE_INDEX is the program. WORK is a directory for the projects, their environments and their traces; a second run uses
what the first one left there. The projects come from the package index; the judges themselves use no network.
"""

import argparse
import json
import os
import subprocess
import sys
import tarfile
import tomllib
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
DOWNLOAD = HERE.parents[1] / "cli/src/fetch/download.py"


def output_of(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def environment(work, name, packages):
    """Returns the Python of an environment with these packages."""
    directory = work / "environments" / name
    python = directory / "bin/python"
    if not (directory / "complete").exists():
        venv.create(directory, with_pip=True, clear=True)
        output_of(python, "-m", "pip", "install", "--quiet", *packages)
        (directory / "complete").touch()
    return python


def source(work, name, project):
    """Returns the directory of a project's source distribution."""
    directory = work / "sources" / name
    if not directory.exists():
        python = environment(work, "download", ["unearth"])
        unfinished = work / "unfinished" / name
        unfinished.mkdir(parents=True, exist_ok=True)
        found = json.loads(output_of(python, "-I", DOWNLOAD, project["requirement"], unfinished))
        with tarfile.open(found["path"]) as archive:
            archive.extractall(unfinished, filter="data")
        directory.parent.mkdir(exist_ok=True)
        next(path for path in unfinished.iterdir() if path.is_dir()).rename(directory)
    return directory


def trace(work, name, project, root):
    """Returns the calls of a project's own tests."""
    path = work / "traces" / f"{name}.jsonl"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        python = environment(work, name, project["install"])
        variables = {**os.environ, "PYTHONPATH": project["path"], "PYTHONDONTWRITEBYTECODE": "1"}
        command = [python, HERE / "trace.py", root, path, *project["tests"]]
        with (work / "traces" / f"{name}.log").open("w") as log:
            # Some tests need a network or fail on another version of Python. Their calls count all the same.
            directory = root / project.get("in", ".")
            subprocess.run(command, cwd=directory, env=variables, stdout=log, stderr=log, check=False)
    return path


def judge_calls(program, work, projects):
    yield "| calls | true edges | recall | precision |", "| --- | --- | --- | --- |"
    for name, project in projects.items():
        if "tests" in project:
            root = source(work, name, project)
            graph = work / f"{name}.json"
            graph.write_text(output_of(program, "graph", root, "--json"))
            traced = trace(work, name, project, root)
            result = json.loads(output_of(sys.executable, HERE / "calls.py", root, graph, traced))
            yield (f"| {name} | {result['edges']} | {result['recall']:.3f} | {result['precision']:.3f} |",)


def judge_search(program, work, projects):
    yield "| search | half | hit@1 | hit@10 | MRR | BM25: hit@1 | hit@10 | MRR |", "| --- " * 8 + "|"
    for name, project in projects.items():
        if project.get("search"):
            root = source(work, name, project)
            python = environment(work, "search", ["bm25s==0.3.16"])
            for line in output_of(python, HERE / "search.py", program, root).splitlines():
                row = json.loads(line)
                cells = [row[of][measure] for of in ("index", "bm25") for measure in ("hit1", "hit10", "mrr")]
                numbers = " | ".join(f"{cell:.3f}" for cell in cells)
                yield (f"| {name}, {row['docstrings']} | {row['half']} | {numbers} |",)


def judge_syntax(program, _work, _projects):
    yield "| syntax | files | definitions | refused | accepted | different |", "| --- " * 6 + "|"
    for line in output_of(sys.executable, HERE / "syntax.py", program).splitlines():
        row = json.loads(line)
        differences = " | ".join(str(len(row[of])) for of in ("refused", "accepted", "different"))
        yield (f"| standard library and packages | {row['files']} | {row['definitions']} | {differences} |",)
        for of in ("refused", "different"):
            for path in row[of]:
                print(f"{of}: {path}", file=sys.stderr)


JUDGES = {"calls": judge_calls, "search": judge_search, "syntax": judge_syntax}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--judge", choices=JUDGES, action="append")
    parser.add_argument("--project", action="append")
    arguments = parser.parse_args()
    program, work = arguments.program.resolve(), arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    projects = tomllib.loads((HERE / "projects.toml").read_text())
    projects = {name: project for name, project in projects.items() if name in (arguments.project or projects)}
    for judge in arguments.judge or JUDGES:
        for lines in JUDGES[judge](program, work, projects):
            print(*lines, sep="\n", flush=True)
        print()


if __name__ == "__main__":
    main()
