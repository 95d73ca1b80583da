"""Downloads one source distribution. The arguments are a requirement and a directory; prints the path as JSON.

unearth finds and downloads the release, and runs none of its code. Its own command line ignores pip's settings (index,
proxy, certificates), and refuses releases that this Python cannot install.
"""

import ast
import json
import logging
import os
import subprocess
import sys

from packaging.requirements import Requirement
from unearth import PackageFinder


def pip_settings():
    command = [sys.executable, "-I", "-m", "pip", "config", "list"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    settings = {}
    for section in ("global.", "download.", ":env:."):  # later ones take precedence, as in pip
        for line in listed.splitlines():
            name, separator, value = line.partition("=")
            if separator and name.startswith(section):
                settings[name.removeprefix(section)] = str(ast.literal_eval(value))
    return settings


def finder(name, settings):
    found = PackageFinder(
        index_urls=settings.get("index-url", "").split(),  # empty: unearth's default
        trusted_hosts=settings.get("trusted-host", "").split(),
        no_binary=[name],
        ignore_compatibility=True,
    )
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on", "y", "t"):
        found.sources.clear()
    for url in settings.get("extra-index-url", "").split():
        found.add_index_url(url)
    for link in settings.get("find-links", "").split():
        if "://" in link or os.path.exists(link):  # pip also ignores missing directories
            found.add_find_links(link)
    return found


def main(text, directory):
    settings = pip_settings()
    for variable in ("HTTP_PROXY", "HTTPS_PROXY"):
        if "proxy" in settings:
            os.environ.setdefault(variable, settings["proxy"])
    if "cert" in settings:
        os.environ.setdefault("SSL_CERT_FILE", settings["cert"])
    requirement = Requirement(text)
    packages = finder(requirement.name, settings)
    matches = list(packages.find_matches(requirement))
    if not matches:
        sys.exit(f"no source distribution of {requirement} on the package index (see any warning above)")
    best = next((match for match in matches if match.link.filename.endswith(".tar.gz")), matches[0])
    print(json.dumps({"path": os.path.abspath(packages.download(best.link, directory))}))


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    try:
        main(*sys.argv[1:])
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {error}")
