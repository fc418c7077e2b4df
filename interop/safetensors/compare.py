"""Computes test images with weights from a safetensors file, in NumPy, and compares with what the trainer measured.

    compare.py FOLDER

The folder is that of ../safetensors.sh: best.safetensors, run.json, pixels.u8, labels.u16. Nothing but the file says
what the net is and how its tensors are laid out: see the metadata. Accuracy may differ by one image of a thousand (sums
in another order), the loss by 1e-4; the validation accuracy in the file must be the record's.
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from safetensors import safe_open


def read(path):
    with safe_open(path, "np") as f:
        return f.metadata(), {name: f.get_tensor(name) for name in f.keys()}


def batch_norm(x, tensors, name, epsilon):
    channels = [1, -1] + [1] * (x.ndim - 2)
    gamma, beta, mean, variance = (
        tensors[f"{name}.{part}"].reshape(channels) for part in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def activate(x, kind):
    if kind == "relu":
        return np.maximum(x, 0)
    if kind == "softmax":
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
    assert kind == "linear", kind
    return x


def weighted(x, layer, tensors):
    """Kernel, bias, batch norm, activation."""
    name, kernel = layer["name"], tensors[layer["name"] + ".kernel"]
    if layer["type"] == "dense":
        x = x @ kernel
    else:
        rows, columns = kernel.shape[2:]
        assert layer["stride"] == [1, 1]
        if layer["padding"] == "same":
            up, left = (rows - 1) // 2, (columns - 1) // 2
            x = np.pad(x, ((0, 0), (0, 0), (up, rows - 1 - up), (left, columns - 1 - left)))
        x = np.einsum("nchwij,fcij->nfhw", sliding_window_view(x, (rows, columns), (2, 3)), kernel, optimize=True)
    if layer["bias"]:
        x = x + tensors[name + ".bias"].reshape([1, -1] + [1] * (x.ndim - 2))
    if layer["batch_norm"]:
        x = batch_norm(x, tensors, name, layer.get("epsilon", 1e-3))
    return activate(x, layer["activation"])


def forward(x, layers, tensors):
    for layer in layers:
        kind = layer["type"]
        if kind in ("conv", "dense"):
            x = weighted(x, layer, tensors)
        elif kind == "max_pool":
            size = layer["size"]
            assert layer["stride"] == size and layer["padding"] == "valid"
            x = sliding_window_view(x, size, (2, 3))[:, :, :: size[0], :: size[1]].max((4, 5))
        elif kind == "batch_norm":
            x = batch_norm(x, tensors, layer["name"], layer["epsilon"])
        elif kind == "activation":
            x = activate(x, layer["activation"])
        elif kind == "flatten":
            x = x.reshape(len(x), -1)
        else:
            assert kind == "dropout", kind
    return x


def main(folder):
    run = json.loads((folder / "run.json").read_text())
    file = (folder / "best.safetensors").read_bytes()
    metadata, tensors = read(folder / "best.safetensors")
    architecture, best = json.loads(metadata["architecture"]), run["outcome"]["best"]
    height, width, channels = architecture["input"]
    pixels = np.fromfile(folder / "pixels.u8", np.uint8).reshape(-1, channels, height, width).astype(np.float32)
    labels = np.fromfile(folder / "labels.u16", "<u2")
    mean, deviation = (
        np.array(json.loads(metadata["input_" + part]), np.float32).reshape(1, -1, 1, 1) for part in ("mean", "deviation")
    )
    shares = forward((pixels - mean) / deviation, architecture["layers"], tensors)
    accuracy = float((shares.argmax(1) == labels).mean())
    loss = float(-np.log(shares[np.arange(len(labels)), labels]).mean())

    checks = {
        "SHA-256 and size": (hashlib.sha256(file).hexdigest(), len(file))
        == (run["weights"]["sha256"], run["weights"]["bytes"]),
        "parameters": sum(t.size for n, t in tensors.items() if ".moving_" not in n) == run["outcome"]["parameters"],
        "type": all(t.dtype == np.float32 for t in tensors.values()),
        "epoch": int(metadata["epoch"]) == best["epoch"] == run["weights"]["epoch"],
        "validation accuracy": float(metadata["validation_accuracy"]) == best["validation_accuracy"],
        "classes": len(json.loads(metadata["classes"])) == architecture["classes"],
        "test accuracy": abs(accuracy - best["test_accuracy"]) <= 1e-3,
        "test loss": abs(loss - best["test_loss"]) <= 1e-4,
    }
    print(f"epoch {best['epoch']} of {run['outcome']['epochs']}, {len(tensors)} tensors, {len(labels)} test images")
    print(f"accuracy {accuracy:.4f} in NumPy, {best['test_accuracy']:.4f} here; loss {loss:.6f}, {best['test_loss']:.6f}")
    for name, well in checks.items():
        print(f"{'ok  ' if well else 'OFF '} {name}")
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
