#!/usr/bin/env bash
# Before a cache is saved: removes what an older cache brought along and no test wants any more, and reads the rest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# What the tests want was used a moment ago; the cache before it is a day old.
cargo smoke-cache gc --max-age 12h
cargo smoke-cache verify
