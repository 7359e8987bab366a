#include <gtest/gtest.h>

#include <cmath>
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

// y = x⁴ of n numbers, whose values are those of the current shape whatever ran before.
void expect_fourth_powers(Graph& graph, std::int64_t n, Mode mode) {
  auto& execution = graph.plan({{{n}, Precision::f64}}, mode);
  copy(execution.input(0), constant({n}, 0.1 * static_cast<double>(n)));
  execution.forward(key);
  const auto y = graph.output("y");
  EXPECT_EQ(execution.value(y).shape(), Shape{n});
  EXPECT_DOUBLE_EQ(first(execution.value(y)), std::pow(0.1 * static_cast<double>(n), 4));
  if (mode == Mode::inference) return;
  execution.backward({{y, constant({n}, 1)}});
  EXPECT_DOUBLE_EQ(first(execution.adjoint({graph.inputs()[0]})),
                   4 * std::pow(0.1 * static_cast<double>(n), 3));
}

Graph fourth_power() {
  Graph graph;
  const auto x = graph.input("x", Precision::f64, true);
  const auto product = std::make_shared<Product>();
  const auto square = graph.apply("square", product, {x, x});
  graph.name_output("y", graph.apply("fourth", product, {square, square}));
  return graph;
}

// However many shapes there are, memory is that of the largest.
TEST(Graph, PlansShareOneMemory) {
  auto graph = fourth_power();
  expect_fourth_powers(graph, 1000, Mode::training);
  const auto bytes = graph.bytes();
  EXPECT_EQ(bytes,
            graph.memory_of({{{1000}, Precision::f64}}, Mode::training, {graph.output("y")}));
  for (std::int64_t n = 1; n <= 1000; n += 37) {
    expect_fourth_powers(graph, n, Mode::training);
    expect_fourth_powers(graph, n, Mode::inference);
  }
  EXPECT_EQ(graph.bytes(), bytes);
  for (const std::int64_t n : {10, 2000, 10}) expect_fourth_powers(graph, n, Mode::training);
  EXPECT_EQ(graph.bytes(),
            graph.memory_of({{{2000}, Precision::f64}}, Mode::training, {graph.output("y")}));
  graph.release_plans();
  EXPECT_EQ(graph.bytes(), 0);
  expect_fourth_powers(graph, 10, Mode::training);
}

TEST(Graph, TellsOfMemoryThatHasGone) {
  auto graph = fourth_power();
  const std::vector<TensorSpec> two = {{{2}, Precision::f64}};
  auto& small = graph.plan(two, Mode::training);
  copy(small.input(0), constant({2}, 2));
  small.forward(key);
  const auto y = graph.output("y");
  const AnyTensor kept = small.value(y);
  graph.plan({{{5}, Precision::f64}}, Mode::inference);
  EXPECT_THROW(small.input(0), Error);
  EXPECT_THROW(small.forward(key), Error);
  EXPECT_THROW(small.value(y), Error);
  EXPECT_THROW(small.backward({{y, constant({2}, 1)}}), Error);
  EXPECT_THROW(small.variation({}, y), Error);
  EXPECT_EQ(&small, &graph.plan(two, Mode::training));
  EXPECT_NO_THROW(small.forward(key));
  graph.plan({{{50000}, Precision::f64}}, Mode::training);
  EXPECT_EQ(first(kept), 16);  // a tensor keeps the memory that it lies in
}

// Σ over rows of a list, of any number.
class Total : public Operation {
 public:
  explicit Total(bool sized = false) : sized_(sized) {}
  std::string type() const override { return "total"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override {
    OperationPlan plan;
    plan.outputs = {{{1}, Precision::f64}};
    if (sized_) plan.scratch = {inputs[0]};
    return plan;
  }
  void forward(const Arguments& a) const override {
    double sum = 0;
    for (const auto x : to_host(a.inputs[0].as<std::int32_t>())) sum += x;
    from_host(a.outputs[0].as<double>(), {sum});
  }
  void variation(const Arguments&, const std::vector<AnyTensor>&,
                 const std::vector<AnyTensor>&) const override {}
  void adjoint(const Arguments&, const std::vector<AnyTensor>&,
               const std::vector<AnyTensor>&) const override {}

 private:
  bool sized_;
};

TEST(Graph, ListsOfAnyLengthNeedNoOtherPlan) {
  Graph graph;
  const auto list = graph.list_input("list");
  const auto sum = graph.apply("total", std::make_shared<Total>(), {list});
  graph.name_output("sum", sum);
  const auto plan_for = [&](std::int64_t rows) -> Execution& {
    return graph.plan({{{rows, 3}, Precision::i32}}, Mode::training);
  };
  auto* const execution = &plan_for(300);
  for (const std::int64_t rows : {4, 300, 1, 7}) {
    EXPECT_EQ(&plan_for(rows), execution);
    EXPECT_EQ(execution->input(0).shape(), Shape({rows, 3}));
    from_host(execution->input(0).as<std::int32_t>(),
              std::vector<std::int32_t>(static_cast<std::size_t>(3 * rows), 2));
    execution->forward(key);
    EXPECT_EQ(first(execution->value(sum)), 6.0 * static_cast<double>(rows));
  }
  EXPECT_NE(&graph.plan({{{4, 2}, Precision::i32}}, Mode::training), execution);
  EXPECT_NO_THROW(plan_for(100000));
  EXPECT_THROW(graph.plan({{{4, 2}, Precision::f64}}, Mode::training), InputError);

  Graph sized;
  sized.apply("sized", std::make_shared<Total>(true), {sized.list_input("list")});
  sized.plan({{{9, 3}, Precision::i32}}, Mode::training);
  EXPECT_THROW(sized.plan({{{8, 3}, Precision::i32}}, Mode::training), Error);
}

TEST(Graph, InferenceSharesBuffersOfPassedLayers) {
  Graph graph;
  const auto product = std::make_shared<Product>();
  auto value = graph.input("x", Precision::f64);
  for (int i = 0; i < 6; ++i)
    value = graph.apply("layer" + std::to_string(i), product, {value, value});
  graph.name_output("y", value);
  const std::vector<TensorSpec> specs = {{{32}, Precision::f64}};
  std::vector<double> values;
  for (const auto& [mode, buffers] : {std::pair{Mode::training, 7}, {Mode::inference, 3}}) {
    auto& execution = graph.plan(specs, mode);
    EXPECT_EQ(execution.value_bytes(), buffers * 256);
    copy(execution.input(0), constant({32}, 1.01));
    execution.forward(key);
    values.push_back(first(execution.value(value)));
  }
  EXPECT_DOUBLE_EQ(values[0], values[1]);
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
