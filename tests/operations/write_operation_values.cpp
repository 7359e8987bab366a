// Writes values and gradients of operations for compare_torch.py: one group a case, with the
// operation's type and settings as attributes, its inputs, its output, a random adjoint of the
// output, and the adjoints of the inputs.
//
//   write_operation_values OUTPUT.h5

#include <map>

#include "operations/average_pool2d.hpp"
#include "operations/bilinear_resize.hpp"
#include "operations/convolution2d.hpp"
#include "operations/dense.hpp"
#include "operations/group_normalization.hpp"
#include "operations/local_response_normalization.hpp"
#include "operations/lp_pool2d.hpp"
#include "operations/max_pool2d.hpp"
#include "operations/run_operation.hpp"
#include "runtime/session.hpp"
#include "storage/hdf5.hpp"

namespace {

using namespace eigenprop;

using Settings = std::map<std::string, double>;

template <class Scalar>
class Writer {
 public:
  explicit Writer(H5File& file) : file_(file) {}

  void write(const std::shared_ptr<const Operation>& operation, const Settings& settings,
             const std::vector<Shape>& shapes) {
    const std::string group =
        "/" + precision_name(precision_of<Scalar>()) + std::to_string(1000 + cases_++);
    Graph graph;
    std::vector<Value> values;
    std::vector<TensorSpec> specs;
    for (const auto& shape : shapes) {
      specs.push_back({shape, precision_of<Scalar>()});
      values.push_back(graph.input("input", specs.back().precision, true));
    }
    const auto y = graph.apply("operation", operation, values);
    auto& execution = graph.plan(specs, Mode::training);
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      const auto x = random_tensor<Scalar>(shapes[i], static_cast<std::uint32_t>(i + 1));
      copy(execution.input(i), x);
      store(group + "/input" + std::to_string(i), x);
    }
    execution.forward(RandomKey{});
    const auto adjoint = random_tensor<Scalar>(execution.value(y).shape(), 100);
    execution.backward({{y, adjoint}});
    store(group + "/output", execution.value(y));
    store(group + "/output_adjoint", adjoint);
    for (std::size_t i = 0; i < shapes.size(); ++i)
      store(group + "/input_adjoint" + std::to_string(i), execution.adjoint(values[i]));
    file_.set_attribute(group, "type", operation->type());
    for (const auto& [name, value] : settings) file_.set_attribute(group, name, value);
  }

 private:
  void store(const std::string& name, const AnyTensor& tensor) {
    file_.write(name, tensor.shape(), to_host(tensor.as<Scalar>()).data());
  }

  H5File& file_;
  int cases_ = 0;
};

template <class Scalar>
void write_convolutions(Writer<Scalar>& writer) {
  const std::vector<std::pair<Shape, Convolution2dSettings>> cases = {
      {{2, 15, 11, 5}, {7, 3, 3, 1, 1, 1, 1}},   {{1, 63, 59, 3}, {16, 11, 11, 4, 2, 1, 1}},
      {{2, 17, 14, 6}, {9, 5, 2, 2, 3, 1, 3}},   {{1, 21, 30, 4}, {8, 3, 3, 1, 4, 4, 2}},
      {{3, 9, 8, 20}, {33, 1, 1, 1, 0, 1, 1}},   {{3, 9, 8, 5}, {4, 1, 1, 2, 1, 1, 1}},
      {{2, 10, 13, 2}, {3, 2, 2, 3, 0, 1, 1}},   {{1, 70, 90, 16}, {40, 3, 3, 1, 1, 1, 1}},
      {{10, 32, 32, 64}, {64, 5, 5, 1, 2, 1, 1}}};
  for (const auto& [x, s] : cases) {
    writer.write(
        std::make_shared<Convolution2d<Scalar>>(s),
        {{"stride", s.stride},
         {"padding", s.padding},
         {"dilation", s.dilation},
         {"groups", s.groups}},
        {x, {s.kernel_h, s.kernel_w, x[3] / s.groups, s.output_channels}, {s.output_channels}});
  }
}

template <class Scalar>
void write_others(Writer<Scalar>& writer) {
  // A last window that would begin in the padding is dropped; sizes of both kinds.
  for (const auto& [kernel, stride, padding] :
       {std::array<std::int64_t, 3>{3, 2, 0}, {3, 2, 1}, {2, 2, 0}, {2, 3, 1}, {5, 1, 2}}) {
    for (const bool ceil_mode : {false, true}) {
      for (const Shape& x : {Shape{2, 13, 9, 3}, Shape{1, 8, 12, 4}}) {
        const PoolSettings s = {kernel, stride, padding, ceil_mode};
        const Settings settings = {
            {"kernel", kernel}, {"stride", stride}, {"padding", padding}, {"ceil_mode", ceil_mode}};
        writer.write(std::make_shared<MaxPool2d<Scalar>>(s), settings, {x});
        writer.write(std::make_shared<AveragePool2d<Scalar>>(s), settings, {x});
      }
    }
  }
  for (const auto& [height, width] :
       {std::array<std::int64_t, 2>{31, 47}, {7, 5}, {12, 17}, {1, 40}, {13, 1}}) {
    writer.write(std::make_shared<BilinearResize<Scalar>>(BilinearResizeSettings{height, width, 0}),
                 {}, {{2, 12, 17, 3}});
  }
  writer.write(std::make_shared<BilinearResize<Scalar>>(BilinearResizeSettings{0, 0, 8}), {},
               {{1, 6, 5, 2}});
  for (const auto& s : {LocalResponseNormalizationSettings{5, 1e-4, 0.75, 2},
                        LocalResponseNormalizationSettings{4, 0.7, 0.5, 1},
                        LocalResponseNormalizationSettings{5, 0.7, 0.75, 1},
                        LocalResponseNormalizationSettings{9, 2, 1.25, 0.5}}) {
    writer.write(std::make_shared<LocalResponseNormalization<Scalar>>(s),
                 {{"size", s.size}, {"alpha", s.alpha}, {"beta", s.beta}, {"k", s.k}},
                 {{2, 5, 4, 11}});
  }
  for (const double power : {1.0, 2.0, 3.5}) {
    const PoolSettings s = {3, 2, 0, false};
    writer.write(std::make_shared<LpPool2d<Scalar>>(s, power),
                 {{"kernel", s.kernel}, {"stride", s.stride}, {"power", power}}, {{2, 9, 7, 3}});
  }
  for (const std::int64_t groups : {1, 2, 6}) {
    writer.write(
        std::make_shared<GroupNormalization<Scalar>>(GroupNormalizationSettings{groups, 1e-3}),
        {{"groups", groups}, {"epsilon", 1e-3}}, {{3, 7, 5, 18}, {18}, {18}});
  }
  writer.write(std::make_shared<Dense<Scalar>>(), {}, {{2, 7, 5, 13}, {13, 21}, {21}});
  writer.write(std::make_shared<Dense<Scalar>>(), {}, {{300, 70}, {70, 270}, {270}});
}

}  // namespace

int main(int argc, char** argv) {
  return static_cast<int>(run_main(argc, argv, [&](Session&) {
    require(argc == 2, "usage: write_operation_values OUTPUT.h5");
    auto file = H5File::create(argv[1]);
    Writer<float> floats(file);
    write_convolutions(floats);
    write_others(floats);
    Writer<double> doubles(file);
    write_convolutions(doubles);
    write_others(doubles);
    return ExitStatus::success;
  }));
}
