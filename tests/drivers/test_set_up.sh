# shellcheck shell=bash
# jobs/quickstart.sh and jobs/test.sh in one clone, in either order and again; and what runs the tests
# fails where none or too few have run. The clone holds two tests that only EIGENPROP_TESTS adds, and
# no programs, so that the quick start ends behind its build.
. "$(dirname "$0")/common.sh"
unset EIGENPROP_BUILD
mkdir -p clone/jobs
cp "$source/jobs/"{common,quickstart,test}.sh clone/jobs
cp "$source/CMakePresets.json" clone
echo 'exit 0' >clone/jobs/setup.sh
cat >clone/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.20)
project(two_tests LANGUAGES NONE)
option(EIGENPROP_TESTS "" ON)
if(EIGENPROP_TESTS)
  enable_testing()
  add_test(NAME first COMMAND true)
  add_test(NAME second COMMAND true)
endif()
CMAKE
for script in quickstart test quickstart test test; do
  if bash "clone/jobs/$script.sh" >"$script.txt" 2>&1; then
    grep -q "100% tests passed, 0 tests failed out of 2" "$script.txt"
  else
    [ $script = quickstart ]
    grep -q "making scenes" quickstart.txt
  fi
done
# The processor that is compiled for, and again this machine's.
EIGENPROP_ARCH=x86-64-v3 bash clone/jobs/test.sh >arch.txt 2>&1
grep -q "^EIGENPROP_ARCH:[A-Z]*=x86-64-v3$" clone/build/release/CMakeCache.txt
bash clone/jobs/test.sh -R first >first.txt
grep -q "^EIGENPROP_ARCH:[A-Z]*=native$" clone/build/release/CMakeCache.txt
grep -q "out of 1" first.txt
expect_failure "No tests were found" bash clone/jobs/test.sh -R third

# A test that fails, and a run that ends early with status 0.
echo 'add_test(NAME third COMMAND false)' >>clone/CMakeLists.txt
expect_failure "1 tests failed out of 3" bash clone/jobs/test.sh
mkdir programs
cat >programs/ctest <<CTEST
#!/bin/sh
case "\$*" in
  *" -N"*) exec "$(command -v ctest)" "\$@" ;;
  *) echo "100% tests passed, 0 tests failed out of 2" ;;
esac
CTEST
chmod +x programs/ctest
PATH=$work/programs:$PATH expect_failure "2 tests have run of the 3 defined" bash clone/jobs/test.sh
