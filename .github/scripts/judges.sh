#!/usr/bin/env bash
# Judges code-index over one project's own tests, its docstrings and the standard library, and prints the tables to the
# summary of the job. The tables are for people: only a judge that fails fails the job.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

cargo build --release --locked --package code-index
python3 benches/code-index/judge.py "${CARGO_TARGET_DIR:-target}/release/code-index" "${RUNNER_TEMP:?}/judges" \
    --project requests | tee -a "${GITHUB_STEP_SUMMARY:-/dev/null}"
