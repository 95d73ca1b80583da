#!/usr/bin/env bash
# Outputs `run`: `true` if the nightly jobs are to run. Only a cache of the default branch is visible to every pull
# request, so a run on another branch would save for nothing. A schedule always means the default branch.
#
# EVENT, REF and DEFAULT_BRANCH are those of GitHub.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source .github/scripts/common.sh

if [ "${EVENT:?}" = schedule ] || [ "${REF:?}" = "refs/heads/${DEFAULT_BRANCH:?}" ]; then
    output run true
else
    echo "::notice title=Nightly::$REF is not the default branch: nothing runs"
    output run false
fi
