#!/usr/bin/env bash
# Installs what is missing, builds, and runs all tests; ends with ctest's summary. Arguments go to
# ctest, for instance `bash jobs/test.sh -L np2`.
set -euo pipefail
cd "$(dirname "$0")/.."
bash jobs/setup.sh --tests
. jobs/common.sh
configure_and_build
say "running the tests"
ctest --test-dir "$EIGENPROP_BUILD" --output-on-failure --parallel "${EIGENPROP_JOBS:-$(nproc)}" "$@"
