// Codes for compare_lasso.py:
//
//   write_sparse_codes INPUT.h5 OUTPUT.h5
//
// INPUT holds samples X (n, d), a dictionary D (k, d) and sparsity (1) in groups by case; OUTPUT
// gets codes (n, k) by ISTA and by FISTA in groups of the same names.

#include "optimization/sparse_codes.hpp"
#include "runtime/error.hpp"
#include "runtime/session.hpp"
#include "storage/hdf5.hpp"

namespace {

using namespace eigenprop;

void solve(const H5File& input, const std::string& group, H5File& output) {
  const Shape samples = input.shape(group + "/X");
  const Shape atoms = input.shape(group + "/D");
  const auto x = input.read<double>(group + "/X");
  const auto dictionary = input.read<double>(group + "/D");
  for (const auto method : {ProximalMethod::ista, ProximalMethod::fista}) {
    SparseCodeSettings settings;
    settings.sparsity = input.read<double>(group + "/sparsity")[0];
    settings.method = method;
    settings.iterations = 50000;
    settings.tolerance = 1e-9;
    std::vector<double> codes(static_cast<std::size_t>(samples[0] * atoms[0]), 0.0);
    SparseCoder(dictionary.data(), atoms[0], atoms[1], settings)
        .solve(x.data(), samples[0], codes.data());
    output.write(group + (method == ProximalMethod::ista ? "/ista" : "/fista"),
                 {samples[0], atoms[0]}, codes.data());
  }
}

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [&](Session&) {
    require(argc == 3, "usage: write_sparse_codes INPUT.h5 OUTPUT.h5");
    const auto input = H5File::open(argv[1]);
    auto output = H5File::create(argv[2]);
    for (const auto& name : input.names("/")) solve(input, "/" + name, output);
    return ExitStatus::success;
  });
}
