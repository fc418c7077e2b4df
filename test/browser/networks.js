// Networks that the tests ask about.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./harness.js";

const example = (name) => readFileSync(join(root, "examples", `${name}.json`), "utf8");

// flawed is the example whose report has every part; its past runs are shipped.
export const flawed = example("flawed");

// mendable learns so slowly that even a short probe finds edits that hold on fresh seeds.
export const mendable = JSON.stringify({
  ...JSON.parse(flawed),
  training: { ...JSON.parse(flawed).training, optimizer: { type: "adam", learning_rate: 2e-5 } },
});

// slow trains for minutes, so that it can be watched and cancelled.
export const slow = JSON.stringify({
  ...JSON.parse(example("small-cnn")),
  name: "slow",
  training: { epochs: 100, seed: 1 },
});

// mistaken has mistakes in lines 4, 5 and 8; each pair is a JSON Pointer and a word of what is said of it.
export const mistaken = `{
  "name": "mistaken",
  "layers": [
    {"type": "conv", "filtres": 4, "kernel": 3, "activation": "relu"},
    {"type": "dense", "units": -3},
    {"type": "flatten"},
    {"type": "dense", "units": 10, "activation": "softmax"}
  ], "training": {"optimizer": {"type": "adm"}}
}
`;
export const mistakes = [
  { pointer: "/layers/0/filtres", line: 4, words: 'did you mean "filters"' },
  { pointer: "/layers/1/units", line: 5, words: "not -3" },
  { pointer: "/training/optimizer/type", line: 8, words: 'did you mean "adam"' },
];
