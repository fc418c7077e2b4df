"""Statistics of a layer, after trainer/statistics.go, and how far ours are from them. A new statistic is a line in
STATISTICS, or in UNITS where it is a layer's and not one of its values'."""

import numpy
import torch

SMALL = {"weights": 1e-2, "gradients": 1e-4, "activations": 1e-2}
TOLERANCE = 1e-4
ROUNDING = 2.0**-20  # of the largest value: what sums in float32 may be off by
OCTAVES = numpy.exp2(numpy.arange(-24, 7))  # edges of the histogram, those above 0


class Values:
    """Values, as the float32 that a record is of (softmax's smallest are 0 there), summed in double precision. others
    are the same of PyTorch's other precision: where it is further off than rounding, that is what rounding may come to.
    Of activations there is also what went into a relu, which says which zeros rounding may move."""

    def __init__(self, kind, values, others, into=None, other_into=None, activation="linear"):
        self.kind, self.values = kind, double(values)
        self.largest, self.variance = numpy.abs(self.values).max(), self.values.var()
        self.rounding = rounding(self.values, double(others))
        self.near_zero = numpy.zeros(self.values.shape, bool)
        if activation == "relu":
            into, other_into = double(into), double(other_into)
            self.near_zero = numpy.abs(into) <= rounding(into, other_into)
        if kind == "gradients" and self.values.ndim == 4:
            # Winograd's transform mixes the taps of a filter: where some of them are not 0, the others are so but for
            # rounding.
            some = (self.values != 0).any((2, 3), keepdims=True)
            self.near_zero = some & (numpy.abs(self.values) <= self.rounding)

    def near(self, edges, values=None):
        """How many values are within rounding of each edge."""
        sizes = numpy.sort((numpy.abs(self.values) if values is None else values).reshape(-1))
        return numpy.searchsorted(sizes, edges + self.rounding, "right") - numpy.searchsorted(
            sizes, edges - self.rounding
        )


def double(tensor):
    return tensor.detach().float().double().numpy()


def rounding(values, others):
    return max(ROUNDING * numpy.abs(values).max(), numpy.abs(values - others).max())


def relative(of):
    def off(ours, x):
        theirs = of(x)
        return abs(ours - theirs) / abs(theirs) if theirs else float(ours != 0)

    return off


def mean(ours, x):
    """A mean near zero has no relative error of meaning: it is held against the standard deviation."""
    off, deviation = abs(ours - x.values.mean()), numpy.sqrt(x.variance)
    return off / deviation if deviation else float(off > 0)


def share(counted, uncertain):
    """A share may be off by the values that are within rounding of where it counts; more is a miss."""

    def off(ours, x):
        apart = round(abs(ours - counted(x).mean()) * x.values.size)
        return 0.0 if apart <= uncertain(x) else apart / x.values.size + TOLERANCE

    return off


def kurtosis(x):
    return ((x.values - x.values.mean()) ** 4).mean() / x.variance**2 if x.variance else numpy.nan


def quantile(share):
    """Between the quantiles of all values moved down, and up, by rounding."""

    def off(ours, x):
        low, theirs, high = (binned(counted(x.values + by * x.rounding), share) for by in (-1, 0, 1))
        apart = max(low - ours, ours - high, 0)
        return apart / abs(theirs) if theirs else float(apart > 0)

    return off


def counted(values):
    """Of more than 2^19 values every fourth run of 2^13 goes into the bins."""
    flat = values.reshape(-1)
    return flat if flat.size <= 1 << 19 else flat[numpy.arange(flat.size) >> 13 & 3 == 0]


def binned(values, share):
    """The value at rank share·(n−1), of bins by sign, exponent and five bits of the mantissa, values spread evenly in
    each; never beyond the largest size."""
    bits = values.astype(numpy.float32).reshape(-1).view(numpy.uint32) >> 18
    size, negative = (bits & 0x1FFF).astype(int), bits >= 0x2000
    bins, counts = numpy.unique(numpy.where(negative, -1 - size, size), return_counts=True)
    rank, up_to = share * (values.size - 1) + 0.5, numpy.cumsum(counts)
    i = int(numpy.argmax(up_to > rank))
    size = bins[i] if bins[i] >= 0 else -1 - bins[i]
    low, high = numpy.array([size << 18, (size + 1) << 18], numpy.uint32).view(numpy.float32).astype(float) * (size > 0)
    low, high = (low, high) if bins[i] >= 0 else (-high, -low)
    largest = numpy.abs(values).max()
    return numpy.clip(low + (rank - (up_to[i] - counts[i])) / counts[i] * (high - low), -largest, largest)


def histogram(ours, x):
    """As share, for each bin: what is at its two edges."""
    flat = counted(x.values)
    n = flat.size
    octave = numpy.digitize(numpy.abs(flat), OCTAVES)
    theirs = numpy.bincount(numpy.where(flat < 0, 31 - octave, 32 + octave), minlength=64)
    edges = numpy.concatenate([-OCTAVES[::-1], [0.0], OCTAVES])
    at = numpy.concatenate([[0], x.near(edges, flat), [0]])
    at[31:33] += int(x.near_zero.sum())
    apart = numpy.abs(numpy.round(numpy.array(ours) * n) - theirs) - at[:-1] - at[1:]
    return 0.0 if apart.max() <= 0 else apart.max() / n + TOLERANCE


DENORMAL = 2.0**-126  # smaller numbers are 0 in our kernels

# name: how far ours is off, given the values
STATISTICS = {
    "mean": mean,
    "variance": relative(lambda x: x.variance),
    "max_abs": relative(lambda x: x.largest),
    "share_below": share(lambda x: numpy.abs(x.values) < SMALL[x.kind], lambda x: x.near(SMALL[x.kind])),
    "share_zero": share(lambda x: numpy.abs(x.values) < DENORMAL, lambda x: x.near_zero.sum()),
    "l2_norm": relative(lambda x: numpy.sqrt((x.values**2).sum())),
    "kurtosis": relative(kurtosis),
    "q01": quantile(0.01),
    "q50": quantile(0.5),
    "q99": quantile(0.99),
    "histogram": histogram,
}


def dead_units(ours, x, before):
    """The share of units with more than 99 % zeros; units at that threshold within rounding count either way."""
    v = x["activations"]
    axes = (0, *range(2, v.values.ndim))
    zeros, unsure = (of.sum(axes) for of in (numpy.abs(v.values) < DENORMAL, v.near_zero))
    rows = v.values.size // v.values.shape[1]

    def dead(count):
        return 100 * count > 99 * rows

    apart = round(abs(ours - dead(zeros).mean()) * zeros.size)
    return 0.0 if apart <= (dead(zeros + unsure) != dead(zeros - unsure)).sum() else apart / zeros.size + TOLERANCE


def update_ratio(ours, x, before):
    """How far the step moved the kernel, of its norm; nothing moved it at the beginning."""
    if before is None:
        return float(ours is not None)
    w, old = x["weights"].values, before.astype(float)
    return abs(ours - numpy.linalg.norm(w - old) / numpy.linalg.norm(old)) / ours


def gradient_noise(ours, x, before):
    """Needs the batch before of the same epoch, and ours have one."""
    return float(ours is not None)


UNITS = {"dead_units": dead_units, "update_ratio": update_ratio, "gradient_noise": gradient_noise}


def deviation(ours, x, of):
    """A number that is missing on one side must be missing on the other."""
    if ours is None:
        return float(of is not STATISTICS["kurtosis"] or not numpy.isnan(kurtosis(x)))
    return float(of(ours, x))


def compare(record, at, peer, other):
    """Yields (layer/kind/statistic, how far ours is off) of a record, from 0. What nothing here compares is infinitely
    far off."""
    found, expected = [l["layer"] for l in record["layers"]], list(peer.outputs[at])
    if found != expected:
        raise ValueError(f"statistics of {found}, expected {expected}")
    for layer in record["layers"]:
        kernel = layer["layer"] + ".kernel"
        name, (output, into, activation), (other_output, other_into, _) = (
            layer["layer"],
            peer.outputs[at][layer["layer"]],
            other.outputs[at][layer["layer"]],
        )
        kinds = {
            "weights": Values("weights", *(torch.from_numpy(p.weights[at][kernel]) for p in (peer, other))),
            "gradients": Values("gradients", peer.gradients[kernel], other.gradients[kernel]),
            "activations": Values("activations", output, other_output, into, other_into, activation),
        }
        before = peer.weights[at - 1][kernel] if at else None
        for key, ours in layer.items():
            if key in UNITS:
                yield f"{name}/{key}", float(UNITS[key](ours, kinds, before))
            elif key in kinds:
                for statistic, value in ours.items():
                    known = statistic in STATISTICS
                    yield (
                        f"{name}/{key}/{statistic}",
                        deviation(value, kinds[key], STATISTICS[statistic]) if known else numpy.inf,
                    )
            elif key not in ("layer", "type"):
                yield f"{name}/{key}", numpy.inf
