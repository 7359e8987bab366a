#include "graph/registry.hpp"

#include <utility>

#include "runtime/error.hpp"

namespace eigenprop {

void OperationRegistry::add(const std::string& type, CaseLister cases) {
  for (const auto& entry : entries_) {
    require(entry.type != type, "operation '" + type + "' is registered twice");
  }
  entries_.push_back({type, std::move(cases)});
}

}  // namespace eigenprop
