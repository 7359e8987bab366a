#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/coded_dictionary.hpp"
#include "models/layer_text.hpp"
#include "models/ncuts_model.hpp"
#include "models/network.hpp"
#include "models/report.hpp"
#include "models/trunks.hpp"
#include "runtime/error.hpp"

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

TEST(LayerText, ParsesNumbersKeysAndSources) {
  const auto layers =
      parse_layers({"a: conv 8 3 stride=2 std=1e-2", "b: relu", "c: concat from=a,b"});
  ASSERT_EQ(layers.size(), 3u);
  EXPECT_EQ(layers[0].from, std::vector<std::string>{"input"});
  EXPECT_EQ(layers[0].numbers, (std::vector<double>{8, 3}));
  EXPECT_EQ(layers[0].integer("stride", 1), 2);
  EXPECT_EQ(layers[0].number("std", 0), 0.01);
  EXPECT_EQ(layers[1].from, std::vector<std::string>{"a"});
  EXPECT_EQ(layers[2].from, (std::vector<std::string>{"a", "b"}));
}

TEST(LayerText, SaysWhatIsWrong) {
  EXPECT_THAT(error_of({"conv 3 3"}), HasSubstr("not of the form 'name: type ...'"));
  EXPECT_THAT(error_of({"a: conv 3 x"}), HasSubstr("neither a number nor key=value"));
  EXPECT_THAT(error_of({"a: conv 3"}), HasSubstr("layer 'a' (conv) lacks its kernel size"));
  EXPECT_THAT(error_of({"a: conv 3.5 3"}), HasSubstr("must be an integer"));
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

std::int64_t scalars(const std::string& trunk) {
  Graph graph;
  add_layers(graph, parse_layers(trunk_layers(trunk, "")),
             {graph.input("image", Precision::f32), 3});
  return graph.parameters().scalars();
}

// Published sizes of the convolutional parts (torchvision; Krizhevsky et al., 2012).
TEST(Trunks, HaveThePublishedNumbersOfParameters) {
  EXPECT_EQ(scalars("alexnet"), 2469696);
  EXPECT_EQ(scalars("vgg16"), 14714688);
  EXPECT_EQ(scalars("alexnet2012"), 2334080);
}

TEST(Trunks, AreCutAfterANamedLayer) {
  EXPECT_EQ(trunk_layers("vgg16", "relu4_1").back(), "relu4_1: relu");
  EXPECT_EQ(trunk_layers("vgg16", "").back(), "relu5_3: relu");
  EXPECT_THROW(trunk_layers("vgg16", "relu9"), InputError);
  EXPECT_THROW(trunk_layers("resnet", ""), InputError);
}

TEST(NCutsModel, AddsThePapersHead) {
  NCutsModelSettings settings;
  settings.trunk = "alexnet";
  const auto layers = ncuts_layers(settings);
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
