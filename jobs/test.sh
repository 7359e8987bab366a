#!/usr/bin/env bash
# Installs what is missing, builds, and runs all tests; ends with ctest's summary. Arguments go to
# ctest, for instance `bash jobs/test.sh -L np2`. Fails also where fewer tests have run than are
# defined, or none.
set -euo pipefail
cd "$(dirname "$0")/.."
bash jobs/setup.sh --tests
. jobs/common.sh
configure_and_build release -DEIGENPROP_TESTS=ON -DEIGENPROP_BENCHMARKS=ON
say "running the tests"
run_tests "$@"
