"""What is made of a recording, on a synthetic one."""

from tests.estimation.courses import WINDOWS, begun, loops, whole, windows


def triangle(hours, start=1.0):
    """Full, down to empty and up again, a row every ten seconds."""
    count = int(hours * 360)
    rows = []
    for n in range(count + 1):
        soc = abs(start - 2.0 * n / count)
        rows.append((10.0 * n, -1.0 if 2 * n < count else 1.0, 3.3, 25.0, soc))
    return rows


def test_the_whole_is_what_it_was():
    rows = triangle(8)
    assert whole(rows) == [rows]


def test_what_is_stated_too_high_begins_where_it_can_be():
    rows = triangle(8)
    for wrong in (0.1, 0.2):
        part = begun(rows, wrong)
        first = rows.index(part[0])
        assert part == rows[first:]
        assert part[0][4] + wrong <= 1.0 < rows[first - 1][4] + wrong
    assert begun(rows, 0.0) == begun(rows, -0.2) == rows
    assert begun(rows[:5], 0.2) == rows[:5]  # never low enough
    fall = triangle(8)[:1441]  # to empty in four hours
    assert begun(fall[:1009], 0.2) == fall[288:1009]
    assert begun(fall[:1008], 0.2) == fall[:1008]  # a row short of two hours


def test_windows_stay_within_their_bounds_in_one_stretch():
    rows = triangle(20)
    parts = windows(rows)
    assert len(parts) == len(WINDOWS)
    for part, (low, high) in zip(parts, WINDOWS):
        assert part[0][4] >= high > part[1][4]
        assert part[-2][4] > low >= part[-1][4]
        first = rows.index(part[0])
        assert part == rows[first : first + len(part)]


def test_a_short_pass_is_no_window():
    (part,) = [x for x in windows(triangle(8)) if x[0][4] < 0.89]
    assert part[-1][0] - part[0][0] >= 7200.0
    assert windows(triangle(4)) == []


def test_three_loops_go_on_in_time_and_charge():
    rows = triangle(6)
    (looped,) = loops(rows)
    assert len(looped) == 3 * len(rows)
    assert all(b[0] > a[0] for a, b in zip(looped, looped[1:]))
    assert all(abs(b[4] - a[4]) < 0.01 for a, b in zip(looped, looped[1:]))


def test_what_is_not_full_twice_is_not_looped():
    assert loops(triangle(6, 0.9)) == []
    assert loops(triangle(6)[:1000]) == []


def test_a_pass_that_began_below_its_window_is_none():
    (part,) = windows(triangle(20, 0.7))
    assert part[0][4] >= 0.6 and part[-1][4] <= 0.2
