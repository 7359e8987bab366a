#!/usr/bin/env bash
# From a clean machine to a picture: installs what is missing, builds, makes synthetic scenes with
# exact ground truth, trains the boundary map of an affinity graph on two ranks, segments by a hierarchy
# of contours of the map and of the graph's eigenvectors, evaluates, and draws what came of it.
set -euo pipefail
cd "$(dirname "$0")/.."
bash jobs/setup.sh
. jobs/common.sh
configure_and_build release -DEIGENPROP_TESTS=OFF -DEIGENPROP_BENCHMARKS=OFF
bin=$EIGENPROP_BUILD/bin
python=$(find_python)
results=${EIGENPROP_RESULTS:-$PWD/results/quickstart}
config=drivers/configurations/boundaries_scenes.toml
# The scenes are small: larger ones too give their finer boundaries.
scales=1,1.5
mkdir -p "$results"

say "making scenes"
"$python" analysis/make_scenes.py --count 160 --seed 1 --output "$results/train.h5"
"$python" analysis/make_scenes.py --count 40 --seed 2 --output "$results/test.h5"

say "training on two ranks"
run_ranks 2 "$bin/train_ncuts" --config $config --data "$results/train.h5" \
  --output "$results/run.h5" --checkpoint "$results/trained.h5"
# The same network with its first weights.
run_ranks 2 "$bin/train_ncuts" --config $config --data "$results/train.h5" --train.epochs 0 \
  --output "$results/run_untrained.h5" --checkpoint "$results/untrained.h5" --log warning

for network in untrained trained; do
  say "segmenting and evaluating with the $network network"
  mkdir -p "$results/$network"
  run_ranks 2 "$bin/fit_contours" --data "$results/train.h5" --checkpoint "$results/$network.h5" \
    --scales $scales --output "$results/$network/hierarchy.toml"
  run_ranks 2 "$bin/segment" --config "$results/$network/hierarchy.toml" --data "$results/test.h5" \
    --checkpoint "$results/$network.h5" --output "$results/$network/segmentations.h5" \
    --eigenvectors "$results/$network/eigenvectors.h5" --log warning
  run_ranks 2 "$bin/evaluate_segmentation" --data "$results/test.h5" \
    --segmentations "$results/$network/segmentations.h5" --output "$results/$network/evaluation.h5"
done
run_ranks 2 "$bin/map_boundaries" --data "$results/test.h5" --checkpoint "$results/trained.h5" \
  --scales $scales --output "$results/boundaries.h5" --log warning

"$python" analysis/segmentation_sheet.py --data "$results/test.h5" \
  --untrained "$results/untrained/segmentations.h5" --trained "$results/trained/segmentations.h5" \
  --rows 3 --across 2 --output "$results/sheet.png"
"$python" analysis/plot_hierarchy.py --data "$results/test.h5" --boundaries "$results/boundaries.h5" \
  --segmentations "$results/trained/segmentations.h5" \
  --eigenvectors "$results/trained/eigenvectors.h5" --output "$results/hierarchy.png"
"$python" analysis/plot_training.py "$results/run.h5" --output "$results/training.png"

say "covering of the ground truth, best of each image's 8 segmentations:"
"$python" analysis/evaluation_table.py "untrained=$results/untrained/evaluation.h5" \
  "trained=$results/trained/evaluation.h5"
say "pictures: $results/sheet.png, $results/hierarchy.png and $results/training.png"
