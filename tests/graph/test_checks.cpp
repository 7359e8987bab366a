#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "graph/derivative_checks.hpp"
#include "graph/product.hpp"

namespace eigenprop {
namespace {

OperationCase product_case(std::shared_ptr<const Operation> operation) {
  const TensorSpec spec{{3, 4}, Precision::f64};
  return {"3 x 4", std::move(operation), {{spec}, {spec}}};
}

// (a b, c d), whose derivatives arrive multiplied by wrong factors.
class TwoProducts : public Product {
 public:
  struct Factors {
    std::vector<double> variation = std::vector<double>(4, 1.0);  ///< by input
    std::vector<double> adjoint = std::vector<double>(4, 1.0);
  };
  explicit TwoProducts(Factors factors) : factors_(std::move(factors)) {}

  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override {
    require_inputs(type(), inputs, 4);
    OperationPlan plan;
    plan.outputs = {inputs[0], inputs[2]};
    return plan;
  }

  void forward(const Arguments& a) const override {
    for (std::size_t y = 0; y < 2; ++y)
      combine(a.inputs[2 * y], a.inputs[2 * y + 1], a.outputs[y], false);
  }

  void variation(const Arguments& a, const std::vector<AnyTensor>& dx,
                 const std::vector<AnyTensor>& dy) const override {
    for (std::size_t y = 0; y < 2; ++y) fill_zero(dy[y]);
    for (std::size_t i = 0; i < 4; ++i) {
      if (!dx[i].empty())
        combine(dx[i], times(factors_.variation[i], a.inputs[i ^ 1]), dy[i / 2], true);
    }
  }

  void adjoint(const Arguments& a, const std::vector<AnyTensor>& dy,
               const std::vector<AnyTensor>& dx) const override {
    for (std::size_t i = 0; i < 4; ++i) {
      if (!dx[i].empty())
        combine(dy[i / 2], times(factors_.adjoint[i], a.inputs[i ^ 1]), dx[i], false);
    }
  }

 private:
  static AnyTensor times(double factor, const AnyTensor& x) {
    auto values = to_host(x.as<double>());
    for (auto& value : values) value *= factor;
    Tensor<double> result(x.shape());
    from_host(result, values);
    return result;
  }

  Factors factors_;
};

std::vector<std::string> faults_of(const OperationCase& test) {
  return derivative_faults(test, Precision::f64, 1);
}

OperationCase two_products(const TwoProducts::Factors& factors) {
  // The second product is too small to matter beside the first.
  InputSample large{{{3, 4}, Precision::f64}};
  large.scale = 1e3;
  InputSample small = large;
  small.scale = 1e-3;
  return {"3 x 4", std::make_shared<TwoProducts>(factors), {large, large, small, small}};
}

// Some fault contains `text`.
testing::Matcher<std::vector<std::string>> tells(const std::string& text) {
  return testing::Contains(testing::HasSubstr(text));
}

const std::string variation_of = "variation of output ";
const std::string adjoint_differs = "adjoint and variation differ";

TEST(Checks, AcceptRightOperations) {
  EXPECT_THAT(faults_of(product_case(std::make_shared<Product>())), testing::IsEmpty());
  EXPECT_THAT(faults_of(two_products({})), testing::IsEmpty());
}

TEST(Checks, RejectAWrongAdjoint) {
  for (std::size_t i = 0; i < 4; ++i) {
    for (const double factor : {0.0, 0.999, -1.0}) {
      TwoProducts::Factors factors;
      factors.adjoint[i] = factor;
      EXPECT_THAT(faults_of(two_products(factors)),
                  testing::ElementsAre(testing::HasSubstr(adjoint_differs)))
          << "input " << i << " times " << factor;
    }
  }
}

TEST(Checks, RejectAWrongVariation) {
  TwoProducts::Factors factors;
  factors.variation[3] = 0;
  const auto faults = faults_of(two_products(factors));
  EXPECT_THAT(faults, tells(adjoint_differs));
  EXPECT_THAT(faults, tells(variation_of + "1 along input 3 "));
}

// Both derivatives zero, or with the same wrong factor: transposes of each other, of another
// function.
TEST(Checks, RejectConsistentDerivativesOfAnotherFunction) {
  TwoProducts::Factors half;  // right for the first output alone
  for (const auto i : {std::size_t{2}, std::size_t{3}}) half.variation[i] = half.adjoint[i] = 0;
  EXPECT_THAT(faults_of(two_products(half)), testing::Each(testing::HasSubstr(variation_of + "1")));
  EXPECT_THAT(faults_of(two_products(half)), testing::SizeIs(3));

  auto zero = half;
  for (const auto i : {std::size_t{0}, std::size_t{1}}) zero.variation[i] = zero.adjoint[i] = 0;
  const auto test = two_products(zero);
  EXPECT_EQ(duality_mismatch(test, 1), 0);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_THAT(faults_of(test), tells(variation_of + std::to_string(i / 2) + " along input " +
                                       std::to_string(i) + " "));
    for (const double factor : {0.0, 0.99, 1.01, -1.0}) {
      TwoProducts::Factors factors;
      factors.variation[i] = factors.adjoint[i] = factor;
      const auto one_wrong = two_products(factors);
      EXPECT_LT(duality_mismatch(one_wrong, 1), 1e-14);
      EXPECT_THAT(faults_of(one_wrong), tells(variation_of + std::to_string(i / 2) +
                                              " along input " + std::to_string(i) + " "))
          << "input " << i << " times " << factor;
      // And nothing is said of the other output.
      EXPECT_THAT(faults_of(one_wrong),
                  testing::Not(tells(variation_of + std::to_string(1 - i / 2))));
    }
  }
}

// An adjoint that is right only where all inputs want one.
TEST(Checks, RejectAnAdjointThatNeedsAllInputs) {
  class Together : public Product {
   public:
    void adjoint(const Arguments& a, const std::vector<AnyTensor>& dy,
                 const std::vector<AnyTensor>& dx) const override {
      Product::adjoint(a, dy, dx);
      if (dx[0].empty()) fill_zero(dx[1]);
    }
  };
  EXPECT_THAT(faults_of(product_case(std::make_shared<Together>())), tells(adjoint_differs));
}

TEST(Checks, RejectDerivativesThatAreNotFinite) {
  TwoProducts::Factors factors;
  factors.variation[2] = factors.adjoint[2] = std::numeric_limits<double>::quiet_NaN();
  const auto faults = faults_of(two_products(factors));
  EXPECT_THAT(faults, tells(adjoint_differs));
  EXPECT_THAT(faults, tells(variation_of + "1 along input 2 "));
}

// Of what does not change, the check says nothing: the case must declare it, and rightly.
TEST(Checks, RejectInputsAndOutputsWithoutEffectUnlessDeclared) {
  class First : public Product {
   public:
    void forward(const Arguments& a) const override { copy(a.outputs[0], a.inputs[0]); }
    void variation(const Arguments&, const std::vector<AnyTensor>& dx,
                   const std::vector<AnyTensor>& dy) const override {
      fill_zero(dy[0]);
      if (!dx[0].empty()) copy(dy[0], dx[0]);
    }
    void adjoint(const Arguments&, const std::vector<AnyTensor>& dy,
                 const std::vector<AnyTensor>& dx) const override {
      if (!dx[0].empty()) copy(dx[0], dy[0]);
      if (!dx[1].empty()) fill_zero(dx[1]);
    }
  };
  auto test = product_case(std::make_shared<First>());
  EXPECT_THAT(faults_of(test), testing::ElementsAre("input 1 changes outputs by 0"));
  test.inputs[1].influential = false;
  EXPECT_THAT(faults_of(test), testing::IsEmpty());
  test.inputs[0].influential = false;
  EXPECT_THAT(faults_of(test), tells("input 0 changes outputs by "));
  test.inputs[0].influential = true;
  test.constant_outputs = {0};
  EXPECT_THAT(faults_of(test), tells("inputs change output 0 by "));
}

}  // namespace
}  // namespace eigenprop
