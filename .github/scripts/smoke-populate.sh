#!/usr/bin/env bash
# Builds what is missing of a group of repositories, and shows that their tests then find everything.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source .github/scripts/common.sh

group "$1"
if [ ${#repos[@]} -eq 0 ]; then
    echo "no repository is in the group $1"
    exit 0
fi
cargo smoke-cache populate "${repos[@]}"
# This also marks as used what an older cache brought along and the tests still want.
REQUIRE_HITS=true .github/scripts/smoke-test.sh "$1"
