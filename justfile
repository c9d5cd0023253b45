# The everyday commands; `just` lists them.

_default:
    @just --list --unsorted

# Run the example of the README
quickstart:
    cargo run -p quickstart

# Run all tests that this machine can run, and list what was skipped
test:
    cargo test

# Run all tests, on every database: installs what is missing by apt-get, and starts the servers
test-all:
    .ci/run tests

# Check format and lints
lint:
    .ci/run lint

# Run everything that must pass before a change lands
ci:
    .ci/run

# Check spelling, unused dependencies, and the licences and sources of dependencies
tools:
    .ci/run tools

# Check the libraries with the oldest Rust that they promise
msrv:
    .ci/run msrv

# Check the libraries with the oldest direct dependencies that the manifests allow, in a copy of the last commit
minimal-versions:
    #!/usr/bin/env bash
    set -euo pipefail
    copy="$(mktemp -d)"
    trap 'rm -rf "$copy"' EXIT
    git archive HEAD | tar -x -C "$copy"
    cd "$copy"
    # Cargo's stable release refuses `-Z` without this variable.
    RUSTC_BOOTSTRAP=1 cargo update -Z direct-minimal-versions
    cargo check --package signals-orm --all-features

# Look for advisories about dependencies; needs cargo-deny and GitHub
advisories:
    cargo deny check advisories

# Compare the public API with the last tag; needs cargo-semver-checks
semver:
    #!/usr/bin/env bash
    set -euo pipefail
    if ! tag="$(git describe --tags --abbrev=0 2>/dev/null)"; then
        echo "there is no tag yet, so there is no release to compare with"
        exit
    fi
    cargo semver-checks --baseline-rev "$tag" -p signals-orm -p signals-core -p signals-manage -p signals-tasks -p signals-web

# Build the six packages as crates.io gets them, and publish nothing
package:
    cargo publish --dry-run -p signals-core -p signals-derive -p signals-tasks -p signals-manage -p signals-web -p signals-orm

# Show the guide as a book, in the browser
book:
    mdbook serve docs --open

# Measure the calls beside plain sqlx; words choose cases, as in `just speed INSERT`
speed *words:
    cargo bench -p signals-benches --bench speed -- {{words}}

# Measure tasks beside other task queues, in a workspace of its own; words choose, as in `just peers latency --rounds 5`
peers *words:
    cargo run --release --locked --manifest-path benches/peers/Cargo.toml -- {{words}}

# Count instructions instead of time
instructions *words:
    cargo bench -p signals-benches --bench speed -- --instructions {{words}}

# Write 16 tasks' rows for a minute on each database, with connections and processes killed
load seconds="60":
    SIGNALS_LOAD_SECONDS={{seconds}} cargo test -p workspace-tests --test load -- --nocapture

# Kill 100 workers and 100 beats on each database, and see that no task and no tick is lost or doubled
kill kills="100":
    SIGNALS_TASK_KILLS={{kills}} cargo test -p signals-test-tasks --test processes -- --nocapture killed everywhere

# Run the long forms of the scenarios of tasks on a database, in minutes: `just scenarios postgres deploying`
scenarios database *words:
    SIGNALS_TASK_SCENARIOS=long SIGNALS_TEST_DATABASE={{database}} cargo test -p signals-test-tasks --test processes -- --nocapture {{words}}

# Run the scenarios of large tables on a database, with up to 2,000,000 runs: `just large postgres claiming`
large database *words:
    SIGNALS_TASK_SCENARIOS=long SIGNALS_TEST_DATABASE={{database}} cargo test -p signals-test-tasks --test large -- --nocapture {{words}}

# Write the compiler's messages and the expansions again; read the difference before you commit it
snapshots:
    TRYBUILD=overwrite cargo test -p workspace-tests --test ui
    INSTA_UPDATE=always cargo test -p signals-derive
