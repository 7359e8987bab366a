#!/usr/bin/env bash
# Submits a training, and its segmentation and evaluation as a dependent job:
#
#   bash jobs/submit_ncuts.sh CONFIG TRAIN_DATA TEST_DATA RESULTS [driver options]
#
# EIGENPROP_ARRAY=1-3 submits an array instead (jobs/array_ncuts.sbatch; EIGENPROP_TRUNKS as there),
# where every evaluation waits for its own training. EIGENPROP_SBATCH: further options of sbatch.
set -euo pipefail
. "$(dirname "$0")/common.sh"
[ $# -ge 4 ] || fail "usage: bash jobs/submit_ncuts.sh CONFIG TRAIN_DATA TEST_DATA RESULTS [options]"
config=$1 train=$2 test=$3 results=$4
shift 4
script=train dependency=afterok
read -r -a options <<<"${EIGENPROP_SBATCH:-}"
if [ -n "${EIGENPROP_ARRAY:-}" ]; then
  script=array dependency=aftercorr
  options+=("--array=$EIGENPROP_ARRAY")
fi
export EIGENPROP_CHECKOUT=${EIGENPROP_CHECKOUT:-$EIGENPROP_SOURCE}
jobs=$EIGENPROP_CHECKOUT/jobs
training=$(sbatch --parsable "${options[@]}" "$jobs/${script}_ncuts.sbatch" "$config" "$train" \
  "$results" "$@")
evaluation=$(sbatch --parsable "${options[@]}" --dependency="$dependency:$training" \
  "$jobs/evaluate_ncuts.sbatch" "$test" "$results")
say "training is job $training, evaluation job $evaluation"
