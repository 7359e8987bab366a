#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/command_line.hpp"
#include "storage/output_claim.hpp"

namespace eigenprop {

/// Files and log of a training, the same options for every driver.
struct TrainingFiles {
  std::string config;  ///< the configuration file, if any
  std::string data;
  std::string output = "run.h5";
  std::string checkpoint = "checkpoint.h5";
  std::string resume = "never";
  std::string import;
  std::string import_pixels = "same";  ///< as the imported weights were trained on, or "other"
  std::int64_t checkpoint_steps = 500;
  double checkpoint_minutes = 10;
  std::string log_level = "info";
  std::string log_file;

  /// Where the log goes beside standard error; empty for nowhere.
  std::string log_path() const;
};

/// Declares the options. `data_help` says what the training data are.
void declare_training_files(CommandLine& line, TrainingFiles& files, const std::string& data_help);

/// Declares memory_limit, MiB, for data sets of images that are held or read again.
void declare_memory_limit(CommandLine& line, std::int64_t& mebibytes);

/// The same in bytes. Throws ConfigurationError where it is negative or more than any memory.
std::int64_t memory_limit_bytes(std::int64_t mebibytes);

/// Throws ConfigurationError where no data are given, or intervals are not positive.
void check_training_files(const TrainingFiles& files);

/// The files of one training, its own while this lives (OutputClaim).
class TrainingClaim {
 public:
  /// `inputs`: data sets beside files.data; `outputs`: files beside those of every training. Throws
  /// InputError, alike on all ranks and before anything is written, where an output is an input or
  /// is held by another run, and where a data set cannot be read or is not the same on all ranks.
  /// Collective over `comm`.
  TrainingClaim(const TrainingFiles& files, const std::vector<NamedFile>& inputs,
                const std::vector<NamedFile>& outputs, const Communicator& comm);

  /// Of the data sets, by the setting that names them (data_digest()).
  const std::map<std::string, std::string>& digests() const { return digests_; }

 private:
  OutputClaim outputs_;
  std::map<std::string, std::string> digests_;
};

}  // namespace eigenprop
