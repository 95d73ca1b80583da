#!/usr/bin/env bash
# Outputs the declared version of Rust, the versions to test with, and the oldest Rust of the library: `declared`,
# `versions` and `library`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source .github/scripts/common.sh

# declared_in MANIFEST
declared_in() {
    local version
    version=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$1")
    if [ -z "$version" ]; then
        echo "error: $1 declares no rust-version" >&2
        exit 1
    fi
    echo "$version"
}

declared=$(declared_in Cargo.toml)
library=$(declared_in runtime/Cargo.toml)
output declared "$declared"
output library "$library"
output versions "[\"stable\",\"$declared\"]"
