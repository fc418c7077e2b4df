"""Fits scikit-learn on the splits of `probewise forest bench` and prints held-out R² beside ours: see ../sklearn.sh."""

import csv
import json
import re
import sys

import numpy as np
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor


def number(cell):
    try:
        return float(cell)
    except ValueError:
        return None


def main():
    with open(sys.argv[1], newline="") as f:
        header, *rows = csv.reader(f)
    splits, ours = json.load(open(sys.argv[2])), json.load(open(sys.argv[3]))["results"]
    epoch = {int(m[1]): j for j, name in enumerate(header) if (m := re.fullmatch(r"acc_(\d+)", name.strip()))}
    others = [j for j in range(len(header)) if j not in epoch.values() and all(number(r[j]) is not None for r in rows)]
    last = epoch[max(epoch)]
    y = np.array([float(r[last]) for r in rows])
    y = y / 100 if y.max() > 1 else y
    behind = False
    print(
        "epochs  ours   forest (500 trees)  gradient boosting (400, 0.05, depth 2)   held-out R², means of",
        len(splits),
        "splits",
    )
    for result in ours:
        seen = [j for n, j in sorted(epoch.items()) if n <= result["epochs"]]
        x = np.array([[float(r[j]) for j in seen + others] for r in rows])
        r2 = {"forest": [], "boosting": []}
        for k, split in enumerate(splits):
            out = np.setdiff1d(np.arange(len(rows)), split)
            models = {
                "forest": RandomForestRegressor(500, random_state=k, n_jobs=-1),
                "boosting": GradientBoostingRegressor(
                    n_estimators=400, learning_rate=0.05, max_depth=2, random_state=k
                ),
            }
            for name, model in models.items():
                wrong = y[out] - model.fit(x[split], y[split]).predict(x[out])
                r2[name].append(1 - (wrong**2).sum() / ((y[out] - y[out].mean()) ** 2).sum())
        forest, boosting = np.mean(r2["forest"]), np.mean(r2["boosting"])
        behind |= result["r2"] < forest - 0.02
        print(f"{result['epochs']:6d}  {result['r2']:.3f}  {forest:.3f}               {boosting:.3f}")
    sys.exit(1 if behind else 0)


main()
