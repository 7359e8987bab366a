#include "operations/registration.hpp"

#include "operations/add.hpp"
#include "operations/average_pool2d.hpp"
#include "operations/bilinear_resize.hpp"
#include "operations/broadcast_product.hpp"
#include "operations/cast.hpp"
#include "operations/concatenate.hpp"
#include "operations/convolution2d.hpp"
#include "operations/dense.hpp"
#include "operations/dropout.hpp"
#include "operations/elementwise.hpp"
#include "operations/flatten.hpp"
#include "operations/global_average.hpp"
#include "operations/group_normalization.hpp"
#include "operations/linear_combination.hpp"
#include "operations/local_response_normalization.hpp"
#include "operations/lp_pool2d.hpp"
#include "operations/matrix_product.hpp"
#include "operations/max_pool2d.hpp"
#include "operations/relu.hpp"
#include "operations/sum.hpp"

namespace eigenprop {
namespace {

using Cases = std::vector<OperationCase>;

// The operation in the given precision.
template <template <class> class Op, class... Settings>
std::shared_ptr<const Operation> make(Precision precision, const Settings&... settings) {
  if (precision == Precision::f32) return std::make_shared<Op<float>>(settings...);
  return std::make_shared<Op<double>>(settings...);
}

InputSample spaced(const Shape& shape, Precision precision) {
  InputSample sample = normal_input(shape, precision, 0.1);
  sample.spaced = true;
  return sample;
}

OperationCase convolution_case(const std::string& name, Precision precision, const Shape& x,
                               const Convolution2dSettings& s) {
  return {
      name,
      make<Convolution2d>(precision, s),
      {normal_input(x, precision),
       normal_input({s.kernel_h, s.kernel_w, x[3] / s.groups, s.output_channels}, precision, 0.3),
       normal_input({s.output_channels}, precision)}};
}

Cases convolution_cases(Precision p) {
  return {
      convolution_case("3 x 3, padded", p, {1, 7, 5, 3}, {4, 3, 3, 1, 1, 1, 1}),
      convolution_case("1 x 1", p, {2, 6, 4, 5}, {3, 1, 1, 1, 0, 1, 1}),
      convolution_case("1 x 1, groups", p, {1, 3, 4, 6}, {4, 1, 1, 1, 0, 1, 2}),
      convolution_case("stride beyond the kernel", p, {1, 9, 11, 2}, {3, 2, 2, 3, 0, 1, 1}),
      convolution_case("dilated", p, {2, 10, 9, 2}, {3, 3, 3, 1, 2, 2, 1}),
      convolution_case("groups", p, {1, 6, 7, 6}, {9, 3, 3, 1, 1, 1, 3}),
      convolution_case("all at once, not square", p, {2, 13, 10, 4}, {6, 3, 2, 2, 3, 2, 2}),
      convolution_case("11 x 11 stride 4, as AlexNet", p, {1, 35, 43, 3}, {8, 11, 11, 4, 2, 1, 1}),
      convolution_case("several tiles and bands", p, {1, 70, 66, 2}, {2, 5, 5, 1, 2, 1, 1}),
  };
}

template <template <class> class Pool>
Cases pool_cases(Precision p) {
  return {
      {"2 x 2", make<Pool>(p, PoolSettings{2, 2, 0, false}), {spaced({1, 6, 8, 3}, p)}},
      {"overlapping, padded",
       make<Pool>(p, PoolSettings{3, 2, 1, false}),
       {spaced({2, 7, 6, 2}, p)}},
      {"ceil mode", make<Pool>(p, PoolSettings{3, 2, 0, true}), {spaced({1, 8, 6, 2}, p)}},
  };
}

Cases resize_cases(Precision p) {
  InputSample like = normal_input({1, 9, 7, 3}, p);
  like.differentiable = false;
  return {
      {"enlarge",
       make<BilinearResize>(p, BilinearResizeSettings{9, 11, 0}),
       {normal_input({2, 4, 5, 3}, p)}},
      {"reduce",
       make<BilinearResize>(p, BilinearResizeSettings{3, 2, 0}),
       {normal_input({1, 8, 9, 2}, p)}},
      {"factor",
       make<BilinearResize>(p, BilinearResizeSettings{0, 0, 4}),
       {normal_input({1, 3, 1, 2}, p)}},
      {"like another map",
       make<BilinearResize>(p, BilinearResizeSettings{}),
       {normal_input({1, 5, 4, 2}, p), like}},
  };
}

Cases matrix_product_cases(Precision p) {
  Cases cases;
  for (const Transpose first : {Transpose::no, Transpose::yes}) {
    for (const Transpose second : {Transpose::no, Transpose::yes}) {
      const Shape a = first == Transpose::no ? Shape{5, 3} : Shape{3, 5};
      const Shape b = second == Transpose::no ? Shape{3, 7} : Shape{7, 3};
      cases.push_back({std::string(first == Transpose::no ? "A" : "A'") +
                           (second == Transpose::no ? " B" : " B'"),
                       make<MatrixProduct>(p, MatrixProductSettings{first, second}),
                       {normal_input(a, p), normal_input(b, p)}});
    }
  }
  return cases;
}

// Away from kinks and poles, by a step that keeps away from them.
CaseLister elementwise_cases(ElementFunction function) {
  return [function](Precision p) -> Cases {
    double epsilon = 0.05;
    if (function == ElementFunction::smooth_absolute) epsilon = 0.1;
    if (function == ElementFunction::soft_threshold) epsilon = 0.6;
    InputSample input = normal_input({3, 7}, p);
    double step = 0.03;
    if (function == ElementFunction::square_root || function == ElementFunction::logarithm) {
      input.scale = 0.1;
      input.offset = 2;
    }
    if (function == ElementFunction::absolute_tanh || function == ElementFunction::soft_threshold) {
      input = spaced({3, 8}, p);
      input.scale = 0.2;
      step = 0.01;
    }
    return {
        {"matrix", make<Elementwise>(p, ElementwiseSettings{function, epsilon}), {input}, step}};
  };
}

Cases lp_pool_cases(Precision p) {
  const auto input = spaced({2, 5, 4, 3}, p);
  return {
      {"p = 2", make<LpPool2d>(p, PoolSettings{2, 2, 0, true}, 2.0), {input}},
      {"p = 3, overlapping, padded", make<LpPool2d>(p, PoolSettings{3, 2, 1, false}, 3.0), {input}},
      {"p = 1", make<LpPool2d>(p, PoolSettings{2, 2, 0, false}, 1.0), {input}}};
}

Cases cast_to_double_cases(Precision p) {
  if (p == Precision::f64) return {};
  return {
      {"vector", std::make_shared<Cast<float, double>>(), {normal_input({17}, Precision::f32)}}};
}

Cases cast_to_float_cases(Precision p) {
  // Rounding to float is no exact linear map in double: it is checked where both ends are float.
  if (p == Precision::f64) return {};
  return {
      {"vector", std::make_shared<Cast<double, float>>(), {normal_input({17}, Precision::f64)}}};
}

}  // namespace

void register_operations(OperationRegistry& registry) {
  registry.add("convolution2d", convolution_cases);
  registry.add("max_pool2d", pool_cases<MaxPool2d>);
  registry.add("average_pool2d", pool_cases<AveragePool2d>);
  registry.add("bilinear_resize", resize_cases);
  registry.add("cast_to_double", cast_to_double_cases);
  registry.add("cast_to_float", cast_to_float_cases);
  registry.add("relu", [](Precision p) -> Cases {
    return {{"map", make<Relu>(p), {spaced({2, 3, 4, 5}, p)}}};
  });
  registry.add("dropout", [](Precision p) -> Cases {
    return {{"rate 0.25", make<Dropout>(p, 0.25), {normal_input({2, 3, 5, 3}, p)}},
            {"rate 0", make<Dropout>(p, 0.0), {normal_input({7}, p)}}};
  });
  registry.add("global_average", [](Precision p) -> Cases {
    return {{"maps", make<GlobalAverage>(p), {normal_input({2, 3, 4, 5}, p)}},
            {"one location", make<GlobalAverage>(p), {normal_input({3, 1, 2}, p)}}};
  });
  registry.add("group_normalization", [](Precision p) -> Cases {
    const auto inputs = [p](const Shape& maps) -> std::vector<InputSample> {
      return {normal_input(maps, p), normal_input({maps.columns()}, p),
              normal_input({maps.columns()}, p)};
    };
    return {
        {"maps", make<GroupNormalization>(p, GroupNormalizationSettings{2, 1e-5}),
         inputs({2, 3, 4, 6}), 0.03},
        {"more channels than a cache line",
         make<GroupNormalization>(p, GroupNormalizationSettings{3, 1e-5}), inputs({2, 3, 2, 21}),
         0.03},
        {"one location, one group",
         make<GroupNormalization>(p, GroupNormalizationSettings{1, 1e-2}), inputs({3, 8}), 0.03},
    };
  });
  registry.add("add", [](Precision p) -> Cases {
    return {{"maps", make<Add>(p), {normal_input({1, 3, 2, 4}, p), normal_input({1, 3, 2, 4}, p)}}};
  });
  registry.add("concatenate", [](Precision p) -> Cases {
    return {{"three maps",
             make<Concatenate>(p),
             {normal_input({1, 3, 2, 4}, p), normal_input({1, 3, 2, 1}, p),
              normal_input({1, 3, 2, 3}, p)}}};
  });
  for (const auto function :
       {ElementFunction::square, ElementFunction::square_root, ElementFunction::smooth_absolute,
        ElementFunction::exponential, ElementFunction::logarithm, ElementFunction::sigmoid,
        ElementFunction::tanh, ElementFunction::absolute_tanh, ElementFunction::soft_threshold})
    registry.add(element_function_name(function), elementwise_cases(function));
  registry.add("lp_pool2d", lp_pool_cases);
  registry.add("broadcast_product", [](Precision p) -> Cases {
    return {{"a coefficient for each map",
             make<BroadcastProduct>(p),
             {normal_input({2, 3, 4, 5}, p), normal_input({5}, p)}},
            {"a table for each position",
             make<BroadcastProduct>(p),
             {normal_input({3, 3, 4, 2}, p), normal_input({4, 2}, p)}}};
  });
  registry.add("sum", [](Precision p) -> Cases {
    return {{"matrix", make<Sum>(p), {normal_input({4, 7}, p)}}};
  });
  registry.add("linear_combination", [](Precision p) -> Cases {
    return {
        {"one", make<LinearCombination>(p, std::vector<double>{-2.5}), {normal_input({4, 7}, p)}},
        {"three",
         make<LinearCombination>(p, std::vector<double>{1, -0.5, 3}),
         {normal_input({3, 2}, p), normal_input({3, 2}, p), normal_input({3, 2}, p)}}};
  });
  registry.add("flatten", [](Precision p) -> Cases {
    return {{"maps", make<Flatten>(p), {normal_input({2, 3, 4, 5}, p)}}};
  });
  registry.add("matrix_product", matrix_product_cases);
  registry.add("dense", [](Precision p) -> Cases {
    return {
        {"rows",
         make<Dense>(p),
         {normal_input({5, 7}, p), normal_input({7, 3}, p), normal_input({3}, p)}},
        {"map",
         make<Dense>(p),
         {normal_input({2, 3, 2, 4}, p), normal_input({4, 6}, p), normal_input({6}, p)}},
        {"without bias", make<Dense>(p), {normal_input({1, 2, 5, 3}, p), normal_input({3, 4}, p)}},
        {"several blocks",
         make<Dense>(p),
         {normal_input({300, 70}, p), normal_input({70, 270}, p), normal_input({270}, p)}}};
  });
  registry.add("local_response_normalization", [](Precision p) -> Cases {
    return {
        {"AlexNet",
         make<LocalResponseNormalization>(p, LocalResponseNormalizationSettings{}),
         {normal_input({1, 3, 2, 9}, p, 10)}},
        {"strong, even size",
         make<LocalResponseNormalization>(p, LocalResponseNormalizationSettings{4, 0.5, 0.6, 1}),
         {normal_input({4, 6}, p)}}};
  });
}

}  // namespace eigenprop
