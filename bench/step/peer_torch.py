#!/usr/bin/env python3
"""Times training steps in PyTorch: prints NET and the milliseconds of each step, a line a net.

    peer_torch.py NETS STEPS THREADS [DEVICE]

DEVICE is cpu, unless said otherwise, or cuda: in float32 proper, without TF32, as trainer/cuda computes."""

import sys
import time

import numpy
import torch
from torch import nn

from nets import NETS, data


def build(net):
    layers, channels, side = [], net["image"][0], net["image"][1]
    for filters in net["conv"]:
        layers.append(nn.Conv2d(channels, filters, 3, padding=1))
        if net["norm"]:
            layers.append(nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01))
        layers += [nn.ReLU(inplace=True), nn.MaxPool2d(2)]
        if net["drop"]:
            layers.append(nn.Dropout(net["drop"]))
        channels, side = filters, side // 2
    layers.append(nn.Flatten())
    width = channels * side * side
    for units in net["dense"]:
        layers += [nn.Linear(width, units), nn.ReLU(inplace=True)]
        if net["drop"]:
            layers.append(nn.Dropout(net["drop"]))
        width = units
    layers.append(nn.Linear(width, 10))
    return nn.Sequential(*layers)


def main(name, steps, threads, device):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    net = NETS[name]
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    model = build(net).to(device)
    make = {"adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}[net["optimizer"]]
    optimizer = make(model.parameters(), lr=1e-4)
    loss = nn.CrossEntropyLoss()
    images, labels = data(numpy, net["image"])
    x, y = torch.from_numpy(images).to(device), torch.from_numpy(labels).to(device)
    times = []
    for step in range(5 + steps):
        start = time.perf_counter()
        optimizer.zero_grad()
        out = loss(model(x), y)
        out.backward()
        optimizer.step()
        out.item()
        if step >= 5:
            times.append((time.perf_counter() - start) * 1e3)
    print(name, *times)


if len(sys.argv) == 2 and sys.argv[1] == "--version":
    print(torch.__version__)
else:
    for name in sys.argv[1].split(","):
        main(name, int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] if len(sys.argv) > 4 else "cpu")
