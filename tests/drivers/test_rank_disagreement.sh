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
differs() {
  local text=$1 rank=$2 ranks=3 status=0
  shift 2
  [ "$rank" != 0 ] || ranks=2
  case " $* " in *" -- "*) ;; *) set -- "$@" -- ;; esac
  timeout 60 mpirun --oversubscribe --bind-to none -n $ranks bash "$work/by_rank.sh" "$rank" \
    "$bin/train_ncuts" "${quick[@]}" --train.epochs 1 "$@" >output.txt 2>&1 || status=$?
  if [ $status = 0 ] || [ $status = 124 ] || [ "$(grep -c ': error: ' output.txt)" != 1 ] ||
    ! grep -qF -- "$text" output.txt; then
    cat output.txt
    echo "FAILED: status $status, expected one line with '$text' from $ranks ranks, $rank other: $*"
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
