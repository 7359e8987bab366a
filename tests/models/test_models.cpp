#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "graph/execution.hpp"
#include "models/boundary_network.hpp"
#include "models/classification_model.hpp"
#include "models/coded_dictionary.hpp"
#include "models/graph_cuts_model.hpp"
#include "models/layer.hpp"
#include "models/ncuts_inference.hpp"
#include "models/ncuts_model.hpp"
#include "models/network.hpp"
#include "models/report.hpp"
#include "models/trunks.hpp"
#include "runtime/error.hpp"
#include "storage/checkpoint.hpp"

namespace eigenprop {
namespace {

using testing::HasSubstr;

std::string error_of(const std::vector<std::string>& lines) {
  try {
    Graph graph;
    add_layers(graph, parse_layers(lines), {graph.input("image", Precision::f32), 3});
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Layer, HasNumbersKeysAndSources) {
  const auto layers =
      connected(parse_layers({"a: conv 8 3 stride=2 std=1e-2", "b: relu", "c: concat from=a,b"}));
  ASSERT_EQ(layers.size(), 3u);
  EXPECT_EQ(layers[0].from, std::vector<std::string>{"input"});
  ASSERT_EQ(layers[0].numbers.size(), 2u);
  EXPECT_EQ(layers[0].numbers[0].number, 8);
  EXPECT_EQ(layers[0].numbers[1].number, 3);
  EXPECT_EQ(layers[0].integer("stride", 1), 2);
  EXPECT_EQ(layers[0].number("std", 0), 0.01);
  EXPECT_EQ(layers[1].from, std::vector<std::string>{"a"});
  EXPECT_EQ(layers[2].from, (std::vector<std::string>{"a", "b"}));
}

// As a user wrote it, for checkpoints tell models apart by their lines.
TEST(Layer, KeepsItsLine) {
  const std::vector<std::string> lines = {"a: conv 8 3 stride=2 std=1e-2", "pool: maxpool 2",
                                          "p: second_order function=power:0.3 epsilon=1e-3 from=a",
                                          "c: resize from=p,pool"};
  EXPECT_EQ(layer_lines(parse_layers(lines)), lines);
}

TEST(Layer, NumbersOfBuildersKeepAllDigits) {
  for (const double rate : {4e-7, 1.0 / 3, 1e-300, 123456789.125, 0.1}) {
    const Layer layer = {"a", "dense", {3}, {{"rate", rate}}};
    const auto again = parse_layers({layer_line(layer)}).front();
    EXPECT_EQ(again.number("rate", 0), rate) << layer_line(layer);
    EXPECT_EQ(again.integer(std::size_t{0}, "number of outputs"), 3);
  }
}

TEST(Layer, NumbersAreDecimalAndFinite) {
  for (const std::string number : {"inf", "nan", "1e400", "1e-400", "0x10", "1_0", "0,5", ""}) {
    EXPECT_THAT(error_of({"a: conv 3 3 rate=" + number}),
                HasSubstr("layer 'a': rate=" + number + " is not a finite number"));
  }
  for (const std::string number : {"inf", "0x10", "1_0", "3,5"})
    EXPECT_THAT(error_of({"a: conv 3 " + number}), HasSubstr("neither a number nor key=value"));
}

TEST(Layer, SaysWhatIsWrong) {
  EXPECT_THAT(error_of({"conv 3 3"}), HasSubstr("not of the form 'name: type ...'"));
  EXPECT_THAT(error_of({"a: conv 3 x"}), HasSubstr("neither a number nor key=value"));
  EXPECT_THAT(error_of({"a: conv 3"}), HasSubstr("layer 'a' (conv) lacks its kernel size"));
  EXPECT_THAT(error_of({"a: conv 3.5 3"}), HasSubstr("must be an integer"));
  EXPECT_THAT(error_of({"a: conv 3 3 7"}), HasSubstr("(conv) takes 2 numbers, not 3"));
  EXPECT_THAT(error_of({"a: relu 5"}), HasSubstr("(relu) takes no numbers, not 1"));
  EXPECT_THAT(error_of({"a: conv 3 3 stride=1 stride=2"}), HasSubstr("has 'stride' twice"));
  EXPECT_THAT(error_of({"a: conv 3 3 strid=2"}),
              HasSubstr("has no setting 'strid'; it has: stride"));
  EXPECT_THAT(error_of({"a: relu from=z"}), HasSubstr("takes 'z', which is no layer before it"));
  EXPECT_THAT(error_of({"a: relu", "a: relu"}), HasSubstr("two layers of the name 'a'"));
  EXPECT_THAT(error_of({"a: softmax"}),
              HasSubstr("unknown type 'softmax'; there are: abs_tanh, add"));
  EXPECT_THAT(error_of({"a: conv 4 3 groups=2"}), HasSubstr("divisible by the groups"));
  EXPECT_THAT(error_of({"a: conv 4 3", "b: add from=a,input"}),
              HasSubstr("different numbers of channels"));
}

// Output `name` of a network of these layers for two maps of 3 x 4 x 3 normal values, and its
// gradient along fixed normal numbers, which eigenvectors have a part in.
struct NetworkRun {
  std::vector<double> values, gradient;
};
NetworkRun run_layers(const std::vector<std::string>& lines, const std::string& name) {
  Graph graph;
  const auto image = graph.input("image", Precision::f32, true);
  const auto maps = add_layers(graph, parse_layers(lines), {image, 3});
  const Value output = maps.at(name).value;
  auto& execution = graph.plan({{{2, 3, 4, 3}, Precision::f32}}, Mode::training);
  const RandomStream stream(RandomKey{5, RandomPurpose::test, 0, 0, 0});
  std::vector<float> pixels;
  for (std::uint64_t i = 0; i < 72; ++i) pixels.push_back(static_cast<float>(stream.normal(i)));
  from_host(execution.input(0).as<float>(), pixels);
  execution.forward(RandomKey{});
  const auto& tensor = execution.value(output).as<float>();
  const auto values = to_host(tensor);
  Tensor<float> seed(tensor.shape());
  std::vector<float> along;
  for (std::uint64_t i = 0; i < values.size(); ++i)
    along.push_back(static_cast<float>(stream.normal(1000 + i)));
  from_host(seed, along);
  execution.backward({{output, seed}});
  const auto gradient = to_host(execution.adjoint(image).as<float>());
  return {{values.begin(), values.end()}, {gradient.begin(), gradient.end()}};
}

void expect_near(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance) << "at " << i;
}

// The same function of FᵀF + εI by every way that the layer language has.
TEST(WholeMatrixLayers, AgreeOnOneFunction) {
  for (const std::string function : {"log", "sqrt"}) {
    const std::string settings = "function=" + function + " epsilon=0.5";
    const auto exact = run_layers({"p: second_order " + settings}, "p");
    std::vector<std::vector<std::string>> ways = {
        {"d: svd", "p: matrix_function " + settings},
        {"d: svd gaps=clip limit=1e8", "p: matrix_function " + settings},
        {"z: second_order function=identity epsilon=0.5", "d: eig",
         "p: matrix_function function=" + function},
        {"z: second_order function=identity epsilon=0.5",
         "p: matrix_function function=" + function},
    };
    for (const std::string derivative :
         {"paper", "paper route=eig", "clip", "lorentzian", "taylor degree=2000", "pade degree=4"})
      ways.push_back({"p: second_order " + settings + " derivative=" + derivative});
    if (function == "sqrt") {
      ways.push_back({"p: second_order " + settings + " derivative=newton_schulz iterations=25"});
      ways.push_back({"z: second_order function=identity epsilon=0.5",
                      "p: newton_schulz iterations=25 normalization=frobenius"});
    }
    for (const auto& lines : ways) {
      SCOPED_TRACE(testing::PrintToString(lines));
      const auto way = run_layers(lines, "p");
      expect_near(way.values, exact.values, 1e-5);
      expect_near(way.gradient, exact.gradient, 1e-5);
    }
  }
}

TEST(WholeMatrixLayers, DeriveByTheNamedRemedy) {
  const auto gradient = [](const std::string& keys) {
    return run_layers({"p: second_order function=log epsilon=0.5 derivative=" + keys}, "p")
        .gradient;
  };
  const auto exact = gradient("exact");
  for (const std::string keys : {"clip limit=1e-3", "lorentzian broadening=1e3", "taylor degree=2",
                                 "clip limit=1e-3 route=eig"}) {
    const auto other = gradient(keys);
    double difference = 0;
    for (std::size_t i = 0; i < exact.size(); ++i)
      difference = std::max(difference, std::abs(other[i] - exact[i]));
    EXPECT_GT(difference, 1e-3) << keys;
  }
  const auto early = run_layers(
      {"p: second_order function=sqrt epsilon=0.5 derivative=newton_schulz iterations=1"}, "p");
  const auto late = run_layers({"p: second_order function=sqrt epsilon=0.5"}, "p");
  EXPECT_GT(std::abs(early.values[0] - late.values[0]), 1e-3);
}

TEST(WholeMatrixLayers, GiveValuesAndProjectors) {
  const auto singular = run_layers({"d: svd"}, "d").values;
  const auto eigen =
      run_layers({"z: second_order function=identity epsilon=0.5", "d: eig"}, "d").values;
  ASSERT_EQ(singular.size(), 6u);
  for (std::size_t b = 0; b < 2; ++b) {
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_NEAR(singular[3 * b + i] * singular[3 * b + i] + 0.5, eigen[3 * b + 2 - i], 1e-4);
  }
  // FFᵀ of fewer channels than the matrix has: here of full rank, the identity.
  const auto whole =
      run_layers({"z: second_order function=identity epsilon=0.5", "p: projector"}, "p").values;
  for (std::size_t i = 0; i < 18; ++i) EXPECT_NEAR(whole[i], i % 9 % 4 == 0 ? 1 : 0, 1e-6);
  const auto leading = run_layers(
      {"z: second_order function=identity epsilon=1e-9", "p: projector tolerance=0.999"}, "p");
  double trace = 0;
  for (std::size_t i = 0; i < 9; i += 4) trace += leading.values[i];
  EXPECT_NEAR(trace, 1, 1e-6);
}

TEST(WholeMatrixLayers, SayWhatIsWrong) {
  EXPECT_THAT(
      error_of({"a: second_order derivative=tailor"}),
      HasSubstr("derivative is exact, paper, clip, lorentzian, taylor, pade or newton_schulz, "
                "not 'tailor'"));
  EXPECT_THAT(error_of({"a: second_order derivative=newton_schulz"}),
              HasSubstr("set function=sqrt"));
  EXPECT_THAT(error_of({"a: second_order derivative=taylor degree=3"}), HasSubstr("layer 'a'"));
  EXPECT_THAT(error_of({"a: second_order derivative=paper route=qr"}),
              HasSubstr("route is svd or eig, not 'qr'"));
  for (const std::string epsilon : {"0", "-1"}) {
    for (const std::string derivative : {"exact", "paper", "newton_schulz function=sqrt"})
      EXPECT_THAT(error_of({"a: second_order epsilon=" + epsilon + " derivative=" + derivative}),
                  HasSubstr("layer 'a' (second_order): "));
  }
  EXPECT_THAT(error_of({"a: second_order epsilon=inf"}), HasSubstr("is not a finite number"));
  EXPECT_THAT(error_of({"a: second_order function=cube"}), HasSubstr("layer 'a' (second_order): "));
  EXPECT_THAT(error_of({"a: svd gaps=none"}), HasSubstr("layer 'a' (svd): "));
  EXPECT_THAT(error_of({"a: svd gaps=clip limit=-1"}), HasSubstr("layer 'a' (svd): "));
  EXPECT_THAT(error_of({"a: svd", "b: matrix_function function=log epsilon=-1"}),
              HasSubstr("layer 'b' (matrix_function): "));
  EXPECT_THAT(error_of({"a: second_order", "b: matrix_function epsilon=1"}),
              HasSubstr("epsilon is for the values of an svd layer"));
  EXPECT_THAT(error_of({"a: projector tolerance=2"}), HasSubstr("layer 'a' (projector): "));
  EXPECT_THAT(error_of({"a: newton_schulz iterations=0"}), HasSubstr("iterations must lie in"));
  EXPECT_THAT(error_of({"a: newton_schulz normalization=max"}),
              HasSubstr("normalization is trace or frobenius, not 'max'"));
}

std::int64_t scalars(const std::string& trunk, const std::string& cut = "") {
  Graph graph;
  add_layers(graph, trunk_layers(trunk, cut), {graph.input("image", Precision::f32), 3});
  return graph.parameters().scalars();
}

// Published sizes of the convolutional parts (torchvision; Krizhevsky et al., 2012).
TEST(Trunks, HaveThePublishedNumbersOfParameters) {
  EXPECT_EQ(scalars("alexnet"), 2469696);
  EXPECT_EQ(scalars("vgg16"), 14714688);
  EXPECT_EQ(scalars("alexnet2012"), 2334080);
  EXPECT_EQ(scalars("alexnet_bvlc"), 2334080);
  EXPECT_EQ(scalars("squeezenet", "pool10"), 1235496);
  EXPECT_EQ(scalars("squeezenet"), 1235496 - 513 * 1000);
}

TEST(Trunks, SqueezeNetIsCutAtAnyLayer) {
  NCutsModelSettings settings;
  settings.trunk = "squeezenet";
  const Shape image = {1, 227, 227, 3};
  const std::vector<std::pair<std::string, Shape>> shapes = {
      {"conv1", {1, 113, 113, 64}},
      {"pool1", {1, 56, 56, 64}},
      {"fire2_squeeze1x1", {1, 56, 56, 16}},
      {"fire2_expand1x1", {1, 56, 56, 64}},
      {"fire3", {1, 56, 56, 128}},
      {"pool3", {1, 28, 28, 128}},
      {"fire5", {1, 28, 28, 256}},
      {"pool5", {1, 14, 14, 256}},
      {"fire8_expand3x3", {1, 14, 14, 256}},
      {"", {1, 14, 14, 512}},
      {"fire9", {1, 14, 14, 512}},
      {"conv10", {1, 14, 14, 1000}},
      {"pool10", {1, 1000}},
  };
  for (const auto& [cut, shape] : shapes) {
    settings.cut = cut;
    EXPECT_EQ(feature_shape(build_trunk(settings, 1), image), shape) << cut;
  }
  // Behind every layer with a map stands the paper's head.
  for (const auto& layer : trunk_layers("squeezenet", "relu10")) {
    settings.cut = layer.name;
    EXPECT_EQ(feature_shape(build_feature_network(settings, 1), image)[3], 20) << layer.name;
  }
}

TEST(Trunks, TheNormalizedOneHasTheSameConvolutions) {
  // Scales and shifts of 16 + 2 (32 + 64 + 96 + 128) maps, and of the 64 joint ones.
  EXPECT_EQ(scalars("small_normalized"), scalars("small") + 2 * (16 + 640 + 64));
  const auto plain = layer_lines(connected(trunk_layers("small", "")));
  auto layers = trunk_layers("small_normalized", "");
  EXPECT_EQ(layer_line(layers[1]), "norm1: groupnorm 8");
  layers.erase(std::remove_if(layers.begin(), layers.end(),
                              [](const Layer& layer) { return layer.type == "groupnorm"; }),
               layers.end());
  EXPECT_EQ(layer_lines(connected(layers)), plain);
}

TEST(Trunks, AreCutAfterANamedLayer) {
  EXPECT_EQ(layer_line(trunk_layers("vgg16", "relu4_1").back()), "relu4_1: relu");
  EXPECT_EQ(layer_line(trunk_layers("vgg16", "").back()), "relu5_3: relu");
  EXPECT_THROW(trunk_layers("vgg16", "relu9"), InputError);
  EXPECT_THROW(trunk_layers("resnet", ""), InputError);
}

TEST(NCutsModel, AddsThePapersHead) {
  NCutsModelSettings settings;
  settings.trunk = "alexnet";
  const auto layers = layer_lines(ncuts_layers(settings));
  const std::vector<std::string> head(layers.end() - 5, layers.end());
  EXPECT_EQ(head,
            (std::vector<std::string>{"head1: conv 256 3 rate=10.", "head1_relu: relu",
                                      "head_dropout: dropout 0.25",
                                      "head2: conv 20 3 rate=10. bias=0.", "features: relu"}));
  const auto graph = build_feature_network(settings, 1);
  EXPECT_EQ(graph.parameters().find("head2.weight")->rate_factor, 10);
  EXPECT_EQ(graph.parameters().find("conv1.weight")->rate_factor, 1);
  // AlexNet's strides at the size of a BSDS image.
  EXPECT_EQ(feature_shape(graph, {1, 321, 481, 3}), Shape({1, 19, 29, 20}));
  try {
    feature_shape(graph, {1, 16, 400, 3});
    FAIL() << "no error";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("layer 'pool2'"));
    EXPECT_THAT(error.what(), HasSubstr("smaller than the receptive field"));
  }
}

// Six decimals made 0 of it, and froze the head.
TEST(NCutsModel, ASmallRateOfTheHeadIsNotZero) {
  NCutsModelSettings settings;
  settings.head_rate = 4e-7;
  settings.features_bias = 1.0 / 3;
  const auto graph = build_feature_network(settings, 1);
  EXPECT_EQ(graph.parameters().find("head2.weight")->rate_factor, 4e-7);
  EXPECT_EQ(to_host(graph.parameters().find("head2.bias")->value.as<float>())[0], 1.0F / 3);
  auto other = settings;
  other.head_rate = 4.1e-7;
  EXPECT_NE(model_signature(settings), model_signature(other));
}

// The line that checkpoints of version 0.1 have.
TEST(NCutsModel, ItsSignatureIsThatOfOlderCheckpoints) {
  NCutsModelSettings settings;
  settings.trunk = "alexnet2012";
  settings.cut = "norm1";
  settings.layers = parse_layers({"a: conv 8 3 std=1e-2"});
  settings.hidden = 0;
  settings.head_rate = 1;
  settings.features_bias = 0.1;
  EXPECT_EQ(model_signature(settings),
            "input 3; conv1: conv 96 11 stride=4 pad=2; relu1: relu; norm1: lrn size=5 alpha=1e-4 "
            "beta=0.75 k=2; a: conv 8 3 std=1e-2; head_dropout: dropout 0.25; head2: conv 20 3 "
            "rate=1. bias=0.1; features: relu");
}

TEST(Classifier, ItsNumbersKeepAllDigits) {
  ClassificationSettings settings;
  settings.model.classifier_rate = 1.0 / 3;
  settings.model.classifier_deviation = 1e-11 / 3;
  const auto graph = build_classifier(settings, 4, 3);
  EXPECT_EQ(graph.parameters().find("logits.weight")->rate_factor, 1.0 / 3);
  EXPECT_EQ(layer_line(classifier_layers({}, 10).back()), "logits: dense 10 rate=1 std=0.01");
}

// A checkpoint of one stage is one of the other.
TEST(BoundaryNetwork, HasTheParametersOfTheWholeGraph) {
  NCutsModelSettings settings;
  GraphAffinitySettings affinity;
  affinity.distance_width = 3;
  for (const char* weights : {"contour", "both"}) {
    affinity.weights = weights;
    const auto first = build_boundary_network(settings, affinity, 1);
    const auto second = build_graph_cuts_network(settings, affinity, {}, 1);
    ASSERT_EQ(first.parameters().size(), second.parameters().size());
    for (const auto& expected : second.parameters()) {
      const auto found = first.parameters().find(expected->name);
      ASSERT_TRUE(found) << expected->name;
      EXPECT_EQ(found->rate_factor, expected->rate_factor);
      EXPECT_EQ(found->decay_factor, expected->decay_factor);
      expected->value.visit([&](const auto& tensor) {
        using T = typename std::decay_t<decltype(tensor)>::value_type;
        EXPECT_EQ(to_host(found->value.as<T>()), to_host(tensor)) << expected->name;
      });
    }
  }
  affinity.weights = "features";
  EXPECT_THROW(build_boundary_network(settings, affinity, 1), InputError);
}

// A network with a boundary map, an image, and its mirror image.
struct Mirrored {
  Mirrored() {
    settings.model.trunk = "small";
    settings.model.hidden = 0;
    settings.augmentation.whole_side = 40;
    parameters = parameter_values(
        build_boundary_map(complete_model(settings), settings.graph, 1).parameters());
    const auto of_row = [&](int y, int x, int c) {
      return (7 * x * x + 13 * y * x + 40 * c) % 256;
    };
    for (int y = 0; y < 33; ++y) {
      for (int x = 0; x < 46 * 3; ++x) {
        image.image.pixels.push_back(static_cast<std::uint8_t>(of_row(y, x / 3, x % 3)));
        mirror.image.pixels.push_back(static_cast<std::uint8_t>(of_row(y, 45 - x / 3, x % 3)));
      }
    }
  }

  NCutsTrainingSettings settings;
  std::map<std::string, AnyTensor> parameters;
  SegmentedImage image{"image", {33, 46, {}}, {}, {}}, mirror = image;
};

// Averaged over an image and its mirror image, the map of the mirror image is the mirrored map.
TEST(BoundaryNetwork, SeesMirrorImagesAlike) {
  const Mirrored m;
  const auto difference = [&](bool flip) {
    BoundaryNetwork network(m.settings, m.parameters, "weights", {{0.7, 1}, flip});
    const auto map = network.of(m.image).pixels, other = network.of(m.mirror).pixels;
    float largest = 0;
    for (std::size_t i = 0; i < map.size(); ++i)
      largest = std::max(largest, std::abs(map[i] - other[i / 46 * 46 + 45 - i % 46]));
    return largest;
  };
  EXPECT_LT(difference(true), 1e-6f);
  EXPECT_GT(difference(false), 1e-4f);
}

// The graph is that of the averaged map; of the only one, it is that of the network in one piece.
TEST(GraphCutsNetwork, TakesItsGraphFromTheAveragedMap) {
  Mirrored m;
  m.settings.graph.vectors = 4;
  m.settings.graph.tolerance = 1e-10;
  const auto eigenvalues = [&](const SegmentedImage& image, bool flip) {
    GraphCutsNetwork network(m.settings, m.parameters, "weights", {{1}, flip}, nullptr);
    const auto evidence = network.of(image, {true, true});
    EXPECT_EQ(evidence.boundary,
              BoundaryNetwork(m.settings, m.parameters, "weights", {{1}, flip}).of(image).pixels);
    return evidence.spectrum.eigenvalues;
  };
  const auto difference = [](const std::vector<double>& a, const std::vector<double>& b) {
    double largest = 0;
    for (std::size_t l = 0; l < 4; ++l) largest = std::max(largest, std::abs(a[l] - b[l]));
    return largest;
  };
  EXPECT_LT(difference(eigenvalues(m.image, true), eigenvalues(m.mirror, true)), 1e-7);
  EXPECT_GT(difference(eigenvalues(m.image, false), eigenvalues(m.mirror, false)), 1e-6);

  Graph whole = build_edge_network(complete_model(m.settings), m.settings.graph, {}, 1);
  load_parameters(m.parameters, whole.parameters(), "weights");
  const View view = whole_view(40, 33, 46);
  const auto input = normalize(seen(m.image.image, view), m.settings.pixels);
  auto& execution = whole.plan({{input.shape(), Precision::f32}}, Mode::inference);
  copy(execution.input(0), input);
  execution.forward(RandomKey{});
  const auto edges = execution.value(whole.output("edges")).as<double>();
  const auto expected = graph_vectors(to_host(edges).data(), edges.shape()[0], edges.shape()[1],
                                      static_cast<int>(m.settings.graph.radius),
                                      m.settings.graph.spectrum(), nullptr);
  EXPECT_LT(difference(eigenvalues(m.image, false), expected.eigenvalues), 1e-9);
}

TEST(NCutsModel, DescribesItself) {
  NCutsTrainingSettings settings;
  settings.model.hidden = 0;
  const auto model = ncuts_graph(settings);
  const auto text = describe_graph(model.graph, model.inputs);
  EXPECT_THAT(text, HasSubstr("conv5_2"));
  EXPECT_THAT(text, HasSubstr("normalized_cuts_alignment"));
  EXPECT_THAT(text, HasSubstr("total"));
}

// Every atom is in nine groups, its own and those of its neighbours, also across the map's edges.
TEST(Dictionary, GroupsAreSquaresOfTheMapThatWrapAround) {
  DictionaryModelSettings model;
  model.atoms = 20;
  model.map = {4, 5};
  const auto groups = grouping_matrix(model);
  const auto group = [&](std::size_t a, std::size_t b) { return groups[a * 20 + b]; };
  for (std::size_t a = 0; a < 20; ++a) {
    double members = 0;
    for (std::size_t b = 0; b < 20; ++b) {
      members += group(a, b);
      EXPECT_EQ(group(a, b), group(b, a));
    }
    EXPECT_EQ(members, 9);
  }
  // Rows and columns 3, 0, 1 and 4, 0, 1.
  for (const std::size_t b : {19u, 15u, 16u, 4u, 0u, 1u, 9u, 5u, 6u})
    EXPECT_EQ(group(0, b), 1) << b;
}

}  // namespace
}  // namespace eigenprop
