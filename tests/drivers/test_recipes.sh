# shellcheck shell=bash
# Spack's recipe and the Apptainer definition say what CMakeLists.txt and jobs need; the checker finds
# where they do not.
. "$(dirname "$0")/common.sh"
check=("$python" "$source/tests/drivers/check_recipes.py")
"${check[@]}" "$source"

mkdir copy
cp -r "$source/"{CMakeLists.txt,CMakePresets.json,LICENSE,analysis,jobs} copy
mkdir -p copy/{lib,tests,drivers/benchmarks}
cp "$source/lib/README.md" copy/lib
cp "$source/tests/CMakeLists.txt" copy/tests
cp "$source/drivers/benchmarks/CMakeLists.txt" copy/drivers/benchmarks
cp "$source/drivers/train_ncuts.cpp" copy/drivers
"${check[@]}" copy
package=jobs/spack_repo/eigenprop/packages/eigenprop/package.py
# other FILE FROM TO: what a copy with another line there is told.
other() {
  sed -i "s|$2|$3|" "copy/$1"
  if cmp -s "copy/$1" "$source/$1"; then exit 1; fi
  expect_failure "$4" "${check[@]}" copy
  cp "$source/$1" "copy/$1"
}
other $package '    depends_on("lemon")' '' lemon
other $package 'petsc@3.17:' 'petsc@3.14:' "petsc: at least '3.14', not '3.17'"
other $package '"EIGENPROP_WERROR"' '"EIGENPROP_STRICT"' EIGENPROP_STRICT
other $package ', when="+tests"' '' "googletest: when None, not +tests"
other CMakeLists.txt 'find_package(spdlog REQUIRED)' 'find_package(fmt REQUIRED)' fmt
other jobs/spack.yaml '    - matio' '    - zlib' "jobs/spack.yaml lacks matio"
other jobs/eigenprop.def 'bash jobs/setup.sh' 'bash jobs/install.sh' jobs/install.sh
other jobs/eigenprop.def '    analysis ' '    analyses ' "there is no analyses"
other jobs/eigenprop.def DEIGENPROP_TESTS= DEIGENPROP_TEST= EIGENPROP_TEST
