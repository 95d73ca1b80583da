# The commands of this project; `just` lists them. CONTRIBUTING.md says how long each takes. A recipe installs missing
# tools into target/tools, and skips a check with one line if that fails.

set shell := ["bash", "-euo", "pipefail", "-c"]

tools := env("CARGO_TARGET_DIR", justfile_directory() / "target") / "tools/bin"
export PATH := env("PATH") + (if os() == "windows" { ";" } else { ":" }) + tools

# Lists the recipes.
[private]
default:
    @just --list --unsorted

# Formats the code.
fmt:
    cargo fmt --all

# Checks the format, clippy's lints and the documentation.
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Checks words, spelling and text width: docs/style.md.
prose *paths:
    .ci/prose {{ paths }}
    .ci/install typos
    if command -v typos >/dev/null; then typos {{ paths }}; fi

# Checks the dependencies: features, versions of Rust, licenses, sources, advisories.
deny:
    .ci/features
    .ci/msrv
    .ci/install cargo-deny
    .ci/deny

# Runs every test.
test *arguments:
    cargo test --workspace {{ arguments }}

# Runs the unit tests and the most telling promises, in a minute.
test-fast *arguments:
    cargo nextest run --workspace --lib --bins --test promises --profile fast {{ arguments }}

# Runs every test in a separate process.
nextest *arguments:
    cargo nextest run --workspace {{ arguments }}

# Runs the suites that permissions matter to, as an unprivileged user.
test-unprivileged *arguments:
    .ci/as-user cargo nextest run --workspace --profile unprivileged {{ arguments }}

# Runs the smoke tests over the repositories of smoke.toml.
smoke *arguments:
    cargo smoke {{ arguments }}

# Runs a benchmark of the workspace: performance or pieces.
bench name="performance" *arguments:
    cargo bench --bench {{ name }} -- {{ arguments }}

# Measures the compile times of contributors and users: smoke, install, project. Takes minutes.
weight *arguments:
    .ci/weight {{ arguments }}

# Judges the graph and the search of code-index by independent truths; benches/code-index says by which.
judge *arguments:
    cargo build --release -p code-index
    python3 benches/code-index/judge.py "${CARGO_TARGET_DIR:-target}/release/code-index" target/judges {{ arguments }}

# Fuzzes a target, archive or manifest, for some seconds, on stable Rust.
fuzz target="archive" seconds="300":
    cd runtime && cargo fuzz run --sanitizer none {{ target }} -- -max_total_time={{ seconds }}

# Checks the links and the examples of the book, and builds it into target/book.
book:
    .ci/book

# Tests the GitHub workflows and their scripts.
workflows:
    .ci/workflows

# Runs the cache on each file system that can be mounted, as root.
filesystems *names:
    .ci/filesystems {{ names }}

# Tests the library for Windows, ARM64 and musl in a chroot, as root, and checks it for macOS. Takes tens of minutes.
platforms *names:
    .ci/platforms {{ names }}

# Runs everything that must pass before a change lands.
ci:
    .ci/run
