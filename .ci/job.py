#!/usr/bin/env python3
"""Runs one job of a workflow on this machine, step by step, from the workflow's own file.

    job.py FILE JOB --event pull_request|push|schedule --store DIRECTORY

Shell steps run as they are. The cache actions restore from and save to a folder, by the rules of the real ones: a key is
written once; what is saved under one list of paths is not found under another; a pull request does not save. Other
actions are left out. It reads only as much of YAML, and of the language of expressions, as our workflows use, and stops
at anything else.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


# --- the file

def lines_of(text):
    """What is not empty and no comment, with its indentation. Texts of several lines come as one."""
    raw, lines = text.splitlines(), []
    while raw:
        line = raw.pop(0)
        content = line.strip()
        if not content or content.startswith("#"):
            continue
        indent = len(line) - len(line.lstrip())
        if content.endswith(": |"):
            block = []
            while raw and (not raw[0].strip() or len(raw[0]) - len(raw[0].lstrip()) > indent):
                block.append(raw.pop(0).strip())
            lines.append((indent, content[:-1] + json.dumps("\n".join(block).strip() + "\n")))
        else:
            lines.append((indent, content))
    return lines


def scalar(text):
    if text.startswith('"'):
        return json.loads(text)
    if text[:1] in "'&*!|>{" or " #" in text:
        sys.exit(f"job.py does not read this: {text}")
    if text.startswith("["):
        return [part.strip() for part in text[1:-1].split(",")]
    return text


def node(lines, indent):
    """The map or the list that begins here."""
    if lines[0][1].startswith("- "):
        items = []
        while lines and lines[0][0] == indent and lines[0][1].startswith("- "):
            rest = lines[0][1][2:]
            if re.match(r"[\w-]+:( |$)", rest):
                lines[0] = (indent + 2, rest)
                items.append(node(lines, indent + 2))
            else:
                items.append(scalar(rest))
                lines.pop(0)
        return items
    result = {}
    while lines and lines[0][0] == indent and not lines[0][1].startswith("- "):
        match = re.fullmatch(r"([\w-]+):(?: (.*))?", lines.pop(0)[1])
        if not match:
            sys.exit("job.py does not read this file")
        key, value = match.groups()
        if value is not None:
            result[key] = scalar(value)
        elif lines and lines[0][0] > indent:
            result[key] = node(lines, lines[0][0])
        else:
            result[key] = None
    return result


def read(path):
    lines = lines_of(Path(path).read_text())
    result = node(lines, 0)
    if lines:
        sys.exit(f"job.py does not read {path} from here: {lines[0][1]}")
    return result


# --- expressions

TOKEN = re.compile(r"\s*('(?:[^'])*'|==|!=|&&|\|\||[!(),]|[\w.-]+)")


def evaluate(expression, context):
    tokens, position = [], 0
    while position < len(expression.rstrip()):
        match = TOKEN.match(expression, position)
        if not match:
            sys.exit(f"job.py does not understand: {expression}")
        tokens.append(match.group(1))
        position = match.end()

    def value():
        token = tokens.pop(0)
        if token == "(":
            inner = either()
            tokens.pop(0)
            return inner
        if token == "!":
            return not value()
        if token.startswith("'"):
            return token[1:-1]
        if tokens and tokens[0] == "(":
            tokens.pop(0)
            arguments = []
            while tokens[0] != ")":
                arguments.append(either())
                if tokens[0] == ",":
                    tokens.pop(0)
            tokens.pop(0)
            if token == "always":
                return True
            if token == "failure":
                return context["failed"]
            if token == "format":
                return re.sub(r"\{(\d+)\}", lambda found: arguments[1:][int(found.group(1))], arguments[0])
            sys.exit(f"job.py does not know {token}(): {expression}")
        found = context
        for part in token.split("."):
            # As on GitHub: what is not there is empty.
            found = found.get(part, "") if isinstance(found, dict) else ""
        return found

    def comparison():
        left = value()
        while tokens and tokens[0] in ("==", "!="):
            left = (left == value()) if tokens.pop(0) == "==" else (left != value())
        return left

    def both():
        left = comparison()
        while tokens and tokens[0] == "&&":
            tokens.pop(0)
            right = comparison()
            left = right if left else left
        return left

    def either():
        left = both()
        while tokens and tokens[0] == "||":
            tokens.pop(0)
            right = both()
            left = left if left else right
        return left

    result = either()
    if tokens:
        sys.exit(f"job.py does not understand: {expression}")
    return result


def text_of(value, context):
    def one(found):
        result = evaluate(found.group(1), context)
        return str(result).lower() if isinstance(result, bool) else result
    return re.sub(r"\$\{\{(.*?)\}\}", one, value)


# --- the caches

class Store:
    def __init__(self, directory):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)

    def place(self, key, paths):
        return self.directory / f"{key}.{hashlib.sha256(json.dumps(paths).encode()).hexdigest()[:8]}"

    def find(self, inputs):
        """The cache, and whether it is that of the key."""
        paths = inputs["path"].split()
        exact = self.place(inputs["key"], paths)
        if exact.is_dir():
            return exact, True
        suffix = exact.suffix
        for prefix in inputs.get("restore-keys", "").split():
            older = [at for at in self.directory.iterdir() if at.name.startswith(prefix) and at.suffix == suffix]
            if older:
                return max(older, key=lambda at: at.stat().st_mtime_ns), False
        return None, False

    def restore(self, inputs):
        if not inputs["path"].split():
            # Only here can a group of repositories be empty: it lacks nothing.
            return "nothing is asked for", "true"
        found, is_exact = self.find(inputs)
        if found is None:
            return f"nothing under {inputs['key']}", ""
        if inputs.get("lookup-only") != "true":
            for number, path in enumerate(inputs["path"].split()):
                if (found / str(number)).is_dir():
                    shutil.copytree(found / str(number), path, symlinks=True, dirs_exist_ok=True)
        return f"found {found.stem}", str(is_exact).lower()

    def save(self, inputs):
        paths = inputs["path"].split()
        there = [(number, path) for number, path in enumerate(paths) if Path(path).is_dir()]
        place = self.place(inputs["key"], paths)
        if place.exists():
            raise Failed(f"the key {inputs['key']} exists")
        if not there:
            return "nothing to save"
        for number, path in there:
            shutil.copytree(path, place / str(number), symlinks=True)
        return f"saved {inputs['key']}"


class Failed(Exception):
    pass


# --- the job

def outputs_in(path):
    outputs, lines = {}, Path(path).read_text().splitlines()
    while lines:
        line = lines.pop(0)
        if match := re.fullmatch(r"([\w-]+)<<(.*)", line):
            value = []
            while lines[0] != match.group(2):
                value.append(lines.pop(0))
            lines.pop(0)
            outputs[match.group(1)] = "\n".join(value)
        else:
            name, _, outputs[name] = line.partition("=")
    return outputs


def run_shell(step, workflow, context, scratch):
    output = scratch / "output"
    output.write_text("")
    environment = {**os.environ, "GITHUB_OUTPUT": str(output)}
    for table in (workflow.get("env"), step.get("env")):
        environment.update({name: text_of(value, context) for name, value in (table or {}).items()})
    script = scratch / "step.sh"
    script.write_text(text_of(step["run"], context))
    # As GitHub calls it for `shell: bash`.
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
    status = subprocess.run(command, env=environment, cwd=step.get("working-directory")).returncode
    if status:
        raise Failed(f"exit status {status}")
    return "passed", outputs_in(output)


def run_step(step, workflow, context, store, scratch):
    if "run" in step:
        return run_shell(step, workflow, context, scratch)
    action = step["uses"].partition("@")[0]
    inputs = {name: text_of(value, context) for name, value in (step.get("with") or {}).items()}
    if action == "actions/cache/restore":
        said, is_hit = store.restore(inputs)
        return said, {"cache-hit": is_hit}
    if action == "actions/cache/save":
        if context["github"]["event_name"] == "pull_request":
            raise Failed("a pull request saves a cache")
        return store.save(inputs), {}
    return "left out: an action", {}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("job")
    parser.add_argument("--event", required=True)
    parser.add_argument("--ref", default="refs/heads/main")
    parser.add_argument("--store", required=True)
    arguments = parser.parse_args()

    workflow = read(arguments.file)
    job = workflow["jobs"][arguments.job]
    github = {"event_name": arguments.event, "ref": arguments.ref, "event": {"repository": {"default_branch": "main"}}}
    context = {"github": github, "runner": {"os": "Linux"}, "steps": {}, "failed": False}
    if "if" in job and not evaluate(job["if"], context):
        print("-- the job is left out: its condition")
        return
    store = Store(arguments.store)
    with tempfile.TemporaryDirectory() as scratch:
        for number, step in enumerate(job["steps"]):
            name = step.get("name") or step.get("uses") or step["run"]
            condition = step.get("if", "")
            is_meant = evaluate(condition, context) if condition else True
            if context["failed"] and not re.search(r"\b(always|failure)\(\)", condition):
                is_meant = False
            outcome, outputs = "skipped", {}
            if is_meant:
                try:
                    said, outputs = run_step(step, workflow, context, store, Path(scratch))
                    outcome = "success"
                except Failed as failure:
                    said, outcome = f"FAILED: {failure}", "failure"
                    context["failed"] = True
            else:
                said = "left out: its condition"
            print(f"-- {name}: {said}", flush=True)
            context["steps"][step.get("id", f"#{number}")] = {"outcome": outcome, "outputs": outputs}
    sys.exit(1 if context["failed"] else 0)


main()
