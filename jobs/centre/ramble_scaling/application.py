"""Scaling cases for Ramble, and through it Benchpark: a workload a case."""

from ramble.appkit import *  # noqa: F403

LINE = (r"^scaling case=\S+ scaling=(?:strong|weak) nodes=\d+ ranks=\d+ threads=\d+ "
        r"seconds=(?P<seconds>\S+) fastest=(?P<fastest>\S+) slowest=(?P<slowest>\S+) "
        r"messages=(?P<messages>\S+) bytes=(?P<bytes>\S+) memory_mib=(?P<memory>\S+) "
        r"difference=\S+ status=(?:ok|known)$")
CASES = [
    "ncuts_training", "ncuts_training_weak", "classifier_training", "classifier_training_weak",
    "nca_training", "nca_gradient", "low_rank_gradient", "low_rank_gradient_weak",
    "low_rank_eigenvectors", "low_rank_slepc", "graph_eigenvectors", "graph_eigenvectors_weak",
    "j1_gradient", "second_order_pooling", "second_order_pooling_weak", "tsne", "dictionary",
    "checkpoint_write", "checkpoint_read",
]


class EigenpropScaling(ExecutableApplication):  # noqa: F405
    """Training of networks with whole-matrix layers on clusters: scaling cases."""

    name = "eigenprop-scaling"

    executable(  # noqa: F405
        "run",
        "{eigenprop_build}/bin/benchmark_scaling --cases {cases} --case {workload_name} "
        "--output {experiment_run_dir}/scaling.h5", use_mpi=True)
    for case in CASES:
        workload(case, executables=["run"])  # noqa: F405
    workload_variable("eigenprop_build", default="{eigenprop_path}",  # noqa: F405
                      description="Build folder, or where it is installed", workloads=CASES)
    workload_variable("cases", description="List of cases",  # noqa: F405
                      default="{eigenprop_build}/share/eigenprop/benchmarks/scaling_cases.toml",
                      workloads=CASES)

    log = "{experiment_run_dir}/{experiment_name}.out"
    for figure, units in (("seconds", "s"), ("fastest", "s"), ("slowest", "s"), ("messages", ""),
                          ("bytes", "B"), ("memory", "MiB")):
        figure_of_merit(figure, fom_regex=LINE, group_name=figure, units=units,  # noqa: F405
                        log_file=log)
    success_criteria("finished", mode="string", match=LINE, file=log)  # noqa: F405
