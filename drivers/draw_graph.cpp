#include <cstdio>
#include <string>

#include "data/normalization.hpp"
#include "graph/dot.hpp"
#include "models/classification_model.hpp"
#include "models/dictionary_model.hpp"
#include "models/embedding_model.hpp"
#include "models/ncuts_options.hpp"
#include "models/report.hpp"
#include "runtime/error.hpp"
#include "runtime/session.hpp"
#include "runtime/version.hpp"
#include "segmentation/segmenter_options.hpp"
#include "storage/output_claim.hpp"
#include "storage/publish.hpp"

namespace {

using namespace eigenprop;

constexpr const char* usage =
    "usage: draw_graph {classifier|dictionary|embedding|ncuts} [--config FILE] [--output FILE.dot] "
    "[options]\n"
    "Writes the graph of a model in the DOT language, for `dot -Tsvg graph.dot -o graph.svg`. "
    "Options\n"
    "are those of train_classifier, train_dictionary, train_embedding or train_ncuts; "
    "draw_graph\n"
    "NETWORK --help lists them.";

struct Settings {
  std::string config;
  std::string output = "graph.dot";
  std::int64_t classes = 10;
  std::vector<std::int64_t> extents = {32, 32, 1};
  std::int64_t features = 64;
  ClassificationSettings classifier;
  DictionarySettings dictionary;
  EmbeddingSettings embedding;
  NCutsTrainingSettings ncuts;
  SegmenterSettings segmenter;  // of the scores of train_ncuts; no layer depends on it
};

void declare(CommandLine& line, const std::string& network, Settings& s) {
  line.file_name(s.config);
  line.option("output", s.output, "Where the drawing goes");
  if (network == "classifier") {
    declare_classification_options(line, s.classifier);
    line.option("classes", s.classes, "Classes");
  } else if (network == "dictionary") {
    declare_dictionary_options(line, s.dictionary);
    line.option("features", s.features, "Features of a point");
  } else if (network == "embedding") {
    declare_embedding_options(line, s.embedding);
    line.option("extents", s.extents, "Extents of a point: height, width, channels");
  } else {
    declare_ncuts_options(line, s.ncuts);
    declare_segmenter_options(line, s.segmenter);
  }
}

std::string draw(const std::string& network, const Settings& s) {
  if (network == "classifier") {
    check_classification_settings(s.classifier);
    const std::int64_t channels = input_channels(s.classifier.pixels);
    const std::int64_t side = s.classifier.framing.side;
    return to_dot(build_classifier(s.classifier, s.classes, channels),
                  classifier_inputs({side, side, channels}, 1));
  }
  if (network == "dictionary") {
    check_dictionary_settings(s.dictionary);
    return to_dot(build_dictionary(s.dictionary, s.features),
                  dictionary_inputs(s.dictionary, s.features, 1));
  }
  if (network == "embedding") {
    check_embedding_settings(s.embedding);
    if (s.extents.size() != 3) throw ConfigurationError("extents are three numbers");
    const Shape extents = {s.extents[0], s.extents[1], s.extents[2]};
    return to_dot(build_embedding(s.embedding, extents),
                  {embedding_input(s.embedding, extents, 1)});
  }
  check_ncuts_settings(s.ncuts);
  const auto model = ncuts_graph(s.ncuts);
  return to_dot(model.graph, model.inputs);
}

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [&](Session& session) {
    const bool root = session.world().is_root();
    const std::string network = argc > 1 ? argv[1] : "";
    if (network == "--help" || network == "-h") {
      if (root) std::puts(usage);
      return ExitStatus::success;
    }
    if (network != "classifier" && network != "dictionary" && network != "embedding" &&
        network != "ncuts") {
      throw ConfigurationError(
          "the first argument must be classifier, dictionary, embedding or ncuts");
    }
    Settings s;
    CommandLine line("draw_graph " + network, "Writes the graph of a model in the DOT language.");
    declare(line, network, s);
    if (!parse_arguments(line, argc - 1, argv + 1, session)) return ExitStatus::success;
    const std::string text = draw(network, s);
    const OutputClaim claim({{"config", s.config}}, {{"output", s.output}}, session.world());
    const std::string origin = "// eigenprop " + version() + ", commit " + commit() + "\n";
    if (root) write_file(s.output, origin + text);
    return ExitStatus::success;
  });
}
