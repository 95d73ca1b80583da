#!/usr/bin/env bash
# Runs .ci/filesystems as root, which alone can mount. Its target directory is separate from the one that is cached for
# other jobs: their user could not write to root's files.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

export CARGO_HOME="${CARGO_HOME:-$HOME/.cargo}" RUSTUP_HOME="${RUSTUP_HOME:-$HOME/.rustup}"
export CARGO_TARGET_DIR="${RUNNER_TEMP:?}/filesystems"
sudo --preserve-env=CARGO_HOME,RUSTUP_HOME,RUSTUP_TOOLCHAIN,CARGO_TARGET_DIR env "PATH=$PATH" .ci/filesystems
