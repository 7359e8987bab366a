# shellcheck shell=bash
# After training, the objective is at least scikit-learn's, and neighbours in the embedding find the class
# as often, on the same splits of iris, wine and digits, in two dimensions and in more.
. "$(dirname "$0")/common.sh"
sklearn=$(find_peer sklearn) || { echo "skipped: no scikit-learn here"; exit 77; }
"$sklearn" "$source/tests/drivers/sklearn_nca.py" .
for case in iris_2 iris_4 wine_2 wine_13 digits_2 digits_16; do
  name=${case%_*}
  "$bin/train_embedding" --config "$source/drivers/configurations/linear_nca.toml" \
    --data "${name}_train.h5" --model.dimensions "${case#*_}" --input.scale none --train.iterations 50 \
    --log off --checkpoint c.h5 --output "${case}_run.h5"
  "$bin/evaluate_embedding" --train "${name}_train.h5" --test "${name}_test.h5" \
    --checkpoint c.h5 --neighbours 3 --output "${case}_scores.h5" >/dev/null
done
"$sklearn" "$source/tests/drivers/sklearn_nca.py" . --compare
