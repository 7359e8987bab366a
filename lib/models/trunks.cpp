#include "models/trunks.hpp"

#include <map>

#include "runtime/error.hpp"

namespace eigenprop {
namespace {

using Layers = std::vector<Layer>;

Layer relu(const std::string& name) { return {name, "relu"}; }

Layers alexnet() {
  return {
      {"conv1", "conv", {64, 11}, {{"stride", 4}, {"pad", 2}}},
      relu("relu1"),
      {"pool1", "maxpool", {3}, {{"stride", 2}}},
      {"conv2", "conv", {192, 5}, {{"pad", 2}}},
      relu("relu2"),
      {"pool2", "maxpool", {3}, {{"stride", 2}}},
      {"conv3", "conv", {384, 3}, {{"pad", 1}}},
      relu("relu3"),
      {"conv4", "conv", {256, 3}, {{"pad", 1}}},
      relu("relu4"),
      {"conv5", "conv", {256, 3}, {{"pad", 1}}},
      relu("relu5"),
  };
}

// k: of the normalization of responses.
Layers original_alexnet(int k) {
  // α is spelled as in the checkpoints of version 0.1.
  const auto lrn = [k](const std::string& name) -> Layer {
    return {name, "lrn", {}, {{"size", 5}, {"alpha", {1e-4, "1e-4"}}, {"beta", 0.75}, {"k", k}}};
  };
  return {
      {"conv1", "conv", {96, 11}, {{"stride", 4}, {"pad", 2}}},
      relu("relu1"),
      lrn("norm1"),
      {"pool1", "maxpool", {3}, {{"stride", 2}}},
      {"conv2", "conv", {256, 5}, {{"pad", 2}, {"groups", 2}}},
      relu("relu2"),
      lrn("norm2"),
      {"pool2", "maxpool", {3}, {{"stride", 2}}},
      {"conv3", "conv", {384, 3}, {{"pad", 1}}},
      relu("relu3"),
      {"conv4", "conv", {384, 3}, {{"pad", 1}, {"groups", 2}}},
      relu("relu4"),
      {"conv5", "conv", {256, 3}, {{"pad", 1}, {"groups", 2}}},
      relu("relu5"),
  };
}

Layers alexnet2012() { return original_alexnet(2); }

Layers alexnet_bvlc() { return original_alexnet(1); }

Layers vgg16() {
  const std::vector<std::vector<int>> blocks = {
      {64, 64}, {128, 128}, {256, 256, 256}, {512, 512, 512}, {512, 512, 512}};
  Layers layers;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const std::string block = std::to_string(b + 1);
    if (b > 0) layers.push_back({"pool" + std::to_string(b), "maxpool", {2}, {{"stride", 2}}});
    for (std::size_t l = 0; l < blocks[b].size(); ++l) {
      const std::string layer = block + "_" + std::to_string(l + 1);
      layers.push_back({"conv" + layer, "conv", {blocks[b][l], 3}, {{"pad", 1}}});
      layers.push_back(relu("relu" + layer));
    }
  }
  return layers;
}

// SqueezeNet 1.1 with its classifier. A fire module squeezes its input to few maps and expands them
// by 1 x 1 and by 3 x 3 filters, side by side (Iandola et al., 2016, figure 1). One ReLU behind the
// concatenation is the same as one behind each part.
Layers squeezenet() {
  Layers layers = {{"conv1", "conv", {64, 3}, {{"stride", 2}, {"pad", 0}}}, relu("relu1")};
  const auto pool = [&](const std::string& name) {
    layers.push_back({name, "maxpool", {3}, {{"stride", 2}, {"ceil", 1}}});
  };
  const auto fire = [&](const std::string& name, int squeezed, int expanded) {
    const std::string squeeze = name + "_squeeze1x1", squeeze_relu = squeeze + "_relu";
    const std::string expand1 = name + "_expand1x1", expand3 = name + "_expand3x3";
    layers.push_back({squeeze, "conv", {squeezed, 1}});
    layers.push_back(relu(squeeze_relu));
    layers.push_back({expand1, "conv", {expanded, 1}});
    layers.push_back({expand3, "conv", {expanded, 3}, {{"pad", 1}}, {squeeze_relu}});
    layers.push_back({name + "_concat", "concat", {}, {}, {expand1, expand3}});
    layers.push_back(relu(name));
  };
  pool("pool1");
  fire("fire2", 16, 64);
  fire("fire3", 16, 64);
  pool("pool3");
  fire("fire4", 32, 128);
  fire("fire5", 32, 128);
  pool("pool5");
  fire("fire6", 48, 192);
  fire("fire7", 48, 192);
  fire("fire8", 64, 256);
  fire("fire9", 64, 256);
  layers.push_back({"drop9", "dropout", {0.5}});
  layers.push_back({"conv10", "conv", {1000, 1}, {{"std", 0.01}}});
  layers.push_back(relu("relu10"));
  layers.push_back({"pool10", "global_average"});
  return layers;
}

// For images of 32 x 32 pixels; ends with 128 maps of 8 x 8.
Layers cifar() {
  Layers layers;
  const std::pair<const char*, int> convolutions[] = {
      {"1", 32}, {"2", 64}, {"3", 64}, {"4", 128}, {"5", 128}};
  for (const auto& [number, channels] : convolutions) {
    const std::string n = number;
    layers.push_back({"conv" + n, "conv", {channels, 3}});
    layers.push_back({"norm" + n, "groupnorm", {8}});
    layers.push_back(relu("relu" + n));
    if (n == "1" || n == "3") layers.push_back({"pool" + n, "maxpool", {2}});
  }
  return layers;
}

// Five scales of 3 x 3 convolutions. Each of the coarser four is reduced to 64 maps where it is
// small, then enlarged and summed, together with the input's colour and position: the same as one
// 1 x 1 convolution on the concatenation, at a fraction of the cost.
Layers small_trunk(bool normalized) {
  Layers layers;
  // A convolution called after its block, and its ReLU.
  const auto add = [&](const std::string& block, int width) {
    layers.push_back({"conv" + block, "conv", {width, 3}});
    if (normalized) layers.push_back({"norm" + block, "groupnorm", {8}});
    layers.push_back(relu("relu" + block));
  };
  add("1", 16);
  const int widths[] = {16, 32, 64, 96, 128};
  for (int b = 2; b <= 5; ++b) {
    const std::string block = std::to_string(b);
    layers.push_back({"pool" + block, "maxpool", {2}});
    for (const char* part : {"_1", "_2"}) add(block + part, widths[b - 1]);
  }
  // Standard deviation sqrt(2 / fan-in) of the joint 1 x 1 convolution: 320 maps and 5 channels.
  const auto reduce = [](const std::string& block, const std::string& from) -> Layer {
    return {"reduce" + block, "conv", {64, 1}, {{"std", 0.0784}}, {from}};
  };
  for (int b = 2; b <= 5; ++b) {
    const std::string block = std::to_string(b);
    layers.push_back(reduce(block, "relu" + block + "_2"));
    if (b == 2) continue;
    layers.push_back({"enlarge" + block, "resize", {}, {}, {"reduce" + block, "relu2_2"}});
  }
  layers.push_back({"colour", "avgpool", {2}, {}, {"input"}});
  layers.push_back(reduce("1", "colour"));
  layers.push_back(
      {"joint", "add", {}, {}, {"reduce2", "enlarge3", "enlarge4", "enlarge5", "reduce1"}});
  if (normalized) layers.push_back({"joint_norm", "groupnorm", {8}});
  layers.push_back(relu("joint_relu"));
  return layers;
}

Layers small() { return small_trunk(false); }

Layers small_normalized() { return small_trunk(true); }

struct Trunk {
  Layers (*layers)();
  const char* end = nullptr;  ///< last layer where no cut is named; null: the last of all
};

const std::map<std::string, Trunk>& trunks() {
  static const std::map<std::string, Trunk> all = {
      {"alexnet", {alexnet}},
      {"alexnet2012", {alexnet2012}},
      {"alexnet_bvlc", {alexnet_bvlc}},
      {"cifar", {cifar}},
      {"small", {small}},
      {"small_normalized", {small_normalized}},
      {"squeezenet", {squeezenet, "fire9"}},
      {"vgg16", {vgg16}},
  };
  return all;
}

}  // namespace

std::vector<std::string> trunk_names() {
  std::vector<std::string> names;
  for (const auto& [name, layers] : trunks()) names.push_back(name);
  return names;
}

std::vector<Layer> trunk_layers(const std::string& trunk, const std::string& cut) {
  const auto found = trunks().find(trunk);
  if (found == trunks().end()) {
    std::string known;
    for (const auto& name : trunk_names()) known += (known.empty() ? "" : ", ") + name;
    throw InputError("unknown trunk '" + trunk + "'; there are: " + known);
  }
  const auto& [build, end] = found->second;
  Layers layers = build();
  if (cut.empty() && !end) return layers;
  const std::string last = cut.empty() ? end : cut;
  Layers kept;
  std::string names;
  for (const auto& layer : layers) {
    kept.push_back(layer);
    if (layer.name == last) return kept;
    names += (names.empty() ? "" : ", ") + layer.name;
  }
  throw InputError("trunk '" + trunk + "' has no layer '" + cut + "' to cut at; it has: " + names);
}

}  // namespace eigenprop
