"""Prints the golden numbers of TestGoldenRelations (forest/golden_test.go), from scikit-learn and SciPy:

    ~/.cache/probewise-bench/sklearn/bin/python interop/sklearn/golden.py

Standard errors and p-values are those of ordinary least squares by the textbook (Hastie, Tibshirani and Friedman, 3.2).
"""

import numpy as np
from scipy import stats
from sklearn.linear_model import LinearRegression

N = 24
i = np.arange(N)
x = np.array([(i * 7) % 24 / 10, np.sqrt(i + 1), ((i * i) % 13) ** 2 / 50]).T
y = 0.3 * x[:, 0] - 0.2 * x[:, 1] + ((i * 5) % 11) / 40

z = (x - x.mean(0)) / x.std(0, ddof=1)
model = LinearRegression().fit(z, y)
residual = y - model.predict(z)
design = np.c_[np.ones(N), z]
freedom = N - design.shape[1]
errors = np.sqrt(np.diag(np.linalg.inv(design.T @ design)) * (residual @ residual) / freedom)[1:]
for j in range(x.shape[1]):
    r = stats.pearsonr(x[:, j], y).statistic
    beta = stats.linregress(x[:, j], y).slope
    p = 2 * stats.t.sf(abs(model.coef_[j] / errors[j]), freedom)
    print(f"{{{r:.12f}, {beta:.12f}, {model.coef_[j]:.12f}, {errors[j]:.12f}, {p:.12g}}},")
