# shellcheck shell=bash
# The comparison of gradients near equal singular values: what its table must show, its figure, and
# what it refuses.
. "$(dirname "$0")/common.sh"
"$bin/compare_gradients" --samples 5 --output g.h5 >table.txt
"$python" - <<'EOF'
import h5py
import numpy as np

with h5py.File("g.h5") as file:
    assert file.attrs["format"].decode() == "eigenprop-run"
    for function in ("log", "sqrt"):
        gap = {name: column[:] for name, column in file[f"metrics/gap_{function}"].items()}
        assert gap["gap"][0] == 1 / 8 and gap["gap"][-1] == 0 and np.all(np.diff(gap["gap"]) < 0)
        assert np.all(gap["exact_largest"] < 1e-11)
        # Relative errors of the plain formulas grow like the rounding unit over the gap.
        for name in ("svd", "eig", "eig_pade"):
            at = np.argmin(abs(gap["gap"] - 1e-10))
            assert 1e-8 < gap[name][at] < 1e-4, (name, gap[name][at])
        # The others leave out what they cannot see.
        for name in ("eig_clip", "eig_lorentzian", "eig_taylor"):
            assert gap[name][-2] > 0.1, (name, gap[name][-2])
        if function == "sqrt":
            assert np.all(gap["newton_schulz_15"] < 1e-11)
            assert np.all(gap["newton_schulz_5"] > 1e-3)
        condition = {name: c[:] for name, c in file[f"metrics/condition_{function}"].items()}
        for name in ("exact", "svd"):
            assert np.all(condition[f"{name}_double"] < 1e-4 * condition[f"{name}_float"])
EOF
PYTHONPATH=$source/tests/drivers "$python" - <<'FIGURE'
import h5py
import numpy as np

from figures import draw, line

figure, _ = draw("plot_gradient_gap.py", "g.h5", "gap.png")
drawn = {"exact": "exact (SecondOrderPooling)", "svd": "plain, through the SVD of F (eq. 46)",
         "eig": "plain, through eigenvectors (eq. 47)", "eig_clip": "clipped at 1e10",
         "eig_lorentzian": "Lorentzian, 1e-12", "eig_taylor": "Taylor, degree 100",
         "eig_pade": "Padé [50/50]"}
schulz = {f"newton_schulz_{i}": f"Newton-Schulz, {i} iterations" for i in (5, 15)}
with h5py.File("g.h5") as file:
    for axis, function, labels in ((figure.axes[0], "log", drawn),
                                   (figure.axes[1], "sqrt", {**drawn, **schulz})):
        table = {name: column[:] for name, column in file[f"metrics/gap_{function}"].items()}
        gap = table["gap"]
        for column, label in labels.items():
            x, y = line(axis, label)
            assert np.array_equal(x, gap[gap > 0]), label
            assert np.array_equal(y, np.maximum(table[column][gap > 0], 1e-16), equal_nan=True), label
        # And the gap of exactly 0, a dot for each.
        dots = [d for d in axis.get_lines() if d.get_marker() == "o"]
        assert len(dots) == len(labels) and all(len(d.get_xdata()) == 1 for d in dots)
    table = file["metrics/condition_log"]
    for column, label in (("exact", drawn["exact"]), ("svd", "plain, SVD"),
                          ("eig", "plain, eigenvectors")):
        for precision in ("float", "double"):
            x, y = line(figure.axes[2], f"{label}, {precision}")
            assert np.array_equal(x, table["condition"])
            assert np.array_equal(y, np.maximum(table[f"{column}_{precision}"], 1e-16),
                                  equal_nan=True), (label, precision)
FIGURE

cp g.h5 before.h5
expect_failure "powers of 2" "$bin/compare_gradients" --locations 12 --output g.h5
expect_failure "log and sqrt, not for 'exp'" "$bin/compare_gradients" --functions exp --output g.h5
expect_failure "must be positive" "$bin/compare_gradients" --epsilon 0 --output g.h5
cmp g.h5 before.h5
make_scenes
expect_failure "expected 'eigenprop-run'" "$python" "$source/analysis/plot_gradient_gap.py" \
  scenes.h5 --output x.png
