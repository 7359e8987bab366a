# shellcheck shell=bash
# Submits an array of trainings over trunks and seeds with dependent evaluations to a one-node
# Slurm, and a single training with its evaluation; every evaluation scores its own training. An
# array of classifiers over models and seeds, and their table.
. "$(dirname "$0")/common.sh"
status=0
bash "$source/jobs/local_slurm.sh" start "$work/slurm" || status=$?
[ $status != 77 ] || exit 77
[ $status = 0 ]
trap 'bash "$source/jobs/local_slurm.sh" stop "$work/slurm"; rm -rf "$work"' EXIT
export SLURM_CONF=$work/slurm/slurm.conf
export EIGENPROP_CHECKOUT=$source EIGENPROP_BUILD=$build

"$python" "$source/analysis/make_scenes.py" --count 4 --height 150 --width 160 --seed 3 \
  --output scenes.h5 >/dev/null
config=$source/drivers/configurations/ncuts_scenes.toml
options=(--view.long_side 160 --view.short_side 150 --train.epochs 1 --train.batch 4 --log off)

submit() { bash "$source/jobs/submit_ncuts.sh" "$config" "$work/scenes.h5" "$work/scenes.h5" "$@"; }
EIGENPROP_ARRAY=1-4 EIGENPROP_TRUNKS="small alexnet" submit "$work/array" "${options[@]}"
submit "$work/single" "${options[@]}"
"$python" "$source/tests/drivers/make_textures.py" stripes.h5 40 1
EIGENPROP_MODELS="cifar_average cifar_o2p" sbatch --array=1-4 \
  "$source/jobs/array_classifier.sbatch" "$work/stripes.h5" "$work/stripes.h5" "$work/classifiers" \
  --train.epochs 2 --log off
for _ in $(seq 900); do
  waiting=$(squeue --noheader --array | wc -l)
  [ "$waiting" != 0 ] || break
  sleep 0.2
done
cat ./*.log
[ "$waiting" = 0 ] || { squeue; echo "FAILED: jobs still wait or run"; exit 1; }

"$python" "$source/analysis/classification_table.py" classifiers --csv table.csv | tee table.txt
"$python" - <<'CHECK'
import csv

import h5py
import numpy as np

expected = {"array/1": ("small", 1), "array/2": ("alexnet", 1), "array/3": ("small", 2),
            "array/4": ("alexnet", 2), "single": ("small", 1)}
losses = {}
for folder, (trunk, seed) in expected.items():
    with h5py.File(f"{folder}/run.h5") as run:
        text = run["configuration"][()].decode()
        assert f'trunk="{trunk}"' in text.replace(" ", ""), (folder, text)
        assert run.attrs["seed"] == seed, (folder, run.attrs["seed"])
        losses[folder] = run["metrics/train/objective"][:]
    with h5py.File(f"{folder}/evaluation.h5") as scores:
        best = scores["summary"].attrs["table2_best"]
        assert 0 < best <= 1, (folder, best)
# The same training alone and in the array; another seed is another training.
assert np.array_equal(losses["single"], losses["array/1"])
assert not np.array_equal(losses["array/1"], losses["array/3"])

with open("table.csv") as file:
    rows = list(csv.DictReader(file))
assert [(r["model"], r["seed"], r["epochs"]) for r in rows] == [
    (model, seed, "2") for model in ("cifar_average", "cifar_o2p") for seed in ("1", "2")], rows
for row in rows:
    with h5py.File(f"classifiers/{row['model']}/{row['seed']}/run.h5") as run:
        text = run["configuration"][()].decode()
        assert ("second_order" in text) == (row["model"] == "cifar_o2p"), text
        assert run.attrs["seed"] == int(row["seed"])
        assert float(row["error_top1"]) == run["metrics/test/error_top1"][-1]
with open("table.txt") as file:
    table = file.read()
for model in ("cifar_average", "cifar_o2p"):
    errors = [100 * float(r["error_top1"]) for r in rows if r["model"] == model]
    expected = f"| {model} | {np.mean(errors):.2f} ± {np.std(errors, ddof=1):.2f} |"
    assert expected in table, (expected, table)
CHECK
