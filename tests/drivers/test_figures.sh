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

expect_failure "format is 'eigenprop-run', expected 'eigenprop-evaluation'" "$python" "$source/analysis/evaluation_table.py" run.h5
expect_failure "nothing to show" "$python" "$source/analysis/segmentation_sheet.py" \
  --data scenes.h5 --output x.png
expect_failure "nothing.h5" "$python" "$source/analysis/plot_training.py" nothing.h5 --output x.png
