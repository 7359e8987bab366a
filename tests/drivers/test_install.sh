# shellcheck shell=bash
# Installs, builds the programs of drivers/examples against find_package(eigenprop), and checks what
# they print.
. "$(dirname "$0")/common.sh"
cmake --install "$build" --prefix "$work/installed" >install.log
# No installed header may change with the processor that its user compiles for.
[ -n "$(find installed/include -name '*.hpp')" ]
if grep -rlE '__AVX|__SSE|__aarch64__|__ARM' installed/include; then exit 1; fi
kokkos=$(grep '^Kokkos_DIR:' "$build/CMakeCache.txt" | cut -d= -f2)
# The examples, as another project builds them: for another processor than the library's, of which
# no header may know.
flags=
if [ "$(uname -m)" = x86_64 ]; then flags=-march=x86-64; fi
cmake -S "$source/drivers/examples" -B examples -DCMAKE_PREFIX_PATH="$work/installed" \
  -DCMAKE_CXX_FLAGS="$flags" -DKokkos_DIR="$kokkos" >configure.log
cmake --build examples >build.log
for example in objective operation equal_singular_values; do
  examples/$example >$example.txt
done
"$python" "$source/tests/drivers/check_examples.py" .
# A project of its own, with a room that stands on PETSc and MPI.
mkdir other
cat >other/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.20)
project(other LANGUAGES C CXX)
find_package(eigenprop REQUIRED)
add_executable(other main.cpp)
target_link_libraries(other PRIVATE eigenprop::cuts)
CMAKE
cat >other/main.cpp <<'CPP'
#include <cstdio>

#include "cuts/alignment.hpp"
#include "runtime/session.hpp"

// Features that are the indicators of two segments: J2 = 0.
int main(int argc, char** argv) {
  return eigenprop::run_main(argc, argv, [](eigenprop::Session& session) {
    using namespace eigenprop;
    const double f[] = {1, 0, 1, 0, 0, 1};
    const std::int32_t labels[] = {0, 0, 1};
    const auto& world = session.world();
    const auto segmentation = count_segments(labels, 1, 3, world);
    const auto result =
        align(AlignmentObjective::j2, {f, 3, 2}, nullptr, segmentation, {}, world);
    std::printf("J2 %.3f rank %d\n", result.value, result.rank_w);
    return ExitStatus::success;
  });
}
CPP
cmake -S other -B other/build -DCMAKE_PREFIX_PATH="$work/installed" -DKokkos_DIR="$kokkos" \
  >configure.log
cmake --build other/build >build.log
other/build/other | tee output.txt
grep -q "J2 0.000 rank 2" output.txt
"$work/installed/bin/train_ncuts" --dry-run >dry.txt
grep -q "^total" dry.txt
