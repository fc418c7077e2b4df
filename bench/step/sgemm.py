#!/usr/bin/env python3
"""Prints the GFLOP/s of numpy's sgemm (OpenBLAS), 1536 × 1536 × 1536, the median of ten products."""

import statistics
import time

import numpy

N = 1536
a, b = (numpy.random.default_rng(1).random((N, N), dtype=numpy.float32) for _ in range(2))
a @ b
times = []
for _ in range(10):
    start = time.perf_counter()
    a @ b
    times.append(time.perf_counter() - start)
print(2 * N**3 / statistics.median(times) / 1e9)
