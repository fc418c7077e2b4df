"""Statistics of a layer's values, and when ours count as the same. A new statistic is a line in STATISTICS (or, for units, in compare)."""
import numpy

SMALL = {"weights": 1e-2, "gradients": 1e-4, "activations": 1e-2}  # trainer/record.go
TOLERANCE = 1e-4
ROUNDING = 2.0**-20  # of the largest value: what sums in float32 may be off by


def relative(ours, theirs, x, kind):
    return abs(ours - theirs) / abs(theirs) if theirs else float(ours != 0)


def by_deviation(ours, theirs, x, kind):
    """A mean near zero has no relative error of meaning: it is held against the standard deviation."""
    deviation = numpy.sqrt(x.variance)
    return abs(ours - theirs) / deviation if deviation else float(ours != theirs)


def by_count(uncertain):
    """A share may be off by the values that stand within rounding of where it counts; more is a miss."""
    def compare(ours, theirs, x, kind):
        off = round(abs(ours - theirs) * x.values.size)
        return 0.0 if off <= uncertain(x, kind) else off / x.values.size + TOLERANCE
    return compare


def near(x, threshold):
    return int((numpy.abs(numpy.abs(x.values) - threshold) <= ROUNDING * x.largest).sum())


# name: (what it is, how far ours is from it)
STATISTICS = {
    "mean": (lambda x, kind: x.values.mean(), by_deviation),
    "variance": (lambda x, kind: x.variance, relative),
    "max_abs": (lambda x, kind: x.largest, relative),
    "share_below": (lambda x, kind: (numpy.abs(x.values) < SMALL[kind]).mean(), by_count(lambda x, kind: near(x, SMALL[kind]))),
    "share_zero": (lambda x, kind: (x.values == 0).mean(), by_count(lambda x, kind: x.near_zero.sum())),
    "l2_norm": (lambda x, kind: numpy.sqrt((x.values**2).sum()), relative),
}


class Values:
    """Values, as the float32 that a record is of (softmax's smallest are 0 there), summed in double precision; of activations
    also what went into a relu, which says which zeros rounding may move."""

    def __init__(self, values, into=None, activation="linear"):
        self.values = values.detach().float().double().numpy()
        self.largest, self.variance = numpy.abs(self.values).max(), self.values.var()
        self.near_zero = numpy.zeros(self.values.shape, bool)
        if activation == "relu":
            into = into.detach().double().numpy()
            self.near_zero = numpy.abs(into) <= ROUNDING * numpy.abs(into).max()


def dead_units(ours, x):
    """The share of units with more than 99 % zeros; units at that threshold within rounding may be counted either way."""
    axes = (0, *range(2, x.values.ndim))
    zeros, unsure = ((v.sum(axes)) for v in (x.values == 0, x.near_zero))
    rows = x.values.size // x.values.shape[1]

    def dead(count):
        return 100 * count > 99 * rows
    off = round(abs(ours - dead(zeros).mean()) * zeros.size)
    return 0.0 if off <= (dead(zeros + unsure) != dead(zeros - unsure)).sum() else off / zeros.size + TOLERANCE


def compare(record, weights, gradients, activations):
    """Yields (layer/kind/statistic, how far ours is off), and a miss for any statistic that nothing here compares."""
    if {l["layer"] for l in record["layers"]} != set(activations):
        raise ValueError(f"statistics of {[l['layer'] for l in record['layers']]}, expected {list(activations)}")
    for layer in record["layers"]:
        name = layer["layer"]
        kinds = {"weights": Values(weights[name + "/kernel"]), "gradients": Values(gradients[name + "/kernel"]), "activations": Values(*activations[name])}
        for key, value in layer.items():
            if key in ("layer", "type"):
                continue
            if key == "dead_units":
                yield f"{name}/{key}", dead_units(value, kinds["activations"])
            for statistic, ours in value.items() if isinstance(value, dict) else ():
                if statistic in STATISTICS:
                    theirs, off = STATISTICS[statistic]
                    yield f"{name}/{key}/{statistic}", float(off(ours, theirs(kinds[key], key), kinds[key], key))
                else:
                    yield f"{name}/{key}/{statistic} (not compared)", float("inf")
