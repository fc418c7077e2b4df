"""Architectures in PyTorch: what each layer and setting means, by its documentation (trainer/architecture.go,
trainer/op.go) and not by our code.

Autograd differentiates, torch.optim updates. Written by hand are padding as in Keras, dropout masks and clipping.
"""

import math

import numpy
import torch
import torch.nn.functional as F

KERAS_BATCH_NORM = {"momentum": 0.99, "epsilon": 1e-3}  # of conv and dense layers, which have no keys for them


def philox(counter, key):
    """Philox4x32-10 (Salmon et al. 2011): counter (n, 4) and key (2) of uint32 → words (n, 4)."""
    c = [counter[:, i].astype(numpy.uint64) for i in range(4)]
    k = [numpy.uint64(int(word)) for word in key]
    low = numpy.uint64(0xFFFFFFFF)
    for _ in range(10):
        a, b = c[0] * numpy.uint64(0xD2511F53), c[2] * numpy.uint64(0xCD9E8D57)
        c = [(b >> numpy.uint64(32)) ^ c[1] ^ k[0], b & low, (a >> numpy.uint64(32)) ^ c[3] ^ k[1], a & low]
        k = [(k[0] + numpy.uint64(0x9E3779B9)) & low, (k[1] + numpy.uint64(0xBB67AE85)) & low]
    return numpy.stack(c, 1)


def kept(count, rate, stream, seed, step):
    """Which of count values dropout keeps: word ≥ rate·2³², the rate as the float32 that it is stored in."""
    block = numpy.arange((count + 3) // 4)
    counter = numpy.stack([block, *(numpy.full_like(block, v) for v in (stream, step & 0xFFFFFFFF, step >> 32))], 1)
    words = philox(counter, (seed & 0xFFFFFFFF, seed >> 32)).reshape(-1)[:count]
    return words >= float(numpy.float32(rate)) * 2.0**32


def same(size, window, stride):
    """Zeros before and after, as Keras shares them out: the odd one comes after."""
    total = max((math.ceil(size / stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


def padded(x, layer, window, value=0.0):
    if layer["padding"] == "valid":
        return x
    (top, bottom), (left, right) = (same(x.shape[i + 2], window[i], layer["stride"][i]) for i in (0, 1))
    return F.pad(x, (left, right, top, bottom), value=value)


def average(x, layer):
    """The mean of the positions inside the image."""

    def pool(v):
        return F.avg_pool2d(padded(v, layer, layer["size"]), layer["size"], layer["stride"])

    return pool(x) / pool(torch.ones_like(x[:1, :1]))


ACTIVATIONS = {
    "linear": lambda x, layer: x,
    "relu": lambda x, layer: F.relu(x),
    "leaky_relu": lambda x, layer: F.leaky_relu(x, layer["negative_slope"]),
    "elu": lambda x, layer: F.elu(x),
    "selu": lambda x, layer: F.selu(x),
    "sigmoid": lambda x, layer: torch.sigmoid(x),
    "tanh": lambda x, layer: torch.tanh(x),
    "softmax": lambda x, layer: torch.softmax(x, 1),
}


def every(layers):
    for layer in layers:
        yield layer
        yield from every(layer.get("body", []))
        yield from every(layer.get("shortcut", []))


class Net:
    """An architecture with the weights it is given: {name: array}, names as in trainer/weights.go."""

    def __init__(self, architecture, weights, dtype):
        self.layers, self.seed = architecture["layers"], architecture["training"]["seed"]
        self.last = architecture["layers"][-1]
        self.tensors = {name: torch.tensor(value, dtype=dtype) for name, value in weights.items()}
        self.params = {name: t for name, t in self.tensors.items() if ".moving_" not in name}
        for t in self.params.values():
            t.requires_grad_()

    def forward(self, x, step=0, measured=None):
        """Logits of a training step (from 1), or of an evaluation (0). Leaves self.outputs: {layer: (block's output,
        what went into its last activation, that activation)}. With measured, {name: tensor}, batch norms leave their
        running statistics alone: a training step writes its batch's there, an evaluation normalises with them."""
        self.step, self.stream, self.outputs, self.logits, self.measured = step, 0, {}, None, measured
        self.sequence(self.layers, x)
        return self.logits

    def sequence(self, layers, x):
        block = None  # the layer with weights whose batch norm and activation may still follow
        for layer in layers:
            into, x = self.layer(layer, x)
            kind = layer["type"]
            if kind in ("conv", "dense"):
                block = layer["name"]
            elif kind not in ("batch_norm", "activation"):
                block = None
            if block:
                self.outputs[block] = (x, into, layer.get("activation", "linear"))
        return x

    def layer(self, layer, x):
        """What goes into the layer's activation (or comes out, where it has none), and its output."""
        kind = layer["type"]
        if kind in ("conv", "dense"):
            kernel, bias = self.tensors[layer["name"] + ".kernel"], self.tensors.get(layer["name"] + ".bias")
            if kind == "conv":
                x = F.conv2d(padded(x, layer, layer["kernel"]), kernel, bias, tuple(layer["stride"]))
            else:
                x = F.linear(x, kernel.t(), bias)
            if layer["batch_norm"]:
                x = self.batch_norm({**layer, **KERAS_BATCH_NORM}, x)
            return self.activate(layer, x)
        if kind == "activation":
            return self.activate(layer, x)
        if kind == "residual":
            # The body first: dropout layers are numbered in this order.
            body = self.sequence(layer["body"], x)
            x = body + self.sequence(layer["shortcut"], x)
        elif kind == "batch_norm":
            x = self.batch_norm(layer, x)
        elif kind == "max_pool":
            x = F.max_pool2d(padded(x, layer, layer["size"], -math.inf), layer["size"], tuple(layer["stride"]))
        elif kind == "avg_pool":
            x = average(x, layer)
        elif kind == "global_max_pool":
            x = torch.amax(x, (2, 3))
        elif kind == "global_avg_pool":
            x = x.mean((2, 3))
        elif kind in ("dropout", "spatial_dropout"):
            x = self.dropout(x, layer["rate"], whole=kind == "spatial_dropout")
        elif kind == "flatten":
            x = x.flatten(1)
        elif kind == "zero_pad":
            rows, columns = layer["padding"]
            x = F.pad(x, (columns, columns, rows, rows))
        else:
            raise ValueError(f"layer type {kind}")
        return x, x

    def activate(self, layer, x):
        if layer is self.last:
            self.logits = x
        return x, ACTIVATIONS[layer["activation"]](x, layer)

    def batch_norm(self, layer, x):
        """PyTorch's momentum is the share of the new value, ours and Keras's that of the old one."""
        anew = self.measured is not None
        tensors = {**self.tensors, **(self.measured if anew else {})}
        mean, variance, gamma, beta = (
            tensors[f"{layer['name']}.{part}"] for part in ("moving_mean", "moving_variance", "gamma", "beta")
        )
        new = 1.0 if anew else 1 - layer["momentum"]
        return F.batch_norm(x, mean, variance, gamma, beta, self.step > 0, new, layer["epsilon"])

    def running(self):
        """A copy of the running statistics."""
        return {name: t.clone() for name, t in self.tensors.items() if name not in self.params}

    def slowest(self):
        """The greatest momentum of a batch norm; 0 where there is none."""
        alone = [l["momentum"] for l in every(self.layers) if l["type"] == "batch_norm"]
        own = [KERAS_BATCH_NORM["momentum"] for l in every(self.layers) if l.get("batch_norm")]
        return max(alone + own, default=0.0)

    def dropout(self, x, rate, whole):
        self.stream += 1
        if self.step == 0 or rate == 0:
            return x
        shape = x.shape[:2] + (1,) * (x.dim() - 2) if whole else x.shape
        mask = kept(math.prod(shape), rate, self.stream, self.seed, self.step)
        return x * torch.from_numpy(mask).reshape(shape).to(x.dtype) / (1 - rate)

    def penalty(self):
        """l1·Σ|w| + l2·Σw², not half of it: 2·l2·w is added to the gradient."""
        total = 0.0
        for layer in every(self.layers):
            if layer["type"] in ("conv", "dense") and (layer["l1"] or layer["l2"]):
                w = self.tensors[layer["name"] + ".kernel"]
                total = total + layer["l1"] * w.abs().sum() + layer["l2"] * (w * w).sum()
        return total

    def idle(self):
        """Biases in front of their layer's batch norm, which takes them out again."""
        return [f"{l['name']}.bias" for l in every(self.layers) if l.get("batch_norm") and l["bias"]]

    def values(self):
        return {name: t.detach().numpy().copy() for name, t in self.tensors.items()}


def optimizer(training, params):
    """torch.optim, whose rules ours are: ε outside the root and, in Adam, after the bias correction; momentum without
    dampening and before the learning rate is multiplied; AdamW's decay of all weights, biases too."""
    o, of = training["optimizer"], torch.optim
    rate = o["learning_rate"]
    if o["type"] == "sgd":
        return of.SGD(params, rate, momentum=o["momentum"], nesterov=o["nesterov"])
    if o["type"] == "rmsprop":
        return of.RMSprop(params, rate, alpha=o["rho"], eps=o["epsilon"], momentum=o["momentum"])
    betas = (o["beta_1"], o["beta_2"])
    if o["type"] == "adamw":
        return of.AdamW(params, rate, betas, o["epsilon"], weight_decay=o["weight_decay"])
    return of.Adam(params, rate, betas, o["epsilon"])


def learning_rate(training, step, steps):
    """The rate of a step (from 1), each an epoch of its own."""
    rate, schedule, before = training["optimizer"]["learning_rate"], training["schedule"], step - 1
    if schedule.get("warmup"):
        rate *= min(step / schedule["warmup"], 1)
    if schedule["type"] == "step":
        return rate * schedule["factor"] ** (before // schedule["every"])
    if schedule["type"] == "cosine":
        low = schedule["minimum"]
        return rate * (low + (1 - low) * (1 + math.cos(math.pi * before / steps)) / 2)
    return rate


def clip(gradients, most):
    """By the norm of all together; torch.nn.utils.clip_grad_norm_ would add 1e-6 to it."""
    norm = math.sqrt(sum(float((g.double() ** 2).sum()) for g in gradients))
    if most and norm > most:
        for g in gradients:
            g *= most / norm
