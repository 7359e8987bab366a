#pragma once

#include <string>

#include "graph/graph.hpp"
#include "linalg/blas.hpp"
#include "operations/elementwise.hpp"

namespace eigenprop {

/// A double-precision matrix in a graph, for writing an objective as a formula:
///
///     Graph graph;
///     const auto x = matrix_input(graph, "x"), s = matrix_input(graph, "s", true);
///     const auto A = matrix_parameter(graph, "A", {8, 5}, 0.1);
///     const auto objective = sum(square(A * s - x)) + gamma * sum(square(A)) +
///                            lambda * sum(square_root(V * square(s), epsilon));
///
/// Every operator adds a node; a parameter that stands in several places adds up its gradients.
/// The graph must outlive the expressions. Shapes are checked when the graph is planned.
class MatrixExpression {
 public:
  MatrixExpression(Graph& graph, Value value, Transpose transpose = Transpose::no)
      : graph_(&graph), value_(value), transpose_(transpose) {}

  Graph& graph() const { return *graph_; }
  /// The node's value. Throws InputError of a transposed matrix, which is a factor of products
  /// alone.
  Value value() const;

  /// The transpose, as a factor of a product.
  MatrixExpression transposed() const;

  friend MatrixExpression operator*(const MatrixExpression& a, const MatrixExpression& b);
  friend MatrixExpression operator+(const MatrixExpression& a, const MatrixExpression& b);
  friend MatrixExpression operator-(const MatrixExpression& a, const MatrixExpression& b);
  friend MatrixExpression operator*(double factor, const MatrixExpression& a);

 private:
  Graph* graph_;
  Value value_;
  Transpose transpose_;
};

/// A matrix that the caller provides.
MatrixExpression matrix_input(Graph& graph, const std::string& name, bool differentiable = false);
/// A trained matrix, normal of this standard deviation at first.
MatrixExpression matrix_parameter(Graph& graph, const std::string& name, const Shape& shape,
                                  double deviation);

/// Element by element (elementwise.hpp).
MatrixExpression elementwise(const MatrixExpression& a, ElementFunction function,
                             double epsilon = 0);
inline MatrixExpression square(const MatrixExpression& a) {
  return elementwise(a, ElementFunction::square);
}
/// sqrt(a + ε)
inline MatrixExpression square_root(const MatrixExpression& a, double epsilon = 0) {
  return elementwise(a, ElementFunction::square_root, epsilon);
}
/// sqrt(a² + ε)
inline MatrixExpression smooth_absolute(const MatrixExpression& a, double epsilon) {
  return elementwise(a, ElementFunction::smooth_absolute, epsilon);
}
inline MatrixExpression sigmoid(const MatrixExpression& a) {
  return elementwise(a, ElementFunction::sigmoid);
}

/// max(a, 0)
MatrixExpression relu(const MatrixExpression& a);

/// Sum of all elements, a number (1).
MatrixExpression sum(const MatrixExpression& a);

}  // namespace eigenprop
