#!/ usr / bin / env python3
"""15 eigenpairs of the normalized affinity of an image, radius 5, to 1e-4: benchmark_graph_cuts
beside SciPy's ARPACK on the same graph, in one run; and the program's other cases (products, value
and gradient) on this image.

  OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=1 python3 peer_graph_cuts.py \
      build/release/bin/benchmark_graph_cuts 101085.jpg

Wall-clock seconds count on a machine of one's own; seconds of CPU tell more on a shared one (with
one thread: others spin while they wait).
"""

import argparse
import json
import os
import subprocess
import tempfile
import time

import numpy
from PIL import Image
from scipy.ndimage import gaussian_filter
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import eigsh

RADIUS = 5
SIGMA = 0.05
VECTORS = 15
TOLERANCE = 1e-4


def boundary_map(path):
    grey = gaussian_filter(numpy.asarray(Image.open(path).convert("L")) / 255.0, 1.0)
    down, right = numpy.gradient(grey)
    return numpy.hypot(down, right)


def half_away(x):
    return int(numpy.floor(abs(x) + 0.5) * numpy.sign(x))


def normalized_affinity(b):
    """Intervening contour, maximum of the squares over the line, as InterveningContour."""
    height, width = b.shape
    number = numpy.arange(b.size).reshape(b.shape)
    rows, columns, values = [], [], []
    for down in range(RADIUS + 1):
        for right in range(1 if down == 0 else -RADIUS, RADIUS + 1):
            if down**2 + right**2 > RADIUS**2:
                continue
            left = max(0, -right)
            lines, across = height - down, width - abs(right)
            steps = max(down, abs(right))
            strength = numpy.zeros((lines, across))
            for k in range(steps + 1):
                y, x = half_away(k / steps * down), left + half_away(k / steps * right)
                numpy.maximum(strength, b[y:y + lines, x:x + across] ** 2, out=strength)
            rows.append(number[:lines, left:left + across].ravel())
            columns.append(rows[-1] + down * width + right)
            values.append(numpy.exp(-strength.ravel() / SIGMA**2))
    rows, columns, values = map(numpy.concatenate, (rows, columns, values))
    w = coo_matrix((values, (rows, columns)), (b.size, b.size)).tocsr()
    w = w + w.T
    scale = diags(1 / numpy.sqrt(numpy.asarray(w.sum(1)).ravel()))
    return (scale @ w @ scale).tocsr()


def ours(program, pattern, environment):
    result = subprocess.run(
        [program, f"--benchmark_filter={pattern}", "--benchmark_format=json"],
        check=True, capture_output=True, text=True, env=environment,
    )
    return json.loads(result.stdout)["benchmarks"]


def main(program, image):
    b = boundary_map(image)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "map.bin")
        b.astype("<f8").tofile(path)
        environment = dict(os.environ)
        environment["EIGENPROP_BOUNDARY_MAP"] = f"{path},{b.shape[0]},{b.shape[1]}"
        runs = ours(program, "lines:321|copy", environment)
    for run in runs:
        extra = {k: round(v, 6) for k, v in run.items() if isinstance(v, float)}
        extra.pop("cpu_time"), extra.pop("real_time")
        print(f"{run['real_time']:10.2f} ms {run['cpu_time']:10.2f} ms CPU  {run['name']}  {extra}",
              flush=True)
    solve = next(run for run in runs if run["name"].startswith("eigenvectors"))

    matrix = normalized_affinity(b)
    wall, cpu = time.perf_counter(), time.process_time()
    values, vectors = eigsh(matrix, VECTORS, which="LA", tol=TOLERANCE)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    residual = numpy.linalg.norm(matrix @ vectors - vectors * values, axis=0).max()
    print(f"ARPACK {wall:.2f} s, {cpu:.2f} s CPU, lambda_15 {values.min():.6f}, "
          f"residual {residual:.1e}")
    print(f"ratio {1e3 * wall / solve['real_time']:.1f}, of CPU {1e3 * cpu / solve['cpu_time']:.1f}"
          f" (above 1: ours is faster)")
    assert abs(values.min() - solve["lambda_15"]) < 1e-4


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", help="path of benchmark_graph_cuts")
    parser.add_argument("image", help="for instance 101085.jpg of BSDS300's test images")
    arguments = parser.parse_args()
    main(arguments.program, arguments.image)
