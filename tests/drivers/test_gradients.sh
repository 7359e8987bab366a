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
"$python" "$source/analysis/plot_gradient_gap.py" g.h5 --output gap.png
[ "$("$python" -c 'from PIL import Image; print(*Image.open("gap.png").size)')" = "1760 682" ]

cp g.h5 before.h5
expect_failure "powers of 2" "$bin/compare_gradients" --locations 12 --output g.h5
expect_failure "log and sqrt, not for 'exp'" "$bin/compare_gradients" --functions exp --output g.h5
expect_failure "must be positive" "$bin/compare_gradients" --epsilon 0 --output g.h5
cmp g.h5 before.h5
make_scenes
expect_failure "expected 'eigenprop-run'" "$python" "$source/analysis/plot_gradient_gap.py" \
  scenes.h5 --output x.png
