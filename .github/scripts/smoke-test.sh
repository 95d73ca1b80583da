#!/usr/bin/env bash
# Runs the smoke tests over a group of repositories: `smoke-test.sh quick`, `smoke-test.sh slow`.
#
# REQUIRE_HITS=true: a cache was found under the key of this very state, so everything must come from it. A miss is an
# error then: the key lacks an input, or the cache was saved incomplete.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source .github/scripts/common.sh

group "$1"
arguments=()
for repo in ${repos[@]+"${repos[@]}"}; do
    arguments+=(--repo "$repo")
done
if [ ${#arguments[@]} -eq 0 ]; then
    echo "no repository is in the group $1"
    exit 0
fi
if [ "${REQUIRE_HITS:-}" = true ]; then
    arguments+=(--require-hits)
    # A skipped test would hide its miss.
    export SMOKE_ON_MISS=build
elif [ "${SMOKE_ON_MISS:-}" = skip ]; then
    echo "::notice title=Smoke tests::No cache has the key of the group $1, so tests that miss one skip." \
        "The nightly run builds the artifacts for the default branch."
fi
status=0
cargo smoke-cache test "${arguments[@]}" || status=$?
if [ "$status" -eq 3 ]; then
    echo "::error title=Smoke cache::A cache was found under the key of the group $1, but it lacks an artifact." \
        "The table above says which and why."
fi
exit "$status"
