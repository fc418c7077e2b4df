"""Writes small data sets with NumPy, pandas, PyArrow and Pillow, as people and hubs publish them, and expected.json,
which lists what is in them. trainer/dataset/testdata/written is made by it; see datasets.sh.

All gray files hold the same images in the same order, and so do all files in colour: what is read is compared to the
bit.
"""

import csv
import io
import json
import pathlib
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

CLASSES = ["bird", "cat", "dog"]


def png(pixels):
    b = io.BytesIO()
    Image.fromarray(pixels).save(b, "png")
    return b.getvalue()


def main(out):
    out.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(7)
    gray = {p: random.integers(0, 256, (n, 4, 4), dtype=np.uint8) for p, n in (("train", 9), ("test", 6))}
    colour = {p: random.integers(0, 256, (n, 5, 6, 3), dtype=np.uint8) for p, n in (("train", 9), ("test", 6))}
    label = {p: np.array([i * 2 % 3 for i in range(len(a))], dtype=np.int64) for p, a in gray.items()}
    one_hot = {p: np.eye(3, dtype=np.float32)[v] for p, v in label.items()}

    def arrays(images, labels):
        return {"x_train": images["train"], "y_train": labels["train"],
                "x_test": images["test"], "y_test": labels["test"]}

    def each(data, f):
        return {p: f(a) for p, a in data.items()}

    np.savez(out / "keras.npz", **arrays(gray, each(label, lambda v: v.astype(np.uint8))))
    np.savez_compressed(out / "medmnist.npz", train_images=colour["train"], train_labels=label["train"][:, None],
                        test_images=colour["test"], test_labels=label["test"][:, None])
    np.savez_compressed(out / "floats.npz", **arrays(each(colour, lambda a: (a / 255).astype(np.float32)), one_hot))
    np.savez(out / "float64.npz", **arrays(each(colour, lambda a: a.astype(np.float64)), label))
    np.savez(out / "half.npz", **arrays(each(gray, lambda a: (a / 255).astype(np.float16)), label))
    np.savez(out / "planes.npz", **arrays(each(colour, lambda a: a.transpose(0, 3, 1, 2)), label))  # in Fortran order
    np.savez(out / "big-endian.npz", **arrays(each(gray, lambda a: a.astype(">i4")),
                                              each(label, lambda v: v.astype(">u2"))))
    np.savez(out / "fortran.npz", **arrays(each(colour, np.asfortranarray), each(one_hot, np.asfortranarray)))
    np.savez(out / "flat.npz", **arrays(each(gray, lambda a: a.reshape(len(a), -1)), label))
    np.savez(out / "named.npz", **arrays(gray, label), class_names=np.array(CLASSES))
    np.savez(out / "text.npz", **arrays(gray, each(label, lambda v: np.array(CLASSES)[v])))
    np.savez(out / "pair.npz", np.concatenate([gray["train"], gray["test"]]),
             np.concatenate([label["train"], label["test"]]))
    np.savez(out / "objects.npz", x=np.array([gray["train"][0], None], dtype=object), y=np.array([0, 1]),
             allow_pickle=True)

    # As pandas writes it, and as Kaggle's "digit recognizer": a test file without labels.
    def frame(part):
        f = pd.DataFrame(gray[part].reshape(len(gray[part]), -1), columns=[f"pixel{i}" for i in range(16)])
        f.insert(0, "label", label[part])
        return f

    (out / "kaggle").mkdir(exist_ok=True)
    pd.concat([frame("train"), frame("test")]).to_csv(out / "pixels.csv", index=False)
    frame("train").to_csv(out / "kaggle" / "train.csv", index=False)
    frame("test").drop(columns="label").to_csv(out / "kaggle" / "test.csv", index=False)
    pd.DataFrame({"ImageId": range(1, 7), "Label": 0}).to_csv(out / "kaggle" / "sample_submission.csv", index=False)
    np.savetxt(out / "headless.csv", np.column_stack([label["train"], gray["train"].reshape(9, -1)]), fmt="%d",
               delimiter=",")

    # A table of paths, with a split column.
    paths = out / "paths"
    (paths / "img").mkdir(parents=True, exist_ok=True)
    rows = []
    for part in ("train", "test"):
        for i, pixels in enumerate(colour[part]):
            name = f"img/{part}{i}.png"
            (paths / name).write_bytes(png(pixels))
            rows.append([name, CLASSES[label[part][i]], part])
    with open(paths / "labels.csv", "w", newline="", encoding="utf-8") as f:
        csv.writer(f).writerows([["file_name", "species", "split"], *rows])
    pd.DataFrame(rows, columns=["file_name", "species", "split"]).to_csv(paths / "labels.tsv", sep="\t", index=False)

    # The image sets of a hub: a struct of bytes and path, class names in the metadata.
    features = {"info": {"features": {"image": {"_type": "Image"}, "label": {"names": CLASSES, "_type": "ClassLabel"}}}}
    schema = pa.schema([("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])), ("label", pa.int64())],
                       metadata={"huggingface": json.dumps(features)})
    (out / "hub" / "data").mkdir(parents=True, exist_ok=True)
    for part, chunk, number in (("train", range(0, 5), "00000-of-00002"), ("train", range(5, 9), "00001-of-00002"),
                                ("test", range(0, 6), "00000-of-00001")):
        rows = [{"image": {"bytes": png(colour[part][i]), "path": f"{i}.png"}, "label": int(label[part][i])}
                for i in chunk]
        pq.write_table(pa.Table.from_pylist(rows, schema), out / "hub" / "data" / f"{part}-{number}.parquet",
                       row_group_size=2)
    for codec in ("none", "gzip", "brotli", "zstd", "lz4"):
        table = pa.table({"img": [png(a) for a in colour["train"]],
                          "class": pa.array([CLASSES[v] for v in label["train"]]).dictionary_encode(),
                          "weight": np.arange(9.0)})
        pq.write_table(table, out / f"{codec}.parquet", compression=codec, version="1.0" if codec == "none" else "2.6",
                       data_page_version="2.0" if codec == "zstd" else "1.0")

    def listed(data):
        return {p: [np.atleast_3d(a).transpose(2, 0, 1).ravel().tolist() for a in v] for p, v in data.items()}

    (out / "expected.json").write_text(json.dumps({"classes": CLASSES, "gray": listed(gray), "colour": listed(colour),
                                                   "labels": each(label, lambda v: v.tolist())}))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
