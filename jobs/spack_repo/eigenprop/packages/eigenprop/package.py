from spack.package import *
from spack_repo.builtin.build_systems.cmake import CMakePackage


class Eigenprop(CMakePackage):
    """Training of networks with whole-matrix layers on HPC clusters.

    Built from a checkout: `spack dev-build eigenprop@main` at its root.
    """

    license("BSD-3-Clause")

    version("main")

    variant("tests", default=False, description="Build the tests")
    variant("benchmarks", default=False, description="Build the benchmarks")
    variant("openmp", default=True, description="Threads of OpenMP")
    variant("cuda", default=False, description="Kernels for GPUs of NVIDIA")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.20:", type="build")
    depends_on("ninja", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("mpi")
    depends_on("kokkos@3.4: +serial")
    depends_on("kokkos+openmp", when="+openmp")
    depends_on("kokkos+cuda+cuda_lambda", when="+cuda")
    depends_on("hdf5+hl+mpi")
    depends_on("blas")
    depends_on("lapack")
    depends_on("petsc@3.17: +mpi~complex")
    depends_on("slepc@3.17:")
    depends_on("lemon")
    depends_on("matio")
    depends_on("cli11")
    depends_on("tomlplusplus")
    depends_on("spdlog")
    depends_on("random123")
    depends_on("googletest+gmock", when="+tests")
    depends_on("benchmark", when="+benchmarks")
    depends_on("python", type=("build", "run"))
    depends_on("py-h5py", type=("build", "run"))
    depends_on("py-scipy", type=("build", "run"))
    depends_on("py-matplotlib", type=("build", "run"))
    depends_on("py-pillow", type=("build", "run"))

    def cmake_args(self):
        # Spack's compiler wrappers add the processor of the target.
        return [
            self.define("EIGENPROP_ARCH", ""),
            self.define("EIGENPROP_WERROR", False),
            self.define_from_variant("EIGENPROP_TESTS", "tests"),
            self.define_from_variant("EIGENPROP_BENCHMARKS", "benchmarks"),
        ]
