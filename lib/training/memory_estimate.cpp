#include "training/memory_estimate.hpp"

#include <cstdio>

namespace eigenprop {

void MemoryEstimate::add_training(const Graph& graph, const std::vector<TensorSpec>& inputs,
                                  const SolverSettings& solver) {
  double values = 0;
  for (const auto& parameter : graph.parameters())
    values += static_cast<double>(parameter->value.bytes());
  const auto scalars = static_cast<double>(graph.parameters().scalars());
  add("parameters and gradients", 2 * values);
  add("sums of gradients", scalars * sizeof(double));
  if (solver.by_batches()) {
    add("velocities", values);
  } else {
    leave_out("vectors of TAO's " + solver.method);
  }
  add("buffers of the graph",
      static_cast<double>(graph.memory_of(inputs, Mode::training, {graph.output("objective")})));
}

double MemoryEstimate::bytes() const {
  double sum = 0;
  for (const auto& part : parts_) sum += part.second;
  return sum;
}

std::string MemoryEstimate::text() const {
  const auto line = [](const std::string& part, double bytes) {
    char text[96];
    std::snprintf(text, sizeof text, "%-40s %10.1f\n", part.c_str(), bytes / 1048576);
    return std::string(text);
  };
  std::string text = "\nmemory of a rank at its peak, MiB\n";
  for (const auto& [part, bytes] : parts_) text += line(part, bytes);
  text += line("in all", bytes());
  for (const auto& part : left_out_) text += "beside it: " + part + "\n";
  return text;
}

}  // namespace eigenprop
