#!/usr/bin/env bash
# Outputs the folders of the fetched repositories and the key of their cache: `path` and `key`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source .github/scripts/common.sh

directory=$(cargo smoke-cache dir)
# Not .repos itself: it also holds the fetcher's own files.
output path "$(folders "$directory/.repos" both)"
# The repositories depend on smoke.toml alone, and are the same on every system.
output key "smoke-repositories-$(git hash-object --no-filters smoke.toml)"
