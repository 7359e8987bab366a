# shellcheck shell=bash
# Every kind of file that drivers and scripts write names the release, and the places in the sources
# that name it agree.
. "$(dirname "$0")/common.sh"
make_scenes
"$bin/train_ncuts" "${quick[@]}" --train.epochs 1 --output ncuts_run.h5 --checkpoint ncuts_c.h5
"$bin/segment" --data scenes.h5 --checkpoint ncuts_c.h5 --output segmentations.h5 --log off
"$bin/segment" --affinity contour --data scenes.h5 --output contour.h5 --log off \
  --eigenvectors eigenvectors.h5
"$bin/fit_contours" --affinity contour --spectral false --data scenes.h5 --output hierarchy.toml \
  --log off
"$bin/evaluate_segmentation" --data scenes.h5 --segmentations segmentations.h5 \
  --output evaluation.h5 >/dev/null
"$bin/train_ncuts" --config "$source/drivers/configurations/boundaries_scenes.toml" --data scenes.h5 \
  --view.long_side 64 --view.short_side 48 --train.epochs 1 --log off \
  --output boundaries_run.h5 --checkpoint boundaries_c.h5
"$bin/map_boundaries" --data scenes.h5 --checkpoint boundaries_c.h5 --output boundaries.h5 --log off
"$python" "$source/tests/drivers/make_textures.py" textures.h5 6 1 14
"$bin/train_classifier" --data textures.h5 --view.side 14 --train.epochs 1 --train.batch 3 \
  --model.layers "conv1: conv 4 5" "average: global_average" --log off \
  --output classifier_run.h5 --checkpoint classifier_c.h5
"$bin/extract_activations" --data textures.h5 --checkpoint classifier_c.h5 --layer average \
  --output activations.h5 --log off
embed_points
"$bin/train_dictionary" --data points.h5 --model.atoms 4 --train.epochs 1 --log off \
  --output dictionary_run.h5 --checkpoint dictionary_c.h5
"$bin/draw_graph" classifier --config "$source/drivers/configurations/cifar_o2p.toml" \
  --output network.dot
if [ -x "$bin/benchmark_ncuts" ]; then
  "$bin/benchmark_ncuts" --benchmark_filter=/rows:2000/ --benchmark_min_time=0.001 \
    --benchmark_format=json >benchmark.json
  "$bin/benchmark_scaling" --cases "$source/drivers/benchmarks/scaling_cases.toml" --small \
    --case second_order_pooling --output scaling.h5 >/dev/null
fi
"$python" - "$source" <<'CHECK'
import glob
import json
import os
import re
import sys

import h5py

sys.path.insert(0, os.path.join(sys.argv[1], "analysis"))
from eigenprop_version import EIGENPROP_VERSION


def named(name, pattern):
    with open(os.path.join(sys.argv[1], name), encoding="utf-8") as file:
        return re.search(pattern, file.read(), re.MULTILINE).group(1)


version = named("CMakeLists.txt", r"project\(eigenprop VERSION ([0-9.]+)")
assert named("CITATION.cff", r"^version: ([0-9.]+)$") == version
assert named("CHANGELOG.md", r"^## ([0-9.]+)") == version
assert EIGENPROP_VERSION == version

files = sorted(glob.glob("*.h5"))
# Benchmarks need not be built.
scaling = int("scaling.h5" in files)
assert len(files) == 23 + scaling, files
formats = set()
for name in files:
    with h5py.File(name) as file:
        found = file.attrs.get("eigenprop_version", "none")
        found = found.decode() if isinstance(found, bytes) else found
        assert found == version, (name, found)
        formats.add(bytes(file.attrs["format"]) if isinstance(file.attrs["format"], bytes)
                    else file.attrs["format"].encode())
assert len(formats) == 10 + scaling, formats
with open("network.dot", encoding="utf-8") as file:
    assert file.readline().startswith(f"// eigenprop {version}, commit "), "network.dot"
with open("hierarchy.toml", encoding="utf-8") as file:
    assert file.readline().startswith(f"# eigenprop {version}, commit "), "hierarchy.toml"
if os.path.exists("benchmark.json"):
    with open("benchmark.json", encoding="utf-8") as file:
        assert json.load(file)["context"]["eigenprop_version"] == version
CHECK
