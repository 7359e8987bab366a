#include "runtime/error.hpp"

#include <mpi.h>
#include <petscsys.h>

#include <algorithm>
#include <new>

namespace eigenprop {

namespace {

template <class Type>
[[noreturn]] void throw_again(const Type& error, const std::string& prefix, std::int64_t sample) {
  throw Type(prefix + error.what(), error.where(), sample < 0 ? error.sample() : sample);
}

}  // namespace

Error::Error(const std::string& message, SourceLocation where, std::int64_t sample)
    : std::runtime_error(message), where_(where), sample_(sample) {}

void rethrow_with_prefix(const std::string& prefix, std::int64_t sample) {
  try {
    throw;
  } catch (const ConfigurationError& error) {
    throw_again(error, prefix, sample);
  } catch (const InputError& error) {
    throw_again(error, prefix, sample);
  } catch (const NonFiniteError& error) {
    throw_again(error, prefix, sample);
  } catch (const Error& error) {
    throw_again(error, prefix, sample);
  }
}

std::string message_of(const std::exception& error) {
  std::string text = error.what();
  const std::string kokkos = "Kokkos failed to allocate memory for label \"";
  if (text.rfind(kokkos, 0) == 0) {
    const auto end = text.find('"', kokkos.size());
    return "not enough memory for '" + text.substr(kokkos.size(), end - kokkos.size()) + "'";
  }
  if (dynamic_cast<const std::bad_alloc*>(&error)) return "not enough memory";
  if (dynamic_cast<const std::length_error*>(&error)) return "a size is larger than memory can be";
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
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
