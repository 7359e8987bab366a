# shellcheck shell=bash
# Trainings through the eigenvectors of affinity graphs: the objective falls, no result depends on
# ranks, also where they share images, a stopped run goes on; segmentations by the trained graph and by
# the classical method.
. "$(dirname "$0")/common.sh"
make_scenes
train=("$bin/train_ncuts" --config "$source/drivers/configurations/ncuts_graph_scenes.toml"
  --data scenes.h5 --view.long_side 64 --view.short_side 48 --log off)

# The prefixes of PETSc's options, and its log's stages.
for driver in train_ncuts segment scale_ncuts; do
  "$bin/$driver" --help >help.txt
  for option in cuts_eps_type cuts_adjoint_ksp_rtol log_view; do grep -q -- "-$option" help.txt; done
done
"$bin/scale_ncuts" --affinity graph --rows 4000 --vectors 3 -log_view >log.txt
for stage in grids eigenvectors adjoint; do grep -q "cuts: $stage" log.txt; done

# Growth over pixels.
for rows in 2000 8000; do
  "$bin/scale_ncuts" --affinity graph --rows $rows --vectors 3 --output grown_$rows.h5 >/dev/null
done
PYTHONPATH=$source/tests/drivers "$python" - >sizes.txt <<'FIGURE'
import h5py
import numpy as np

from figures import draw, line, titles

paths = ["grown_2000.h5", "grown_8000.h5"]
figure, _ = draw("plot_graph_sizes.py", *paths[::-1], "sizes.png")
assert titles(figure) == ["time", "iterations", "memory"]
tables = []
for path in paths:
    with h5py.File(path) as run:
        tables.append({name: column[0] for name, column in run["metrics/graph"].items()})
for column, label in (("products", "products of M, eigenvectors"),
                      ("adjoint_iterations", "steps of the adjoint solve")):
    x, y = line(figure.axes[1], label)
    assert list(x) == [table["pixels"] for table in tables], x
    assert list(y) == [table[column] for table in tables] and min(y) > 0, y
memory = [table["gradient_gib"] for table in tables]
slope = np.log(memory[1] / memory[0]) / np.log(tables[1]["pixels"] / tables[0]["pixels"])
assert list(line(figure.axes[2], f"peak: slope {slope:.2f}")[1]) == memory
FIGURE
[ "$(grep -c '^| [0-9]' sizes.txt)" = 2 ]

"$bin/segment" --affinity contour --contour.scales 2 --data scenes.h5 --output scales.h5 --log off \
  -log_view >log.txt
for stage in grids eigenvectors; do grep -q "cuts: $stage" log.txt; done

# Several epochs: lower at the end than at the start.
"${train[@]}" --train.epochs 30 --cuts.least_vectors 0 --cuts.vectors 5 --output long.h5 --checkpoint long_c.h5
"$python" - <<'CHECK'
import h5py
import numpy as np

with h5py.File("long.h5") as run:
    table = {name: column[:] for name, column in run["metrics/train"].items()}
steps = len(table["objective"])
assert steps == 90, steps
first, last = table["objective"][:9].mean(), table["objective"][-9:].mean()
print(f"objective {first:.3f} -> {last:.3f}")
assert last < 0.9 * first, (first, last)
assert (table["residual"] <= 1e-8).all() and (table["adjoint_residual"] <= 1e-6).all()
assert (table["least_gap"] > 0).all() and (table["vectors"] == 5).all()
assert (table["products"] > 0).all() and (table["adjoint_iterations"] > 0).all()
CHECK

PYTHONPATH=$source/tests/drivers "$python" - <<'FIGURE'
import h5py
import numpy as np

from figures import draw, titles

figure, _ = draw("plot_training.py", "long.h5", "long.png")
assert titles(figure)[:6] == ["objective", "eigenvectors", "gap", "work", "residuals", "optimizer"]
with h5py.File("long.h5") as run:
    for axis, columns in zip(figure.axes[1:5], (
            ("vectors", "rank_e"), ("gap", "least_gap"), ("products", "adjoint_iterations"),
            ("residual", "adjoint_residual"))):
        # Steps, and their mean over an epoch.
        assert len(axis.get_lines()) == 4
        for thin, column in zip(axis.get_lines()[::2], columns):
            assert np.array_equal(thin.get_ydata(), run[f"metrics/train/{column}"]), column
FIGURE

# A stopped run goes on, on ranks that share images where those before did not.
same=("${train[@]}" --train.epochs 30 --cuts.least_vectors 0 --cuts.vectors 5 --output stopped.h5
  --checkpoint stopped_c.h5)
start_ranks 2 "${same[@]}"
wait_for_steps stopped.h5 5
stop_ranks
[ "$(losses stopped.h5 | wc -l)" -lt 90 ]
run_ranks 3 "${same[@]}" --train.ranks_per_image 3 --resume changed 2>/dev/null
same_training 1e-9 1e-7 long stopped

# Products and sums of contour and features: all widths learn, the objective falls.
for weights in both sum; do
  "${train[@]}" --train.epochs 10 --cuts.least_vectors 0 --cuts.vectors 5 --cuts.weights $weights \
    --cuts.distance_width 3 --cuts.width_rate 1 --output $weights.h5 --checkpoint ${weights}_c.h5
done
"$python" - <<'CHECK'
import h5py

for name in ("both", "sum"):
    with h5py.File(f"{name}.h5") as run:
        objective = run["metrics/train/objective"][:]
    first, last = objective[:9].mean(), objective[-9:].mean()
    with h5py.File(f"{name}_c.h5") as checkpoint:
        widths = [checkpoint[f"parameters/{width}"][0]
                  for width in ("contour_width", "feature_width", "distance_width")]
    print(f"{name}: objective {first:.3f} -> {last:.3f}, widths {widths}")
    assert last < first, (name, first, last)
    assert len(set(widths)) == 3 and widths[2] != 3, (name, widths)
CHECK

# More ranks than images of a batch work on them together.
short=("${train[@]}" --train.epochs 1 --train.batch 2 --train.rate 0.01 --cuts.tolerance 1e-7
  --cuts.adjoint_tolerance 1e-7)
for case in "graph j1" "low_rank j1" "low_rank j2"; do
  read -r affinity kind <<<"$case"
  one=${affinity}_$kind
  same=("${short[@]}" --cuts.affinity "$affinity" --objective.kind "$kind")
  "${same[@]}" --output "$one.h5" --checkpoint "${one}_c.h5"
  runs=()
  for layout in "2 2" "3 3" "4 2" "7 7"; do
    read -r ranks together <<<"$layout"
    run=${one}_${ranks}_$together
    run_ranks "$ranks" "${same[@]}" --train.ranks_per_image "$together" \
      --output "$run.h5" --checkpoint "${run}_c.h5" 2>/dev/null
    runs+=("$run")
  done
  # The network has one rank's gradient in double to start from, whoever made it.
  "$python" "$source/tests/drivers/compare_runs.py" 1e-9 1e-9 "$one" "${runs[@]}"
done

"$bin/segment" --data scenes.h5 --checkpoint long_c.h5 --output graph_s.h5 --log off
run_ranks 3 "$bin/segment" --data scenes.h5 --checkpoint long_c.h5 --ranks_per_image 3 \
  --output graph_s3.h5 --log off 2>/dev/null
"$bin/segment" --affinity contour --data scenes.h5 --output contour_s.h5 --log off
run_ranks 2 "$bin/segment" --affinity contour --ranks_per_image 2 --data scenes.h5 \
  --output contour_s2.h5 --log off 2>/dev/null
for name in graph contour; do
  "$bin/evaluate_segmentation" --data scenes.h5 --segmentations ${name}_s.h5 --output $name.e.h5 >/dev/null
done
"$python" - <<'CHECK'
import h5py

for name in ("graph", "contour"):
    with h5py.File(f"{name}.e.h5") as scores:
        best = scores["summary"].attrs["table2_best"]
    print(f"{name}: covering {float(best):.3f}")
    # Nine tenths of a scene are one of a few segments: no segmentation at all has .3.
    assert best > 0.45, (name, best)
CHECK

expect_failure 'objective.kind = "j1"' "${train[@]}" --objective.kind j2
expect_failure "cuts.least_vectors" "${train[@]}" --cuts.least_vectors 9
expect_failure "cuts.radius is 11" "${train[@]}" --cuts.radius 11
expect_failure "cuts.contour_power: " "${train[@]}" --cuts.contour_power 3
expect_failure "image 'scene_3_000" "${train[@]}" --cuts.tolerance 1e-15 --output no.h5 --checkpoint no_c.h5
small=("${train[@]}" --train.epochs 1 --train.batch 2 --cuts.least_vectors 0 --output no.h5
  --checkpoint no_c.h5)
expect_failure "400 eigenvectors of a graph of 384 pixels; ask for 1 to 383" "${small[@]}" \
  --view.short_side 24 --cuts.vectors 400 --cuts.guards 60
expect_failure "the adjoint of the spectral projector did not converge: eigenvalue" "${small[@]}" \
  --cuts.adjoint_tolerance 1e-12 -cuts_adjoint_ksp_max_it 1
grep -q "image 'scene_.* residual .* after 1 iterations of KSP, .* raise -cuts_adjoint_ksp_max_it" output.txt
# A checkpoint that is not finite: which map, which pixel.
cp long_c.h5 nan_c.h5
"$python" - <<'NAN'
import h5py

with h5py.File("nan_c.h5", "r+") as file:
    file["parameters/boundary_score.bias"][0] = float("nan")
NAN
expect_failure "image 'scene_3_00000': the boundary map is not finite" \
  "$bin/segment" --data scenes.h5 --checkpoint nan_c.h5 --output no_s.h5
