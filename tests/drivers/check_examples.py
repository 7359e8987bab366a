"""Check what the programs of drivers/examples print.

    check_examples.py FOLDER    FOLDER holds the output of each program, PROGRAM.txt

Objectives and gradients are compared with closed forms written out in NumPy, and the gradient in s
with central differences of the formula as well.
"""

import os
import sys

import numpy as np


def lines(name):
    """Rows of `name v1 v2 ...` as (name, array)."""
    with open(os.path.join(sys.argv[1], f"{name}.txt"), encoding="utf-8") as file:
        return [(key, np.array(values, float)) for key, *values in map(str.split, file)]


def check(name, found, wanted, tolerance):
    error = np.abs(found - wanted).max() / np.abs(wanted).max()
    print(f"{name}: {error:.1e}")
    assert error < tolerance, (name, found, wanted)


def objective():
    p, k, g, n = 6, 4, 2, 3
    decay, sparsity, epsilon = 0.1, 0.5, 1e-2
    x = np.sin(1.7 * np.arange(p * n)).reshape(p, n)
    a = np.sin(1.7 * np.arange(p * k) + 1).reshape(p, k)
    s = np.sin(1.7 * np.arange(k * n) + 2).reshape(k, n)
    v = np.repeat(np.eye(g), k // g, axis=1)

    def value(s):
        return (((a @ s - x) ** 2).sum() + decay * (a**2).sum()
                + sparsity * np.sqrt(v @ s**2 + epsilon).sum())

    found = lines("objective")
    assert [key for key, _ in found] == ["f", "gradient_s", "gradient_A"] * 3
    for (_, f), (_, in_s), (_, in_a) in zip(found[::3], found[1::3], found[2::3]):
        residual = a @ s - x
        root = np.sqrt(v @ s**2 + epsilon)
        gradient = 2 * a.T @ residual + sparsity * s * (v.T @ (1 / root))
        check("objective", f, value(s), 1e-14)
        check("gradient in s", in_s, gradient.ravel(), 1e-13)
        check("gradient in A", in_a, (2 * residual @ s.T + 2 * decay * a).ravel(), 1e-13)
        steps = 1e-5 * np.eye(k * n).reshape(-1, k, n)
        differences = [(value(s + step) - value(s - step)) / 2e-5 for step in steps]
        check("gradient in s, by differences", in_s, np.array(differences), 1e-8)
        s = s - 0.02 * gradient


def operation():
    found = dict(lines("operation"))
    x = np.array([-800, -1, 0, 2, 800.0])
    assert found["mismatch"][0] < 1e-14, found
    check("softplus", found["y"], np.logaddexp(0, x), 1e-15)
    with np.errstate(over="ignore"):
        check("its derivative", found["derivative"], 1 / (1 + np.exp(-x)), 1e-15)


def equal_singular_values():
    with open(os.path.join(sys.argv[1], "equal_singular_values.txt"), encoding="utf-8") as file:
        text = file.read()
    errors = dict(line.split() for line in text.splitlines() if ":" not in line)
    print("equal singular values:", errors)
    assert float(errors["exact"]) < 1e-14, errors
    # Either two values come out equal to the last bit, or their difference is a rounding error.
    assert "plain: layer 'pooling/svd'" in text or float(errors["plain"]) > 1e-3, text


objective()
operation()
equal_singular_values()
