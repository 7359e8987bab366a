# shellcheck shell=bash
# The comparison of gradients through leading eigenvectors of affinity graphs: what its tables must
# show, its figure and table, and what it refuses.
. "$(dirname "$0")/common.sh"
"$bin/compare_projectors" --side 12 --steps 1 --degrees 50,200,800 --repetitions 1 --output p.h5 \
  >table.txt
"$python" - <<'CHECK'
import h5py
import numpy as np

with h5py.File("p.h5") as file:
    tables = {name: {column: values[:] for column, values in table.items()}
              for name, table in file["metrics"].items()}
gap, kept, rows = tables["gap"], tables["kept_gap"], tables["filter"]
# The gap that the projector needs: errors grow with its inverse, as rounding does, and no more.
assert np.allclose(gap["gap"], 10.0 ** -np.arange(1, 9), rtol=1e-12)
assert np.allclose(gap["gap_below"], gap["gap"], rtol=1e-6, atol=1e-14)
assert np.all(gap["graph"] < 1e-14 / gap["gap"] + 1e-12), gap["graph"]
assert np.all(gap["projector"] < 1e-14 / gap["gap"] + 1e-12), gap["projector"]
assert np.all(gap["value_error"] < 1e-9)
# Kept eigenvalues may meet: the projector does not see it, single eigenvectors do.
assert kept["gap"][-1] == 0 and np.all(np.diff(kept["gap"]) < 0)
assert np.all(kept["graph"] < 1e-11), kept["graph"]
# Far from those beyond: .0087 where the halves are tied for a gap of .1, .095 and more elsewhere.
assert np.all(kept["gap_below"] > 0.008) and np.all(kept["gap_below"][1:] > 0.09)
assert kept["eigenvectors"][-2] > 100 * kept["graph"][-2], kept["eigenvectors"]
assert not kept["eigenvectors"][-1] < 1e-8, kept["eigenvectors"][-1]
# The filter tends to the projector with its degree.
assert list(rows["degree"]) == [0, 50, 200, 800]
assert rows["gradient_error"][0] < 1e-2 and rows["value_error"][0] < 1e-4
assert np.all(np.diff(rows["gradient_error"][1:]) < 0), rows["gradient_error"]
assert rows["gradient_error"][-1] < 1e-3 and rows["value_error"][-1] < 1e-5, rows
assert np.array_equal(rows["forward_products"][1:], rows["degree"][1:])
CHECK
PYTHONPATH=$source/tests/drivers "$python" - >markdown.txt <<'FIGURE'
import h5py
import numpy as np

from figures import draw, line

figure, _ = draw("plot_projector_gap.py", "p.h5", "gap.png")
with h5py.File("p.h5") as file:
    for axis, name in zip(figure.axes, ("gap", "kept_gap")):
        table = {column: values[:] for column, values in file[f"metrics/{name}"].items()}
        positive = table["gap"] > 0
        for column, label in (
                ("graph", "filtered subspaces and KSP (GraphCutsAlignment)"),
                ("projector", "formula of the projector, all eigenvectors, double"),
                ("eigenvectors", "formula of single eigenvectors, double")):
            x, y = line(axis, label)
            assert np.array_equal(x, table["gap"][positive]), label
            assert np.array_equal(y, np.maximum(table[column][positive], 1e-17)), label
FIGURE
grep -q "^| filter of degree 200 | .* | 200 + 400 | 4 |" markdown.txt
[ "$(grep -c '^| ' markdown.txt)" = 6 ]

cp p.h5 before.h5
expect_failure "side must be even" "$bin/compare_projectors" --side 13 --output p.h5
expect_failure "degrees must lie" "$bin/compare_projectors" --degrees 0 --output p.h5
expect_failure "height and width must lie between 12 and 10000" "$bin/compare_projectors" --height 3 --output p.h5
cmp p.h5 before.h5
