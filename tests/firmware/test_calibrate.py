"""Calibration stays inside its bounds, and says why when it refuses."""

from firmware.calibrate import (
    PPM,
    ZeroTracker,
    current_gain_ppm,
    volt_gain_ppm,
    zero_ma,
)
from firmware.settings import Refused
from tests.each import each


def refused(function, *args):
    try:
        function(*args)
    except Refused as why:
        return str(why)
    return ""


def test_a_voltage_gain_maps_what_was_read_to_the_truth():
    ppm = volt_gain_ppm(0, 26_400, 26_500, 0, False)
    assert 26_400 * (PPM + ppm) // PPM in (26_499, 26_500)
    again = volt_gain_ppm(ppm, 26_500, 26_500, 0, False)
    assert again == ppm


@each(((25_750, True), (25_749, True), (25_751, False), (24_250, True), (24_249, False)))
def test_the_sum_of_voltage_calibrations_ends_at_3_per_cent(row):
    why = refused(volt_gain_ppm, 0, 25_000, row[0], 0, False)
    assert (why == "") == row[1]


def test_small_steps_reach_no_further_than_one():
    ppm = 0
    for _ in range(20):
        try:
            ppm = volt_gain_ppm(ppm, 25_000, 25_200, 0, False)
        except Refused:
            break
    assert ppm <= 30_000


@each(((20, False), (21, True), (-20, False), (-21, True)))
def test_a_moving_voltage_is_refused(row):
    assert ("moves" in refused(volt_gain_ppm, 0, 25_000, 25_000, row[0], False)) == row[1]


def test_a_fault_is_refused():
    assert "fault" in refused(volt_gain_ppm, 0, 25_000, 25_000, 0, True)


@each(((9_999, False), (10_000, True), (10_001, True), (-9_999, False), (-10_000, True)))
def test_a_current_gain_needs_5_per_cent_of_full_scale(row):
    assert (refused(current_gain_ppm, 0, row[0], row[0], 200_000) == "") == row[1]


def test_current_signs_must_agree():
    assert "signs" in refused(current_gain_ppm, 0, 20_000, -20_000, 200_000)


@each(((22_000, True), (22_001, False), (18_000, True), (17_999, False)))
def test_the_sum_of_current_gains_ends_at_10_per_cent(row):
    assert (refused(current_gain_ppm, 0, 20_000, row[0], 200_000) == "") == row[1]


def test_nothing_read_is_refused():
    assert "nothing" in refused(volt_gain_ppm, 0, 0, 25_000, 0, False)


@each(((2000, True), (2001, False), (-2000, True), (-2001, False)))
def test_the_zero_ends_at_1_per_cent_of_full_scale(row):
    assert (refused(zero_ma, 0, row[0], 200_000) == "") == row[1]
    assert (refused(zero_ma, row[0] // 2, row[0] - row[0] // 2, 200_000) == "") == row[1]


def track(tracker, raw_ma, both_open, seconds):
    for _ in range(20 * seconds):
        tracker.track(raw_ma, both_open, 50)


def test_the_zero_moves_200_ma_a_minute_at_most():
    tracker = ZeroTracker(200_000)
    track(tracker, 1500, True, 60)
    assert tracker.zero_ma == 200
    track(tracker, 1500, True, 60)
    assert tracker.zero_ma == 400


def test_the_zero_settles_on_the_reading_and_follows_it_back():
    tracker = ZeroTracker(200_000)
    track(tracker, -150, True, 120)
    assert tracker.zero_ma == -150
    track(tracker, 10, True, 120)
    assert tracker.zero_ma == 10


def test_a_closed_mosfet_stops_the_tracking():
    tracker = ZeroTracker(200_000)
    track(tracker, 100, False, 600)
    assert tracker.zero_ma == 0


@each(((1999, True), (2000, False), (-1999, True), (-2000, False)))
def test_a_current_of_1_per_cent_is_no_offset(row):
    tracker = ZeroTracker(200_000)
    track(tracker, row[0], True, 60)
    assert (tracker.zero_ma != 0) == row[1]
