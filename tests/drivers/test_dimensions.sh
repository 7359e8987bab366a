# shellcheck shell=bash
# Every array of runs, activations, embeddings, evaluations and eigenvectors opens in xarray by both of
# its engines, with its dimensions by name; the recipes of analysis/recipes.md run.
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
embed_points
"$peer" - "$source" <<'CHECK'
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
}
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

with open(sys.argv[1] + "/analysis/recipes.md", encoding="utf-8") as page:
    recipes = re.findall(r"```python\n(.*?)```", page.read(), re.DOTALL)
assert len(recipes) == 4
with xarray.open_dataset("activations.h5", engine="h5netcdf", group="labels") as labels:
    some_class = str(labels["names"].values[0])
results = {}
for recipe in recipes:
    exec(recipe.replace('"cat"', repr(some_class)), results)
assert results["best"] == min(("sweep/fast/run.h5", "sweep/slow/run.h5"),
                              key=lambda path: h5py.File(path)["metrics/test/error_top1"][-1])
assert len(results["loss"]) == len(h5py.File("run.h5")["metrics/train/step"])
CHECK
"$peer" "$source/analysis/open_run.py" run.h5 --table test >said.txt
grep -q "^error_top1: " said.txt
