#!/usr/bin/env python3
"""Times a training step of nets A, B and C here and in the peers that are installed, in turn, and prints medians.

    run.py --graph GRAPH_TEST --kernel KERNEL_TEST [--torch PYTHON] [--tensorflow PYTHON]
           [--debian PYTHON --debian-version VERSION] [--rounds 10] [--json]

The binaries are compiled tests of trainer/graph and trainer/kernel. Each program is a process of its own in each round,
so that what disturbs the machine falls on all of them alike.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
NETS = ["A", "B", "C"]
STEPS = 10
GORGONIA = "gorgonia"


def call(command, **more):
    """Runs a command; returns its output and its peak memory in MiB."""
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, **more)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read()
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}: {text}")
    return text, usage.ru_maxrss / 1024


def benchmark(binary, pattern, times, **more):
    """Runs a Go benchmark; returns {name: (milliseconds, {unit: value})} and the peak memory."""
    text, memory = call([binary, "-test.run", "^$", "-test.bench", pattern, "-test.benchtime", f"{times}x"], **more)
    found = {}
    for name, ns, rest in re.findall(r"^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(\S+) ns/op(.*)$", text, re.M):
        found[name] = float(ns) / 1e6, {unit: float(v) for v, unit in re.findall(r"(\S+) (\S+)", rest)}
    return found, memory


def peer(python, script, nets, threads):
    text, memory = call([python, os.path.join(HERE, script), ",".join(nets), str(STEPS), str(threads)])
    lines = [line.split() for line in text.splitlines()]
    return {name: statistics.median(map(float, times)) for name, *times in lines}, memory


def main():
    parser = argparse.ArgumentParser()
    for name in ["graph", "kernel", "torch", "tensorflow", "debian", "debian-version"]:
        parser.add_argument("--" + name)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    o = parser.parse_args()
    threads = len(os.sched_getaffinity(0))
    peers = {}
    if o.debian:
        peers["torch-" + o.debian_version] = (o.debian, "peer_torch.py")
    for package, python, script in [
        ("torch", o.torch, "peer_torch.py"),
        ("tensorflow", o.tensorflow, "peer_tensorflow.py"),
    ]:
        if python:
            version, _ = call([python, os.path.join(HERE, script), "--version"])
            peers[package + "-" + version.strip().split("+")[0]] = (python, script)
    clean = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    numpy = next((p for p in [o.tensorflow, o.torch, o.debian] if p), None)

    ours, rates, sgemm = {n: [] for n in NETS}, {n: [] for n in NETS}, {"ours": [], "openblas": []}
    theirs = {p: {n: [] for n in NETS} for p in [*peers, GORGONIA]}
    memory, allocs = {"ours": []}, []
    graph_folder = os.path.join(HERE, "..", "..", "trainer", "graph")
    for turn in range(o.rounds):
        print(f"round {turn + 1} of {o.rounds}", file=sys.stderr)
        for net in NETS:
            found, peak = benchmark(o.graph, f"^BenchmarkStep$/^{net}$", STEPS, cwd=graph_folder)
            ms, more = found["Step/" + net]
            ours[net].append(ms)
            rates[net].append(more["GFLOP/s"])
            allocs.append(more["allocs/op"])
            if net == "A":
                memory["ours"].append(peak)
        for name, (python, script) in peers.items():
            first, peak = peer(python, script, ["A"], threads)
            rest, _ = peer(python, script, ["B", "C"], threads)
            memory.setdefault(name, []).append(peak)
            for net, ms in {**first, **rest}.items():
                theirs[name][net].append(ms)
        found, _ = benchmark(o.kernel, f"^BenchmarkSgemm$/-{threads}$", 3)
        sgemm["ours"].append(max(more["GF/s"] for _, more in found.values()))
        if numpy:
            sgemm["openblas"].append(float(call([numpy, os.path.join(HERE, "sgemm.py")], env=clean)[0]))
        found, _ = benchmark(o.graph, "^BenchmarkGorgonia$", 3, cwd=graph_folder)
        theirs[GORGONIA]["A"].append(found["Gorgonia/A"][0])

    machine = {k: statistics.median(v) for k, v in sgemm.items() if v}
    result = {}
    for net in NETS:
        ms, rate = statistics.median(ours[net]), statistics.median(rates[net])
        ratio = {
            p: round(statistics.median(a / b for a, b in zip(ours[net], of[net])), 3)
            for p, of in theirs.items()
            if of[net]
        }
        result[net] = {
            "ms": round(ms, 2),
            "gflops": round(rate, 1),
            "sgemm_share": round(rate / max(machine.values()), 3),
            "ratio": ratio,
        }
    if o.json:
        print(json.dumps(result))
        return
    print(
        f"{threads} threads, medians of {o.rounds} rounds of {STEPS} steps, batch 64; sgemm GFLOP/s: "
        + ", ".join(f"{k} {v:.0f}" for k, v in machine.items())
        + f"; allocations in a step: at most {max(allocs):.0f}"
    )
    for net in NETS:
        r = result[net]
        print(f"{net}: {r['ms']:.2f} ms, {r['gflops']:.0f} GFLOP/s, {100 * r['sgemm_share']:.0f} % of sgemm")
        for p, ratio in r["ratio"].items():
            print(f"   {ratio:.2f} of {p} ({statistics.median(theirs[p][net]):.2f} ms)")
    print(
        "peak memory of a net-A process, MiB: "
        + ", ".join(f"{k} {statistics.median(v):.0f}" for k, v in memory.items())
    )


main()
