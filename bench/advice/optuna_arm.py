"""Lets Optuna revise the nets of a frozen set, with the same trainer, knobs, images and compute as every other arm.

    optuna_arm.py --program FILE --out FILE [--sampler tpe|random] [--budget 1] [--seed 1] -- ARGUMENTS OF trial

Each knob of the catalogue is a categorical parameter: keep, or one of its settings for the net. The first trial is the
net itself. A trial trains to 3 epochs at most, the length of a probe, and Hyperband may prune it at 1/4, 1/2, 1 and 2
epochs. The study ends when the floating-point operations of all trials, the first and the pruned ones included, reach
budget x one full training of the net; the last trial ends at the rung that does. The result is the trial with the best
validation accuracy among those that trained furthest.

bench/advice/optuna.sh installs Optuna and runs this.
"""
import argparse
import hashlib
import json
import subprocess
import sys
import threading

import optuna

RUNGS = [0.25, 0.5, 1, 2, 3]  # epochs; Optuna counts quarters
KEEP = "keep"


class Trainer:
    """The program's `trial` command: a question and its answer are a line of JSON each."""

    def __init__(self, program, arguments):
        self.process = subprocess.Popen([program, "trial", *arguments], text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, what, **values):
        self.process.stdin.write(json.dumps({"ask": what, **values}) + "\n")
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the trainer ended with status {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def close(self):
        self.process.stdin.close()
        if self.process.wait():
            raise RuntimeError(f"the trainer ended with status {self.process.returncode}")


def stable(text):
    """A seed of 32 bits from a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def sampler_of(name, seed):
    if name == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    return optuna.samplers.TPESampler(seed=seed)


class Search:
    """One study: what it has spent, and the trial that is best so far."""

    def __init__(self, trainer, net, sampler, budget, seed):
        self.trainer, self.net, self.seed = trainer, net, seed
        described = trainer.ask("knobs", net=net)
        self.knobs, self.full = described["knobs"], described["flops"]
        self.most, self.spent = budget * self.full, 0.0
        self.best, self.trials = None, 0
        own = stable(f"{net} {seed}")
        self.study = optuna.create_study(
            direction="maximize", sampler=sampler_of(sampler, own), study_name=f"{net} {seed}",
            pruner=optuna.pruners.HyperbandPruner(min_resource=1, max_resource=int(4 * RUNGS[-1]), reduction_factor=3))
        self.study.enqueue_trial({knob["name"]: KEEP for knob in self.knobs})

    def run(self):
        # A refused trial costs nothing, so their number is bounded as well.
        self.study.optimize(self.objective, n_trials=1000)
        return self.result()

    def objective(self, trial):
        settings = []
        for knob in self.knobs:
            chosen = trial.suggest_categorical(knob["name"], [KEEP, *knob["settings"]])
            if chosen != KEEP:
                settings.append(chosen)
        start = self.trainer.ask("start", net=self.net, settings=settings, seed=self.seed)
        if "refused" in start:
            raise optuna.TrialPruned()
        self.trials += 1
        before, reached = self.spent, None
        for rung in RUNGS:
            answer = self.trainer.ask("train", epoch=rung)
            # JSON leaves out a number that is not finite; such a run is as bad as one can be.
            accuracy = answer.get("validation_accuracy") or 0.0
            self.spent = before + answer["flops"]
            if answer.get("diverged"):
                self.keep_best(rung, 0.0, start)
                trial.report(0.0, int(4 * rung))
                raise optuna.TrialPruned()
            reached = accuracy
            self.keep_best(rung, accuracy, start)
            trial.report(accuracy, int(4 * rung))
            if self.spent >= self.most:
                trial.study.stop()
                break
            if rung != RUNGS[-1] and trial.should_prune():
                raise optuna.TrialPruned()
        return reached

    def keep_best(self, rung, accuracy, start):
        if self.best is None or (rung, accuracy) > self.best[:2]:
            self.best = (rung, accuracy, start)

    def result(self):
        self.trainer.ask("stop")
        rung, accuracy, start = self.best
        same = start.get("same", False)
        return {
            "compute_share": self.spent / self.full,
            "verdict": f"best of {self.trials} trials: {accuracy:.3f} at {rung:g} epochs",
            "better": not same,
            "revised": None if same else start["architecture"],
        }


def work(arguments, nets, lock, failures):
    """Takes nets until there are none, with a trainer of its own."""
    trainer = Trainer(arguments.program, arguments.trial)
    while True:
        with lock:
            if not nets or failures:
                break
            net = nets.pop(0)
        try:
            found = Search(trainer, net, arguments.sampler, arguments.budget, arguments.seed).run()
        except Exception as error:  # the other workers stop, and main ends with it
            failures.append(f"{net}: {error}")
            break
        line = {"net": net, "arm": f"optuna-{arguments.sampler}", "budget": arguments.budget, "seed": arguments.seed,
                **found}
        with lock, open(arguments.out, "a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")
        print(f"{net}: {line['verdict']}, {line['compute_share']:.2f} full trainings spent", file=sys.stderr)
    trainer.close()


def done_before(arguments):
    """The nets whose line is in the file already. What an interrupted write left at its end is cut off."""
    try:
        with open(arguments.out, "rb+") as out:
            text = out.read()
            whole = text.rfind(b"\n") + 1
            out.truncate(whole)
    except FileNotFoundError:
        return set()
    lines = [json.loads(line) for line in text[:whole].splitlines()]
    return {line["net"] for line in lines
            if (line["arm"], line["budget"], line["seed"]) ==
            (f"optuna-{arguments.sampler}", arguments.budget, arguments.seed)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--sampler", choices=["tpe", "random"], default="tpe")
    parser.add_argument("--budget", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("trial", nargs="+", help="arguments of the program's trial command, after --")
    arguments = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    first = Trainer(arguments.program, arguments.trial)
    done = done_before(arguments)
    nets = [net for net in first.ask("nets")["nets"] if net not in done]
    first.close()
    lock, failures = threading.Lock(), []
    workers = [threading.Thread(target=work, args=(arguments, nets, lock, failures)) for _ in range(arguments.jobs)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        sys.exit("optuna_arm: " + "; ".join(failures))


if __name__ == "__main__":
    main()
