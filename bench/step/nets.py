"""The nets of the benchmark, as trainer/graph/testdata/nets/*.json has them for us.

conv: filters, all 3x3, same padding, ReLU, max-pool 2 after each; dense: units, ReLU; then 10 classes. Batch 64.
"""

NETS = {
    "A": dict(image=(3, 32, 32), conv=[32, 64, 128, 256], dense=[256, 128], norm=False, drop=0.0, optimizer="adam"),
    "B": dict(image=(3, 32, 32), conv=[16, 32], dense=[64], norm=False, drop=0.0, optimizer="adam"),
    "C": dict(image=(3, 32, 32), conv=[48, 96, 192], dense=[128], norm=True, drop=0.25, optimizer="rmsprop"),
}
BATCH = 64


def data(numpy, image):
    """One batch, the same for everybody: values 0...1 and class numbers."""
    n = BATCH * image[0] * image[1] * image[2]
    x = (numpy.arange(n, dtype=numpy.int64) * 7919 % 1000).astype(numpy.float32) / 1000
    return x.reshape(BATCH, *image), numpy.arange(BATCH) % 10
