#include "training/training_files.hpp"

#include "runtime/error.hpp"
#include "runtime/log.hpp"
#include "storage/digest.hpp"

namespace eigenprop {
namespace {

std::vector<NamedFile> with(std::vector<NamedFile> files, const std::vector<NamedFile>& more) {
  for (const auto& file : more) {
    if (!file.path.empty()) files.push_back(file);
  }
  return files;
}

}  // namespace

std::string TrainingFiles::log_path() const {
  if (log_file == "none" || (log_file.empty() && log_level == "off")) return "";
  return log_file.empty() ? output + ".log" : log_file;
}

void declare_training_files(CommandLine& line, TrainingFiles& f, const std::string& data_help) {
  line.file_name(f.config);
  line.option("data", f.data, data_help);
  line.option("output", f.output, "Run file: configuration, machine, metrics of every step");
  line.option("checkpoint", f.checkpoint, "Checkpoint: parameters and the optimizer's state");
  line.option("checkpoint_steps", f.checkpoint_steps, "Steps between checkpoints");
  line.option("checkpoint_minutes", f.checkpoint_minutes,
              "Minutes between checkpoints where steps are long; more where writing would take a "
              "hundredth of the run");
  line.choice(
      "resume", f.resume, {"never", "auto", "changed"},
      "auto: go on from the checkpoint where there is one, with the same settings and data; "
      "changed: also with others");
  line.option("import", f.import,
              "Checkpoint with weights for layers of the same name and shape (pretrained trunks)");
  line.choice("import_pixels", f.import_pixels, {"same", "other"},
              "other: [pixels] may differ from those that the imported weights were trained on");
  declare_log_level(line, f.log_level, "on standard error and in the log file");
  line.option("log_file", f.log_file,
              "Log and progress as plain lines, added to its end; empty: the run file's name with "
              ".log; none: no such file");
}

void declare_memory_limit(CommandLine& line, std::int64_t& mebibytes) {
  line.option("memory_limit", mebibytes,
              "MiB of each data set that a rank keeps in memory; images beyond are read each time "
              "they are asked for");
}

std::int64_t memory_limit_bytes(std::int64_t mebibytes) {
  constexpr std::int64_t most = std::int64_t{1} << 30;
  if (mebibytes < 0 || mebibytes > most)
    throw ConfigurationError("memory_limit must lie in 0 .. " + std::to_string(most) + " MiB");
  return mebibytes << 20;
}

void check_training_files(const TrainingFiles& f) {
  if (f.data.empty()) throw ConfigurationError("no training images: give --data FILE");
  if (f.checkpoint_steps <= 0) throw ConfigurationError("checkpoint_steps must be positive");
  if (!(f.checkpoint_minutes > 0)) throw ConfigurationError("checkpoint_minutes must be positive");
}

TrainingClaim::TrainingClaim(const TrainingFiles& files, const std::vector<NamedFile>& inputs,
                             const std::vector<NamedFile>& outputs, const Communicator& comm)
    : outputs_(
          with({{"config", files.config}, {"data", files.data}, {"import", files.import}}, inputs),
          with({{"output", files.output}, {"checkpoint", files.checkpoint}}, outputs), comm,
          with({}, {{"log_file", files.log_path()}})) {
  digests_ = require_same_data(with({{"data", files.data}}, inputs), comm);
}

}  // namespace eigenprop
