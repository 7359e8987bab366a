# shellcheck shell=bash
# Ranks that were given different things: within seconds all end, with a status that is not 0 and one
# line that says what differs.
. "$(dirname "$0")/common.sh"
# Where one rank aborts, mpirun ends the others at once, which have nothing to save.
export OMPI_MCA_odls_base_sigkill_timeout=0
make_scenes
"$python" "$source/analysis/make_scenes.py" --count 12 --height 48 --width 64 --seed 4 \
  --output others.h5 >/dev/null
"$python" "$source/analysis/make_scenes.py" --count 11 --height 48 --width 64 --seed 3 \
  --output fewer.h5 >/dev/null
"$bin/train_ncuts" "${quick[@]}" --train.epochs 1 --output run.h5 --checkpoint first_c.h5
"$bin/train_ncuts" "${quick[@]}" --train.epochs 1 --train.rate 0.001 --output run.h5 \
  --checkpoint second_c.h5
head -c 3000 first_c.h5 >broken_c.h5
cat >by_rank.sh <<'SH'
# by_rank.sh R COMMAND ... -- OTHER ARGUMENTS: rank R works in the folder `other`, and takes these.
rank=$1
shift
common=()
while [ "$1" != -- ]; do common+=("$1"); shift; done
shift
[ "$OMPI_COMM_WORLD_RANK" != "$rank" ] || { cd other; common+=("$@"); }
exec "${common[@]}"
SH
mkdir other

# differs TEXT RANK [ARGUMENTS] [-- OTHER ARGUMENTS]: of rank 0 of two, or of a later one of three.
program=("$bin/train_ncuts" "${quick[@]}" --train.epochs 1)
differs() {
  local text=$1 rank=$2 ranks=3 status=0
  shift 2
  [ "$rank" != 0 ] || ranks=2
  case " $* " in *" -- "*) ;; *) set -- "$@" -- ;; esac
  set_launcher $ranks
  timeout 60 "${launch[@]}" bash "$work/by_rank.sh" "$rank" \
    "${program[@]}" "$@" >output.txt 2>&1 || status=$?
  if [ $status = 0 ] || [ $status = 124 ] || [ "$(grep -c ': error: ' output.txt)" != 1 ] ||
    ! grep -qF -- "$text" output.txt; then
    cat output.txt
    echo "FAILED: status $status, expected one line with '$text' from $ranks ranks, $rank other:" \
      "${program[@]}" "$@"
    exit 1
  fi
}

reset() { rm -rf other run_c.h5 run.h5 && mkdir other && cp scenes.h5 other; }
for rank in 0 1; do
  reset
  printf '[train]\nbatch = 4\n' >config.toml
  differs "config.toml" $rank --config config.toml
  cp config.toml other/
  printf 'nonsense = 1\n' >other/config.toml
  differs "nonsense" $rank --config config.toml
  printf '[train]\nrate = 0.5\n' >other/config.toml
  differs "settings differ between ranks" $rank --config config.toml
  differs "settings differ between ranks" $rank -- --train.epochs 2
  differs "settings differ between ranks" $rank -- --output elsewhere.h5
  differs "settings differ between ranks" $rank -- --dry-run
  differs "settings differ between ranks" $rank -- --help
  differs "settings differ between ranks" $rank -- -eps_type lobpcg
  differs "not_a_key" $rank -- --not_a_key 3
  rm other/scenes.h5
  differs "there is no file 'scenes.h5'" $rank
  cp others.h5 other/scenes.h5
  differs "not the same data set on all ranks" $rank
  cp fewer.h5 other/scenes.h5
  differs "not the same data set on all ranks" $rank
  echo nothing >other/scenes.h5
  differs "'scenes.h5' is not an HDF5 file" $rank
done
# Rank 0 decides whether there is a checkpoint, and the others must see the same one.
reset
cp first_c.h5 run_c.h5
differs "there is no file 'run_c.h5'" 2 --resume auto --checkpoint run_c.h5
cp second_c.h5 other/run_c.h5
differs "not the same file on all ranks" 2 --resume changed --checkpoint run_c.h5
cp broken_c.h5 other/run_c.h5
differs "run_c.h5" 2 --resume auto --checkpoint run_c.h5

# Every other driver that reads what ranks may see differently.
for name in textures other_textures; do
  "$python" "$source/tests/drivers/make_textures.py" $name.h5 20 ${#name}
done
for name in points other_points; do
  "$python" -c 'import numpy as np, sys
labels = np.arange(40) % 4
values = np.random.default_rng(int(sys.argv[1])).normal(0, 1, (40, 6)) + labels[:, None]
np.savez("points.npz", features=values, labels=labels)' ${#name}
  "$python" "$source/analysis/pack_points.py" --npz points.npz --output $name.h5 >/dev/null
done
one=(--log off --output run.h5)
small=(--view.long_side 48 --view.short_side 32 --train.epochs 1)
for name in "" other_; do
  seed=(--train.seed $((${#name} + 1)))
  "$bin/train_ncuts" --config "$source/drivers/configurations/boundaries_scenes.toml" --data scenes.h5 \
    "${small[@]}" "${one[@]}" "${seed[@]}" --checkpoint ${name}boundaries.h5
  "$bin/train_classifier" --config "$source/drivers/configurations/cifar_o2p.toml" --data textures.h5 \
    --view.side 14 --train.epochs 1 --train.batch 10 "${one[@]}" "${seed[@]}" \
    --checkpoint ${name}classifier.h5
  "$bin/train_embedding" --data points.h5 --model.dimensions 2 --train.iterations 2 "${one[@]}" \
    "${seed[@]}" --checkpoint ${name}embedding.h5
done
for name in scenes others; do
  "$bin/segment" --features colour --data $name.h5 --output segmented_$name.h5 --log off
done
"$python" - <<'PY'
import os

import h5py
import numpy as np
import scipy.io

# Of other images, but with the names of these.
for source, target in (("segmented_others", "other_segmented"), ("others", "other_scenes")):
    os.rename(f"{source}.h5", f"{target}.h5")
    with h5py.File(f"{target}.h5", "r+") as file, h5py.File("scenes.h5") as scenes:
        file["images/name"][...] = scenes["images/name"][...]
os.rename("segmented_scenes.h5", "segmented.h5")
for seed, folder in enumerate(("truth", "other_truth")):
    os.mkdir(folder)
    entry = np.empty((1, 1), [("Segmentation", object)])
    entry[0, 0] = (np.random.default_rng(seed).integers(1, 4, (9, 12), dtype=np.uint16),)
    people = np.empty((1, 1), object)
    people[0, 0] = entry
    scipy.io.savemat(f"{folder}/a.mat", {"groundTruth": people})
PY

# seen FILES DRIVER [ARGUMENTS]: of each of these files rank 1 sees none, and rank 0 another one.
seen() {
  local files=$1 file
  shift
  program=("$bin/$1" "${@:2}")
  for file in $files; do
    rm -rf other && mkdir other
    cp -r scenes.h5 textures.h5 points.h5 boundaries.h5 classifier.h5 embedding.h5 segmented.h5 truth \
      other
    rm -r "other/$file"
    differs "'$file'" 1
    cp -r "other_$file" "other/$file"
    differs "on all ranks" 0
  done
}
seen "scenes.h5 boundaries.h5" fit_contours --data scenes.h5 --checkpoint boundaries.h5 --log off
seen "scenes.h5 boundaries.h5" map_boundaries --data scenes.h5 --checkpoint boundaries.h5 \
  --output maps.h5 --log off
seen "scenes.h5 boundaries.h5" segment --partition hierarchy --data scenes.h5 \
  --checkpoint boundaries.h5 --log off
seen scenes.h5 segment --affinity contour --data scenes.h5 --eigenvectors v.h5 --log off
seen "scenes.h5 segmented.h5" evaluate_segmentation --data scenes.h5 --segmentations segmented.h5
seen truth evaluate_segmentation --data truth --people
seen "textures.h5 classifier.h5" train_classifier --score classifier.h5 --test textures.h5 --log off
seen "textures.h5 classifier.h5" extract_activations --data textures.h5 --checkpoint classifier.h5 \
  --layer triangle --log off
seen "points.h5 embedding.h5" evaluate_embedding --train points.h5 --checkpoint embedding.h5 \
  --output neighbours.h5
seen points.h5 train_dictionary --data points.h5 --model.atoms 5 --log off
seen points.h5 embed_tsne --data points.h5 --model.perplexity 5 --log off
[ ! -x "$bin/scale_ncuts" ] || seen scenes.h5 scale_ncuts --affinity graph --data scenes.h5 --vectors 4
