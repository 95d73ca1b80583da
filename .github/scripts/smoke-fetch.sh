#!/usr/bin/env bash
# Fetches the repositories that are missing: only a fetched repository has keys. Outputs `save`: `true` if the cache of
# the repositories is to be saved.
#
# HIT is the output `cache-hit` of the step that restored the repositories.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source .github/scripts/common.sh

group both
cargo smoke-cache fetch "${repos[@]}"
output save "$([ "${HIT?}" = true ] && echo false || echo true)"
