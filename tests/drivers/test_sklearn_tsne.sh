# shellcheck shell=bash
# From the same first places, exact t-SNE of digits comes within 1 % of the divergence that scikit-learn's
# exact method reaches in as many iterations.
. "$(dirname "$0")/common.sh"
sklearn=$(find_peer sklearn) || { echo "skipped: no scikit-learn here"; exit 77; }
"$sklearn" "$source/tests/drivers/sklearn_tsne.py" .
run_ranks 2 "$bin/embed_tsne" --data digits.h5 --import start.h5 --model.affinities exact \
  --train.iterations 300 --log off
"$sklearn" "$source/tests/drivers/sklearn_tsne.py" . --compare
