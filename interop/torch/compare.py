#!/usr/bin/env python3
"""Trains nets in PyTorch that were trained here (main.go) and compares: compare.py FOLDER [--free]

Prints a table; the exit status is 1 where something is off by more than it may be. PyTorch trains each net in float32
and in float64. Ours is right where it agrees with either: float64 is the same peer with the rounding taken away, and
now and then it is PyTorch's float32 that is off.

Rounding decides which of two nearly equal values a pool takes and on which side of 0 a relu is, and Adam and RMSprop
scale small gradients up, so that some nets end elsewhere if a single bit is another. PyTorch therefore also trains from
weights moved to a float32 next to them. Where ours is beyond the limit, but by no more than four times what PyTorch in
float32 is off from itself in float64, single precision does not say what is right: that is printed as open.

A bias before a batch norm does nothing, so that its gradient is rounding, which Adam and RMSprop scale up to whole
steps. PyTorch takes ours after each step (and is asked, in float64, whether the gradient is 0); with --free it does
not.
"""

import glob
import json
import math
import os
import sys

import numpy
import torch
import torch.nn.functional as F

import layers
from net import Net, clip, learning_rate, optimizer

LIMIT = 1e-3  # of losses, weights and running statistics; statistics of layers have their own
GAP = 4  # times what PyTorch's float32 is off from its float64: how far ours may be where that is beyond the limit
MOVED = 3  # trainings from weights moved by a rounding
YOUNG, LEFT = 5, 1e-3  # epochs, share of their start in running statistics: until when batch norm is measured anew
NOTHING = 1e-9  # largest gradient, of the net's largest, of a bias that does nothing


class Run:
    """What our side wrote of one net."""

    def __init__(self, folder):
        with open(os.path.join(folder, "run.json")) as f:
            document = json.load(f)
        self.architecture, self.steps, self.device = document["architecture"], document["steps"], document["device"]
        self.records, self.shapes = document["records"], [(t["name"], t["shape"]) for t in document["tensors"]]
        height, width, channels = self.architecture["input"]

        def array(name, *shape):
            return numpy.fromfile(os.path.join(folder, name + ".f32"), "<f4").reshape(*shape)

        rows = self.architecture["training"]["batch_size"]
        self.images = array("images", self.steps, rows, channels, height, width)
        self.labels = array("images-labels", self.steps, rows).astype(numpy.int64)
        self.validation = array("validation", -1, channels, height, width)
        self.norms = array("norms", self.steps + 1, rows, channels, height, width)
        self.validation_labels = array("validation-labels", -1).astype(numpy.int64)
        self.weights = [self.split(row) for row in array("weights", self.steps + 1, -1)]
        self.losses = [r["train_loss"] for r in self.records[1:]]
        self.validation_losses = [r["validation_loss"] for r in self.records]

    def split(self, row):
        tensors, at = {}, 0
        for name, shape in self.shapes:
            size = math.prod(shape)
            tensors[name] = row[at : at + size].reshape(shape)
            at += size
        return tensors


class Peer:
    """The same in PyTorch, with numbers of one precision."""

    def __init__(self, run, dtype, free, seed=None):
        self.run, self.dtype = run, dtype
        self.net = Net(run.architecture, run.weights[0] if seed is None else moved(run.weights[0], seed), dtype)
        self.training = run.architecture["training"]
        self.optimizer = optimizer(self.training, self.net.params.values())
        self.idle = [] if free else self.net.idle()
        self.losses, self.validation_losses, self.gradients = [], [], None
        self.weights, self.outputs = [self.net.values()], []

    def train(self):
        self.evaluate()
        params = self.net.params
        for step in range(1, self.run.steps + 1):
            x, y = (
                torch.from_numpy(self.run.images[step - 1]).to(self.dtype),
                torch.from_numpy(self.run.labels[step - 1]),
            )
            self.optimizer.zero_grad()
            loss = F.cross_entropy(self.net.forward(x, step), y)
            (loss + self.net.penalty()).backward()
            self.losses.append(loss.item())
            self.gradients = self.gradients or {name: t.grad.clone() for name, t in params.items()}
            self.ask_idle()
            clip([t.grad for t in params.values()], self.training["clip_norm"])
            for group in self.optimizer.param_groups:
                group["lr"] = learning_rate(self.training, step, self.run.steps)
            self.optimizer.step()
            with torch.no_grad():
                for name in self.idle:
                    params[name].copy_(torch.from_numpy(self.run.weights[step][name]))
            self.weights.append(self.net.values())
            self.evaluate()
        return self

    def ask_idle(self):
        """In float64 a gradient that ought to be 0 is some 1e-16 of the others."""
        if self.dtype != torch.float64:
            return
        most = max(float(t.grad.abs().max()) for t in self.net.params.values())
        for name in self.idle:
            if float(self.net.params[name].grad.abs().max()) > NOTHING * most:
                raise ValueError(f"{name} does something")

    def evaluate(self):
        """After as many epochs as steps. The validation images of a young net are normalised with the statistics of
        its training images, of which a run here has one batch: those of the step before, in the data set's order."""
        step, measured = len(self.outputs), None
        slowest = self.net.slowest()
        young = slowest > 0 and (step <= YOUNG or slowest**step > LEFT)
        if young != (self.run.records[step].get("norm_batches", 0) == 1):
            raise ValueError(f"step {step}: batch norm's statistics were not measured where they ought to be")
        with torch.no_grad():
            if young:
                measured = self.net.running()
                self.net.forward(torch.from_numpy(self.run.norms[step]).to(self.dtype), max(step, 1), measured)
            logits = self.net.forward(torch.from_numpy(self.run.validation).to(self.dtype), measured=measured)
            self.validation_losses.append(F.cross_entropy(logits, torch.from_numpy(self.run.validation_labels)).item())
            self.outputs.append(self.net.outputs if len(self.outputs) < 2 else None)


def moved(weights, seed):
    """Each value's neighbour, above or below."""
    random = numpy.random.default_rng(seed)
    return {
        name: numpy.nextafter(w, random.choice(numpy.float32([-numpy.inf, numpy.inf]), w.shape))
        if name.endswith(".kernel")
        else w
        for name, w in weights.items()
    }


def losses(of, first):
    """Off by how much of the loss, at each step."""
    return lambda a, b: {
        f"step {i}": abs(x - y) / abs(y) for i, (x, y) in enumerate(zip(of(a), of(b), strict=True), start=first)
    }


def tensors(names, scale):
    """max |a−b| of each tensor, after the first step and after the last, as a share of what scale says of it."""

    def off(x, y):
        apart = float(numpy.abs(x - y).max())
        return apart / scale(y) if apart else 0.0

    return lambda a, b: {
        f"step {step}: {name}": off(a.weights[step][name], b.weights[step][name])
        for step in (1, len(a.weights) - 1)
        for name in names
    }


def statistics(run, peer, other):
    """Of the records at the beginning and after the first step."""
    return {
        f"record {at}: {name}": off for at in (0, 1) for name, off in layers.compare(run.records[at], at, peer, other)
    }


def largest(tensor):
    return float(numpy.abs(tensor).max()) or math.inf


def measures(run, idle):
    """(what, limit, how to compare two trainings: {where: how far}, whether what is apart stays so)."""
    names = [name for name, _ in run.shapes if name not in idle]
    running = [n for n in names if ".moving_" in n]
    weights = [n for n in names if n not in running]
    yield "loss", LIMIT, losses(lambda t: t.losses, 1), True
    yield "validation loss", LIMIT, losses(lambda t: t.validation_losses, 0), True
    yield "weights", LIMIT, tensors(weights, lambda w: 1.0), False
    yield "weights, of largest", LIMIT, tensors(weights, largest), False
    yield "running, of largest", LIMIT, tensors(running, largest), False


class Verdict:
    """How far ours is, judged place by place."""

    def __init__(self, what, limit):
        self.what, self.limit = what, limit
        self.worst, self.missed, self.open = ("", 0.0), [], []

    def add(self, where, single, double, gap):
        off = min(single, double) if not math.isnan(single + double) else math.inf
        if off <= self.limit:
            self.worst = max(self.worst, (where, off), key=lambda w: w[1])
            return
        text = f"{where} {off:.1e} (float32 {single:.1e}, float64 {double:.1e}, PyTorch from itself {gap:.1e})"
        (self.open if off <= GAP * gap else self.missed).append(text)

    def __str__(self):
        where, off = self.worst
        notes = [("OPEN", self.open), ("MISSED", self.missed)]
        return f"   {self.what:20} {off:.1e}  {where}" + "".join(
            f"\n{'':8}{word} {text}" for word, texts in notes for text in shorten(texts)
        )


def shorten(texts, most=4):
    return texts if len(texts) <= most else [*texts[: most - 1], f"… and {len(texts) - most + 1} more"]


def check(run, free):
    single, double = Peer(run, torch.float32, free).train(), Peer(run, torch.float64, free).train()
    others = [Peer(run, torch.float32, free, seed).train() for seed in range(MOVED)]
    for what, limit, compare, lasting in measures(run, single.idle):
        verdict, against = Verdict(what, limit), (compare(run, single), compare(run, double))
        apart, gap = [compare(peer, double) for peer in (single, *others)], 0.0
        for where in against[0]:
            here = max(a[where] for a in apart)
            gap = max(gap, here) if lasting else here
            verdict.add(where, against[0][where], against[1][where], gap)
        yield verdict
    verdict = Verdict("statistics", layers.TOLERANCE)
    against = statistics(run, single, double), statistics(run, double, single)
    for where in against[0]:
        verdict.add(where, against[0][where], against[1][where], 0.0)
    yield verdict


def main(folder, free):
    files = sorted(glob.glob(os.path.join(folder, "*", "run.json")))
    missed, opened = [], []
    for i, file in enumerate(files):
        run = Run(os.path.dirname(file))
        if i == 0:
            print(
                f"{run.device}; PyTorch {torch.__version__}; {run.steps} steps. "
                "The furthest that ours is off, and where:"
            )
        print(f"{run.architecture['name']}, {run.architecture['training']['optimizer']['type']}")
        for verdict in check(run, free):
            print(verdict, flush=True)
            missed += verdict.missed
            opened += verdict.open
    print(f"{len(files)} nets: {len(missed)} missed, {len(opened)} open")
    return 1 if missed or not files else 0


if __name__ == "__main__":
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    sys.exit(main(sys.argv[1], "--free" in sys.argv[2:]))
