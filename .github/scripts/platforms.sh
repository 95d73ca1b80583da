#!/usr/bin/env bash
# Runs .ci/platforms as root, which alone can make a chroot. The chroot has its own compiler.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

sudo env PLATFORMS_DIR="${RUNNER_TEMP:?}/platforms" .ci/platforms
