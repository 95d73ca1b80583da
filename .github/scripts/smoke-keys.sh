#!/usr/bin/env bash
# Under which key each group of artifacts is cached, and where they lie: `quick-key`, `quick-prefix`, `quick-path`, and
# the same of `slow`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source .github/scripts/common.sh

directory=$(cargo smoke-cache dir)
# Entries need not work across systems: that is up to the artifacts.
system=${RUNNER_OS:-$(uname -s)}-${RUNNER_ARCH:-$(uname -m)}
for name in quick slow; do
    group "$name"
    hash=none
    if [ ${#repos[@]} -gt 0 ]; then
        # Of all that the artifacts are made of: the repositories, the code, the configuration.
        hash=$(cargo smoke-cache key "${repos[@]}" --hash)
    fi
    output "$name-prefix" "smoke-$system-$name-"
    output "$name-key" "smoke-$system-$name-$hash"
    # The repositories' folders and nothing else: what begins with a dot is of use to one machine only.
    output "$name-path" "$(folders "$directory" "$name")"
done
