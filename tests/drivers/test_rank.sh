# shellcheck shell=bash
# The regularized projector: the rank falls where the exact one's stays, no result depends on ranks, a
# stopped run goes on; scores on test images; segmentations by the effective rank; a trained metric.
. "$(dirname "$0")/common.sh"
make_scenes
"$python" "$source/analysis/make_scenes.py" --count 6 --height 48 --width 64 --seed 4 \
  --output held.h5 >/dev/null
train=("$bin/train_ncuts" "${quick[@]}")
falling=("${train[@]}" --objective.projector regularized --objective.epsilon 0.3
  --objective.epsilon_final 0.05)

"${train[@]}" --test held.h5 --train.score_epochs 7 --output exact.h5 --checkpoint exact_c.h5
"${falling[@]}" --test held.h5 --output rank1.h5 --checkpoint rank1_c.h5
for ranks in 2 3; do
  run_ranks $ranks "${falling[@]}" --test held.h5 --output rank$ranks.h5 --checkpoint rank${ranks}_c.h5
done
same_training 1e-15 0 rank1 rank2 rank3
run_ranks 2 "${falling[@]}" --test held.h5 --train.ranks_per_image 2 --output shared.h5 \
  --checkpoint shared_c.h5
"$python" - <<'CHECK'
import h5py
import numpy as np

def tables(name):
    with h5py.File(f"{name}.h5") as run:
        return [{column: values[:] for column, values in run[f"metrics/{table}"].items()}
                for table in ("train", "test")]

train, test = tables("rank1")
exact, exact_test = tables("exact")
# Geometric over the seven epochs of three steps.
expected = np.repeat(0.3 * (0.05 / 0.3) ** (np.arange(7) / 6), 3)
np.testing.assert_allclose(train["epsilon"], expected, rtol=1e-12)
np.testing.assert_allclose(test["epsilon"], expected[::3], rtol=1e-12)
print(f"rank W {exact['rank_w'][-3:].mean():.1f} by the projector, effective rank "
      f"{train['effective_rank'][-3:].mean():.2f}")
assert exact["rank_w"][-3:].mean() > 18 and "effective_rank" not in exact
assert train["effective_rank"][-3:].max() < 6
# The objective is that of the paper for the singular vectors that count.
assert (train["projector_objective"] >= 0).all()
assert list(test["epoch"]) == list(range(1, 8)) and list(exact_test["epoch"]) == [7]
assert (test["segments"] >= 1).all() and (test["rank_covering_best"] <= 1).all()
assert (test["covering_best"] >= test["covering_average"]).all()
for other in ("rank2", "rank3", "shared"):
    for one, again in zip(tables("rank1"), tables(other)):
        assert set(one) == set(again)
        for column in set(one) - {"seconds"}:
            # Rows on two ranks sum in another order, and labels of pixels at a tie may differ.
            tolerance = 1e-3 if other == "shared" else 1e-12
            np.testing.assert_allclose(again[column], one[column], rtol=tolerance, atol=tolerance,
                                       err_msg=f"{other}: {column}")
CHECK

# What the table tells is what segment and evaluate_segmentation find.
"$bin/segment" --data held.h5 --checkpoint rank1_c.h5 --segmenter.by_rank true --output nine.h5 --log off
run_ranks 3 "$bin/segment" --data held.h5 --checkpoint rank1_c.h5 --segmenter.by_rank true \
  --output three.h5 --log off
cmp nine.h5 three.h5
"$bin/segment" --data held.h5 --checkpoint rank1_c.h5 --output eight.h5 --log off
"$bin/segment" --data held.h5 --checkpoint exact_c.h5 --segmenter.by_rank true \
  --segmenter.epsilon 1e-9 --output whole.h5 --log off
for set in nine eight whole; do
  "$bin/evaluate_segmentation" --data held.h5 --segmentations $set.h5 --output ${set}_e.h5 >$set.txt
done
"$python" - <<'CHECK'
import h5py
import numpy as np

def result(name):
    with h5py.File(f"{name}.h5") as file, h5py.File(f"{name}_e.h5") as scores:
        return (file["segmentations/k"][:].reshape(6, -1), scores["images/table2_best"][:].mean(),
                scores["images/table2_average"][:].mean())

with h5py.File("rank1.h5") as run:
    test = {column: values[-1] for column, values in run["metrics/test"].items()}
k, _, _ = result("nine")
assert k.shape == (6, 9) and (k[:, :8] == [2, 3, 4, 5, 6, 8, 10, 12]).all()
np.testing.assert_allclose(k[:, 8].mean(), test["segments"], rtol=1e-12)
k, best, average = result("eight")
assert k.shape == (6, 8)
np.testing.assert_allclose([best, average], [test["covering_best"], test["covering_average"]],
                           rtol=1e-12)
# Without regularization the effective rank is the rank.
assert (result("whole")[0][:, 8] == 20).all()
CHECK

start_ranks 2 "${falling[@]}" --train.epochs 30 --checkpoint_steps 5 --output stopped.h5 \
  --checkpoint stopped_c.h5
wait_for_steps stopped.h5 4
stop_ranks
run_ranks 3 "${falling[@]}" --train.epochs 30 --output stopped.h5 --checkpoint stopped_c.h5 --resume auto
run_ranks 2 "${falling[@]}" --train.epochs 30 --output rested.h5 --checkpoint rested_c.h5
same_training 1e-15 0 rested stopped

# Λ under J₁ (eq. 64): its root moves, and the checkpoint holds the product as the metric.
metric=("${train[@]}" --objective.kind j1 --cuts.metric trained --model.features 6)
"${metric[@]}" --output metric1.h5 --checkpoint metric1_c.h5 --test held.h5 --train.score_epochs 7
run_ranks 2 "${metric[@]}" --output metric2.h5 --checkpoint metric2_c.h5 --test held.h5 \
  --train.score_epochs 7
same_training 1e-14 1e-12 metric1 metric2
"$bin/segment" --data held.h5 --checkpoint metric1_c.h5 --output m.h5 --log off
"${falling[@]}" --cuts.metric trained --output both.h5 --checkpoint both_c.h5
"$bin/segment" --data held.h5 --checkpoint both_c.h5 --segmenter.by_rank true --output m.h5 --log off
"$python" - <<'CHECK'
import h5py
import numpy as np

with h5py.File("metric1_c.h5") as file:
    root, metric = file["parameters/metric_root"][:], file["results/metric"][:]
np.testing.assert_allclose(metric, root @ root.T, rtol=1e-12)
moved = np.linalg.norm(root - np.eye(6))
print(f"the root of the metric has moved by {moved:.3f}")
assert moved > 1e-3
CHECK

PYTHONPATH=$source/tests/drivers "$python" - <<'FIGURE'
import h5py
import numpy as np

from figures import draw, line, titles

figure, _ = draw("plot_rank.py", "exact.h5", "rank1.h5", "rank.png")
rank, bound, covering, epsilon = figure.axes
assert titles(figure)[:3] == ["effective rank", "Lemma 2", "test images"]
for name, ranks in (("exact", "rank_w"), ("rank1", "effective_rank")):
    with h5py.File(f"{name}.h5") as run:
        train, test = ({column: values[:] for column, values in run[f"metrics/{table}"].items()}
                       for table in ("train", "test"))
    for axis, label, column in ((rank, f"{name}: rank of F", ranks), (bound, name, "bound_holds")):
        x, y = line(axis, label)
        # Seven epochs of three steps.
        assert np.allclose(x, np.arange(1, 8)), (label, x)
        assert np.allclose(y, train[column].reshape(7, 3).mean(axis=1), rtol=1e-12), label
    x, y = line(covering, f"{name}: best of the set")
    assert np.array_equal(x, test["epoch"]) and np.array_equal(y, test["covering_best"])
x, y = line(covering, "rank1: segments by rank")
assert np.array_equal(y, test["rank_covering_best"])
assert np.allclose(line(epsilon, "rank1")[1], train["epsilon"][::3], rtol=1e-12)
FIGURE
"$bin/train_ncuts" "${quick[@]}" --train.epochs 1 --output untested.h5 --checkpoint untested_c.h5
expect_failure "holds no metrics 'test'; train with --test" "$python" "$source/analysis/plot_rank.py" \
  untested.h5 --output x.png

one_line() { [ "$(grep -c . output.txt)" = 1 ] || { cat output.txt; echo "FAILED: lines"; exit 1; }; }
for value in 0 -0.1; do
  for key in objective.epsilon objective.epsilon_final; do
    expect_failure "$key must be positive, not $value" "${falling[@]}" --$key $value
    one_line
  done
done
for value in inf nan; do
  expect_failure "key 'objective.epsilon' on the command line: $value is not" "${train[@]}" \
    --objective.epsilon $value
  one_line
done
expect_failure "needs cuts.affinity" "${falling[@]}" --cuts.affinity graph --objective.kind j1
expect_failure "J2 does not depend on it" "${train[@]}" --cuts.metric trained
expect_failure "has no epochs" "${falling[@]}" --train.method cg
expect_failure "trained without objective.projector" "$bin/segment" --data held.h5 \
  --checkpoint exact_c.h5 --segmenter.by_rank true --output x.h5
expect_failure "segmenter.epsilon must be positive, not -1" "$bin/segment" --data held.h5 \
  --checkpoint rank1_c.h5 --segmenter.by_rank true --segmenter.epsilon -1 --output x.h5
expect_failure "segmenter.by_rank clusters eigenvectors of a trained network" "$bin/segment" \
  --data held.h5 --features colour --segmenter.by_rank true --output x.h5
