#include <cstdio>
#include <memory>

#include "models/report.hpp"
#include "runtime/process_memory.hpp"
#include "storage/digest.hpp"
#include "storage/run_file.hpp"
#include "storage/trained_settings.hpp"
#include "training/classification_problem.hpp"
#include "training/memory_estimate.hpp"
#include "training/training_run.hpp"

namespace {

using namespace eigenprop;

struct Settings {
  ClassificationSettings training;
  TrainingFiles files;
  std::string test;
  std::string score;
  std::string scores = "scores.h5";
  std::int64_t memory_limit = 2048;
  std::int64_t classes = 10;
  bool dry_run = false;
};

constexpr const char* description =
    "Trains a network that classifies images, with second-order pooling (DeepO2P, Ionescu,\n"
    "Vantzos and Sminchisescu, 2016, sections 5 and 7.1) or without.\n"
    "Images are spread over the ranks; the result does not depend on their number.";

constexpr const char* examples =
    "Examples:\n"
    "  mpirun -n 2 train_classifier --config drivers/configurations/cifar_o2p.toml \\\n"
    "      --data train.h5 --test test.h5\n"
    "  train_classifier --config drivers/configurations/deepo2p.toml --import alexnet.h5\n"
    "  train_classifier --config drivers/configurations/sift_o2p.toml --data sift.h5\n"
    "  train_classifier --config drivers/configurations/cifar_o2p.toml --dry-run\n"
    "  train_classifier --score checkpoint.h5 --test other.h5\n"
    "SIGUSR1 or SIGTERM: writes a checkpoint and exits with status 85; --resume auto goes on from "
    "it.";

void declare(CommandLine& line, Settings& s) {
  declare_training_files(line, s.files,
                         "Packed training images (analysis/pack_cifar.py, pack_coco.py), or their "
                         "features (dense_sift.py)");
  line.option("test", s.test, "The same for testing, scored after every epoch");
  line.option(
      "score", s.score,
      "Checkpoint whose network is scored on --test, without training; model and pixels are "
      "the checkpoint's");
  declare_memory_limit(line, s.memory_limit);
  line.option("scores", s.scores, "score: run file where loss, top-1 and top-5 errors go");
  declare_classification_options(line, s.training);
  line.option("classes", s.classes, "Classes of the model that --dry-run prints");
  line.flag("dry-run", s.dry_run,
            "Print the model layer by layer and the memory that its training takes, and stop");
  line.epilogue(examples);
}

// The model on the given data, or on images.
void dry_run(const Settings& s, const Communicator& world) {
  const auto& pixels = s.training.pixels;
  const std::int64_t side = s.training.framing.side;
  MemoryEstimate memory(resident_memory());
  Shape extents = {side, side, input_channels(pixels)};
  for (const auto& path : {s.test, s.files.data}) {
    if (path.empty()) continue;
    const auto data = open_classification_source(path, 0);
    extents = data->extents(pixels, side);
    if (data->bytes() <= memory_limit_bytes(s.memory_limit))
      memory.add("images of " + path, static_cast<double>(data->bytes()));
  }
  const auto graph = build_classifier(s.training, s.classes, extents[2]);
  const auto inputs = classifier_inputs(extents, s.training.unit);
  memory.add_training(graph, inputs, s.training.solver);
  memory.add("a unit of images on its way", static_cast<double>(inputs[0].bytes()));
  const auto table = describe_graph(graph, classifier_inputs(extents, 1)) + memory.text();
  if (world.is_root()) std::fputs(table.c_str(), stdout);
}

ExitStatus train(const Settings& s, const std::string& configuration, const StopRequest& stop,
                 Session& session) {
  const auto& world = session.world();
  const TrainingClaim claim(s.files, {{"test", s.test}}, {}, world);
  const auto log = make_logger(world, s.files.log_level, s.files.log_path());
  const std::int64_t limit = memory_limit_bytes(s.memory_limit);
  const auto data = open_classification_source(s.files.data, limit);
  std::unique_ptr<const ClassificationSource> test;
  if (!s.test.empty()) test = open_classification_source(s.test, limit);
  ClassificationProblem problem(s.training, *data, test.get(), world);
  const auto solver = make_solver(s.training.solver, problem, world);
  return run_training(
      {"train_classifier", s.files, configuration, s.training.solver.seed, claim.digests()},
      problem, *solver, stop, world, *log);
}

void require_classes(const Checkpoint& checkpoint, const std::string& source,
                     const ClassificationSource& data) {
  const auto weight = checkpoint.parameters.find("logits.weight");
  require(weight != checkpoint.parameters.end() && weight->second.shape().rank() == 2,
          source + " holds no classifier: it has no parameter 'logits.weight'");
  const auto known = weight->second.shape()[1];
  const auto classes = static_cast<std::int64_t>(data.classes().size());
  require(known == classes, source + " tells " + std::to_string(known) +
                                " classes apart, and data set '" + data.path() + "' has " +
                                std::to_string(classes));
}

ExitStatus score(const Settings& s, const StopRequest& stop, Session& session) {
  const auto& world = session.world();
  const OutputClaim claim({{"config", s.files.config}, {"score", s.score}, {"test", s.test}},
                          {{"scores", s.scores}}, world);
  require_same_data({{"test", s.test}}, world);
  const auto log = make_logger(world, s.files.log_level);
  const std::string source = "checkpoint '" + s.score + "'";
  const auto checkpoint = read_checkpoint(s.score, world);
  const auto settings = trained_settings(checkpoint, source, declare_classification_options);
  const auto data = open_classification_source(s.test, memory_limit_bytes(s.memory_limit));
  require_classes(checkpoint, source, *data);
  ClassificationProblem problem(settings, *data, data.get(), world);
  load_parameters(checkpoint.parameters, problem.parameters(), source);
  StopNotice notice(stop, world);
  RunFile file(s.scores, {"train_classifier", checkpoint.configuration, settings.solver.seed, true},
               -1, world);
  try {
    auto row = problem.score({checkpoint.step}, &notice).row;
    // A checkpoint knows its step alone.
    row.erase("epoch");
    row["step"] = static_cast<double>(checkpoint.step);
    file.append("test", row);
    file.flush();
    log->info("{} samples of {}: loss {:.4f}, error {:.4f}, not among five {:.4f}", data->size(),
              s.test, row["objective"], row["error_top1"], row["error_top5"]);
  } catch (const Interrupted&) {
    notice.settle();
    return ExitStatus::stopped_by_request;
  }
  notice.settle();
  return ExitStatus::success;
}

}  // namespace

int main(int argc, char** argv) {
  // From the first moment to the last: a signal must not end the process while it starts or ends.
  const StopRequest stop;
  return run_main(argc, argv, [&](Session& session) {
    Settings s;
    CommandLine line("train_classifier", description);
    declare(line, s);
    if (!parse_arguments(line, argc, argv, session)) return ExitStatus::success;
    check_classification_settings(s.training);
    if (s.dry_run) {
      if (s.classes < 2) throw ConfigurationError("classes must be two or more");
      dry_run(s, session.world());
      return ExitStatus::success;
    }
    if (!s.score.empty()) {
      if (s.test.empty())
        throw ConfigurationError("--score needs the data to score: give --test FILE");
      return score(s, stop, session);
    }
    check_training_files(s.files);
    return train(s, line.configuration(), stop, session);
  });
}
