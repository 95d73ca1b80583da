#!/usr/bin/env bash
# Outputs the key of each group's cache, the prefix that its older caches share, and the folders in it: `quick-key`,
# `quick-prefix`, `quick-path`, and the same for `slow`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source .github/scripts/common.sh

directory=$(cargo smoke-cache dir)
# Entries are not portable between systems unless their artifacts are.
system=${RUNNER_OS:-$(uname -s)}-${RUNNER_ARCH:-$(uname -m)}
for name in quick slow; do
    group "$name"
    hash=none
    if [ ${#repos[@]} -gt 0 ]; then
        # One digest of all key inputs: the repositories, the code, the configuration.
        hash=$(cargo smoke-cache key "${repos[@]}" --hash)
    fi
    output "$name-prefix" "smoke-$system-$name-"
    output "$name-key" "smoke-$system-$name-$hash"
    # The repositories' folders and nothing else: names with a leading dot are for one machine only.
    output "$name-path" "$(folders "$directory" "$name")"
done
