"""Fits scikit-learn on the splits of `probewise forest bench` and prints held-out R² beside ours: see ../sklearn.sh.

scikit-learn gets the accuracies so far and the other columns of numbers, as they stand in the file.
"""
import csv
import json
import re
import sys

import numpy as np
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor

BEHIND = 0.02  # of R²: more than that fails


def number(cell):
    try:
        return float(cell)
    except ValueError:
        return None


def held_out_r2(model, x, y, split):
    fit, held = split["Fit"], split["Held"]
    wrong = y[held] - model.fit(x[fit], y[fit]).predict(x[held])
    return 1 - (wrong**2).sum() / ((y[held] - y[held].mean()) ** 2).sum()


def main(curves, folds, answer):
    with open(curves, newline="") as f:
        header, *rows = csv.reader(f)
    with open(folds) as f:
        splits = json.load(f)
    with open(answer) as f:
        ours = json.load(f)["results"]
    epochs = {int(m[1]): j for j, name in enumerate(header) if (m := re.fullmatch(r"acc_(\d+)", name))}
    others = [j for j in range(len(header)) if j not in epochs.values() and number(rows[0][j]) is not None]
    y = np.array([float(r[epochs[max(epochs)]]) for r in rows])
    behind = False
    print(f"held-out R², means of {len(splits)} splits")
    print("epochs   ours  random forest (200 trees)  gradient boosting (400, 0.05, depth 2)")
    for result in ours:
        seen = [j for n, j in sorted(epochs.items()) if n <= result["epochs"]]
        x = np.array([[float(r[j]) for j in seen + others] for r in rows])
        forest, boosting = [], []
        for k, split in enumerate(splits):
            forest.append(held_out_r2(RandomForestRegressor(200, random_state=k), x, y, split))
            boosting.append(held_out_r2(GradientBoostingRegressor(n_estimators=400, learning_rate=0.05, max_depth=2, random_state=k), x, y, split))
        best = max(np.mean(forest), np.mean(boosting))
        behind |= result["r2"] < best - BEHIND
        print(f"{result['epochs']:6d}  {result['r2']:.3f}  {np.mean(forest):25.3f}  {np.mean(boosting):38.3f}")
    return 1 if behind else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
