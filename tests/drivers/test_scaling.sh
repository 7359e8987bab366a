# shellcheck shell=bash
# Every case of the list, small, on one and two ranks: rows as they were printed, numbers alike; what is
# finished is skipped, what fails is a row with its error and is tried again; tables and figures; the
# files for benchmark harnesses of computing centres.
. "$(dirname "$0")/common.sh"
[ -x "$bin/benchmark_scaling" ] || exit 77
cases=$source/drivers/benchmarks/scaling_cases.toml
scaling() { run_ranks "$1" "$bin/benchmark_scaling" --cases "$cases" --small "${@:2}"; }

# Messages of more ranks than cores.
sed 's/, 16, 32, 64\]/]/; s#\.\./configurations#'"$source"'/drivers/configurations#' "$cases" >few.toml
EIGENPROP_CHECKOUT=$source EIGENPROP_BUILD=$build EIGENPROP_COUNTED=1 \
  EIGENPROP_SCALING="--cases $work/few.toml --small" \
  EIGENPROP_CASES="low_rank_gradient graph_eigenvectors" \
  bash "$source/jobs/scaling.sbatch" "$work/counted.h5" >counted.txt || { cat counted.txt; exit 1; }
grep -q "case=graph_eigenvectors .* ranks=8 threads=1 .* status=ok" counted.txt
scaling 1 --list >list.txt
names=$(sed -n 's/^case=\([^ ]*\) .*/\1/p' list.txt)
[ "$(wc -w <<<"$names")" -ge 19 ]
for ranks in 1 2; do
  for name in $names; do scaling $ranks --case "$name" --output all.h5 || true; done
done >lines.txt
cat lines.txt
[ "$(grep -c 'status=ok$' lines.txt)" = $((2 * $(wc -w <<<"$names"))) ]
scaling 2 --case tsne --output all.h5 | grep -q "case=tsne .* ranks=2 .* status=known"
[ -z "$(find . -name 'all.h5.*' ! -name '*.lock')" ] || { ls; echo "FAILED: scratch files are left"; exit 1; }

# The same case with other settings needs another file.
sed 's/^points = 500$/points = 400/; s#\.\./configurations#'"$source"'/drivers/configurations#' \
  "$cases" >other.toml
expect_failure "with other settings" "$bin/benchmark_scaling" --cases other.toml --small \
  --case nca_gradient --output all.h5

# falsify FACTOR: of the objective on one rank; the row of two ranks goes, where there is one.
falsify() {
  "$python" - "$1" <<'PY'
import sys

import h5py

with h5py.File("all.h5", "r+") as file:
    row = file["cases/low_rank_gradient/nodes1_ranks1_threads1"]
    names = [name.decode() for name in row["number_names"][:]]
    row["numbers"][names.index("objective")] *= float(sys.argv[1])
    case = file["cases/low_rank_gradient"]
    if not case["nodes1_ranks2_threads1"].attrs["error"]:
        del case["nodes1_ranks2_threads1"]
PY
}
falsify 2
if scaling 2 --case low_rank_gradient --output all.h5 >differs.txt; then
  echo "FAILED: numbers that differ passed"
  exit 1
fi
grep -q "status=failed error=numbers differ: objective" differs.txt
cp all.h5 failed.h5
falsify 0.5
scaling 2 --case low_rank_gradient --output all.h5 | grep -q "ranks=2 .* status=ok$"

# A rank that is killed leaves a row that says so.
cat >kill.toml <<'TOML'
[long]
runs = "nca_gradient"
ranks = [1, 2]
repeats = 1000000
TOML
start_ranks 2 "$bin/benchmark_scaling" --cases kill.toml --case long --output killed.h5
until [ -s killed.h5 ]; do sleep 0.05; done
sleep 0.3
kill -9 "$(head -n 1 ranks)"
wait "$launcher" || true
"$python" - <<'PY'
import h5py

with h5py.File("killed.h5") as file:
    row = file["cases/long/nodes1_ranks2_threads1"]
    assert "before it was finished" in row.attrs["error"].decode(), row.attrs["error"]
    assert "seconds" not in row
PY
expect_failure "there is no case" "$bin/benchmark_scaling" --cases kill.toml --case lon --output k.h5
expect_failure "cannot be read" "$bin/benchmark_scaling" --cases missing.toml --case long
expect_failure "give --case NAME" "$bin/benchmark_scaling" --cases kill.toml

"$python" "$source/analysis/plot_scaling.py" failed.h5 --output scaling.png >table.md
grep -q "^failed: low_rank_gradient, nodes1_ranks2_threads1: numbers differ" table.md
grep -q "^| tsne (strong) | 2 x 1 | " table.md
"$python" "$source/analysis/model_scaling.py" counted.h5 --output model.png >model.md
grep -q "^| low_rank_gradient | InfiniBand HDR | " model.md
"$python" "$source/tests/drivers/check_scaling.py" "$source" list.txt lines.txt all.h5
