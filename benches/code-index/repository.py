"""The Python files of a repository, their definitions, and which of them are tests."""

import ast
import re
import warnings

DEFINITIONS = ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef
TEST = re.compile(r"(^|/)(tests?|testing|conftest|examples|galleries|benchmarks|test_[^/]*|[^/]*_test)(/|\.py$|$)")


def is_test(file):
    return bool(TEST.search(file))


def python_files(root):
    files = (path for path in root.rglob("*.py") if path.is_file() and not path.is_symlink())
    return sorted(path.relative_to(root).as_posix() for path in files)


def parse(source):
    """Returns the tree of a file; None for a file that Python refuses."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the invalid escape sequences of other projects
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
