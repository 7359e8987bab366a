#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace eigenprop {

/// Records, while it lives, on which execution-space instances kernels are launched, through the
/// callbacks of Kokkos Tools. One at a time. Kokkos' own kernels, which fill views, do not count.
class Launches {
 public:
  Launches() {
    seen().clear();
    Kokkos::Tools::Experimental::set_begin_parallel_for_callback(record);
    Kokkos::Tools::Experimental::set_begin_parallel_reduce_callback(record);
  }
  ~Launches() {
    Kokkos::Tools::Experimental::set_begin_parallel_for_callback(nullptr);
    Kokkos::Tools::Experimental::set_begin_parallel_reduce_callback(nullptr);
  }
  Launches(const Launches&) = delete;
  Launches& operator=(const Launches&) = delete;

  std::size_t count() const { return seen().size(); }

  /// Names of the kernels that ran elsewhere than on `spaces`. Early versions of Kokkos give all
  /// instances of a host space the same number, and tell host spaces apart alone.
  template <class... Space>
  std::vector<std::string> not_on(const Space&... spaces) const {
    std::vector<std::string> names;
    for (const auto& launch : seen()) {
      if (((launch.instance != Kokkos::Tools::Experimental::device_id(spaces)) && ...))
        names.push_back(launch.name);
    }
    return names;
  }

 private:
  struct Launch {
    std::string name;
    std::uint32_t instance;
  };
  static std::vector<Launch>& seen() {
    static std::vector<Launch> launches;
    return launches;
  }
  static void record(const char* name, std::uint32_t instance, std::uint64_t* kernel) {
    *kernel = seen().size();
    if (std::string(name).rfind("Kokkos::", 0) != 0) seen().push_back({name, instance});
  }
};

}  // namespace eigenprop
