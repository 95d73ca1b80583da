#!/usr/bin/env bash
# Where the fetched repositories lie, and under which key they are cached: `path` and `key`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source .github/scripts/common.sh

directory=$(cargo smoke-cache dir)
# Not .repos itself: .repos/.workshop is the fetcher's own.
output path "$(folders "$directory/.repos" both)"
# What is fetched depends on smoke.toml alone, and is the same on every system.
output key "smoke-repositories-$(git hash-object --no-filters smoke.toml)"
