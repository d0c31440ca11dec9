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
def distances(bits, columns, begin, end, off):  # type: ignore[no-untyped-def]
    """Write into ``off`` (int64) by how many bits uint64[4] ``bits`` differs from the columns ``begin`` to ``end`` of
    uint64[4, n] ``columns``. A plain loop over columns, so that processors count several at once."""
    one, two, three, four = bits[0], bits[1], bits[2], bits[3]
    for j in range(begin, end):
        off[j - begin] = (
            popcount(columns[0, j] ^ one)
            + popcount(columns[1, j] ^ two)
            + popcount(columns[2, j] ^ three)
            + popcount(columns[3, j] ^ four)
        )


@compiled
def nearest_two(query, reference, first, second, at):  # type: ignore[no-untyped-def]
    """For each row of uint64[n, 4] ``query``: the least and second least distance in ``reference`` (uint64[4, m], a
    column a point), and the nearest."""
    off = np.empty(reference.shape[1], np.int64)
    for i in range(query.shape[0]):
        distances(query[i], reference, 0, reference.shape[1], off)
        low, next_low, where = 257, 257, -1
        for j in range(off.shape[0]):
            if off[j] < next_low:
                if off[j] < low:
                    next_low, low, where = low, off[j], j
                else:
                    next_low = off[j]
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
def nearest(off, count, first, near, which):  # type: ignore[no-untyped-def]
    """Put the nearest of the first ``count`` of ``off`` into their places in ``near`` (distances, nearest first) and
    ``which`` (numbers, counted from ``first``); what is farthest falls out.

    Both are handed over once for many: a view that is made for each number takes thirty times as long as comparing it.
    """
    last = near.shape[0] - 1
    farthest = near[last]
    for j in range(count):
        if off[j] >= farthest:
            continue
        k = last
        while k > 0 and near[k - 1] > off[j]:
            near[k], which[k] = near[k - 1], which[k - 1]
            k -= 1
        near[k], which[k] = off[j], first + j
        farthest = near[last]


@compiled
def words_of(bits, roots, leaves, starts, probes, words):  # type: ignore[no-untyped-def]
    """The nearest words of each row of uint64[n, 4]: ``probes`` of them, -1 where there are fewer.

    ``roots`` is uint64[4, m], a column each; root ``r`` has the leaves ``starts[r]`` to ``starts[r + 1]`` of
    uint64[4, k] ``leaves``. Leaves of the three nearest roots are looked at.
    """
    wide = 3 if probes > 1 else 1
    longest = roots.shape[1]
    for r in range(starts.shape[0] - 1):
        longest = max(longest, starts[r + 1] - starts[r])
    off = np.empty(longest, np.int64)
    near, which = np.empty(wide, np.int64), np.empty(wide, np.int64)
    best, chosen = np.empty(probes, np.int64), np.empty(probes, np.int64)
    for i in range(bits.shape[0]):
        row = bits[i]
        distances(row, roots, 0, roots.shape[1], off)
        near[:], which[:] = 300, -1
        nearest(off, roots.shape[1], 0, near, which)
        best[:], chosen[:] = 300, -1
        for w in range(wide):
            if which[w] < 0:
                continue
            begin, end = starts[which[w]], starts[which[w] + 1]
            distances(row, leaves, begin, end, off)
            nearest(off, end - begin, begin, best, chosen)
        words[i] = chosen


@compiled
def put_in_order(words, marks, entries, free, all_marks, all_entries):  # type: ignore[no-untyped-def]
    """Put each mark and entry into the next free place of its word; ``free`` (int64, by word) moves on."""
    for i in range(words.shape[0]):
        at = free[words[i]]
        all_marks[at], all_entries[at] = marks[i], entries[i]
        free[words[i]] = at + 1


@compiled
def nearest_tiles(query, codes, tiles, nearest):  # type: ignore[no-untyped-def]
    """For each reference the least distance of uint64[4] ``query`` to one of its codes, into uint16[n] ``nearest``.

    ``codes`` is uint64[4, n * tiles], those of a reference beside one another.
    """
    off = np.empty(tiles, np.int64)
    for reference in range(nearest.shape[0]):
        distances(query, codes, reference * tiles, (reference + 1) * tiles, off)
        nearest[reference] = off.min()


@compiled
def longest_list(words, starts):  # type: ignore[no-untyped-def]
    """The entries of the most crowded of these words."""
    longest = 0
    for i in range(words.shape[0]):
        for k in range(words.shape[1]):
            if words[i, k] >= 0:
                longest = max(longest, starts[words[i, k] + 1] - starts[words[i, k]])
    return longest


@compiled
def votes_of(bits, poses, words, starts, marks, entries, radius, who, point, bins, worths, totals):  # type: ignore[no-untyped-def]
    """Write down each vote of the query's points: for whom, for which turn and growth, and what it is worth; give how
    many there are, or -1 where there is no room for all.

    The word ``w`` holds the entries ``starts[w]`` to ``starts[w + 1]``: ``marks`` uint64 (the first 64 bits) and
    uint32 ``entries``: the owner, and in the lowest eight bits a sixteenth of a turn and a size, four bits each, as in
    ``poses`` of the query. ``totals`` (float32, a number for each owner) is added up on the way. A crowded word weighs
    less.
    """
    off = np.empty(longest_list(words, starts), np.int64)
    count = 0
    for i in range(bits.shape[0]):
        mark = bits[i, 0]
        turn, size = np.int64(poses[i] >> 4), np.int64(poses[i] & 15)
        for k in range(words.shape[1]):
            word = words[i, k]
            if word < 0:
                continue
            begin, end = starts[word], starts[word + 1]
            for e in range(begin, end):
                off[e - begin] = popcount(marks[e] ^ mark)
            weight = np.float32(1.0 / np.log2(2.0 + (end - begin)))
            for e in range(begin, end):
                if off[e - begin] <= radius:
                    if count == who.shape[0]:
                        return -1
                    near = 1.0 - off[e - begin] / (radius + 2.0)
                    worth = np.float32(weight * near * near)
                    entry = np.int64(entries[e])
                    owner = entry >> 8
                    turned = (turn - (entry >> 4 & 15)) & 15
                    grown = (size - (entry & 15) + 16) >> 1
                    who[count], point[count] = owner, i
                    bins[count] = 16 * turned + grown
                    worths[count] = worth
                    totals[owner] += worth
                    count += 1
    return count


@compiled
def strongest(totals, counts, chosen):  # type: ignore[no-untyped-def]
    """Write the numbers of the highest of ``totals`` above 0 into ``chosen`` (int64, as many as there is room for), in
    rising order, and give how many there are; all totals are 0 after it. ``counts`` (int64[n]) is room for counting:
    which of those that are alike within an n-th of the highest are left out does not matter.
    """
    highest = np.float32(0.0)
    for i in range(totals.shape[0]):
        highest = max(highest, totals[i])
    if highest == 0.0:
        return 0
    steps = (counts.shape[0] - 1) / highest
    counts[:] = 0
    for i in range(totals.shape[0]):
        if totals[i] > 0.0:
            counts[np.int64(totals[i] * steps)] += 1
    last, room = counts.shape[0] - 1, chosen.shape[0]
    while last >= 0 and counts[last] <= room:
        room -= counts[last]
        last -= 1
    found = 0
    for i in range(totals.shape[0]):
        if totals[i] > 0.0:
            step = np.int64(totals[i] * steps)
            if step > last or (step == last and room > 0):
                room -= step == last
                chosen[found] = i
                found += 1
            totals[i] = 0.0
    return found


@compiled
def collect(who, point, bins, worths, count, rows, scores, lately, best):  # type: ignore[no-untyped-def]
    """Add up the votes of those owners that have a row, by turn and growth.

    Points of a true copy are all turned and grown alike, so a vote counts for those that it speaks for and for those
    beside. ``rows`` (int32, -1 for none) says which row of ``scores`` (float32[n, 256]) is an owner's; ``lately``
    (int16[n, 256], -1 before) is by which point it was voted for last: each counts once. ``best`` (float32[n]) becomes
    the highest score of each row.
    """
    for v in range(count):
        row = rows[who[v]]
        if row < 0:
            continue
        for turned in range(2):
            for grown in range(2):
                b = (np.int64(bins[v]) + 16 * turned - grown) & 255
                if lately[row, b] != point[v]:
                    lately[row, b] = point[v]
                    scores[row, b] += worths[v]
                    best[row] = max(best[row], scores[row, b])
