#include "runtime/session.hpp"

#include <petscsys.h>
#include <slepcsys.h>

#include <Kokkos_Core.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "runtime/command_line.hpp"
#include "runtime/error.hpp"
#include "runtime/processor.hpp"
#include "runtime/together.hpp"
#include "runtime/waiting.hpp"

// Present when the BLAS at run time is OpenBLAS.
extern "C" void openblas_set_num_threads(int count) __attribute__((weak));

namespace eigenprop {
namespace {

void print_error(const char* program, int rank, const std::exception& error) {
  const std::string text = message_of(error);
  const auto* own = dynamic_cast<const Error*>(&error);
  const bool input = dynamic_cast<const InputError*>(&error) != nullptr;
  if (own && !input) {
    const auto& where = own->where();
    std::fprintf(stderr, "%s: error: %s (rank %d, %s:%d)\n", program, text.c_str(),
                 where.rank < 0 ? rank : where.rank, where.file, where.line);
  } else {
    std::fprintf(stderr, "%s: error: %s\n", program, text.c_str());
  }
  std::fflush(stderr);
}

// What ranks that fail wait for each other to end together.
constexpr auto patience = std::chrono::seconds(5);
// What a rank waits for the word of a lower one that fails alike: long enough where they share busy
// cores, short for whoever waits for the message of one that fails alone.
constexpr auto politeness = std::chrono::milliseconds(700);
constexpr int failure_tag = 32000;

// Whether `arrives` becomes true within this time.
template <class Arrives>
bool within(std::chrono::steady_clock::duration time, const Arrives& arrives) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (!arrives()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

bool all_come(const Communicator& world) {
  MPI_Request request = MPI_REQUEST_NULL;
  if (MPI_Ibarrier(world.get(), &request) != MPI_SUCCESS) return false;
  return within(patience, [&] {
    int done = 0;
    return MPI_Test(&request, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS && done != 0;
  });
}

// Whether this rank is the lowest of those that fail now: it speaks for them. All ranks above hear
// of its failure.
bool is_first_to_fail(const Communicator& world) {
  for (int rank = world.rank() + 1; rank < world.size(); ++rank) {
    MPI_Request request = MPI_REQUEST_NULL;
    if (MPI_Isend(nullptr, 0, MPI_CHAR, rank, failure_tag, world.get(), &request) == MPI_SUCCESS)
      MPI_Request_free(&request);
  }
  return world.is_root() || !within(politeness, [&] {
           int told = 0;
           return MPI_Iprobe(MPI_ANY_SOURCE, failure_tag, world.get(), &told, MPI_STATUS_IGNORE) ==
                      MPI_SUCCESS &&
                  told != 0;
         });
}

// What all ranks below have told, so that nothing is on its way when MPI ends.
void hear_lower_ranks(const Communicator& world) {
  for (int rank = 0; rank < world.rank(); ++rank)
    MPI_Recv(nullptr, 0, MPI_CHAR, rank, failure_tag, world.get(), MPI_STATUS_IGNORE);
}

void tell_status(int rank, ExitStatus status) {
  const char* path = std::getenv("EIGENPROP_STATUS_FILE");
  if (rank != 0 || !path) return;
  if (std::FILE* file = std::fopen(path, "w")) {
    std::fprintf(file, "%d\n", static_cast<int>(status));
    std::fclose(file);
  }
}

const char* base_name(const char* path) {
  const char* name = path;
  for (const char* c = path; *c; ++c) {
    if (*c == '/') name = c + 1;
  }
  return name;
}

}  // namespace

Session::Session(int& argc, char**& argv, const std::vector<std::string>& petsc_arguments) {
  require_processor();
  // Read where a BLAS of this kind is called first.
  setenv("MKL_NUM_THREADS", "1", 0);
  int initialized = 0;
  MPI_Initialized(&initialized);
  if (!initialized) {
    int provided = 0;
    check_mpi(MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided));
    owns_mpi_ = true;
  }
  PetscBool slepc_is_up = PETSC_FALSE;
  check_petsc(SlepcInitialized(&slepc_is_up));
  if (!slepc_is_up) {
    // PETSc must not see the program's own arguments, nor replace the handlers of SIGTERM and
    // SIGUSR1 that ask a run to write its checkpoint.
    char name[] = "eigenprop";
    char no_handler[] = "-no_signal_handler";
    char* own[] = {name, no_handler, nullptr};
    int count = 2;
    char** arguments = own;
    check_petsc(SlepcInitialize(&count, &arguments, nullptr, nullptr));
    check_petsc(PetscPopSignalHandler());
    // Errors of PETSc become exceptions with our text; its traceback would repeat on every rank.
    check_petsc(PetscPushErrorHandler(PetscIgnoreErrorHandler, nullptr));
    owns_slepc_ = true;
  }
  add_petsc_options(petsc_arguments);
  if (!Kokkos::is_initialized()) {
    // Binding is the launcher's business where several ranks share a node; Kokkos would warn.
    setenv("OMP_PROC_BIND", "false", 0);
    Kokkos::initialize();
    owns_kokkos_ = true;
  }
  if (openblas_set_num_threads && !std::getenv("OPENBLAS_NUM_THREADS")) openblas_set_num_threads(1);
  world_ = std::make_unique<Communicator>(MPI_COMM_WORLD);
}

Session::~Session() {
  world_.reset();
  if (owns_kokkos_) Kokkos::finalize();
  if (owns_slepc_) SlepcFinalize();
  if (owns_mpi_) MPI_Finalize();
}

void add_petsc_options(const std::vector<std::string>& arguments) {
  std::string line;
  for (const auto& argument : arguments) {
    require(argument.find_first_of("\"\n") == std::string::npos,
            "option for PETSc with a quotation mark or a line break: " + argument);
    line += '"' + argument + "\" ";
  }
  if (line.empty()) return;
  check_petsc(PetscOptionsInsertString(nullptr, line.c_str()));
  // PETSc looks for it once, when it starts; its end prints the log.
  PetscBool logs = PETSC_FALSE;
  check_petsc(PetscOptionsHasName(nullptr, nullptr, "-log_view", &logs));
  if (logs) check_petsc(PetscLogDefaultBegin());
}

bool parse_arguments(CommandLine& line, int argc, const char* const* argv, const Session& session) {
  const auto& world = session.world();
  bool runs = true;
  together(world, [&] { runs = line.parse(argc, argv); });
  std::string settings = runs ? line.configuration() : "--help";
  // Switches are no part of a configuration.
  for (int i = 1; i < argc; ++i) settings += std::string("\n") + argv[i];
  try {
    require_same(world, settings, "settings differ between ranks");
  } catch (const InputError& error) {
    throw ConfigurationError(error.what());
  }
  if (!runs) {
    if (world.is_root()) std::puts(line.help().c_str());
    return false;
  }
  add_petsc_options(line.petsc_arguments());
  return true;
}

std::vector<std::string> unused_petsc_options() {
  PetscInt count = 0;
  char** names = nullptr;
  char** values = nullptr;
  check_petsc(PetscOptionsLeftGet(nullptr, &count, &names, &values));
  std::vector<std::string> unused;
  for (PetscInt i = 0; i < count; ++i) {
    if (std::string(names[i]) != "no_signal_handler") unused.push_back(names[i]);
  }
  check_petsc(PetscOptionsLeftRestore(nullptr, &count, &names, &values));
  return unused;
}

int run_main(int argc, char** argv, const std::function<ExitStatus(Session&)>& body) {
  wait_passively(argv);
  const char* program = base_name(argv[0]);
  std::unique_ptr<Session> session;
  try {
    session = std::make_unique<Session>(argc, argv);
  } catch (const std::exception& error) {
    print_error(program, -1, error);
    return static_cast<int>(ExitStatus::failure);
  }
  const int rank = session->world().rank();
  try {
    const ExitStatus status = body(*session);
    if (rank == 0) {
      for (const auto& option : unused_petsc_options()) {
        std::fprintf(stderr, "%s: warning: nothing used the PETSc option -%s\n", program,
                     option.c_str());
      }
    }
    tell_status(rank, status);
    return static_cast<int>(status);
  } catch (const ConfigurationError& error) {
    if (is_first_to_fail(session->world())) print_error(program, rank, error);
    tell_status(rank, ExitStatus::usage);
    if (all_come(session->world())) {
      hear_lower_ranks(session->world());
      return static_cast<int>(ExitStatus::usage);
    }
    // Others do not know of it and wait for this rank.
    MPI_Abort(MPI_COMM_WORLD, static_cast<int>(ExitStatus::usage));
    std::_Exit(static_cast<int>(ExitStatus::usage));
  } catch (const std::exception& error) {
    tell_status(rank, ExitStatus::failure);
    // Where ranks fail alike, only the first speaks, and takes the others down with it.
    if (is_first_to_fail(session->world())) {
      print_error(program, rank, error);
    } else {
      std::this_thread::sleep_for(patience);
    }
    if (session->world().size() > 1) {
      MPI_Abort(MPI_COMM_WORLD, static_cast<int>(ExitStatus::failure));
    }
    // No orderly end: HDF5 crashes in MPI_Finalize where a file could not be written.
    std::_Exit(static_cast<int>(ExitStatus::failure));
  }
}

}  // namespace eigenprop
