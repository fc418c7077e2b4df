r"""Lets Optuna revise the nets of a frozen set, with the same trainer, knobs, images and compute as every other arm.

    optuna_arm.py --program FILE --out FILE [--sampler tpe|random] [--space few|all] [--budget 1] [--seed 1] \
        -- ARGUMENTS OF trial

In the space "all" each knob of the catalogue is a categorical parameter: keep, or one of its settings for the net; a
trial then changes nearly every knob at once. In "few", the default, three parameters say which knobs a trial changes,
or none, and each knob that is chosen has a parameter for its setting: trials stay near the net, as random legal edits
do. The first trial is the net itself. A trial trains to 3 epochs at most, the length of a probe, and Hyperband may prune it at 1/4, 1/2, 1 and 2
epochs. Floating-point operations are counted of all trials, the first and the pruned ones included: a trial ends where
its next rung would go over budget x one full training of the net, and the study where a quarter of an epoch of the net
itself would. The result is the trial with the best validation accuracy among those that trained furthest.

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
EPOCHS = 15  # of a full training
KEEP = "keep"
SLOTS = ["first change", "second change", "third change"]


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


def arm_of(arguments):
    return f"optuna-{arguments.sampler}" + ("" if arguments.space == "few" else f"-{arguments.space}")


def sampler_of(name, seed):
    if name == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    # Ten random trials at first, the default, would be all that the budget has room for.
    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=4)


def choose_all(trial, knobs):
    """The settings of a trial that may change every knob."""
    chosen = [trial.suggest_categorical(name, [KEEP, *settings]) for name, settings in knobs.items()]
    return [setting for setting in chosen if setting != KEEP]


def choose_few(trial, knobs):
    """The settings of a trial that changes as many knobs as there are slots, or fewer."""
    chosen = {}
    for slot in SLOTS:
        name = trial.suggest_categorical(slot, [KEEP, *knobs])
        if name != KEEP:
            chosen[name] = trial.suggest_categorical(name, knobs[name])
    return list(chosen.values())


SPACES = {"few": choose_few, "all": choose_all}


class Search:
    """One study: what it has spent, and the trial that is best so far."""

    def __init__(self, trainer, net, arguments):
        self.trainer, self.net, self.seed = trainer, net, arguments.seed
        described = trainer.ask("knobs", net=net)
        self.knobs = {knob["name"]: knob["settings"] for knob in described["knobs"]}
        self.choose = SPACES[arguments.space]
        self.full, self.spent = described["flops"], 0.0
        self.most = arguments.budget * self.full
        self.best, self.trials = None, 0
        own = f"{net} {self.seed}"
        self.study = optuna.create_study(
            direction="maximize", sampler=sampler_of(arguments.sampler, stable(own)), study_name=own,
            pruner=optuna.pruners.HyperbandPruner(min_resource=1, max_resource=int(4 * RUNGS[-1]), reduction_factor=3))
        self.study.enqueue_trial({name: KEEP for name in [*self.knobs, *SLOTS]})

    def run(self):
        # A refused trial costs nothing, so their number is bounded as well.
        self.study.optimize(self.objective, n_trials=1000, callbacks=[self.stop_when_spent])
        return self.result()

    def objective(self, trial):
        settings = self.choose(trial, self.knobs)
        start = self.trainer.ask("start", net=self.net, settings=settings, seed=self.seed)
        if "refused" in start:
            raise optuna.TrialPruned()
        before, reached = self.spent, None
        for rung in RUNGS:
            if before + rung * start["flops"] > self.most:
                break
            answer = self.trainer.ask("train", epoch=rung)
            # JSON leaves out a number that is not finite; such a run is as bad as one can be.
            accuracy = answer.get("validation_accuracy") or 0.0
            self.spent = before + answer["flops"]
            self.trials += rung == RUNGS[0]
            if answer.get("diverged"):
                self.keep_best(0, 0.0, start)
                trial.report(0.0, int(4 * rung))
                raise optuna.TrialPruned()
            reached = accuracy
            self.keep_best(rung, accuracy, start)
            trial.report(accuracy, int(4 * rung))
            if rung != RUNGS[-1] and trial.should_prune():
                raise optuna.TrialPruned()
        if reached is None:
            raise optuna.TrialPruned()
        return reached

    def stop_when_spent(self, study, _):
        if self.spent + self.full / EPOCHS / 4 > self.most:
            study.stop()

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
            found = Search(trainer, net, arguments).run()
        except Exception as error:  # the other workers stop, and main ends with it
            failures.append(f"{net}: {error}")
            break
        line = {"net": net, "arm": arm_of(arguments), "budget": arguments.budget, "seed": arguments.seed,
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
            (arm_of(arguments), arguments.budget, arguments.seed)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--sampler", choices=["tpe", "random"], default="tpe")
    parser.add_argument("--space", choices=list(SPACES), default="few")
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
