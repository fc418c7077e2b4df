"""Assembles the embedded PTX with NVIDIA's tools and says what each kernel takes; exits with 1 where one spills registers.

    python3 assemble.py TOOLS KERNELS.ptx

TOOLS holds the packages of NVIDIA that interop/cuda.sh installs.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

VERSIONS = ["11.8.89", "12.9.86"]
CARDS = [70, 75, 80, 86, 89, 90]  # Volta to Hopper
COUNTED = {  # instructions, by column
    "FFMA": r"FFMA",
    "LDS.128": r"LDS.*\.128",
    "LDG.128": r"LDG.*\.128",
    "STG.128": r"STG.*\.128",
    "local": r" (LDL|STL)",
}


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)
    return done


def assemble(tools, version, card, ptx, cubin):
    """What ptxas says of each kernel: {name: (registers, bytes of shared memory, bytes that are spilled)}."""
    ptxas = tools / f"assembler-{version}/nvidia/cuda_nvcc/bin/ptxas"
    kernels, name, spilled = {}, "", 0
    for line in run(ptxas, "-v", f"-arch=sm_{card}", "-o", cubin, ptx).stderr.splitlines():
        if found := re.search(r"Compiling entry function '(\w+)'", line):
            name = found[1]
        elif "spill stores" in line:
            spilled = sum(map(int, re.findall(r"(\d+) bytes", line)))
        elif found := re.search(r"Used (\d+) registers", line):
            shared = re.search(r"(\d+) bytes smem", line)
            kernels[name] = (int(found[1]), int(shared[1]) if shared else 0, spilled)
    return kernels


def instructions(tools, cubin):
    """How often each kernel has the counted instructions: {name: {column: number}}."""
    nvdisasm = tools / "disassembler-13.5.37/nvidia/cu13/bin/nvdisasm"
    kernels, name = {}, ""
    for line in run(nvdisasm, "-c", cubin).stdout.splitlines():
        if found := re.match(r"\.text\.(\w+):", line):
            name = found[1]
        elif re.match(r" +/\*[0-9a-f]+\*/", line):
            counts = kernels.setdefault(name, dict.fromkeys(["all", *COUNTED], 0))
            counts["all"] += 1
            for column, pattern in COUNTED.items():
                counts[column] += bool(re.search(pattern, line))
    return kernels


def main(tools, ptx):
    bad = False
    said = {}
    with tempfile.TemporaryDirectory() as work:
        cubin = Path(work) / "cubin"
        for version in VERSIONS:
            for card in CARDS:
                kernels = said[version, card] = assemble(tools, version, card, ptx, cubin)
                spilling = sum(spilled > 0 for _, _, spilled in kernels.values())
                bad |= not kernels or spilling > 0
                print(f"ptxas {version} sm_{card}: kernels={len(kernels)}",
                      f"registers<={max(k[0] for k in kernels.values())}",
                      f"shared<={max(k[1] for k in kernels.values())} spilled={spilling}")
        assemble(tools, VERSIONS[-1], 80, ptx, cubin)
        machine_code = instructions(tools, cubin)

    print(f"\n{'kernel':28} {'sm_70':>7} {'sm_80':>7} {'sm_90':>7} {'shared/bytes':>12}")
    volta, ampere, hopper = (said[VERSIONS[-1], card] for card in (70, 80, 90))
    for name, (registers, shared, _) in sorted(volta.items()):
        print(f"{name:28} {registers:7} {ampere[name][0]:7} {hopper[name][0]:7} {shared:12}")

    print("\nmachine code for sm_80 of what multiplies: how many instructions are fused multiply-adds, vectors from shared")
    print("memory, vectors from and to memory, and local (spilled)")
    columns = ["all", *COUNTED]
    print(f"{'kernel':28}", *(f"{column:>8}" for column in columns))
    for name, counts in sorted(machine_code.items()):
        if re.search("gemm|conv", name) and counts["FFMA"]:
            print(f"{name:28}", *(f"{counts[column]:8}" for column in columns))
    if bad or any(counts["local"] for counts in machine_code.values()):
        sys.exit("assemble.py: a kernel spills registers")


main(Path(sys.argv[1]), sys.argv[2])
