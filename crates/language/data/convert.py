#!/usr/bin/env python3
"""Converts the model of py3langid (PyPI, BSD-3-Clause) into model.bin.

usage: pip install py3langid==0.4.0 && python3 crates/language/data/convert.py
The same package gives the same bytes, but for the version of zlib.

Left out: languages that differ from a national one too little for news (their texts are read as that
one), and the features that tell least. Weights are kept in steps of half a nat.
model.bin is zlib over: u16 classes, each u8 length and name; f32 bias of each; u32 nodes, and of each
node in breadth-first order its number of children (u8), its byte (u8) and a tag (u8: 0 no feature,
1 the next new feature, 2 a feature seen before); u32 seen-before, each a u32 feature; u32 features;
weights by class, then by feature, u8 = (weight + 15) * 2. All numbers are little-endian."""
import io, lzma, os, struct, zlib

import numpy as np
import py3langid

LEFT_OUT = ('ace arz ary an ext vec lij wa wuu yue hbo grc ltg gcf gcr bcl fuv kik crh gom guw gug uzs '
            'sdh vo kab pcm zxx').split()
RENAMED = {'nn': 'no'}
FEATURES = 70_000
HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    packed = os.path.join(os.path.dirname(py3langid.__file__), 'data', 'model.npz.xz')
    data = np.load(io.BytesIO(lzma.open(packed).read()), allow_pickle=False)
    classes = data['classes'].tolist()
    kept = [i for i, name in enumerate(classes) if name not in LEFT_OUT]
    weights = data['ptc'].astype(np.float32)[:, kept]
    bias = data['pc'].astype(np.float32)[kept]
    telling = (np.exp(weights) * (weights - weights.mean(1, keepdims=True))).max(1)
    used = np.zeros(len(weights), bool)
    used[np.argsort(-telling, kind='stable')[:FEATURES]] = True

    moves = data['nextmove'].reshape(-1, 256)
    rows, out = data['nextmove_row'], data['out_feat']
    strings, queue = {0: b''}, [0]
    counts, letters, tags, seen, order = [], [], [], [], {}
    letters.append(0)
    for state in queue:
        targets = moves[rows[state]]
        depth = len(strings[state])
        # A move to a state not seen before is one to a child: breadth first, all others lead back.
        children = [(b, int(t)) for b, t in enumerate(targets) if int(t) not in strings]
        for byte, target in children:
            strings[target] = strings[state] + bytes([byte])
            assert len(strings[target]) == depth + 1
            letters.append(byte)
            queue.append(target)
        counts.append(len(children))
        feature = int(out[state])
        if feature < 0 or not used[feature]:
            tags.append(0)
        elif feature in order:
            tags.append(2)
            seen.append(order[feature])
        else:
            tags.append(1)
            order[feature] = len(order)
    levels = np.clip(np.round((weights[list(order)] + 15) * 2), 0, 255).astype(np.uint8)

    body = struct.pack('<H', len(kept))
    for i in kept:
        name = RENAMED.get(classes[i], classes[i]).encode()
        body += bytes([len(name)]) + name
    body += bias.astype('<f4').tobytes() + struct.pack('<I', len(queue))
    body += bytes(counts) + bytes(letters) + bytes(tags)
    body += struct.pack('<I', len(seen)) + np.array(seen, '<u4').tobytes()
    body += struct.pack('<I', len(order)) + np.ascontiguousarray(levels.T).tobytes()
    packed = zlib.compress(body, 9)
    with open(os.path.join(HERE, 'model.bin'), 'wb') as file:
        file.write(packed)
    print(len(kept), 'classes', len(queue), 'nodes', len(order), 'features', len(body), 'bytes,', len(packed), 'packed')


main()
