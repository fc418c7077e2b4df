#!/usr/bin/env python3
"""Times training steps in TensorFlow: prints NET and the milliseconds of each step, a line a net."""

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy
import tensorflow as tf

from nets import NETS, data


def build(net):
    k = tf.keras.layers
    layers = [k.Input((net["image"][1], net["image"][2], net["image"][0]))]
    for filters in net["conv"]:
        layers.append(k.Conv2D(filters, 3, padding="same"))
        if net["norm"]:
            layers.append(k.BatchNormalization())
        layers += [k.ReLU(), k.MaxPool2D(2)]
        if net["drop"]:
            layers.append(k.Dropout(net["drop"]))
    layers.append(k.Flatten())
    for units in net["dense"]:
        layers.append(k.Dense(units, activation="relu"))
        if net["drop"]:
            layers.append(k.Dropout(net["drop"]))
    layers.append(k.Dense(10))
    return tf.keras.Sequential(layers)


def main(name, steps):
    tf.random.set_seed(1)
    net = NETS[name]
    model = build(net)
    make = {"adam": tf.keras.optimizers.Adam, "rmsprop": tf.keras.optimizers.RMSprop}[net["optimizer"]]
    optimizer = make(1e-4)
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    images, labels = data(numpy, net["image"])
    x, y = tf.constant(images.transpose(0, 2, 3, 1)), tf.constant(labels)
    optimizer.build(model.trainable_variables)

    @tf.function
    def train():
        with tf.GradientTape() as tape:
            value = loss(y, model(x, training=True))
        gradients = tape.gradient(value, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        return value

    times = []
    for step in range(5 + steps):
        start = time.perf_counter()
        float(train())
        if step >= 5:
            times.append((time.perf_counter() - start) * 1e3)
    print(name, *times)


if len(sys.argv) == 2 and sys.argv[1] == "--version":
    print(tf.__version__)
else:
    tf.config.threading.set_intra_op_parallelism_threads(int(sys.argv[3]))
    tf.config.threading.set_inter_op_parallelism_threads(1)
    for name in sys.argv[1].split(","):
        main(name, int(sys.argv[2]))
