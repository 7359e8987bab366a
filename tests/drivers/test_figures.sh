# shellcheck shell=bash
# The figures and tables of analysis come out for the files that the drivers write, and what is
# wrong is one line.
. "$(dirname "$0")/common.sh"
make_scenes
"$bin/train_ncuts" "${quick[@]}" --output run.h5 --checkpoint c.h5
"$bin/segment" --data scenes.h5 --checkpoint c.h5 --output s.h5 --log off
"$bin/evaluate_segmentation" --data scenes.h5 --segmentations s.h5 --output e.h5 >table.txt

png_size() {
  "$python" -c 'import sys; from PIL import Image
print(*Image.open(sys.argv[1]).size)' "$1"
}
"$python" "$source/analysis/plot_training.py" run.h5 --output training.png
"$python" "$source/analysis/plot_covering.py" trained=e.h5 --output covering.png
"$python" "$source/analysis/segmentation_sheet.py" --data scenes.h5 --trained s.h5 --rows 2 \
  --output sheet.png
[ "$(png_size training.png)" = "1210 825" ]
[ "$(png_size covering.png)" = "1210 495" ]
[ "$(png_size sheet.png)" = "900 500" ]
# The table repeats what the driver printed.
printed=$(awk '/Table 2/ {print $(NF-1)}' table.txt)
"$python" "$source/analysis/evaluation_table.py" trained=e.h5 | tee markdown.txt
grep -q "| trained | $(printf '%.3f' "$printed")" markdown.txt

# Times that follow powers of N and D; slower repetitions and aggregates do not.
"$python" - <<'TIMES'
import json

rows = []
for form, (n_power, d_power) in (("graph", (1.5, 0.25)), ("textbook", (2, 1))):
    for n, d in ((250, 64), (500, 64), (1000, 64), (500, 128), (500, 256)):
        name = f"growth_{form}/points:{n}/features:{d}/dimensions:8/real_time"
        time = 1e-3 * n**n_power * d**d_power
        rows += [{"name": name, "run_type": kind, "cpu_time": t, "real_time": n * t, "time_unit": "us"}
                 for kind, t in (("iteration", time), ("iteration", n * time), ("aggregate", 0))]
json.dump({"benchmarks": rows}, open("growth.json", "w"))
json.dump({"benchmarks": [r for r in rows if "graph" in r["name"]]}, open("half.json", "w"))
TIMES
"$python" "$source/analysis/plot_growth.py" growth.json --output growth.png >growth.txt
[ "$(png_size growth.png)" = "1210 495" ]
printf '%s\n' "graph: time over points has slope 1.50" "textbook: time over points has slope 2.00" \
  "graph: time over features has slope 0.25" "textbook: time over features has slope 1.00" |
  cmp - growth.txt
expect_failure "half.json: holds no times of growth_textbook" "$python" \
  "$source/analysis/plot_growth.py" half.json --output x.png
expect_failure "table.txt: is no JSON of Google Benchmark" "$python" \
  "$source/analysis/plot_growth.py" table.txt --output x.png

expect_failure "format is 'eigenprop-run', expected 'eigenprop-evaluation'" "$python" "$source/analysis/evaluation_table.py" run.h5
expect_failure "nothing to show" "$python" "$source/analysis/segmentation_sheet.py" \
  --data scenes.h5 --output x.png
expect_failure "nothing.h5" "$python" "$source/analysis/plot_training.py" nothing.h5 --output x.png
