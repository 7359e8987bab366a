# shellcheck shell=bash
# Every array of runs, activations, embeddings, evaluations, eigenvectors, packed data, segmentations,
# boundary maps and scaling studies opens in xarray by both of its engines, with its dimensions by name;
# the recipes of analysis/recipes.md run. Files without such names are read as before.
. "$(dirname "$0")/common.sh"
peer=$(find_peer xarray,h5netcdf,netCDF4) ||
  { echo "skipped: no xarray with h5netcdf and netCDF4 here"; exit 77; }
"$python" "$source/tests/drivers/make_textures.py" textures.h5 6 1 14
mkdir -p sweep/slow sweep/fast
for rate in slow:0.001 fast:0.05; do
  "$bin/train_classifier" --data textures.h5 --test textures.h5 --view.side 14 --train.epochs 3 \
    --train.batch 3 --train.rate "${rate#*:}" --log off --output "sweep/${rate%:*}/run.h5" \
    --checkpoint "sweep/${rate%:*}/c.h5" \
    --model.layers "conv1: conv 4 5" "pool: second_order" "flat: upper_triangle" >/dev/null
done
cp sweep/fast/run.h5 run.h5
for layer in conv1 pool flat; do
  "$bin/extract_activations" --data textures.h5 --checkpoint sweep/fast/c.h5 --layer $layer \
    --output $layer.h5 --log off
done
cp pool.h5 activations.h5
make_scenes
"$python" "$source/analysis/pack_patches.py" --data scenes.h5 --count 60 --size 4 --grey \
  --output patches.h5 >/dev/null
"$bin/segment" --affinity contour --data scenes.h5 --output segmentations.h5 --log off \
  --eigenvectors eigenvectors.h5
"$bin/evaluate_segmentation" --data scenes.h5 --segmentations segmentations.h5 --boundaries \
  --output evaluation.h5 >/dev/null
"$bin/segment" --affinity contour --partition hierarchy --data scenes.h5 \
  --output contours.h5 --log off
"$bin/train_ncuts" --config "$source/drivers/configurations/boundaries_scenes.toml" --data scenes.h5 \
  --view.long_side 64 --view.short_side 48 --train.epochs 1 --log off \
  --output boundaries_run.h5 --checkpoint boundaries_c.h5
"$bin/map_boundaries" --data scenes.h5 --checkpoint boundaries_c.h5 --output boundaries.h5 --log off
"$python" "$source/tests/drivers/make_coco.py"
"$python" "$source/analysis/pack_coco.py" --images coco --annotations instances.json \
  --output objects.h5 >/dev/null
scaling() {
  run_ranks "$1" "$bin/benchmark_scaling" --small --case second_order_pooling --output "$2" \
    --cases "$source/drivers/benchmarks/scaling_cases.toml"
}
if [ -x "$bin/benchmark_scaling" ]; then
  scaling 1 scaling.h5 >/dev/null
  scaling 2 scaling.h5 >/dev/null
fi
embed_points
"$peer" - "$source" <<'CHECK'
import os
import re
import sys

import h5py
import numpy as np
import xarray

EXPECTED = {
    ("run.h5", "metrics/train", "seconds"): ("step",),
    ("run.h5", "metrics/test", "error_top1"): ("step",),
    ("conv1.h5", "/", "features"): ("sample", "height", "width", "channel"),
    ("pool.h5", "/", "features"): ("sample", "row", "column"),
    ("flat.h5", "/", "features"): ("sample", "feature"),
    ("flat.h5", "labels", "class"): ("sample",),
    ("eigenvectors.h5", "/", "eigenvectors"): ("row", "column", "vector"),
    ("evaluation.h5", "images", "coverings"): ("name", "segmentation"),
    ("evaluation.h5", "scales", "covering"): ("scale",),
    ("points.h5", "/", "targets"): ("sample", "target"),
    ("patches.h5", "whitening", "matrix"): ("value", "component"),
    ("embedding.h5", "train", "embedding"): ("point", "component"),
    ("embedding.h5", "/", "neighbours"): ("query", "place"),
    ("embedding.h5", "scores", "degrees"): ("neighbours",),
    ("places.h5", "train", "embedding"): ("point", "component"),
    ("tsne_run.h5", "metrics/train", "objective"): ("step",),
    ("points.h5", "labels", "class"): ("sample",),
    ("scenes.h5", "images", "pixels"): ("pixel", "channel"),
    ("scenes.h5", "images", "size"): ("name", "side"),
    ("scenes.h5", "images", "first_segmentation"): ("bound",),
    ("scenes.h5", "segmentations", "labels"): ("label",),
    ("scenes.h5", "segmentations", "offset"): ("bound",),
    ("scenes.h5", "segmentations", "segments"): ("segmentation",),
    ("textures.h5", "images", "offset"): ("bound",),
    ("textures.h5", "labels", "names"): ("class_number",),
    ("objects.h5", "labels", "box"): ("sample", "coordinate"),
    ("objects.h5", "masks", "pixels"): ("pixel",),
    ("segmentations.h5", "images", "size"): ("name", "side"),
    ("segmentations.h5", "segmentations", "labels"): ("label",),
    ("segmentations.h5", "segmentations", "k"): ("segmentation",),
    ("contours.h5", "segmentations", "level"): ("segmentation",),
    ("contours.h5", "contours", "values"): ("value",),
    ("contours.h5", "contours", "offset"): ("bound",),
    ("boundaries.h5", "boundaries", "probability"): ("pixel",),
}
# Of these every array tells what it means, too.
TOLD = {"points.h5", "patches.h5", "scenes.h5", "textures.h5", "objects.h5", "segmentations.h5",
        "contours.h5", "boundaries.h5"}
if os.path.exists("scaling.h5"):
    TOLD.add("scaling.h5")
    ROW = "cases/second_order_pooling/nodes1_ranks2_threads1"
    EXPECTED |= {
        ("scaling.h5", "/", "phases"): ("phases",), ("scaling.h5", "/", "kinds"): ("kinds",),
        ("scaling.h5", ROW, "seconds"): ("repeat", "rank"),
        ("scaling.h5", ROW, "phase_seconds"): ("repeat", "rank", "phase"),
        ("scaling.h5", ROW, "phase_processor_seconds"): ("repeat", "rank", "phase"),
        ("scaling.h5", ROW, "calls"): ("rank", "phase", "kind"),
        ("scaling.h5", ROW, "message_bytes"): ("rank", "phase", "kind"),
        ("scaling.h5", ROW, "peak_memory"): ("rank",), ("scaling.h5", ROW, "hosts"): ("rank",),
        ("scaling.h5", ROW, "numbers"): ("number_names",)}
seen = {}
for path in sorted({key[0] for key in EXPECTED} | {"embedding_run.h5"}):
    arrays = {}
    with h5py.File(path) as file:
        def collect(name, item):
            if isinstance(item, h5py.Dataset) and b"not a netCDF variable" not in item.attrs.get(
                    "NAME", b""):
                arrays[name] = item[()]
        file.visititems(collect)
    groups = {name.rpartition("/")[0] or "/" for name in arrays}
    for engine in ("h5netcdf", "netcdf4"):
        found = {}
        for group in groups:
            with xarray.open_dataset(path, engine=engine, group=group) as data:
                for name, array in data.variables.items():
                    found[f"{group}/{name}".lstrip("/")] = array.values
                    seen[path, group, name] = array.dims
                    if path in TOLD and name != "configuration":
                        assert array.attrs.get("long_name"), (path, engine, group, name)
        assert found.keys() == arrays.keys(), (path, engine, found.keys() ^ arrays.keys())
        for name, values in arrays.items():
            if values.dtype == object if isinstance(values, np.ndarray) else True:
                expected = np.vectorize(lambda text: text.decode(), otypes=[object])(values)
                assert (found[name].astype(object) == expected).all(), (path, engine, name)
            else:
                np.testing.assert_array_equal(found[name], values, f"{path} {engine} {name}")
for key, dimensions in EXPECTED.items():
    assert seen[key] == dimensions, (key, seen[key])
with xarray.open_dataset("run.h5", engine="netcdf4", group="metrics/train") as data:
    assert data["seconds"].attrs["units"] == "s" and data["seconds"].attrs["long_name"]
    assert "step" in data.coords
with xarray.open_dataset("evaluation.h5", engine="netcdf4", group="images") as data:
    first = str(data["name"].values[0])
    assert float(data["table2_best"].sel(name=first)) == float(data["table2_best"][0])

with xarray.open_dataset("scenes.h5", engine="h5netcdf", group="images") as data:
    assert data["size"].attrs["units"] == "pixel" and "name" in data.coords
if "scaling.h5" in TOLD:
    with xarray.open_dataset("scaling.h5", engine="h5netcdf", group=ROW) as data:
        assert data["phase_seconds"].attrs["units"] == "s"
        assert data["message_bytes"].attrs["units"] == "byte"
        assert data["peak_memory"].attrs["units"] == "GiB"
        forward = data["phase_seconds"].sel(phase="forward")
        assert 0 < float(forward.sum()) <= float(data["seconds"].sum())

with open(sys.argv[1] + "/analysis/recipes.md", encoding="utf-8") as page:
    recipes = re.findall(r"```python\n(.*?)```", page.read(), re.DOTALL)
assert len(recipes) == 5
with xarray.open_dataset("activations.h5", engine="h5netcdf", group="labels") as labels:
    some_class = str(labels["names"].values[0])
results = {}
for recipe in recipes[:4 + ("scaling.h5" in TOLD)]:
    exec(recipe.replace('"cat"', repr(some_class)), results)
assert results["best"] == min(("sweep/fast/run.h5", "sweep/slow/run.h5"),
                              key=lambda path: h5py.File(path)["metrics/test/error_top1"][-1])
assert len(results["loss"]) == len(h5py.File("run.h5")["metrics/train/step"])
CHECK
"$peer" "$source/analysis/open_run.py" run.h5 --table test >said.txt
grep -q "^error_top1: " said.txt

# As files were before they had such names.
mkdir plain
"$python" - <<'STRIP'
import glob

import h5py

for path in ("scenes.h5", "segmentations.h5", "objects.h5", *glob.glob("scaling.h5")):
    with h5py.File(path) as old, h5py.File("plain/" + path, "w") as new:
        new.attrs.update(old.attrs)

        def copy(name, item):
            if isinstance(item, h5py.Group):
                new.require_group(name).attrs.update(item.attrs)
            elif b"not a netCDF variable" not in item.attrs.get("NAME", b""):
                new[name] = item[()]
        old.visititems(copy)
STRIP
"$bin/segment" --affinity contour --data plain/scenes.h5 --output again.h5 --log off
"$bin/evaluate_segmentation" --data plain/scenes.h5 --segmentations plain/segmentations.h5 \
  --boundaries --output plain/evaluation.h5 >/dev/null
"$python" - <<'SAME'
import h5py
import numpy as np

for one, other, name in (("segmentations.h5", "again.h5", "segmentations/labels"),
                         ("evaluation.h5", "plain/evaluation.h5", "images/coverings")):
    with h5py.File(one) as a, h5py.File(other) as b:
        assert np.array_equal(a[name], b[name]), other
SAME
"$bin/extract_activations" --data plain/objects.h5 --checkpoint sweep/fast/c.h5 --layer flat \
  --output plain/flat.h5 --log off
if [ -x "$bin/benchmark_scaling" ]; then
  scaling 2 plain/scaling.h5 | grep -q "status=known$"
  scaling 3 plain/scaling.h5 | grep -q "status=ok$"
  "$python" "$source/analysis/plot_scaling.py" plain/scaling.h5 --output plain.png >/dev/null
fi
