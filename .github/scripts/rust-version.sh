#!/usr/bin/env bash
# Outputs the declared version of Rust and the versions to test with: `declared` and `versions`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source .github/scripts/common.sh

declared=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
if [ -z "$declared" ]; then
    echo "error: Cargo.toml declares no rust-version" >&2
    exit 1
fi
output declared "$declared"
output versions "[\"stable\",\"$declared\"]"
