#include "runtime/error.hpp"

#include <mpi.h>
#include <petscsys.h>

namespace eigenprop {

Error::Error(const std::string& message, SourceLocation where)
    : std::runtime_error(message), where_(where) {}

void rethrow_with_prefix(const std::string& prefix) {
  try {
    throw;
  } catch (const ConfigurationError& error) {
    throw ConfigurationError(prefix + error.what(), error.where());
  } catch (const InputError& error) {
    throw InputError(prefix + error.what(), error.where());
  } catch (const NonFiniteError& error) {
    throw NonFiniteError(prefix + error.what(), error.where());
  } catch (const Error& error) {
    throw Error(prefix + error.what(), error.where());
  }
}

void check_mpi(int code, SourceLocation where) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Error_string(code, text, &length);
  throw Error("MPI: " + std::string(text, static_cast<std::size_t>(length)), where);
}

void check_petsc(int code, SourceLocation where) {
  if (code == 0) return;
  const char* text = nullptr;
  PetscErrorMessage(static_cast<PetscErrorCode>(code), &text, nullptr);
  throw Error("PETSc error " + std::to_string(code) + ": " + (text ? text : "unknown"), where);
}

}  // namespace eigenprop
