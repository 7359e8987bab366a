#include "runtime/together.hpp"

#include <algorithm>
#include <set>
#include <sstream>

#include "runtime/error.hpp"

namespace eigenprop {
namespace {

enum Kind : std::int32_t { none, configuration, input, non_finite, other };

struct Failure {
  Kind kind = none;
  std::string text;
  std::string file;
  int line = 0;

  Failure() = default;
  Failure(Kind which, const std::exception& error) : kind(which), text(message_of(error)) {
    const auto* own = dynamic_cast<const Error*>(&error);
    const auto where = own ? own->where() : SourceLocation::current();
    file = where.file;
    line = where.line;
  }
};

// A name that lives as long as the program, as those that the compiler gives do.
const char* kept_name(const std::string& name) {
  static std::set<std::string> names;
  return names.insert(name).first->c_str();
}

Failure run(const std::function<void()>& action) {
  try {
    action();
  } catch (const ConfigurationError& error) {
    return {configuration, error};
  } catch (const InputError& error) {
    return {input, error};
  } catch (const NonFiniteError& error) {
    return {non_finite, error};
  } catch (const std::exception& error) {
    return {other, error};
  }
  return {};
}

// Of a line that `text` does not share with `first`.
std::string first_difference(const std::string& text, const std::string& first) {
  std::istringstream own(text), others(first);
  for (;;) {
    std::string a, b;
    const bool has_a = static_cast<bool>(std::getline(own, a));
    const bool has_b = static_cast<bool>(std::getline(others, b));
    if (!has_a && !has_b) return "";
    if (a != b) return "'" + a + "', where rank 0 has '" + b + "'";
  }
}

}  // namespace

void together(const Communicator& comm, const std::function<void()>& action) {
  const Failure own = run(action);
  const auto kinds = comm.gather_all(static_cast<std::int32_t>(own.kind));
  const auto found =
      std::find_if(kinds.begin(), kinds.end(), [](auto kind) { return kind != none; });
  if (found == kinds.end()) return;
  const int rank = static_cast<int>(found - kinds.begin());
  const std::string prefix = rank == 0 ? "" : "rank " + std::to_string(rank) + ": ";
  const std::string text = prefix + comm.broadcast(own.text, rank);
  std::int64_t line = own.line;
  comm.broadcast(&line, 1, rank);
  const SourceLocation where{kept_name(comm.broadcast(own.file, rank)), static_cast<int>(line),
                             rank};
  switch (*found) {
    case configuration:
      throw ConfigurationError(text, where);
    case input:
      throw InputError(text, where);
    case non_finite:
      throw NonFiniteError(text, where);
    default:
      throw Error(text, where);
  }
}

void require_same(const Communicator& comm, const std::string& text, const std::string& what) {
  const std::string first = comm.broadcast(text);
  together(comm, [&] {
    if (text != first) throw InputError(what + ": " + first_difference(text, first));
  });
}

}  // namespace eigenprop
