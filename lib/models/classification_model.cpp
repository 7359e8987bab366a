#include "models/classification_model.hpp"

#include "models/network.hpp"
#include "models/trunks.hpp"
#include "runtime/error.hpp"
#include "runtime/phase.hpp"

namespace eigenprop {
namespace {

ClassificationObjective objective_of(const ClassificationSettings& settings) {
  require(settings.objective == "softmax" || settings.objective == "logistic",
          "objective '" + settings.objective + "' is neither softmax nor logistic");
  return settings.objective == "softmax" ? ClassificationObjective::softmax
                                         : ClassificationObjective::logistic;
}

}  // namespace

void declare_classification_options(CommandLine& line, ClassificationSettings& s) {
  auto trunks = trunk_names();
  trunks.push_back("none");
  line.choice("model.trunk", s.model.trunk, trunks, "Named trunk, or none: all in model.layers");
  line.option("model.cut", s.model.cut, "Last layer of the trunk that is kept; empty: all");
  declare_layers(line, "model.layers", s.model.layers,
                 "Layers up to the classifier, \"name: type ... key=value\" each");
  line.option("model.trunk_rate", s.model.trunk_rate,
              "Factor of the learning rate below the classifier");
  line.option("model.classifier_rate", s.model.classifier_rate, "And of the classifier");
  line.option("model.classifier_deviation", s.model.classifier_deviation,
              "Standard deviation of the classifier's first weights");
  line.choice("pixels.space", s.pixels.space, {"lab", "rgb", "bgr"}, "Colour space of the input");
  line.option("pixels.mean", s.pixels.mean, "Means that are subtracted, three");
  line.option("pixels.deviation", s.pixels.deviation, "Deviations that are divided by, three");
  line.option("view.side", s.framing.side, "Pixels of the square that enters the network");
  line.option("view.jitter", s.framing.jitter, "Training: largest random shift, pixels");
  line.option("view.flip", s.framing.flip, "Training: mirror half of the images");
  line.option("train.unit", s.unit, "Images that go through the network at once");
  line.choice("train.objective", s.objective, {"softmax", "logistic"}, "Loss of the classifier");
  declare_solver_options(line, s.solver);
}

void check_classification_settings(const ClassificationSettings& s) {
  try {
    connected(classifier_layers(s.model, 2));
    require(s.model.trunk_rate >= 0 && s.model.classifier_rate >= 0 &&
                s.model.classifier_deviation >= 0,
            "model.trunk_rate, model.classifier_rate and model.classifier_deviation must not be "
            "negative");
    require(s.framing.side > 0 && s.framing.side <= 65536 && s.framing.jitter >= 0 &&
                s.framing.jitter <= 65536,
            "view.side must lie between 1 and 65536, and view.jitter between 0 and 65536");
    check_unit(s.unit);
    build_classifier(s, 2, input_channels(s.pixels));
    check_solver_settings(s.solver);
  } catch (const InputError& error) {
    throw ConfigurationError(error.what());
  }
}

std::vector<Layer> classifier_layers(const ClassifierSettings& settings, std::int64_t classes) {
  std::vector<Layer> layers;
  if (settings.trunk != "none") layers = trunk_layers(settings.trunk, settings.cut);
  layers.insert(layers.end(), settings.layers.begin(), settings.layers.end());
  layers.push_back({"logits",
                    "dense",
                    {classes},
                    {{"rate", settings.classifier_rate}, {"std", settings.classifier_deviation}}});
  return layers;
}

Graph build_classifier(const ClassificationSettings& settings, std::int64_t classes,
                       std::int64_t channels) {
  Graph graph(static_cast<std::uint32_t>(settings.solver.seed));
  const auto image = graph.input("image", Precision::f32);
  const auto labels = graph.input("labels", Precision::i32);
  NetworkSettings network;
  network.rate_factor = settings.model.trunk_rate;
  const auto maps =
      add_layers(graph, classifier_layers(settings.model, classes), {image, channels}, network);
  const auto logits = maps.at("logits").value;
  const auto outputs =
      graph.apply("loss", std::make_shared<ClassificationLoss<float>>(objective_of(settings)),
                  {logits, labels}, 2);
  graph.name_output("logits", logits);
  graph.name_output("objective", outputs[0]);
  graph.name_output("better", outputs[1]);
  return graph;
}

std::vector<TensorSpec> classifier_inputs(const Shape& extents, std::int64_t n) {
  return {{{n, extents[0], extents[1], extents[2]}, Precision::f32}, {{n}, Precision::i32}};
}

Execution& load_images(Graph& graph, const ClassificationSettings& settings,
                       const ClassificationSource& data, const std::vector<std::int64_t>& samples,
                       std::int64_t epoch, Mode mode) {
  const PhaseScope scope(Phase::input);
  const Shape extents = data.extents(settings.pixels, settings.framing.side);
  const auto count = static_cast<std::int64_t>(samples.size());
  const auto inputs = classifier_inputs(extents, count);
  auto& execution = graph.plan(inputs, mode);
  std::vector<float> images;
  images.reserve(static_cast<std::size_t>(inputs[0].shape.size()));
  std::vector<std::int32_t> labels;
  for (const std::int64_t sample : samples) {
    Placement placement;
    if (mode == Mode::training) {
      placement = random_placement(
          settings.framing,
          RandomKey{static_cast<std::uint32_t>(settings.solver.seed), RandomPurpose::augmentation,
                    static_cast<std::uint32_t>(epoch), static_cast<std::uint32_t>(sample), 0});
    }
    data.append(sample, settings.pixels, settings.framing.side, placement, images);
    labels.push_back(data.label(sample));
  }
  from_host(execution.input(0).as<float>(), images);
  from_host(execution.input(1).as<std::int32_t>(), labels);
  return execution;
}

void naming_images(const ClassificationSource& data, const std::vector<std::int64_t>& samples,
                   const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    const auto one = static_cast<std::size_t>(error.sample());
    rethrow_with_prefix(error.sample() >= 0 && one < samples.size()
                            ? "image '" + data.name(samples[one]) + "': "
                            : "images '" + data.name(samples.front()) + "' to '" +
                                  data.name(samples.back()) + "': ");
  }
}

std::string classifier_signature(const ClassificationSettings& settings, std::int64_t classes,
                                 const Shape& extents) {
  std::string signature = "classifier, input " + extents.text();
  for (const auto& layer : classifier_layers(settings.model, classes))
    signature += "; " + layer_line(layer);
  return signature;
}

}  // namespace eigenprop
