#include <gtest/gtest.h>

#include <map>

#include "graph/execution.hpp"
#include "graph/product.hpp"

namespace eigenprop {
namespace {

AnyTensor constant(const Shape& shape, double value) {
  Tensor<double> tensor(shape);
  Kokkos::deep_copy(tensor.view(), value);
  return tensor;
}

double first(const AnyTensor& tensor) { return to_host(tensor.as<double>())[0]; }

const RandomKey key{1, RandomPurpose::test, 0, 0, 0};

// f = ((x w) (x w)) w with the parameter w in two layers: df/dw = 3 x² w², df/dx = 2 x w³.
TEST(Graph, AddsGradientsOfBranchesAndSharedParameters) {
  Graph graph(3);
  const auto x = graph.input("x", Precision::f64, true);
  const TensorSpec spec{{2}, Precision::f64};
  const auto w = graph.parameter("w", spec, {Initializer::Kind::constant, 1.5});
  const auto again = graph.parameter("w", spec, {});
  EXPECT_EQ(w.index, again.index);
  const auto product = std::make_shared<Product>();
  const auto h = graph.apply("h", product, {x, w});
  const auto square = graph.apply("square", product, {h, h});
  const auto y = graph.apply("y", product, {square, again});

  auto& execution = graph.plan({spec}, Mode::training);
  copy(execution.input(0), constant({2}, 2.0));
  execution.forward(key);
  EXPECT_DOUBLE_EQ(first(execution.value(y)), 4 * 1.5 * 1.5 * 1.5);
  for (int repeat = 0; repeat < 2; ++repeat) {
    std::vector<std::string> ready;
    execution.backward({{y, constant({2}, 1.0)}},
                       [&](Parameter& parameter) { ready.push_back(parameter.name); });
    EXPECT_EQ(ready, std::vector<std::string>{"w"});
    EXPECT_DOUBLE_EQ(first(execution.adjoint(w)), 3 * 4 * 1.5 * 1.5);
    EXPECT_DOUBLE_EQ(first(execution.adjoint(x)), 2 * 2 * 1.5 * 1.5 * 1.5);
  }
  const auto dy = execution.variation({{w, constant({2}, 0.1)}}, y);
  EXPECT_NEAR(first(dy), 0.1 * 3 * 4 * 1.5 * 1.5, 1e-14);
}

TEST(Graph, SeedsMayLieBeforeOtherSeeds) {
  Graph graph;
  const auto x = graph.input("x", Precision::f64, true);
  const auto product = std::make_shared<Product>();
  const auto square = graph.apply("square", product, {x, x});
  const auto cube = graph.apply("cube", product, {square, x});
  auto& execution = graph.plan({{{1}, Precision::f64}}, Mode::training);
  copy(execution.input(0), constant({1}, 2.0));
  execution.forward(key);
  execution.backward({{cube, constant({1}, 1.0)}, {square, constant({1}, 10.0)}});
  EXPECT_DOUBLE_EQ(first(execution.adjoint(x)), 3 * 4 + 10 * 2 * 2);
}

TEST(Graph, PlansAreKeptForEachShape) {
  Graph graph;
  const auto x = graph.input("x", Precision::f64);
  graph.name_output("y", graph.apply("square", std::make_shared<Product>(), {x, x}));
  auto& small = graph.plan({{{2}, Precision::f64}}, Mode::training);
  auto& large = graph.plan({{{5}, Precision::f64}}, Mode::training);
  EXPECT_NE(&small, &large);
  EXPECT_EQ(&small, &graph.plan({{{2}, Precision::f64}}, Mode::training));
  const auto bytes = small.bytes();
  small.forward(key);
  small.forward(key);
  EXPECT_EQ(small.bytes(), bytes);
}

TEST(Graph, InferenceSharesBuffersOfPassedLayers) {
  Graph graph;
  const auto product = std::make_shared<Product>();
  auto value = graph.input("x", Precision::f64);
  for (int i = 0; i < 6; ++i)
    value = graph.apply("layer" + std::to_string(i), product, {value, value});
  graph.name_output("y", value);
  const std::vector<TensorSpec> specs = {{{8}, Precision::f64}};
  auto& inference = graph.plan(specs, Mode::inference);
  auto& training = graph.plan(specs, Mode::training);
  EXPECT_EQ(training.bytes(), 7 * 64);
  EXPECT_EQ(inference.bytes(), 4 * 64);
  for (auto* execution : {&inference, &training}) {
    copy(execution->input(0), constant({8}, 1.01));
    execution->forward(key);
  }
  EXPECT_DOUBLE_EQ(first(inference.value(value)), first(training.value(value)));
}

TEST(Shape, IsRefusedWhereItsSizeOverflows) {
  const std::int64_t side = std::int64_t{1} << 31;
  EXPECT_THROW(Shape({1, side, side, 32}), InputError);  // 0 modulo 2^64
  EXPECT_EQ(Shape({side, 1000}).size(), side * 1000);
}

TEST(Graph, NamesTheLayerWhereShapesDoNotFit) {
  Graph graph;
  const auto a = graph.input("a", Precision::f64);
  const auto b = graph.input("b", Precision::f64);
  graph.apply("joint", std::make_shared<Product>(), {a, b});
  try {
    graph.plan({{{2}, Precision::f64}, {{3}, Precision::f64}}, Mode::training);
    FAIL() << "no error";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "layer 'joint': factors of different shapes");
  }
}

TEST(Graph, NamesTheFirstLayerThatIsNotFinite) {
  Graph graph;
  const auto product = std::make_shared<Product>();
  const auto x = graph.input("x", Precision::f64);
  const auto first_layer = graph.apply("first", product, {x, x});
  const auto second = graph.apply("second", product, {first_layer, first_layer});
  graph.apply("third", product, {second, second});
  auto& execution = graph.plan({{{1}, Precision::f64}}, Mode::training);
  copy(execution.input(0), constant({1}, 2.0));
  execution.forward(key);
  EXPECT_FALSE(execution.first_non_finite());
  copy(execution.input(0), constant({1}, 1e100));
  execution.forward(key);
  EXPECT_EQ(execution.first_non_finite(), "second");
}

// Whatever map of an operation fails, the error keeps its type and names the layer.
TEST(Execution, NamesTheLayerOfAnError) {
  class Failing : public Product {
   public:
    explicit Failing(std::string map) : map_(std::move(map)) {}
    void forward(const Arguments& a) const override {
      if (map_ == "forward") throw InputError("an odd value");
      Product::forward(a);
    }
    void variation(const Arguments&, const std::vector<AnyTensor>&,
                   const std::vector<AnyTensor>&) const override {
      throw Error("no variation");
    }
    void adjoint(const Arguments&, const std::vector<AnyTensor>&,
                 const std::vector<AnyTensor>&) const override {
      throw NonFiniteError("no adjoint");
    }

   private:
    std::string map_;
  };
  const std::map<std::string, std::string> cases = {
      {"forward", "input: layer 'odd': an odd value"},
      {"variation", "layer 'odd': no variation"},
      {"adjoint", "not finite: layer 'odd': no adjoint"}};
  for (const auto& [map, expected] : cases) {
    Graph graph;
    const auto x = graph.input("x", Precision::f64, true);
    const auto y = graph.apply("odd", std::make_shared<Failing>(map), {x, x});
    auto& execution = graph.plan({{{1}, Precision::f64}}, Mode::training);
    const Tensor<double> one({1});
    std::string found;
    try {
      execution.forward(RandomKey{});
      if (map == "variation") execution.variation({{x, one}}, y);
      if (map == "adjoint") execution.backward({{y, one}});
    } catch (const InputError& error) {
      found = std::string("input: ") + error.what();
    } catch (const NonFiniteError& error) {
      found = std::string("not finite: ") + error.what();
    } catch (const Error& error) {
      found = error.what();
    }
    EXPECT_EQ(found, expected);
  }
}

TEST(Parameters, StartTheSameWhateverTheOrder) {
  const TensorSpec spec{{4}, Precision::f64};
  const Initializer normal{Initializer::Kind::normal, 1};
  ParameterSet one;
  ParameterSet two;
  const auto a = one.create("a", spec, normal, 7);
  two.create("b", spec, normal, 7);
  const auto a2 = two.create("a", spec, normal, 7);
  EXPECT_EQ(to_host(a->value.as<double>()), to_host(a2->value.as<double>()));
  EXPECT_NE(to_host(a->value.as<double>()), to_host(two[0]->value.as<double>()));
  EXPECT_THROW(one.create("a", spec, normal, 7), InputError);
}

}  // namespace
}  // namespace eigenprop
