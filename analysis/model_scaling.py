#!/usr/bin/env python3
"""Model how cases of benchmark_scaling go on beyond this machine, up to 1,024 ranks.

Seconds of a step on P ranks are W(P) + C(P).

W, the work of a rank: processor seconds outside of all calls of MPI, of the busiest rank. Of
strong cases W = a + b ceil(U / P) / U, with U the pieces that ranks can share (images, rows,
lines), fitted to all ranks: the part a, which every rank repeats, can hardly be seen on few, and a
rank that shares its core takes as many processor seconds. Of weak cases W is that on 2 ranks.

C, the exchange: calls and bytes as counted through MPI's profiling interface on many ranks of this
machine, which its clock does not touch; beyond the counted ranks by the law that fits the counts
of 4 to a quarter of the most ranks, checked on the larger ones. A call costs what known
algorithms take on a network of latency l and bandwidth B, with n bytes a call:

    all-reduce     least of log2 P (l + n/B) and 2 log2 P l + 2 n/B (P-1)/P
    broadcast      least of log2 P (l + n/B) and (log2 P + P-1) l + 2 n/B (P-1)/P
    reduce         as an all-reduce
    all-gather     log2 P l + (P-1) n/B
    gather         log2 P l + (P-1) n/B at the root; scatter likewise
    reduce-scatter log2 P l + n/B (P-1)/P
    all-to-all     (P-1) l + n/B
    scan           log2 P (l + n/B)
    barrier        log2 P l
    point to point l + n/B a message (halos)

(Thakur, Rabenseifner, Gropp: Optimization of collective communication operations in MPICH, 2005).

A case whose laws miss the counts that check them by more than a quarter is drawn up to these.
Prints the laws with their errors, where efficiency falls below one half, and why.
"""

import dataclasses

import matplotlib
import numpy as np
from scipy.optimize import nnls

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from scaling_results import read_results  # noqa: E402
from script_tools import (DataError, check_figure, option_parser, run,  # noqa: E402
                          save_figure)

# Latency of a message between two nodes in seconds, bytes a second of one node's port.
NETWORKS = {"Ethernet, 10 Gbit/s": (30e-6, 1.15e9),
            "InfiniBand HDR": (1.2e-6, 24e9),
            "Slingshot 11": (2.0e-6, 23e9)}
ASSUMPTIONS = (
    "One rank a node, alone on its port: no congestion, no hops, no shared memory between ranks.",
    "Nothing overlaps: gradients that travel during a backward pass count in full.",
    "Ranks are equally fast, without noise of the system; all wait for the busiest one.",
    "Work: processor seconds of this machine; memory bandwidth and caches as its ranks share them.",
    "Iterations of solvers, and with them calls, follow the counts' laws beyond the counted ranks.",
    "Files are not modelled: no case whose step reads or writes them stands here.",
)
LEAST_EFFICIENCY = 0.5
MOST_RANKS = 1024
# A law that misses the counts of ranks that it was not fitted to by more is not followed: such a
# case is drawn up to the counted ranks.
LARGEST_ERROR = 0.25
# Forms that a count can have over ranks, simplest first.
LAWS = {"constant": lambda p: [np.ones_like(p)],
        "c + d/P": lambda p: [np.ones_like(p), 1 / p],
        "c + d log2 P": lambda p: [np.ones_like(p), np.log2(p)],
        "c + d P": lambda p: [np.ones_like(p), p]}
# A more complicated law must fit so much better.
GAIN = 0.5


@dataclasses.dataclass
class Law:
    name: str
    coefficients: np.ndarray
    error: float  # largest relative one on the counts that it was not fitted to; NaN: none are left

    def __call__(self, ranks):
        basis = LAWS[self.name](np.asarray(ranks, float))
        return np.maximum(sum(c * b for c, b in zip(self.coefficients, basis)), 0)


def fit_law(ranks, counts):
    """The law of counts over ranks: fitted to 4 .. a quarter of the most, checked above."""
    ranks, counts = np.asarray(ranks, float), np.asarray(counts, float)
    fitted = (ranks >= 4) & (ranks <= max(ranks[-1] / 4, 16))
    if fitted.sum() < 2:
        fitted = ranks > 1
    best = None
    for name, basis in LAWS.items():
        columns = np.stack(basis(ranks), axis=1)
        if columns.shape[1] > max(fitted.sum() - 1, 1):
            continue
        # Relative errors count.
        weights = 1 / np.maximum(counts[fitted], 1)
        solution = np.linalg.lstsq(columns[fitted] * weights[:, None], counts[fitted] * weights,
                                   rcond=None)[0]
        misfit = np.abs((columns[fitted] @ solution - counts[fitted]) * weights).max()
        if best is None or misfit < GAIN * best[0] - 1e-12:
            best = (misfit, Law(name, solution, np.nan))
    law = best[1]
    checked = ~fitted & (ranks > 4)
    if checked.any():
        law.error = np.abs(law(ranks[checked]) / np.maximum(counts[checked], 1) - 1).max()
    return law


def call_seconds(kind, ranks, size, calls, network):
    """(latency, bandwidth) parts of `calls` calls of `size` bytes each."""
    latency, bandwidth = network
    if ranks == 1:
        return 0.0, 0.0
    hops = np.ceil(np.log2(ranks))
    transfer = size / bandwidth
    part = (ranks - 1) / ranks
    forms = {
        "all_reduce": [(hops, hops), (2 * hops, 2 * part)],
        "broadcast": [(hops, hops), (hops + ranks - 1, 2 * part)],
        "reduce": [(hops, hops), (2 * hops, 2 * part)],
        "all_gather": [(hops, ranks - 1)],
        "gather": [(hops, ranks - 1)],
        # The root's calls tell the bytes of all parts.
        "scatter": [(hops, 1)],
        "reduce_scatter": [(hops, part)],
        "all_to_all": [(ranks - 1, 1)],
        "scan": [(hops, hops)],
        "barrier": [(hops, 0)],
    }.get(kind, [(1, 1)])
    messages, transfers = min(forms, key=lambda form: form[0] * latency + form[1] * transfer)
    return calls * messages * latency, calls * transfers * transfer


def sent_by_kind(row, kinds):
    """{kind: (calls, bytes) of a step, of the rank that has most}."""
    calls = row.calls.sum(axis=1).max(axis=0) / row.all_steps()
    sizes = row.bytes.sum(axis=1).max(axis=0) / row.all_steps()
    return {kind: (calls[k], sizes[k]) for k, kind in enumerate(kinds) if calls[k] > 0}


def work_seconds(row, phases, exchange_of_one):
    """By repeat: processor seconds of a step outside of exchanges, of the busiest rank, and what
    an exchange costs where there is nobody to exchange with (copies, sums of buckets)."""
    outside = [number for number, phase in enumerate(phases) if phase != "exchange"]
    return (row.processor_seconds[:, :, outside].sum(axis=2).max(axis=1) / row.steps
            + exchange_of_one)


class Model:
    """Of one case; rows: all that are finished, by ranks."""

    def __init__(self, rows, results):
        timed = {row.ranks: row for row in rows if not row.is_crowded()}
        if 1 not in timed or 2 not in timed:
            raise DataError(f"case {rows[0].case} needs times of 1 and of 2 ranks, each on cores "
                            "of its own")
        one = timed[1]
        exchange = results.phases.index("exchange")
        local = np.median(one.processor_seconds[:, 0, exchange]) / one.steps
        self.name, self.weak = one.case, one.scaling == "weak"
        self.units = one.units
        work = {row.ranks: work_seconds(row, results.phases, local) for row in rows}
        self.work = {ranks: np.median(seconds) for ranks, seconds in work.items()}
        self._fit_work(work)
        self.counted = {row.ranks: sent_by_kind(row, results.kinds) for row in rows}
        self.ranks = sorted(self.counted)
        kinds = [kind for kind in results.kinds
                 if any(kind in sent for sent in self.counted.values())]
        self.laws = {}
        for kind in kinds:
            of_kind = [self.counted[ranks].get(kind, (0, 0)) for ranks in self.ranks]
            self.laws[kind] = tuple(fit_law(self.ranks, [sent[i] for sent in of_kind])
                                    for i in (0, 1))
        holds = all(not law.error > LARGEST_ERROR for laws in self.laws.values() for law in laws)
        self.limit = MOST_RANKS if holds else self.ranks[-1]

    def _fit_work(self, work):
        """work: {ranks: seconds by repeat}."""
        if self.weak:
            self.fixed, self.divided = np.median(work[2]), 0.0
            self.fixed_range, self.work_error = (work[2].min(), work[2].max()), np.nan
            return
        ranks = np.array(sorted(work), float)
        pieces = np.ceil(self.units / ranks) / self.units

        def fit(choose):
            seconds = np.array([choose(work[int(rank)]) for rank in ranks])
            columns = np.stack([np.ones_like(pieces), pieces], axis=1) / seconds[:, None]
            return nnls(columns, np.ones_like(seconds))[0], seconds

        (self.fixed, self.divided), seconds = fit(np.median)
        self.fixed_range = sorted(fit(choose)[0][0] for choose in (np.min, np.max))
        self.work_error = np.abs((self.fixed + self.divided * pieces) / seconds - 1).max()

    def base(self):
        """Seconds of the work on one rank; of weak cases a rank's share."""
        return self.fixed + self.divided

    def losses(self, ranks, network):
        """{reason: seconds beyond an equal share of the work}."""
        pieces = np.ceil(self.units / ranks) / self.units
        losses = {}
        if not self.weak:
            losses["work that every rank repeats"] = self.fixed * (1 - 1 / ranks)
            losses[f"{self.units} pieces of work"] = self.divided * (pieces - 1 / ranks)
        for kind in self.laws:
            calls, sizes = self.sent(kind, ranks)
            if calls > 0:
                slow, wide = call_seconds(kind, ranks, sizes / calls, calls, network)
                name = kind.replace("_", "-")
                losses[f"latency of {name}"], losses[f"bandwidth of {name}"] = slow, wide
        return losses

    def sent(self, kind, ranks):
        """(calls, bytes), as counted or by the laws."""
        if ranks in self.counted:
            return self.counted[ranks].get(kind, (0, 0))
        return tuple(float(law(ranks)) for law in self.laws[kind])

    def seconds(self, ranks, network):
        share = self.base() if self.weak else self.base() / ranks
        return share + sum(self.losses(ranks, network).values())

    def efficiency(self, ranks, network):
        share = self.base() if self.weak else self.base() / ranks
        return share / self.seconds(ranks, network)

    def end(self, network):
        """(most ranks of at least half the efficiency, what is lost most at twice as many)."""
        last, ranks = 1, 2
        while ranks <= self.limit and self.efficiency(ranks, network) >= LEAST_EFFICIENCY:
            last, ranks = ranks, 2 * ranks
        losses = self.losses(min(2 * last, self.limit), network)
        return last, max(losses, key=losses.get)


def parse_network(value):
    """NAME=MICROSECONDS,GIGABYTES_A_SECOND."""
    name, _, numbers = value.rpartition("=")
    try:
        latency, bandwidth = (float(number) for number in numbers.split(","))
    except ValueError:
        raise DataError(f"--network {value}: is not NAME=MICROSECONDS,GIGABYTES_A_SECOND") from None
    if not name or latency <= 0 or bandwidth <= 0:
        raise DataError(f"--network {value}: needs a name and positive numbers")
    return name, (latency * 1e-6, bandwidth * 1e9)


def draw_model(axes, model, networks):
    grid = 2 ** np.arange(0, int(np.log2(model.limit)) + 1)
    ideal = np.ones(len(grid)) if model.weak else grid
    axes[0].plot(grid, ideal, "--", color="0.5", label="ideal")
    for number, (name, network) in enumerate(networks.items()):
        values = [model.efficiency(ranks, network) * (1 if model.weak else ranks)
                  for ranks in grid]
        axes[0].plot(grid, values, color=f"C{number}", label=name)
        last, _ = model.end(network)
        axes[0].axvline(last, color=f"C{number}", linewidth=0.8, linestyle=":")
    axes[0].plot(list(model.work), [model.base() / seconds for seconds in model.work.values()],
                 "k.", label="work alone, measured")
    axes[0].set(xscale="log", ylabel=f"{model.name}\n"
                + ("efficiency (weak)" if model.weak else "speed-up (strong)"))
    if not model.weak:
        axes[0].set_yscale("log")
    for axis, which, label in ((axes[1], 0, "calls a step"), (axes[2], 1, "bytes a step")):
        for number, (kind, laws) in enumerate(model.laws.items()):
            counts = [model.counted[ranks].get(kind, (0, 0))[which] for ranks in model.ranks]
            shown = [(r, c) for r, c in zip(model.ranks, counts) if c > 0]
            if not shown:
                continue
            axis.plot(*zip(*shown), "o", color=f"C{number}", markersize=4,
                      label=kind.replace("_", " "))
            axis.plot(grid[2:], laws[which](grid[2:]), color=f"C{number}", linewidth=0.8)
        axis.set(xscale="log", yscale="log", ylabel=label)
        # Also where a count does not change.
        least, most = axis.get_ylim()
        axis.set_ylim(least / 2, 2 * most)
        axis.legend(fontsize=6)
    for axis in axes:
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize=6)


def print_models(models, networks):
    print("| case | network | ranks at efficiency .5 or more | beyond, most is lost by |")
    print("| --- " * 4 + "|")
    for model in models:
        for name, network in networks.items():
            last, reason = model.end(network)
            most = (" (the most drawn)" if last == MOST_RANKS else
                    " (the most counted)" if last == model.limit else "")
            print(f"| {model.name} | {name} | {last}{most} | {reason} |")
    print("\n| case | seconds of one rank | repeated by every rank (range of repeats) | "
          "error of work | exchanged | law of calls (error) | law of bytes (error) |")
    print("| --- " * 7 + "|")
    for model in models:
        share = 100 / model.base()
        least, most = model.fixed_range
        work = "weak" if model.weak else (f"{share * model.fixed:.1f} % ({share * least:.1f} to "
                                          f"{share * most:.1f} %)")
        for kind, laws in model.laws.items():
            texts = [f"{law.name} ({100 * law.error:.1f} %)" if np.isfinite(law.error)
                     else f"{law.name} (not checked)" for law in laws]
            error = "" if model.weak else f"{100 * model.work_error:.0f} %"
            print(f"| {model.name} | {model.base():.3g} | {work} | {error} | "
                  f"{kind.replace('_', ' ')} | {texts[0]} | {texts[1]} |")


def draw(arguments):
    check_figure(arguments.output, arguments.results)
    networks = dict(map(parse_network, arguments.network)) if arguments.network else NETWORKS
    results = read_results(arguments.results, arguments.cases)
    exchange = [phase in ("input", "output") for phase in results.phases]
    models = []
    for name, rows in results.cases().items():
        rows = [row for row in rows if row.threads == rows[0].threads]
        if rows[0].calls.sum() == 0 and rows[-1].ranks == 1:
            continue
        files = rows[0].phase_seconds[:, :, exchange].sum() / rows[0].phase_seconds.sum()
        if files > 0.5:
            print(f"{name}: {100 * files:.0f} % of its time goes to files, which are not modelled")
            continue
        models.append(Model(rows, results))
    if not models:
        raise DataError("no case to model")
    figure, axes = plt.subplots(len(models), 3, figsize=(13, 3 * len(models) + 1.8), squeeze=False)
    for line, model in zip(axes, models):
        draw_model(line, model, networks)
    for axis in axes[-1]:
        axis.set_xlabel("ranks")
    axes[0][1].set_title("points: counted; lines: laws", fontsize=10)
    notes = [f"{name}: {1e6 * latency:.3g} µs, {bandwidth / 1e9:.3g} GB/s."
             for name, (latency, bandwidth) in networks.items()]
    bottom = 1.3 / figure.get_size_inches()[1]
    figure.tight_layout(rect=(0, bottom, 1, 1))
    figure.text(0.02, 0.3 * bottom / len(ASSUMPTIONS), "Assumed: " + "  ".join(notes) + "\n"
                + "\n".join(ASSUMPTIONS), fontsize=8, va="bottom")
    save_figure(figure, arguments.output)
    print_models(models, networks)
    print("\nAssumed: " + " ".join(notes) + " " + " ".join(ASSUMPTIONS))


if __name__ == "__main__":
    parser = option_parser(__doc__)
    parser.add_argument("results", nargs="+", help="files of benchmark_scaling (HDF5)")
    parser.add_argument("--cases", nargs="+", help="these alone")
    parser.add_argument("--network", nargs="+", metavar="NAME=US,GB/S",
                        help="other networks: latency in microseconds, bandwidth in gigabytes a "
                             "second")
    parser.add_argument("--output", required=True, help="PNG file to write")
    run(lambda: draw(parser.parse_args()))
