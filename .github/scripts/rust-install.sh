#!/usr/bin/env bash
# Installs the toolchain TOOLCHAIN, and chooses it for all later steps and for each cargo that a test calls.
set -euo pipefail

: "${TOOLCHAIN:?the version of Rust}"
rustup toolchain install "$TOOLCHAIN" --profile minimal --component clippy --component rustfmt
echo "RUSTUP_TOOLCHAIN=$TOOLCHAIN" >>"${GITHUB_ENV:-/dev/stdout}"
