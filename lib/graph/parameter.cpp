#include "graph/parameter.hpp"

#include <algorithm>
#include <numeric>

#include "runtime/error.hpp"

namespace eigenprop {
namespace {

/// 1 at `chosen` rows of each column of a (rows, columns) matrix, drawn without replacement.
std::vector<double> random_connections(const Shape& shape, std::int64_t chosen,
                                       const RandomStream& stream) {
  require(shape.rank() == 2 && chosen >= 0 && chosen <= shape[0],
          std::to_string(chosen) + " connections do not fit a table " + shape.text());
  std::vector<double> values(static_cast<std::size_t>(shape.size()), 0.0);
  std::vector<std::size_t> rows(static_cast<std::size_t>(shape[0]));
  const auto columns = static_cast<std::size_t>(shape[1]);
  for (std::size_t column = 0; column < columns; ++column) {
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    for (std::size_t i = 0; i < static_cast<std::size_t>(chosen); ++i) {
      const double place =
          stream.uniform(column * rows.size() + i) * static_cast<double>(rows.size() - i);
      std::swap(rows[i], rows[i + std::min(static_cast<std::size_t>(place), rows.size() - i - 1)]);
      values[rows[i] * columns + column] = 1;
    }
  }
  return values;
}

// Values are drawn on the host in double, so that every backend and precision starts alike.
std::vector<double> initial_values(const Shape& shape, const Initializer& initializer,
                                   const RandomKey& key) {
  const RandomStream stream(key);
  if (initializer.kind == Initializer::Kind::connections)
    return random_connections(shape, static_cast<std::int64_t>(initializer.value), stream);
  std::vector<double> values(static_cast<std::size_t>(shape.size()), 0.0);
  if (initializer.kind == Initializer::Kind::identity) {
    require(shape.rank() == 2 && shape[0] == shape[1],
            "a parameter " + shape.text() + " cannot start as an identity matrix");
    const auto n = static_cast<std::size_t>(shape[0]);
    for (std::size_t i = 0; i < n; ++i) values[i * n + i] = initializer.value;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (initializer.kind == Initializer::Kind::constant) values[i] = initializer.value;
    if (initializer.kind == Initializer::Kind::normal)
      values[i] = initializer.value * stream.normal(i);
  }
  return values;
}

}  // namespace

std::uint32_t name_hash(const std::string& name) {
  std::uint32_t hash = 2166136261u;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash;
}

std::shared_ptr<Parameter> ParameterSet::create(const std::string& name, const TensorSpec& spec,
                                                const Initializer& initializer,
                                                std::uint32_t seed) {
  require(!find(name), "two parameters of the name '" + name + "'");
  require(spec.precision != Precision::i32, "parameter '" + name + "' of integers");
  auto parameter = std::make_shared<Parameter>();
  parameter->name = name;
  parameter->value = AnyTensor::zeros(spec.shape, spec.precision, name);
  parameter->adjoint = AnyTensor::zeros(spec.shape, spec.precision, name + " adjoint");
  const auto values =
      initial_values(spec.shape, initializer,
                     RandomKey{seed, RandomPurpose::initialization, 0, name_hash(name), 0});
  parameter->value.visit([&](const auto& tensor) {
    using T = typename std::decay_t<decltype(tensor)>::value_type;
    std::vector<T> converted(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) converted[i] = static_cast<T>(values[i]);
    from_host(tensor, converted);
  });
  parameters_.push_back(parameter);
  return parameter;
}

std::shared_ptr<Parameter> ParameterSet::find(const std::string& name) const {
  for (const auto& parameter : parameters_) {
    if (parameter->name == name) return parameter;
  }
  return nullptr;
}

std::int64_t ParameterSet::scalars() const {
  std::int64_t sum = 0;
  for (const auto& parameter : parameters_) sum += parameter->value.shape().size();
  return sum;
}

}  // namespace eigenprop
