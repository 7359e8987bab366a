"""Scaling cases for ReFrame: one check a case and number of ranks."""

import os

import reframe as rfm
import reframe.utility.sanity as sn

LINE = (r"^scaling case=(?P<case>\S+) scaling=(?P<scaling>strong|weak) nodes=(?P<nodes>\d+) "
        r"ranks=(?P<ranks>\d+) threads=(?P<threads>\d+) seconds=(?P<seconds>\S+) "
        r"fastest=(?P<fastest>\S+) slowest=(?P<slowest>\S+) messages=(?P<messages>\S+) "
        r"bytes=(?P<bytes>\S+) memory_mib=(?P<memory>\S+) difference=(?P<difference>\S+) "
        r"status=(?P<status>ok|known)$")
CASES = [
    "ncuts_training", "ncuts_training_weak", "classifier_training", "classifier_training_weak",
    "nca_training", "nca_gradient", "low_rank_gradient", "low_rank_gradient_weak",
    "low_rank_eigenvectors", "low_rank_slepc", "graph_eigenvectors", "graph_eigenvectors_weak",
    "j1_gradient", "second_order_pooling", "second_order_pooling_weak", "tsne", "dictionary",
    "checkpoint_write", "checkpoint_read",
]
CHECKOUT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))


@rfm.simple_test
class EigenpropScaling(rfm.RunOnlyRegressionTest):
    """Fails where a case does, or where its numbers differ from those on fewer ranks."""

    case = parameter(CASES)  # noqa: F821: of the class body's namespace
    num_tasks = parameter([1, 2, 4, 8])  # noqa: F821
    eigenprop_build = variable(str, value=os.path.join(CHECKOUT, "build", "release"))  # noqa: F821
    valid_systems = ["*"]
    valid_prog_environs = ["*"]

    @run_before("run")  # noqa: F821
    def command(self):
        self.executable = os.path.join(self.eigenprop_build, "bin", "benchmark_scaling")
        self.executable_opts = [
            "--cases", os.path.join(CHECKOUT, "drivers", "benchmarks", "scaling_cases.toml"),
            "--case", self.case, "--output", f"scaling_{self.case}.h5"]

    @sanity_function  # noqa: F821
    def finished(self):
        return sn.assert_found(LINE, self.stdout)

    @performance_function("s")  # noqa: F821
    def seconds(self):
        return sn.extractsingle(LINE, self.stdout, "seconds", float)

    @performance_function("B")  # noqa: F821
    def sent(self):
        return sn.extractsingle(LINE, self.stdout, "bytes", float)
