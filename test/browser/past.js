// Past runs of a data set of their own: few of the shipped ones, with few records, whose figures take seconds.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { root } from "./harness.js";

// pastRuns writes them where the program looks for the user's own.
export function pastRuns(h, dataset, runs = 28) {
  const shipped = gunzipSync(
    readFileSync(join(root, "advisor", "corpus", "data", "fashion-mnist-sample-10000x15-seed2.jsonl.gz")),
  );
  const lines = shipped.toString().split("\n").slice(0, runs);
  const members = lines.map((line) => {
    const run = JSON.parse(line);
    run.key.dataset = dataset;
    run.records = run.records.filter((r) => r.epoch === 0 || r.epoch === 15); // one probe length
    return gzipSync(JSON.stringify(run) + "\n"); // a shard has a member for each run
  });
  mkdirSync(join(h.data, "corpus"), { recursive: true });
  writeFileSync(join(h.data, "corpus", `${dataset}.jsonl.gz`), Buffer.concat(members));
}
