"""Makes a folder of 600 photos of five classes as people have them, from real images: a zip of folders of classes.

No split; 47 % of the images in one class; many sizes; JPEG, WebP, PNG with a palette, with 16 bits and with transparency,
GIF, BMP; gray among colour; turned by Exif alone; files cut off, empty, or no images at all; copies within and across
classes; a wrapping folder, notes, and what file browsers leave.
"""

import io
import pathlib
import random
import sys
import zipfile

import numpy as np
from PIL import Image

SHARES = {"five": 282, "four": 120, "three": 90, "two": 66, "one": 42}  # 600 in all


def main(source, out):
    draw = random.Random(1)
    archive = zipfile.ZipFile(source)
    names = {}
    for name in sorted(archive.namelist()):
        parts = name.split("/")
        if parts[-1].lower().endswith((".jpg", ".jpeg", ".png")) and len(parts) > 1:
            names.setdefault(parts[-2], []).append(name)
    sources = sorted(names, key=lambda c: (-len(names[c]), c))[:len(SHARES)]
    pool = {c: draw.sample(names[c], len(names[c])) for c in sources}
    root = out / "photos"
    for i, (title, wanted) in enumerate(SHARES.items()):
        folder = root / title
        folder.mkdir(parents=True)
        have = pool[sources[i]]
        for k in range(wanted):
            picture = Image.open(io.BytesIO(archive.read(have[k % len(have)]))).convert("RGB")
            if k >= len(have):  # a part of one that was there, since there are no more
                picture = picture.crop((k % 7, k % 5, picture.width - k % 3, picture.height - k % 4))
            side = draw.choice([48, 64, 80, 100, 120])
            picture = picture.resize((side, int(side * draw.choice([0.75, 1, 1.25]))))
            save(picture, folder / f"IMG_{k:04}", draw)
    cut = sorted(root.glob("four/*.jpg"))[:2]
    for file in cut:
        file.write_bytes(file.read_bytes()[:300])
    (root / "two" / "IMG_9000.jpg").write_bytes(b"")
    (root / "two" / "IMG_9001.png").write_text("<html>404 Not Found</html>")
    copies = sorted(root.glob("five/*.jpg"))[:6]
    for k, file in enumerate(copies):
        (root / ("five" if k else "four") / f"copy of {file.name}").write_bytes(file.read_bytes())
    (root / "README.txt").write_text("taken in March\n")
    (root / "five" / "Thumbs.db").write_bytes(b"\0" * 64)
    (root / "three" / "notes.docx").write_bytes(b"PK")
    print(f"{root}: {sum(1 for f in root.rglob('*') if f.is_file())} files")


def save(picture, name, draw):
    """In one of the encodings that people's photos have."""
    kind = draw.random()
    if kind < 0.08:
        picture.convert("L").save(name.with_suffix(".jpg"), quality=90)
    elif kind < 0.16:
        picture.save(name.with_suffix(".webp"), quality=90)
    elif kind < 0.20:
        picture.convert("P", palette=Image.Palette.ADAPTIVE).save(name.with_suffix(".png"))
    elif kind < 0.24:
        deep = np.asarray(picture.convert("L")).astype(np.uint16) * 257
        Image.fromarray(deep).save(name.with_suffix(".png"))
    elif kind < 0.27:
        clear = picture.convert("RGBA")
        clear.putalpha(Image.linear_gradient("L").resize(clear.size))
        clear.save(name.with_suffix(".png"))
    elif kind < 0.30:
        picture.save(name.with_suffix(".gif"))
    elif kind < 0.33:
        picture.save(name.with_suffix(".bmp"))
    elif kind < 0.45:
        exif = Image.Exif()
        exif[0x0112] = 6  # stored lying on its side
        picture.transpose(Image.Transpose.ROTATE_90).save(name.with_suffix(".JPG"), quality=90, exif=exif)
    else:
        picture.save(name.with_suffix(".jpg"), quality=90)


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
