#pragma once

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>

namespace eigenprop {

/// Where an error was raised; filled in by the compiler when used as a default argument.
struct SourceLocation {
  const char* file;
  int line;
  int rank;  ///< that raised it; negative: this one
  static constexpr SourceLocation current(const char* file = __builtin_FILE(),
                                          int line = __builtin_LINE()) {
    return {file, line, -1};
  }
};

/// Base of all exceptions of this library. `what()` is one line that says what is wrong, where,
/// and what would be right.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, SourceLocation where = SourceLocation::current(),
                 std::int64_t sample = -1);
  const SourceLocation& where() const noexcept { return where_; }

  /// Which sample of its batch an operation failed at, counted from 0; negative where it does not
  /// say. What runs the operation knows what the sample is called.
  std::int64_t sample() const noexcept { return sample_; }

 private:
  SourceLocation where_;
  std::int64_t sample_;
};

// Constructors are not inherited: nvcc 13 crashes on default arguments that name their place.

/// The user asked for something impossible: a wrong key, file, shape or value.
class InputError : public Error {
 public:
  explicit InputError(const std::string& message, SourceLocation where = SourceLocation::current(),
                      std::int64_t sample = -1)
      : Error(message, where, sample) {}
};

/// An InputError that every rank of the session raises alike before any of them communicates, so
/// that the program can end in order instead of aborting the communicator.
class ConfigurationError : public InputError {
 public:
  explicit ConfigurationError(const std::string& message,
                              SourceLocation where = SourceLocation::current(),
                              std::int64_t sample = -1)
      : InputError(message, where, sample) {}
};

/// A value that must be finite is not (see Graph::first_non_finite).
class NonFiniteError : public Error {
 public:
  explicit NonFiniteError(const std::string& message,
                          SourceLocation where = SourceLocation::current(),
                          std::int64_t sample = -1)
      : Error(message, where, sample) {}
};

/// Throws InputError with `message` unless `condition` holds. Contract checks stay in release
/// builds: users meet them.
inline void require(bool condition, const std::string& message,
                    SourceLocation where = SourceLocation::current()) {
  if (!condition) throw InputError(message, where);
}

/// To be called where an exception is handled: throws it again, of the same type and place of
/// origin, with `prefix` before its text, and of `sample` where that is not negative. Exceptions of
/// other libraries pass unchanged.
[[noreturn]] void rethrow_with_prefix(const std::string& prefix, std::int64_t sample = -1);

/// The text of an exception on one line. Those of allocations that failed, which other libraries
/// tell in words of their own, say that memory does not suffice, and for what where that is known.
std::string message_of(const std::exception& error);

/// Throws Error when an MPI call did not return MPI_SUCCESS.
void check_mpi(int code, SourceLocation where = SourceLocation::current());

/// Throws Error when a PETSc or SLEPc call returned an error code.
void check_petsc(int code, SourceLocation where = SourceLocation::current());

}  // namespace eigenprop
