#!/usr/bin/env bash
# Checks the keys of one repository, another one each day: the builds use nothing that their keys do not cover, and give
# the same artifacts in another environment.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source .github/scripts/common.sh

group quick
if [ ${#repos[@]} -eq 0 ]; then
    echo "no quick repository: nothing to audit"
    exit 0
fi
repo=${repos[$(($(date +%s) / 86400 % ${#repos[@]}))]}
command -v strace >/dev/null || .ci/install strace
cargo smoke-cache audit "$repo"
cargo smoke-cache verify --rebuild --vary "$repo"
