#!/usr/bin/env bash
# Submits a training, and its segmentation and evaluation as a dependent job:
#
#   bash jobs/submit_ncuts.sh CONFIG TRAIN_DATA TEST_DATA RESULTS [driver options]
set -euo pipefail
cd "$(dirname "$0")/.."
. jobs/common.sh
[ $# -ge 4 ] || fail "usage: bash jobs/submit_ncuts.sh CONFIG TRAIN_DATA TEST_DATA RESULTS [options]"
config=$1 train=$2 test=$3 results=$4
shift 4
# shellcheck disable=SC2086
training=$(sbatch --parsable ${EIGENPROP_SBATCH:-} jobs/train_ncuts.sbatch "$config" "$train" "$results" "$@")
# shellcheck disable=SC2086
evaluation=$(sbatch --parsable ${EIGENPROP_SBATCH:-} --dependency="afterok:$training" \
  jobs/evaluate_ncuts.sbatch "$test" "$results")
say "training is job $training, evaluation job $evaluation"
