#!/usr/bin/env bash
# Fails the nightly job if tests over new artifacts failed. It runs after the artifacts are saved.
#
# TESTS is the output `tests` of smoke-nightly.sh.
set -euo pipefail

if [ "${TESTS:?}" = failed ]; then
    echo "error: tests over new artifacts failed; see the step that built them" >&2
    exit 1
fi
