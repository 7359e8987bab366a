# shellcheck shell=bash
# What the README shows in Python runs on what a training writes, and says what the file holds; links
# and paths of all documents lead somewhere, and the checker finds those that do not.
# shellcheck disable=SC2016
. "$(dirname "$0")/common.sh"
make_scenes
results=results/quickstart
mkdir -p $results/trained
"$bin/train_ncuts" "${quick[@]}" --output $results/run.h5 --checkpoint $results/trained.h5
"$bin/segment" --data scenes.h5 --checkpoint $results/trained.h5 \
  --output $results/trained/segmentations.h5 --log off
sed -n '/^```python$/,/^```$/{/^```/!p}' "$source/README.md" >shown.py
lines=$(wc -l <shown.py)
[ "$lines" -ge 10 ] && [ "$lines" -le 15 ]
cat shown.py - >checked.py <<'CHECK'
with h5py.File("results/quickstart/run.h5") as run:
    assert run.attrs["program"] in ("train_ncuts", b"train_ncuts")
assert len(objective) == 21 and 0 < objective[-1] < objective[0]
assert filters.ndim == 4 and filters.dtype == "float32" and abs(filters).max() > 0
assert segments.shape == (48, 64) and segments.max() > 0
CHECK
"$python" checked.py | tee shown.txt
grep -q "in 21 steps" shown.txt

documents=()
while read -r file; do documents+=("$file"); done < <(find "$source" -name '*.md' \
  -not -path "$source/build/*" -not -path '*/.*')
[ ${#documents[@]} -ge 8 ]
check=("$python" "$source/tests/documents/check_links.py")
"${check[@]}" "${documents[@]}"

mkdir -p folder
printf '# A heading: `code`\n' >folder/other.md
cat >right.md <<'RIGHT'
[a](folder/other.md#a-heading-code), ![b
c](shown.txt), `lib/{storage,graph}/CMakeLists.txt`, [there](https://example.org/nothing)
```
[not a link](nothing)
```
RIGHT
"${check[@]}" right.md
printf '[a](folder/none.md)\n' >file.md
printf '[a](folder/other.md#another)\n' >heading.md
printf '`lib/{storage,nothing}/CMakeLists.txt`\n' >path.md
expect_failure "file.md: link to folder/none.md: no such file" "${check[@]}" right.md file.md
expect_failure "heading.md: link to folder/other.md#another: no such heading" "${check[@]}" heading.md
expect_failure 'path.md: `lib/{storage,nothing}/CMakeLists.txt`: no such file' "${check[@]}" path.md
