#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "graph/operation.hpp"

namespace eigenprop {

/// First values of a parameter.
struct Initializer {
  enum class Kind {
    zeros,
    constant,
    identity,    ///< of a square matrix: `value` times it
    normal,      ///< normal distribution of mean zero and standard deviation `value`
    connections  ///< (inputs, outputs): 1 at `value` random inputs of each output, else 0
  };
  Kind kind = Kind::zeros;
  double value = 0;
};

/// A trained tensor, shared by all nodes and runs that use it.
struct Parameter {
  std::string name;
  AnyTensor value;
  AnyTensor adjoint;        ///< gradient of the last backward pass
  double rate_factor = 1;   ///< multiplies the learning rate; 0 freezes the parameter
  double decay_factor = 1;  ///< multiplies the weight decay
};

/// The parameters of a graph in order of creation.
class ParameterSet {
 public:
  /// Creates a parameter; its values depend on (seed, name) alone, so that neither the order of
  /// creation nor other parameters change them. Throws InputError where the name is taken.
  std::shared_ptr<Parameter> create(const std::string& name, const TensorSpec& spec,
                                    const Initializer& initializer, std::uint32_t seed);

  /// The parameter of this name, or null.
  std::shared_ptr<Parameter> find(const std::string& name) const;

  std::size_t size() const { return parameters_.size(); }
  const std::shared_ptr<Parameter>& operator[](std::size_t i) const { return parameters_[i]; }
  auto begin() const { return parameters_.begin(); }
  auto end() const { return parameters_.end(); }

  /// Number of scalars in all parameters.
  std::int64_t scalars() const;

 private:
  std::vector<std::shared_ptr<Parameter>> parameters_;
};

/// 32-bit hash of a name, the same on every machine (FNV-1a).
std::uint32_t name_hash(const std::string& name);

}  // namespace eigenprop
