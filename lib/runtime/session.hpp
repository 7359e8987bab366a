#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/communicator.hpp"

namespace eigenprop {

class CommandLine;

/// Owner of MPI, PETSc with SLEPc, and Kokkos, started in this order and ended in reverse. One
/// object in `main`; views, handles and communicators live in inner scopes.
class Session {
 public:
  /// Starts everything that is not started yet. `petsc_arguments` go to the options database of
  /// PETSc, for instance {"-svd_type", "trlanczos"}. BLAS threads are set to one, unless the user
  /// set OPENBLAS_NUM_THREADS or MKL_NUM_THREADS, because ranks and Kokkos threads already use the
  /// cores.
  Session(int& argc, char**& argv, const std::vector<std::string>& petsc_arguments = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const Communicator& world() const { return *world_; }

 private:
  std::unique_ptr<Communicator> world_;
  bool owns_mpi_ = false;
  bool owns_slepc_ = false;
  bool owns_kokkos_ = false;
};

/// Hands `arguments` to the options database of PETSc. Call after the session has started.
void add_petsc_options(const std::vector<std::string>& arguments);

/// Parses a driver's arguments; what is left goes to PETSc. Returns false, with the help printed by
/// rank 0, where it was asked for. Throws ConfigurationError, alike on all ranks, also where
/// settings are not the same on all of them. Collective.
bool parse_arguments(CommandLine& line, int argc, const char* const* argv, const Session& session);

/// Names of options given to PETSc that nothing has asked for; misspelled ones end up here.
std::vector<std::string> unused_petsc_options();

/// Exit statuses of drivers.
enum class ExitStatus : int {
  success = 0,
  failure = 1,
  usage = 2,               ///< wrong configuration or command line
  stopped_by_request = 85  ///< SIGUSR1 or SIGTERM: a checkpoint was written, the run can go on
};

/// Body of every driver's `main`: lets threads wait passively (waiting.hpp), starts the session,
/// runs `body`, and turns what it throws into one line on standard error and a non-zero exit status
/// on every rank. A ConfigurationError of all ranks ends the program in order; any other exception
/// aborts the communicator, since perhaps a subset of ranks threw. Where EIGENPROP_STATUS_FILE
/// names a file, rank 0 writes the status to it: launchers that were signalled themselves do not
/// tell it.
int run_main(int argc, char** argv, const std::function<ExitStatus(Session&)>& body);

}  // namespace eigenprop
