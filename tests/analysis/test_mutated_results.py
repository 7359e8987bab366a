"""Files of results whose content is mutated, of fixed seeds: scripts draw or print them, or say one
line, without a traceback.

The number of mutants of each file is the first argument (10).
"""

import os
import shutil
import sys
import unittest
import warnings

import h5py
import numpy as np

from scripts import ScriptTest, write_evaluation

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fuzz"))

from hdf5_tools import set_header, string, strings  # noqa: E402
from mutations import mutate_content  # noqa: E402

COUNT = 10
SUMMARY = ("covering_ods", "covering_ois", "covering_best", "table2_best", "table2_average",
           "pri_ods", "pri_ois", "vi_ods", "vi_ois", "boundary_f_ods", "boundary_f_ois",
           "boundary_recall_ods", "boundary_precision_ods")
RANKS = ("epoch", "objective", "rank_w", "rank_e", "bound_holds", "learning_rate",
         "gradient_norm", "seconds", "epsilon", "effective_rank")
COVERINGS = ("covering_best", "covering_average", "rank_covering_best")
GRAPH = ("pixels", "radius", "vectors", "ranks", "products", "adjoint_iterations", "gradient_gib",
         *(f"{stage}_{kind}" for stage in ("edges", "grids", "eigenvectors", "gradient")
           for kind in ("seconds", "processor_seconds")))
FILTER = ("degree", "value_error", "gradient_error", "forward_seconds", "adjoint_seconds",
          "forward_products", "adjoint_products", "columns", "last_eigenvalue", "gap", "pixels")
CONDITIONS = ("condition", *(f"{way}_{precision}" for way in ("exact", "svd", "eig")
                             for precision in ("float", "double")))


def write_file(path, kind, datasets, **attributes):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with h5py.File(path, "w") as file:
        set_header(file, kind, **attributes)
        for name, values in datasets.items():
            file[name] = values


def write_run(path, **tables):
    """Columns of numbers that ascend, the same in all but the scale."""
    write_file(path, "eigenprop-run", {
        f"metrics/{table}/{column}": np.arange(1.0, 5) / (i + 1)
        for table, columns in tables.items() for i, column in enumerate(columns)})


def write_scores(path):
    values = np.linspace(0.3, 0.6, 4)
    write_evaluation(path, {name: 0.5 + i / 100 for i, name in enumerate(SUMMARY)},
                     name=strings(["a", "b", "c", "d"]), table2_best=values + 0.1,
                     table2_average=values)
    with h5py.File(path, "r+") as file:
        for name in ("scales/scale", "scales/covering", "boundaries/recall",
                     "boundaries/precision"):
            file[name] = values


def write_images(path, kind, contours=False):
    """Two images of two segmentations each."""
    sizes = np.array([[6, 8], [5, 4]], np.int32)
    areas = sizes.prod(axis=1)
    spans = np.repeat(areas, 2)
    datasets = {"images/size": sizes, "images/name": strings(["a", "b"]),
                "images/offset": np.append(0, np.cumsum(areas)),
                "images/first_segmentation": np.array([0, 2, 4]),
                "segmentations/offset": np.append(0, np.cumsum(spans)),
                "segmentations/segments": np.full(4, 3, np.int32),
                "segmentations/labels": (np.arange(spans.sum()) % 3).astype(np.uint16)}
    if not contours:
        datasets["images/pixels"] = np.arange(3 * areas.sum()).reshape(-1, 3).astype(np.uint8)
    else:
        counts = (2 * sizes + 1).prod(axis=1)
        datasets |= {"contours/offset": np.append(0, np.cumsum(counts)),
                     "contours/values": np.linspace(0, 1, counts.sum(), dtype=np.float32)}
    write_file(path, kind, datasets)


def write_embedding(path):
    random = np.random.default_rng(3)
    datasets = {"neighbours": random.integers(0, 12, (12, 3)), "scores/neighbours": [1, 2],
                "scores/degrees": [3.0, 4.0]}
    for part in ("train", "test"):
        angle = random.uniform(0, 6, 12)
        datasets |= {f"{part}/embedding": random.normal(0, 1, (12, 3)),
                     f"{part}/class": np.arange(12, dtype=np.int32) % 3,
                     f"{part}/names": strings(["x", "y", "z"]),
                     f"{part}/targets": np.stack([np.cos(angle), np.sin(angle)], axis=1)}
    write_file(path, "eigenprop-embedding", datasets)


class MutatedResults(ScriptTest):
    def mutants(self, path, script, *options, figure=True):
        """Runs the script on the file as it is, and on mutants of it."""
        kept = shutil.copy(path, "kept.h5")
        options = (*options, "--output", "f.png") if figure else options
        self.succeeds(*options, script=script)
        random = np.random.default_rng([11, len(path), len(script)])
        for number in range(COUNT):
            # Not its bytes: where these are damaged, HDF5 itself may crash.
            mutate_content(random, kept, path)
            with self.subTest(script=script, path=path, mutant=number), warnings.catch_warnings():
                # Of values that are no numbers.
                warnings.simplefilter("ignore")
                status, _, wrong = self.run_script(*options, script=script)
                self.assertIn(status, (0, 1))
                self.assertEqual(len(wrong.splitlines()), status, wrong)
        shutil.copy(kept, path)

    def test_tables_of_evaluations(self):
        for seed in ("1", "2"):
            for name in ("evaluation", "8", "99"):
                write_scores(f"r/first/{seed}/{name}.h5")
                write_scores(f"r/second/{seed}/{name}.h5")
            write_run(f"r/first/{seed}/run.h5", train=("epoch", "seconds"))
        self.mutants("r/first/2/99.h5", "contour_table.py", "r", "--pairs", "first,second",
                     figure=False)
        self.mutants("r/first/2/evaluation.h5", "segmentation_table.py", "r", figure=False)
        self.mutants("r/first/2/run.h5", "segmentation_table.py", "r", figure=False)
        write_scores("e.h5")
        self.mutants("e.h5", "evaluation_table.py", "e.h5", figure=False)

    def test_figures_of_evaluations(self):
        write_scores("e.h5")
        self.mutants("e.h5", "plot_covering.py", "e.h5")
        self.mutants("e.h5", "plot_boundaries.py", "e.h5")

    def test_figures_of_trainings(self):
        write_run("run.h5", train=RANKS, test=(*RANKS, *COVERINGS))
        self.mutants("run.h5", "plot_training.py", "run.h5")
        self.mutants("run.h5", "plot_rank.py", "run.h5")

    def test_grids_of_classifiers(self):
        for seed in ("1", "2"):
            write_run(f"r/exact_1/{seed}/run.h5", train=("seconds",),
                      test=("epoch", "objective", "error_top1", "error_top5"))
        path = "r/exact_1/2/run.h5"
        self.mutants(path, "plot_remedies.py", "r")
        self.mutants(path, "plot_classification.py", "r")
        self.mutants(path, "classification_table.py", "r", figure=False)

    def test_figures_of_measurements(self):
        write_run("p.h5", gap=("gap", "graph", "projector", "eigenvectors"),
                  kept_gap=("gap", "graph", "projector", "eigenvectors"), filter=FILTER)
        self.mutants("p.h5", "plot_projector_gap.py", "p.h5")
        write_run("g.h5", gap_log=("gap", "exact"), gap_sqrt=("gap", "exact", "svd"),
                  condition_log=CONDITIONS)
        self.mutants("g.h5", "plot_gradient_gap.py", "g.h5")
        for number, path in enumerate(("1.h5", "2.h5")):
            write_file(path, "eigenprop-run", {
                f"metrics/graph/{column}": [1.0 + (column == "pixels") * number]
                for column in GRAPH})
        self.mutants("2.h5", "plot_graph_sizes.py", "1.h5", "2.h5")

    def test_segmentations(self):
        write_images("data.h5", "eigenprop-segmentation")
        write_images("s.h5", "eigenprop-segmentations", contours=True)
        random = np.random.default_rng(2)
        write_file("v.h5", "eigenprop-eigenvectors", {
            "image": random.integers(0, 255, (6, 8, 3)).astype(np.uint8),
            "eigenvectors": random.normal(0, 1, (6, 8, 3)).astype(np.float32),
            "eigenvalues": [1.0, 0.9, 0.8, 0.6]}, name="a", vectors=3)
        write_file("b.h5", "eigenprop-boundaries", {
            "images/size": np.array([[6, 8]], np.int32), "images/name": strings(["a"]),
            "images/offset": np.array([0, 48]),
            "boundaries/probability": np.linspace(0, 1, 48, dtype=np.float32)})
        hierarchy = ("--data", "data.h5", "--segmentations", "s.h5", "--eigenvectors", "v.h5",
                     "--boundaries", "b.h5")
        for path in ("data.h5", "s.h5", "v.h5", "b.h5"):
            self.mutants(path, "plot_hierarchy.py", *hierarchy)
        self.mutants("v.h5", "plot_eigenvectors.py", "v.h5")
        self.mutants("s.h5", "segmentation_sheet.py", "--data", "data.h5", "--trained", "s.h5")
        self.mutants("data.h5", "make_mosaic.py", "--data", "data.h5", "--rows", "1",
                     "--columns", "2", "--output", "m.h5", figure=False)

    def test_embeddings(self):
        for fold in ("1", "2"):
            write_embedding(f"r/views/{fold}/pixels.h5")
        write_embedding("e.h5")
        random = np.random.default_rng(4)
        write_file("points.h5", "eigenprop-activations", {
            "features": random.uniform(0, 1, (12, 4, 4, 3)).astype(np.float32),
            "targets": random.normal(0, 1, (12, 2))})
        self.mutants("r/views/2/pixels.h5", "pose_table.py", "r", figure=False)
        self.mutants("e.h5", "plot_embedding.py", "e.h5")
        for path in ("e.h5", "points.h5"):
            self.mutants(path, "plot_neighbours.py", "e.h5", "--train", "points.h5", "--test",
                         "points.h5")

    def test_parameters(self):
        random = np.random.default_rng(5)
        write_file("c.h5", "eigenprop-checkpoint", {
            "configuration": string('[model]\nobjective = "topographic"\nmap = [2, 3]\n'),
            "parameters/dictionary": random.normal(0, 1, (6, 12)),
            "parameters/conv1.weight": random.normal(0, 1, (3, 3, 4, 5)).astype(np.float32),
            "parameters/conv1.connections": (np.arange(20) % 2).reshape(4, 5)})
        write_file("patches.h5", "eigenprop-activations", {
            "features": random.normal(0, 1, (9, 2, 2, 3)), "whitening/matrix": np.eye(12)})
        write_file("a.h5", "eigenprop-activations", {
            "features": random.normal(0, 1, (9, 4, 4)), "labels/names": strings(["x", "y", "z"]),
            "labels/class": np.arange(9, dtype=np.int32) % 3})
        for path in ("c.h5", "patches.h5"):
            self.mutants(path, "plot_dictionary.py", "c.h5", "--patches", "patches.h5",
                         "--unwhiten")
        for path in ("c.h5", "a.h5"):
            self.mutants(path, "plot_filters.py", "c.h5", "--activations", "a.h5")


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].isdigit():
        COUNT = int(sys.argv.pop(1))
    unittest.main()
