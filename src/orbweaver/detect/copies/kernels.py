"""Compiled loops over bits and points."""

from __future__ import annotations

import numpy as np

from orbweaver.fingerprints.compiled import compiled
from orbweaver.index.intrinsics import popcount

AT_ONCE = 16
"""Marks of which the nearest is looked at before each of them."""


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
def pair_up(query, reference, farthest, ratio, pairs):  # type: ignore[no-untyped-def]
    """Write the pairs of points that are each other's into ``pairs`` (int64, as many as the reference has points) and
    give how many there are: distance, number in the query and number in the reference, each of 16 bits.

    Each row of uint64[n, 4] ``query`` chooses the nearest of uint64[4, m] ``reference``, a column a point, at most
    ``farthest`` bits away and at most ``ratio`` times as far as the next; of those that chose the same one the nearest
    has it. A distance and the number of its point are one number, so that the least is found without a branch.
    """
    nothing = np.int32(257 << 16)
    off = np.empty(reference.shape[1], np.int32)
    chosen = np.full(reference.shape[1], np.int64(nothing) << 16, np.int64)
    for i in range(query.shape[0]):
        one, two, three, four = query[i, 0], query[i, 1], query[i, 2], query[i, 3]
        for j in range(off.shape[0]):
            bits = (
                popcount(reference[0, j] ^ one)
                + popcount(reference[1, j] ^ two)
                + popcount(reference[2, j] ^ three)
                + popcount(reference[3, j] ^ four)
            )
            off[j] = np.int32(bits << 16 | j)
        low = next_low = nothing
        for j in range(off.shape[0]):
            low = min(low, off[j])
        where = np.int64(low & 0xFFFF)
        off[where] = nothing
        for j in range(off.shape[0]):
            next_low = min(next_low, off[j])
        first, second = np.int64(low >> 16), np.int64(next_low >> 16)
        if first <= farthest and first <= ratio * second:
            chosen[where] = min(chosen[where], first << 32 | i << 16 | where)
    count = 0
    for j in range(chosen.shape[0]):
        if chosen[j] >> 32 <= farthest:
            pairs[count] = chosen[j]
            count += 1
    return count


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
def near_marks(marks, mark, radius, off, near):  # type: ignore[no-untyped-def]
    """Write the numbers of the ``marks`` (uint64) that differ from ``mark`` in at most ``radius`` bits into ``near``
    (int64), and give how many there are; ``off`` (int64, by AT_ONCE more than there are marks) gets the distances."""
    for e in range(marks.shape[0]):
        off[e] = popcount(marks[e] ^ mark)
    found = 0
    for block in range(0, marks.shape[0], AT_ONCE):
        least = np.int64(64)
        for e in range(block, block + AT_ONCE):
            least = min(least, off[e])
        if least > radius:  # so are nearly all: they are not looked at one by one
            continue
        for e in range(block, min(block + AT_ONCE, marks.shape[0])):
            if off[e] <= radius:
                near[found] = e
                found += 1
    return found


@compiled
def votes_of(bits, poses, words, starts, marks, entries, radius, who, point, bins, worths, totals):  # type: ignore[no-untyped-def]
    """Write down each vote of the query's points: for whom, for which turn and growth, and what it is worth; give how
    many there are, or -1 where there is no room for all.

    The word ``w`` holds the entries ``starts[w]`` to ``starts[w + 1]``: ``marks`` uint64 (the first 64 bits) and
    uint32 ``entries``: the owner, and in the lowest eight bits a sixteenth of a turn and a size, four bits each, as in
    ``poses`` of the query. ``totals`` (float32, a number for each owner) is added up on the way. A crowded word weighs
    less.
    """
    longest = longest_list(words, starts)
    off, near = np.full(longest + AT_ONCE, 64, np.int64), np.empty(longest, np.int64)
    count = 0
    for i in range(bits.shape[0]):
        turn, size = np.int64(poses[i] >> 4), np.int64(poses[i] & 15)
        for k in range(words.shape[1]):
            word = words[i, k]
            if word < 0:
                continue
            begin, end = starts[word], starts[word + 1]
            weight = np.float32(1.0 / np.log2(2.0 + (end - begin)))
            found = near_marks(marks[begin:end], bits[i, 0], radius, off, near)
            if count + found > who.shape[0]:
                return -1
            for e in near[:found]:
                closeness = 1.0 - off[e] / (radius + 2.0)
                worth = np.float32(weight * closeness * closeness)
                entry = np.int64(entries[begin + e])
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
def strongest(who, count, totals, steps, chosen):  # type: ignore[no-untyped-def]
    """Write the owners with the highest of ``totals`` into ``chosen`` (int64, as many as there is room for) and give
    how many there are; all totals are 0 after it. The first ``count`` of ``who`` are all that have any.

    ``steps`` (int64[n]) is room for counting: which of those that are alike within an n-th of the highest are left out
    does not matter. Only what has votes is looked at: of a million references few have.
    """
    highest = np.float32(0.0)
    for v in range(count):
        highest = max(highest, totals[who[v]])
    if highest == 0.0:
        return 0
    scale = (steps.shape[0] - 1) / highest
    steps[:] = 0
    for v in range(count):
        total = totals[who[v]]
        if total > 0.0:
            steps[np.int64(total * scale)] += 1
            totals[who[v]] = -total  # counted
    last, room = steps.shape[0] - 1, chosen.shape[0]
    while last >= 0 and steps[last] <= room:
        room -= steps[last]
        last -= 1
    found = 0
    for v in range(count):
        total = -totals[who[v]]
        if total > 0.0:
            step = np.int64(total * scale)
            if step > last or (step == last and room > 0):
                room -= step == last
                chosen[found] = who[v]
                found += 1
            totals[who[v]] = 0.0
    return found


@compiled
def forget(who, bins, count, rows, scores, lately):  # type: ignore[no-untyped-def]
    """Set ``scores`` and ``lately`` back wherever these votes changed them in ``collect``: a few of very many."""
    for v in range(count):
        row = rows[who[v]]
        if row < 0:
            continue
        for turned in range(2):
            for grown in range(2):
                b = (np.int64(bins[v]) + 16 * turned - grown) & 255
                scores[row, b], lately[row, b] = 0.0, -1


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
