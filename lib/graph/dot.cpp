#include "graph/dot.hpp"

namespace eigenprop {
namespace {

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

}  // namespace

std::string to_dot(const Graph& graph, const std::vector<TensorSpec>& inputs) {
  std::string text = "digraph {\n  rankdir = TB;\n  node [fontname = \"sans-serif\"];\n";
  const auto line = [&](const std::string& content) { text += "  " + content + ";\n"; };
  const auto shape_of = [&](int value) { return graph.infer({value}, inputs).shape.text(); };
  // Where a value comes from: its operation, or itself.
  const auto source = [&](int value) {
    const auto& info = graph.values()[static_cast<std::size_t>(value)];
    return info.node >= 0 ? "n" + std::to_string(info.node) : "v" + std::to_string(value);
  };
  for (std::size_t v = 0; v < graph.values().size(); ++v) {
    const auto& info = graph.values()[v];
    if (info.node >= 0) continue;
    const auto value = static_cast<int>(v);
    const std::string look = info.parameter ? "ellipse" : "box, style = rounded";
    line(source(value) + " [shape = " + look +
         ", label = " + quoted(info.name + "\n" + shape_of(value)) + "]");
  }
  for (std::size_t n = 0; n < graph.nodes().size(); ++n) {
    const auto& node = graph.nodes()[n];
    const std::string name = "n" + std::to_string(n);
    line(name + " [shape = box, label = " +
         quoted(node.name + "\n" + node.operation->type() + "\n" + shape_of(node.outputs[0])) +
         "]");
    for (const int input : node.inputs) line(source(input) + " -> " + name);
  }
  return text + "}\n";
}

}  // namespace eigenprop
