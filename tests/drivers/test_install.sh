# shellcheck shell=bash
# Installs, and builds another project against find_package(eigenprop).
. "$(dirname "$0")/common.sh"
cmake --install "$build" --prefix "$work/installed" >install.log
# No installed header may change with the processor that its user compiles for.
[ -n "$(find installed/include -name '*.hpp')" ]
if grep -rlE '__AVX|__SSE|__aarch64__|__ARM' installed/include; then exit 1; fi
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

#include "runtime/session.hpp"
#include "cuts/alignment.hpp"

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
cmake -S other -B other/build -DCMAKE_PREFIX_PATH="$work/installed" \
  -DKokkos_DIR="$(grep '^Kokkos_DIR:' "$build/CMakeCache.txt" | cut -d= -f2)" >configure.log
cmake --build other/build >build.log
OMP_NUM_THREADS=1 other/build/other | tee output.txt
grep -q "J2 0.000 rank 2" output.txt
"$work/installed/bin/train_ncuts" --dry-run >dry.txt
grep -q "^total" dry.txt
