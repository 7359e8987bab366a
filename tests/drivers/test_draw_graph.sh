# shellcheck shell=bash
# draw_graph draws every configuration: each layer is a box, each parameter an ellipse, and edges join
# what the configuration joins; Graphviz, where it is there, accepts the text.
. "$(dirname "$0")/common.sh"
for file in "$source"/drivers/configurations/*.toml; do
  name=$(basename "$file" .toml)
  case $name in
    ncuts_*) network=ncuts ;;
    sparse_* | topographic_* | rica_* | autoencoder_*) network=dictionary ;;
    linear_* | cncar_* | nca_*) network=embedding ;;
    *sift* | softmax | tsne) continue ;;
    *) network=classifier ;;
  esac
  "$bin/draw_graph" "$network" --config "$file" --output "$name.dot"
  if command -v dot >/dev/null; then dot -Tsvg "$name.dot" -o "$name.svg"; fi
done
"$python" - <<'CHECK'
import re

text = open("cncar_coil.dot").read()
nodes = dict(re.findall(r'(\w+) \[shape = (\w+), label', text))
labels = dict(re.findall(r'(\w+) \[shape = [^"]*"([^"]*)"', text))
edges = re.findall(r"(\w+) -> (\w+)", text)
by_name = {label.split("\n")[0]: node for node, label in labels.items()}
def joined(a, b):
    return (by_name[a], by_name[b]) in edges
assert joined("conv2.connections", "conv2.connected") and joined("conv2.connected", "conv2")
assert joined("beta1", "conv2") and joined("beta2", "flatten")
assert joined("embedding.weight", "embedding")
assert nodes[by_name["conv1.weight"]] == "ellipse" and nodes[by_name["conv1"]] == "box"
assert "1, 28, 28, 16" in labels[by_name["tanh1"]], labels[by_name["tanh1"]]
CHECK
expect_failure "must be classifier, dictionary, embedding or ncuts" "$bin/draw_graph" other
expect_failure "cannot be written" "$bin/draw_graph" embedding --output /nowhere/x.dot
