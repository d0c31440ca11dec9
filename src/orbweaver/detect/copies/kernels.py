"""Compiled loops over bits and points."""

from __future__ import annotations

import numpy as np

from orbweaver.fingerprints.compiled import compiled
from orbweaver.index.intrinsics import popcount


@compiled
def distance(one, other):  # type: ignore[no-untyped-def]
    """Bits that differ between two uint64[4]."""
    return (
        popcount(one[0] ^ other[0])
        + popcount(one[1] ^ other[1])
        + popcount(one[2] ^ other[2])
        + popcount(one[3] ^ other[3])
    )


@compiled
def nearest_two(query, reference, first, second, at):  # type: ignore[no-untyped-def]
    """For each row of uint64[n, 4] ``query``: the least and second least distance in ``reference``, and the nearest."""
    for i in range(query.shape[0]):
        low, next_low, where = 257, 257, -1
        for j in range(reference.shape[0]):
            bits = distance(query[i], reference[j])
            if bits < low:
                next_low, low, where = low, bits, j
            elif bits < next_low:
                next_low = bits
        first[i], second[i], at[i] = low, next_low, where


@compiled
def one_point_fit(source, target, turn, scale, tolerance, order):  # type: ignore[no-untyped-def]
    """Which of the pairs, tried in ``order``, explains most others by its own turn and scale.

    ``source`` and ``target`` are float64[n, 2] in pixels, ``turn`` (radians) and ``scale`` float64[n] from the first to
    the second. Gives the pair's number and how many agree within ``tolerance`` pixels of the target.
    """
    best, most = -1, 0
    for k in range(order.shape[0]):
        i = order[k]
        cosine, sine = scale[i] * np.cos(turn[i]), scale[i] * np.sin(turn[i])
        count = 0
        for j in range(source.shape[0]):
            dx, dy = source[j, 0] - source[i, 0], source[j, 1] - source[i, 1]
            ex = target[i, 0] + cosine * dx - sine * dy - target[j, 0]
            ey = target[i, 1] + sine * dx + cosine * dy - target[j, 1]
            away = np.sqrt(dx * dx + dy * dy) * scale[i]
            allowed = tolerance + 0.12 * away
            count += ex * ex + ey * ey <= allowed * allowed
        if count > most:
            best, most = i, count
    return best, most


@compiled
def words_of(bits, roots, leaves, starts, probes, words):  # type: ignore[no-untyped-def]
    """The nearest words of each row of uint64[n, 4]: ``probes`` of them, -1 where there are fewer.

    ``roots`` is uint64[m, 4]; root ``r`` has the leaves ``starts[r]`` to ``starts[r + 1]`` of uint64[k, 4] ``leaves``.
    Leaves of the three nearest roots are looked at.
    """
    wide = 3
    for i in range(bits.shape[0]):
        near = np.full(wide, 300)
        which = np.full(wide, -1)
        for r in range(roots.shape[0]):
            d = distance(bits[i], roots[r])
            if d < near[wide - 1]:
                k = wide - 1
                while k > 0 and near[k - 1] > d:
                    near[k], which[k] = near[k - 1], which[k - 1]
                    k -= 1
                near[k], which[k] = d, r
        best = np.full(probes, 300)
        words[i, :] = -1
        for w in range(wide if probes > 1 else 1):
            if which[w] < 0:
                continue
            for leaf in range(starts[which[w]], starts[which[w] + 1]):
                d = distance(bits[i], leaves[leaf])
                if d < best[probes - 1]:
                    k = probes - 1
                    while k > 0 and best[k - 1] > d:
                        best[k], words[i, k] = best[k - 1], words[i, k - 1]
                        k -= 1
                    best[k], words[i, k] = d, leaf


@compiled
def vote(bits, poses, words, starts, marks, owners, entry_poses, radius, scores, touched):  # type: ignore[no-untyped-def]
    """Add to ``scores`` of each reference what its points near the query's points weigh; give how many were touched.

    The word ``w`` holds the entries ``starts[w]`` to ``starts[w + 1]``: ``marks`` uint64 (the first 64 bits),
    ``owners`` uint32 and ``entry_poses`` uint8 (a sixteenth of a turn and a size, four bits each, as in ``poses`` of
    the query).
    ``scores`` is float32[references, 32]: points of a true copy are all turned and grown alike, so each vote counts for
    the turn and growth that it speaks for, 8 times 4 of them. A crowded word weighs less.
    """
    count = 0
    for i in range(bits.shape[0]):
        mark = bits[i, 0]
        turn, size = np.int64(poses[i] >> 4), np.int64(poses[i] & 15)
        for k in range(words.shape[1]):
            word = words[i, k]
            if word < 0:
                continue
            begin, end = starts[word], starts[word + 1]
            weight = np.float32(1.0 / np.log2(2.0 + (end - begin)))
            for e in range(begin, end):
                bits_off = popcount(marks[e] ^ mark)
                if bits_off <= radius:
                    owner = owners[e]
                    if scores[owner, 0] < 0:
                        scores[owner, 0] = 0.0
                        touched[count] = owner
                        count += 1
                    near = 1.0 - bits_off / (radius + 2.0)
                    worth = np.float32(weight * near * near)
                    turned = (turn - np.int64(entry_poses[e] >> 4)) & 15
                    grown = (size - np.int64(entry_poses[e] & 15) + 16) >> 3
                    scores[owner, 4 * (turned >> 1) + grown] += worth
                    scores[owner, 4 * (((turned + 1) >> 1) & 7) + grown] += worth
    return count


@compiled
def collect(scores, touched, count, best):  # type: ignore[no-untyped-def]
    """Write the highest score of each touched reference into ``best`` and clear them all."""
    for k in range(count):
        owner = touched[k]
        high = np.float32(0.0)
        for b in range(scores.shape[1]):
            high = max(high, scores[owner, b])
            scores[owner, b] = 0.0
        scores[owner, 0] = -1.0
        best[k] = high
