#!/usr/bin/env python3
"""Second-order pooling and its gradient against 50 digits, on spectra with exact multiplicities,
clusters at gaps from 1e-4 to 1e-16, and rank deficiency.

    check_pooling_gradients.py PROGRAM ...    (PROGRAM CASES RESULTS: pooling_gradients.cpp)

The reference does not know of divided differences: with Z = FᵀF + εI and a direction E, the block
matrix [[Z, E], [0, Z]] has g of it equal to [[g(Z), Dg(Z)[E]], [0, g(Z)]] (Higham, Functions of
Matrices, theorem 3.6). Dg(Z) is its own transpose, so that the gradient is 2F Dg(Z)[sym(C̄)].
"""

import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np

try:
    import mpmath
except ImportError:
    print("skipped: no mpmath here")
    sys.exit(77)

TOLERANCE = 1e-9
mpmath.mp.dps = 50


class Dual:
    """The matrix [[a, b], [0, a]], from its blocks."""

    def __init__(self, a, b):
        self.a, self.b = a, b

    def __add__(self, other):
        return Dual(self.a + other.a, self.b + other.b)

    def __sub__(self, other):
        return Dual(self.a - other.a, self.b - other.b)

    def __mul__(self, other):
        return Dual(self.a * other.a, self.a * other.b + self.b * other.a)

    def times(self, number):
        return Dual(self.a * number, self.b * number)

    def inverse(self):
        inverse = self.a**-1
        return Dual(inverse, -(inverse * self.b * inverse))

    def norm(self):
        return mpmath.mnorm(self.a, 1) + mpmath.mnorm(self.b, 1)


def identity(n):
    return Dual(mpmath.eye(n), mpmath.zeros(n))


def square_root(a):
    """By Denman and Beavers' iteration, which converges for matrices without eigenvalues on the
    negative axis, scaled by determinants (Higham, Functions of Matrices, section 6.5)."""
    y, z, scaling = a, identity(a.a.rows), True
    for _ in range(200):
        inverse_y, inverse_z = y.inverse(), z.inverse()
        mu = mpmath.mpf(1)
        if scaling:
            mu = abs(mpmath.det(y.a) * mpmath.det(z.a)) ** (-mpmath.mpf(1) / (2 * a.a.rows))
        y_next = (y.times(mu) + inverse_z.times(1 / mu)).times(0.5)
        z = (z.times(mu) + inverse_y.times(1 / mu)).times(0.5)
        change = (y_next - y).norm() / y.norm()
        scaling = scaling and change > 0.01
        y = y_next
        if change < mpmath.mpf(10) ** -45:
            return y
    raise ArithmeticError("the square root did not converge")


def logarithm(a):
    """By inverse scaling and squaring with the series of 2 artanh."""
    roots = 0
    one = identity(a.a.rows)
    while (a - one).norm() > 0.25:
        a = square_root(a)
        roots += 1
    x = (a - one) * (a + one).inverse()
    square, term, total = x * x, x, x
    for k in range(3, 200, 2):
        term = term * square
        total = total + term.times(1 / mpmath.mpf(k))
        if term.norm() < mpmath.mpf(10) ** -60:
            return total.times(2 * 2**roots)
    raise ArithmeticError("the series did not converge")


def exponential(a):
    """By scaling and squaring with Taylor's series."""
    squarings = max(0, int(mpmath.ceil(mpmath.log(a.norm() + 1, 2))) + 4)
    a = a.times(mpmath.mpf(2) ** -squarings)
    total = term = identity(a.a.rows)
    for k in range(1, 200):
        term = (term * a).times(1 / mpmath.mpf(k))
        total = total + term
        if term.norm() < mpmath.mpf(10) ** -60:
            break
    else:
        raise ArithmeticError("the series did not converge")
    for _ in range(squarings):
        total = total * total
    return total


FUNCTIONS = {
    "log": logarithm,
    "sqrt": square_root,
    "inverse_sqrt": lambda a: square_root(a).inverse(),
    "exp": exponential,
    "identity": lambda a: a,
}


def reference(function, epsilon, features, adjoint):
    """Pooled matrix and gradient of one sample."""
    f = mpmath.matrix(features.tolist())
    z = f.T * f + mpmath.mpf(epsilon) * mpmath.eye(features.shape[1])
    e = mpmath.matrix(((adjoint + adjoint.T) / 2).tolist())
    result = FUNCTIONS[function](Dual(z, e))
    gradient = 2 * f * result.b

    def as_array(a):
        return np.array(a.tolist(), dtype=float).reshape(a.rows, a.cols)

    return as_array(result.a), as_array(gradient)


def with_spectrum(generator, values, m, d):
    """m x d matrix with these singular values, to rounding."""
    u, _ = np.linalg.qr(generator.standard_normal((m, len(values))))
    v, _ = np.linalg.qr(generator.standard_normal((d, len(values))))
    return u @ np.diag(values) @ v.T


def cases():
    generator = np.random.default_rng(1)
    hadamard = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2
    tall = lambda values: with_spectrum(generator, values, 8, len(values))  # noqa: E731
    wide = lambda values: with_spectrum(generator, values, len(values), 7)  # noqa: E731
    matrices = {
        "exact multiplicity": np.vstack([hadamard, hadamard]),
        "exact multiplicity, wide": np.hstack([2 * hadamard[:3], hadamard[:3]]),
        "two groups": np.diag([2.0, 2.0, 2.0, 0.5, 0.5]),
        "zero": np.zeros((3, 5)),
        "rank one": np.ones((6, 4)),
        "rank one, wide": np.ones((3, 6)),
        "deficient": tall([1, 1, 0.3, 0, 0]),
        "deficient, wide": wide([1, 0.5, 0.5, 0]),
        "dead features": np.hstack([tall([1, 0.5, 0.2]), np.zeros((8, 2))]),
        "spread": tall([30, 3, 0.1, 0.01, 1e-4]),
        "spread, wide": wide([300, 3, 1e-3, 1e-8]),
    }
    for exponent in (4, 8, 12, 16):
        gap = 10.0**-exponent
        matrices[f"gap 1e-{exponent}"] = tall([1, np.sqrt(1 - gap), np.sqrt(1 - 2 * gap), 0.5])
        matrices[f"gap 1e-{exponent}, wide"] = wide([1, np.sqrt(1 - gap), np.sqrt(1 - 2 * gap)])
        matrices[f"gap 1e-{exponent} to epsilon, wide"] = wide([1, np.sqrt(gap), np.sqrt(2 * gap)])
    for name, features in matrices.items():
        d = features.shape[1]
        yield name, "log", 1e-3, "automatic", features, generator.standard_normal((d, d))
    for function in ("sqrt", "inverse_sqrt", "exp", "identity"):
        for name in ("exact multiplicity", "deficient, wide", "gap 1e-12", "gap 1e-12, wide"):
            features = matrices[name]
            d = features.shape[1]
            adjoint = generator.standard_normal((d, d))
            yield f"{name}, {function}", function, 1e-3, "automatic", features, adjoint
    for route in ("gram", "svd"):
        for name in ("deficient", "deficient, wide", "gap 1e-8", "gap 1e-8, wide"):
            features = matrices[name]
            d = features.shape[1]
            adjoint = generator.standard_normal((d, d))
            yield f"{name}, {route}", "log", 1e-3, route, features, adjoint


def main(command):
    problems = list(cases())
    with tempfile.TemporaryDirectory() as folder:
        inputs, outputs = os.path.join(folder, "cases.h5"), os.path.join(folder, "results.h5")
        with h5py.File(inputs, "w") as file:
            for i, (_, function, epsilon, route, features, adjoint) in enumerate(problems):
                group = file.create_group(f"{i:03d}")
                group.attrs["function"] = np.bytes_(function)
                group.attrs["route"] = np.bytes_(route)
                group.attrs["epsilon"] = epsilon
                group["features"], group["adjoint"] = features[None], adjoint[None]
        subprocess.run([*command, inputs, outputs], check=True)
        failures = 0
        with h5py.File(outputs) as file:
            for i, (name, function, epsilon, _, features, adjoint) in enumerate(problems):
                pooled, gradient = reference(function, epsilon, features, adjoint)
                errors = []
                for found, expected in ((file[f"{i:03d}/pooled"][0], pooled),
                                        (file[f"{i:03d}/gradient"][0], gradient)):
                    scale = np.abs(expected).max()
                    difference = np.abs(found - expected).max()
                    errors.append(difference / scale if scale > 0 else difference)
                bad = not max(errors) <= TOLERANCE
                failures += bad
                print(f"{'FAILED' if bad else 'ok':6} value {errors[0]:.1e} gradient "
                      f"{errors[1]:.1e}  {function}: {name}")
    print(f"{len(problems)} cases, {failures} above {TOLERANCE}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
