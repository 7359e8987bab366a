#pragma once

#include <map>
#include <string>
#include <vector>

#include "graph/parameter.hpp"
#include "runtime/communicator.hpp"

namespace eigenprop {

/// What a run needs to go on. Layout in the file (format "eigenprop-checkpoint", version 1):
/// root attributes `step`, `model` and `commit`; the text dataset /configuration; parameters as
/// /parameters/<name>, the optimizer's state as /optimizer/<slot>/<name>, further results of the
/// training as /results/<name>, and digests of the data sets (data_digest.hpp) as the texts
/// /data/<key>.
struct Checkpoint {
  std::int64_t step = 0;
  std::string model;          ///< one line that describes the network
  std::string configuration;  ///< settings of the run, in the format of configuration files
  std::map<std::string, AnyTensor> parameters;
  std::map<std::string, std::map<std::string, AnyTensor>> optimizer;  ///< slot -> parameter
  std::map<std::string, AnyTensor> results;
  std::map<std::string, std::string> data = {};  ///< key of the setting -> digest
};

/// Writes to a temporary file beside `path`, flushes it, and renames it, so that a crash at any
/// moment leaves the old checkpoint or the new one. All ranks must hold the same state; rank 0
/// writes it, and what it meets, all throw: with MPI-IO, a disk that is full on one rank leaves the
/// others waiting in a collective call of HDF5. Throws InputError where the disk is full or the
/// folder cannot be written; an older checkpoint stays then. Collective over `comm`.
void write_checkpoint(const std::string& path, const Checkpoint& checkpoint,
                      const Communicator& comm);

/// The same on every rank: rank 0 reads the values, and the others, which only look whether it is
/// the same file (data_digest(): all of small datasets, rows of large ones), receive them. Throws
/// InputError, alike on all ranks, for a file that is missing, truncated, foreign, of a newer
/// version, or not the same on all. Collective over `comm`.
Checkpoint read_checkpoint(const std::string& path, const Communicator& comm);

/// parameters <- values of the same name. Throws InputError that names the first parameter that is
/// missing, superfluous, or of another shape: the checkpoint is of another model. `what` names the
/// source in the message.
void load_parameters(const std::map<std::string, AnyTensor>& values, ParameterSet& parameters,
                     const std::string& what);

/// What load_matching_parameters() did, by names.
struct ImportedParameters {
  std::vector<std::string> loaded;
  std::vector<std::string> missing;  ///< of the model, which `values` lacks
  std::vector<std::string> misfits;  ///< in both, with the two shapes
  std::vector<std::string> unused;   ///< of `values`, which the model lacks

  /// What was not loaded, and why: "; missing: conv1.bias; of another shape: ..."; empty where
  /// nothing is to be told.
  std::string remainder() const;
};

/// The same for those parameters only that `values` holds with the same shape. For imports of
/// pretrained trunks.
ImportedParameters load_matching_parameters(const std::map<std::string, AnyTensor>& values,
                                            ParameterSet& parameters);

/// Values of all parameters by name; shares memory with them.
std::map<std::string, AnyTensor> parameter_values(const ParameterSet& parameters);

}  // namespace eigenprop
