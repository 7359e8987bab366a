# shellcheck shell=bash
# draw_graph draws every configuration: each layer is a box, each parameter an ellipse, and edges join
# what the configuration joins; Graphviz, where it is there, accepts the text.
. "$(dirname "$0")/common.sh"
for file in "$source"/drivers/configurations/*.toml; do
  name=$(basename "$file" .toml)
  case $name in
    ncuts_* | boundaries_* | table2_*) network=ncuts ;;
    sparse_* | topographic_* | rica_* | autoencoder_*) network=dictionary ;;
    linear_* | cncar_* | nca_*) network=embedding ;;
    *sift* | softmax | tsne) continue ;;
    *) network=classifier ;;
  esac
  # Layers of 4096 have a hundred million weights, which take longer to draw at random than the graph.
  sed 's/ 4096/ 64/' "$file" >"$name.toml"
  "$bin/draw_graph" "$network" --config "$name.toml" --output "$name.dot"
  if command -v dot >/dev/null; then dot -Tsvg "$name.dot" -o "$name.svg"; fi
done
"$python" - <<'CHECK'
import re

class Drawing:
    def __init__(self, path):
        text = open(path).read()
        self.shapes = dict(re.findall(r'(\w+) \[shape = (\w+), label', text))
        self.labels = dict(re.findall(r'(\w+) \[shape = [^"]*"([^"]*)"', text))
        self.edges = re.findall(r"(\w+) -> (\w+)", text)
        self.nodes = {label.split("\n")[0]: node for node, label in self.labels.items()}

    def joined(self, *names):
        """Whether edges lead from each to the next."""
        return all((self.nodes[a], self.nodes[b]) in self.edges for a, b in zip(names, names[1:]))

    def shape(self, name):
        return self.shapes[self.nodes[name]]

    def label(self, name):
        return self.labels[self.nodes[name]]


cncar = Drawing("cncar_coil.dot")
assert cncar.joined("conv2.connections", "conv2.connected", "conv2")
assert cncar.joined("beta1", "conv2") and cncar.joined("beta2", "flatten")
assert cncar.joined("embedding.weight", "embedding")
assert cncar.shape("conv1.weight") == "ellipse" and cncar.shape("conv1") == "box"
assert "1, 28, 28, 16" in cncar.label("tanh1"), cncar.label("tanh1")

graph = Drawing("ncuts_graph_scenes.dot")
assert graph.joined("boundary", "boundary_double", "contour", "ncuts")
assert graph.joined("contour_width", "contour") and graph.joined("labels", "ncuts")
assert graph.shape("contour_width") == "ellipse"
assert "graph_cuts_alignment" in graph.label("ncuts"), graph.label("ncuts")

boundary = Drawing("boundaries_scenes.dot")
assert boundary.joined("boundary_score", "logistic") and boundary.joined("weights", "logistic")
assert boundary.joined("conv1", "norm1", "relu1")
CHECK
expect_failure "must be classifier, dictionary, embedding or ncuts" "$bin/draw_graph" other
expect_failure "cannot be written" "$bin/draw_graph" embedding --output /nowhere/x.dot
