#include "operations/matrix_expression.hpp"

#include "operations/linear_combination.hpp"
#include "operations/matrix_product.hpp"
#include "operations/relu.hpp"
#include "operations/sum.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

MatrixExpression node(const MatrixExpression& a, const std::string& type,
                      std::shared_ptr<const Operation> operation,
                      const std::vector<Value>& inputs) {
  Graph& graph = a.graph();
  const std::string name = type + std::to_string(graph.nodes().size() + 1);
  return {graph, graph.apply(name, std::move(operation), inputs)};
}

MatrixExpression combination(double first, const MatrixExpression& a, double second,
                             const MatrixExpression& b) {
  const std::vector<double> coefficients = {first, second};
  return node(a, second < 0 ? "difference" : "sum",
              std::make_shared<LinearCombination<double>>(coefficients), {a.value(), b.value()});
}

}  // namespace

Value MatrixExpression::value() const {
  require(transpose_ == Transpose::no, "a transposed matrix can only be a factor of a product");
  return value_;
}

MatrixExpression MatrixExpression::transposed() const {
  return {*graph_, value_, transpose_ == Transpose::no ? Transpose::yes : Transpose::no};
}

MatrixExpression operator*(const MatrixExpression& a, const MatrixExpression& b) {
  const MatrixProductSettings settings = {a.transpose_, b.transpose_};
  return node(a, "product", std::make_shared<MatrixProduct<double>>(settings),
              {a.value_, b.value_});
}

MatrixExpression operator+(const MatrixExpression& a, const MatrixExpression& b) {
  return combination(1, a, 1, b);
}

MatrixExpression operator-(const MatrixExpression& a, const MatrixExpression& b) {
  return combination(1, a, -1, b);
}

MatrixExpression operator*(double factor, const MatrixExpression& a) {
  const std::vector<double> coefficients = {factor};
  return node(a, "multiple", std::make_shared<LinearCombination<double>>(coefficients),
              {a.value()});
}

MatrixExpression matrix_input(Graph& graph, const std::string& name, bool differentiable) {
  return {graph, graph.input(name, Precision::f64, differentiable)};
}

MatrixExpression matrix_parameter(Graph& graph, const std::string& name, const Shape& shape,
                                  double deviation) {
  return {graph,
          graph.parameter(name, {shape, Precision::f64}, {Initializer::Kind::normal, deviation})};
}

MatrixExpression elementwise(const MatrixExpression& a, ElementFunction function, double epsilon) {
  const ElementwiseSettings settings = {function, epsilon};
  return node(a, element_function_name(function), std::make_shared<Elementwise<double>>(settings),
              {a.value()});
}

MatrixExpression relu(const MatrixExpression& a) {
  return node(a, "relu", std::make_shared<Relu<double>>(), {a.value()});
}

MatrixExpression sum(const MatrixExpression& a) {
  return node(a, "total", std::make_shared<Sum<double>>(), {a.value()});
}

}  // namespace eigenprop
