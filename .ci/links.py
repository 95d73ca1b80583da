#!/usr/bin/env python3
"""Checks the documentation without the network.

Without an argument, it checks all Markdown files of this repository: links and anchors, that every page is in the
book, that every example is compiled, and the length of the README. It also checks the paths of documents that other
files mention.
With the directory of a built book, it checks the links and anchors of its pages.
"""

import html.parser
import pathlib
import re
import subprocess
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
OWN_URL = "https://github.com/cached-smoke/cached-smoke"
# Python projects, as the smoke tests find them.
FIXTURES = "examples/code-index/fixtures/"
MAX_README_WORDS = 900

problems = []


def problem(path, text):
    problems.append(f"{path}: {text}")


def tracked():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [path for path in listed.stdout.splitlines() if (ROOT / path).is_file() and not path.startswith(FIXTURES)]


def without_code(text):
    """Returns the text without code blocks and code spans, which contain no links."""
    text = re.sub(r"^(```+|~~~+).*?^\1[ \t]*$", "", text, flags=re.M | re.S)
    return re.sub(r"(`+)(?:(?!\1).)+?\1", "", text, flags=re.S)


def anchors(path):
    """Returns the anchors of a Markdown file, as GitHub and mdbook make them."""
    found, counts = set(), {}
    text = re.sub(r"^(```+|~~~+).*?^\1[ \t]*$", "", (ROOT / path).read_text(), flags=re.M | re.S)
    for title in re.findall(r"^#{1,6}[ \t]+(.*?)[ \t#]*$", text, flags=re.M):
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
        slug = re.sub(r"[^\w\- ]", "", title.lower().replace("`", "")).strip().replace(" ", "-")
        count = counts.get(slug, 0)
        counts[slug] = count + 1
        found.add(f"{slug}-{count}" if count else slug)
    return found


def check_target(source, link, path, anchor):
    if not (ROOT / path).exists():
        problem(source, f"{link}: there is no {path}")
    elif anchor and path.suffix == ".md" and anchor not in anchors(path):
        problem(source, f"{link}: {path} has no heading for #{anchor}")


def check_link(source, link):
    url, _, anchor = link.partition("#")
    if url == OWN_URL:
        check_target(source, link, pathlib.Path("README.md"), anchor)
    elif match := re.match(re.escape(OWN_URL) + r"/(?:blob|tree)/main/(.+)", url):
        check_target(source, link, pathlib.Path(match[1]), anchor)
    elif re.match(r"[a-z]+:", url):
        return
    else:
        directory = (ROOT / source).parent
        path = directory / urllib.parse.unquote(url) if url else ROOT / source
        try:
            path = path.resolve().relative_to(ROOT)
        except ValueError:
            problem(source, f"{link}: it leads out of the repository")
            return
        if source.startswith("docs/") and not str(path).startswith("docs/"):
            problem(source, f"{link}: a page of the book cannot link outside docs/; use {OWN_URL}/blob/main/{path}")
            return
        check_target(source, link, path, anchor)


def check_markdown(files):
    for source in (path for path in files if path.endswith(".md")):
        # Of the API documentation, rustdoc checks the links.
        if source.startswith("runtime/doc/") or (ROOT / source).is_symlink():
            continue
        text = without_code((ROOT / source).read_text())
        links = re.findall(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)", text)
        links += re.findall(r"^\[[^\]]+\]:\s*(\S+)", text, flags=re.M)
        for link in links:
            check_link(source, link)


def check_mentions(files):
    """Checks that a document exists if code, a script or a message names it."""
    for source in files:
        # Examples work on documents of other projects.
        if source.endswith((".md", ".lock", ".svg")) or source.startswith("examples/"):
            continue
        try:
            text = (ROOT / source).read_text()
        except UnicodeDecodeError:
            continue
        # `NAME` stands for any name.
        for name in re.findall(r"(?<![\w./-])docs/[\w./-]+\.(?:md|svg)\b", text):
            if "NAME" not in name and not (ROOT / name).is_file():
                problem(source, f"it names {name}, which does not exist")


def check_paths(files):
    """Checks that the paths exist that a page for contributors names in code spans."""
    roots = {path.split("/")[0] for path in files if "/" in path}
    pages = ("docs/internals/", "docs/performance.md", "ARCHITECTURE.md", "CONTRIBUTING.md")
    for page in (path for path in files if path.endswith(".md") and path.startswith(pages)):
        for name in re.findall(r"`([\w.-]+/[\w./-]+)`", (ROOT / page).read_text()):
            # The table of promises names tests.
            path = name if name.split("/")[0] in roots else f"tests/{name}" if page.endswith("promises.md") else None
            if path and not (ROOT / path).exists() and not (ROOT / f"{path}.rs").exists():
                problem(page, f"`{name}`: there is no {path}")


def check_book(files):
    pages = {path for path in files if path.startswith("docs/") and path.endswith(".md")} - {"docs/SUMMARY.md"}
    listed = {f"docs/{link}" for link in re.findall(r"\]\(([^)]+\.md)\)", (ROOT / "docs/SUMMARY.md").read_text())}
    for page in sorted(pages - listed):
        problem("docs/SUMMARY.md", f"{page} is not in it")
    compiled = (ROOT / "runtime/src/lib.rs").read_text()
    for page in sorted(pages | {"README.md"}):
        text = (ROOT / page).read_text()
        fences = re.findall(r"^(.*)\n```(rust\S*)", text, flags=re.M)
        for before, fence in fences:
            if "ignore" in fence and not before.startswith("<!-- ignore: "):
                problem(page, f"```{fence}: the line before must be a comment `<!-- ignore: REASON -->`")
        if any("ignore" not in fence for _, fence in fences) and f'"{page}"' not in compiled:
            problem(page, "its examples are not compiled: add it to `mod book` of runtime/src/lib.rs")


def check_readme():
    words = len((ROOT / "README.md").read_text().split())
    if words > MAX_README_WORDS:
        problem("README.md", f"{words} words; at most {MAX_README_WORDS}")


class Page(html.parser.HTMLParser):
    """Collects the links and the anchors of an HTML page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.ids = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("id", "name") and value:
                self.ids.add(value)
            if name in ("href", "src") and value:
                self.links.append(value)


def check_html(directory):
    # The page for unknown addresses has links from the root of the site; the printed page repeats the others.
    paths = [path for path in directory.rglob("*.html") if path.name not in ("404.html", "print.html", "toc.html")]
    pages = {path.resolve(): Page(path.read_text()) for path in paths}
    if not pages:
        problem(directory, "there are no pages")
    for path, page in pages.items():
        for link in page.links:
            url, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:|//", url):
                continue
            target = (path.parent / urllib.parse.unquote(url)).resolve() if url else path
            name = path.relative_to(directory.resolve())
            if not target.exists():
                problem(name, f"{link}: there is no such page")
            elif anchor and target in pages and urllib.parse.unquote(anchor) not in pages[target].ids:
                problem(name, f"{link}: the page has no such anchor")
    return len(pages)


def main():
    if len(sys.argv) > 1:
        count = check_html(pathlib.Path(sys.argv[1]))
        what = f"{count} pages of the book: every link leads to a page"
    else:
        files = tracked()
        check_markdown(files)
        check_mentions(files)
        check_paths(files)
        check_book(files)
        check_readme()
        what = "documentation: every link leads to a file, and every example is compiled"
    for text in problems:
        print(f"error: {text}", file=sys.stderr)
    if problems:
        return 1
    print(f"ok: {what}")
    return 0


sys.exit(main())
