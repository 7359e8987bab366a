#include "graph/registry.hpp"

#include <utility>

#include "runtime/error.hpp"

namespace eigenprop {

InputSample normal_input(const Shape& shape, Precision precision, double scale, double offset) {
  InputSample sample;
  sample.spec = {shape, precision};
  sample.scale = scale;
  sample.offset = offset;
  return sample;
}

void OperationRegistry::add(const std::string& type, CaseLister cases) {
  for (const auto& entry : entries_) {
    require(entry.type != type, "operation '" + type + "' is registered twice");
  }
  entries_.push_back({type, std::move(cases)});
}

}  // namespace eigenprop
