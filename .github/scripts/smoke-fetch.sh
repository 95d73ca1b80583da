#!/usr/bin/env bash
# Fetches the repositories that are not there. Only a repository that is there has keys.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source .github/scripts/common.sh

group both
cargo smoke-cache fetch "${repos[@]}"
