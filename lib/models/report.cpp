#include "models/report.hpp"

#include <cstdio>
#include <set>

namespace eigenprop {

std::string describe_graph(const Graph& graph, const std::vector<TensorSpec>& given) {
  char line[192];
  std::snprintf(line, sizeof line, "%-20s %-28s %-22s %12s %10s %10s\n", "layer", "type", "output",
                "parameters", "MiB", "MFLOP");
  std::string text = line;
  const auto add_row = [&](const std::string& name, const std::string& type, const Shape& shape,
                           std::int64_t parameters, double bytes, double flops) {
    std::snprintf(line, sizeof line, "%-20s %-28s %-22s %12lld %10.2f %10.1f\n", name.c_str(),
                  type.c_str(), shape.text().c_str(), static_cast<long long>(parameters),
                  bytes / 1048576, flops / 1e6);
    text += line;
  };
  double all_bytes = 0;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto& info = graph.values()[static_cast<std::size_t>(graph.inputs()[i])];
    add_row(info.name, "input", given[i].shape, 0, static_cast<double>(given[i].bytes()), 0);
    all_bytes += static_cast<double>(given[i].bytes());
  }
  std::set<int> counted;
  std::int64_t all_parameters = 0;
  double all_flops = 0;
  for (const auto& node : graph.nodes()) {
    std::vector<TensorSpec> inputs;
    std::int64_t parameters = 0;
    for (const int input : node.inputs) {
      inputs.push_back(graph.infer({input}, given));
      const auto& info = graph.values()[static_cast<std::size_t>(input)];
      if (info.parameter && counted.insert(input).second)
        parameters += info.parameter->value.shape().size();
    }
    const auto plan = plan_node(node.name, *node.operation, inputs, node.outputs.size());
    double bytes = 0;
    for (const auto& spec : plan.outputs) bytes += static_cast<double>(spec.bytes());
    for (const auto& spec : plan.saved) bytes += static_cast<double>(spec.bytes());
    add_row(node.name, node.operation->type(), plan.outputs[0].shape, parameters, bytes,
            plan.flops);
    all_parameters += parameters;
    all_bytes += bytes;
    all_flops += plan.flops;
  }
  add_row("total", "", {}, all_parameters, all_bytes, all_flops);
  return text;
}

NCutsGraph ncuts_graph(const NCutsTrainingSettings& settings) {
  const auto model = complete_model(settings);
  auto graph = settings.learns_boundaries() ? build_boundary_network(model, settings.graph, 0)
               : settings.has_graph()       ? build_graph_cuts_network(model, settings.graph, {}, 0)
                                            : build_ncuts_network(model, alignment_of(settings), 0);
  const TensorSpec image = {
      {1, settings.augmentation.short_side, settings.augmentation.long_side, model.input_channels},
      Precision::f32};
  const Shape features = feature_shape(graph, image.shape);
  const std::int64_t places = features[1] * features[2];
  const TensorSpec target = settings.learns_boundaries() ? TensorSpec{{places, 2}, Precision::f32}
                                                         : TensorSpec{{1, places}, Precision::i32};
  std::vector<TensorSpec> inputs = {image, target};
  if (!settings.has_graph() && settings.is_regularized()) inputs.push_back({{1}, Precision::f64});
  return {std::move(graph), inputs};
}

}  // namespace eigenprop
