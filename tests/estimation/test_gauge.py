"""The gauge as the loop sees it: its fields, its memory, its bounds."""

from firmware.estimation.gauge import SAVED_BYTES, Gauge
from firmware.estimation.profiles import LFP, LI_ION
from tests.each import each
from tests.estimation.rig import Cell, Settings, Snap, owner_table


def ready(chemistry=2, pm=600):
    gauge = Gauge(Snap())
    gauge.load(Settings(chemistry))
    gauge.set_soc(pm)
    return gauge


def run(gauge, current_ma, seconds, cell=None, dt_ms=1000):
    """Loop steps of dt_ms with slices beside them."""
    snap = gauge.snap
    snap.current_ma = current_ma
    for _ in range(seconds * 1000 // dt_ms):
        if cell is not None:
            mv = int(1000 * cell.step(dt_ms / 1000.0, current_ma / 100_000.0) + 0.5)
            for n in range(snap.cell_count):
                snap.cell_mv[n] = mv
        gauge.integrate(dt_ms)
        while gauge.work():
            pass


def test_it_writes_every_field():
    gauge = ready()
    run(gauge, -20_000, 3600, Cell(2, 0.6, h=-1.0))
    snap = gauge.snap
    assert snap.cycle_mah == 20_000 or snap.cycle_mah == 19_999
    assert 300 < snap.soc_est_pm < 500
    assert snap.run_s == 3600
    assert 20 <= snap.soc_conf_pm <= 400
    assert snap.remain_mah == snap.soc_pm * snap.full_mah // 1000
    assert snap.soh_pm == snap.full_mah // 100
    assert snap.cycle_count == 0 and snap.charge_count == 0


def test_steps_of_50_ms_and_of_1_s_count_the_same():
    fine, coarse = ready(), ready()
    run(fine, -33_333, 30, dt_ms=50)
    run(coarse, -33_333, 30, dt_ms=1000)
    assert fine.meter.net_mams() == coarse.meter.net_mams() == -33_333 * 30_000


def test_a_second_takes_twelve_slices_at_most_and_a_look_ends_before_the_next():
    gauge = ready()
    gauge.snap.current_ma = -1000
    ended_s = []
    for second in range(60):
        gauge.integrate(1000)
        slices = 0
        was_busy = gauge.estimator.looking is not None
        while gauge.work():
            slices += 1
        assert slices <= 13  # the sample is one
        if was_busy and gauge.estimator.looking is None:
            ended_s.append(second)
    assert [b - a for a, b in zip(ended_s, ended_s[1:])] == [10] * (len(ended_s) - 1)
    assert len(ended_s) == 5


@each(((1000, True), (1001, False)))
def test_a_stale_current_is_not_counted(row):
    gauge = ready()
    gauge.snap.current_age_ms = row[0]
    run(gauge, -50_000, 20)
    assert (gauge.meter.dsg_mah > 0) == row[1]


def test_the_resistance_is_told_beside_its_profile():
    gauge = ready()
    assert gauge.snap.ohm_pm == 1000
    gauge.estimator.bank.r_mean = 0.25
    run(gauge, 0, 1)
    assert gauge.snap.ohm_pm == 1250


def test_health_is_learned_over_design_and_cycles_are_counted_in_capacities():
    gauge = ready()
    gauge.estimator.bank.k_mean = 1.25
    gauge.meter.dsg_mah = 240_001
    run(gauge, 0, 1)
    assert gauge.snap.full_mah == 80_000
    assert gauge.snap.soh_pm == 800
    assert gauge.snap.full_cycles == 3


def test_a_lost_current_widens_the_confidence():
    gauge = ready()
    cell = Cell(2, 0.6)
    run(gauge, 0, 1800, cell)
    gauge.snap.current_age_ms = 5000
    run(gauge, 0, 3600, cell)
    # 0.3 C either way in that hour; what the voltage tells narrows it a little.
    assert 470 < gauge.snap.soc_conf_pm < 610


def test_through_open_mosfets_nothing_flows_unseen():
    gauge = ready()
    cell = Cell(2, 0.6)
    run(gauge, 0, 1800, cell)
    before = gauge.snap.soc_conf_pm, gauge.estimator.soc
    gauge.snap.current_age_ms = 5000
    gauge.snap.gates_on = 0
    run(gauge, 0, 3600, cell)
    assert gauge.snap.soc_conf_pm <= before[0] + 2
    assert abs(gauge.estimator.soc - before[1]) < 0.01


def test_a_full_pack_whose_cells_are_lost_is_shown_full_no_longer():
    gauge = ready()
    gauge.estimator.anchors.is_full = gauge.estimator.anchors.is_empty = True
    gauge.snap.cells_age_ms = 5001
    run(gauge, -36_000, 100)
    assert not gauge.estimator.anchors.is_full and not gauge.estimator.anchors.is_empty
    assert gauge.snap.soc_pm < 1000


@each(((5000, True), (5001, False)))
def test_lost_cells_leave_counting(row):
    gauge = ready()
    gauge.snap.cells_age_ms = row[0]
    before = gauge.estimator.soc
    run(gauge, -36_000, 100)
    assert (gauge.estimator.seen_s > 0.0) == row[1]
    if not row[1]:
        assert abs(before - gauge.estimator.soc - 0.01) < 0.003


@each(
    (
        (100, -2000, 10.0),
        (-2000, 100, 10.0),
        (100, 200, 15.0),
        (-100, -100, -10.0),
    )
)
def test_the_temperature_is_of_the_sensors_fitted(row):
    gauge = ready()
    gauge.snap.t1_dc, gauge.snap.t2_dc = row[0], row[1]
    assert abs(gauge._temp_c() - row[2]) < 1e-6


def test_while_no_sensor_answers_the_pack_is_as_warm_as_it_was():
    gauge = ready()
    gauge.snap.t1_dc = -2000
    run(gauge, 0, 2)
    assert gauge.estimator.cell.temp_c == 25.0
    gauge.snap.t1_dc = 50
    run(gauge, 0, 2)
    gauge.snap.t1_dc = -2000
    run(gauge, 0, 2)
    assert gauge.estimator.cell.temp_c == 5.0


def test_a_person_sets_the_charge():
    gauge = ready(pm=200)
    assert gauge.snap.soc_pm == 200
    gauge.set_soc(750)
    assert gauge.snap.soc_pm == 750
    assert abs(gauge.snap.soc_est_pm - 750) < 20


def test_a_person_sets_the_capacity_and_the_charge_stays():
    gauge = ready()
    before = gauge.estimator.soc
    gauge.estimator.bank.c_mean = 0.75
    cell = gauge.estimator.cell
    cell.h, cell.h_quick, cell.unknown = -0.7, -0.9, 0.25
    gauge.set_capacity(50_000)
    assert abs(gauge.estimator.bank.c_mean - 0.75) < 1e-6
    cell = gauge.estimator.cell
    assert (cell.h, cell.h_quick, cell.unknown) == (-0.7, -0.9, 0.25)
    assert gauge.snap.full_mah > 48_000 and gauge.snap.full_mah < 52_000
    assert abs(gauge.estimator.soc - before) < 0.02


def test_a_power_cut_loses_nothing_but_certainty():
    gauge = ready()
    cell = Cell(2, 0.6, h=-1.0)
    run(gauge, -20_000, 1200, cell)
    gauge.estimator.bank.c_mean = 0.75
    buf = bytearray(SAVED_BYTES)
    assert gauge.save(buf) == SAVED_BYTES
    other = Gauge(Snap())
    other.load(Settings())
    assert other.restore(buf, 3600)
    assert abs(other.estimator.soc - gauge.estimator.soc) < 0.01
    assert abs(other.estimator.bank.c_mean - 0.75) < 1e-6
    assert other.meter.dsg_mah == gauge.meter.dsg_mah
    assert other.meter.dsg_carry == gauge.meter.dsg_carry
    assert other.run_s == gauge.run_s
    assert abs(other.snap.soc_pm - gauge.snap.soc_pm) <= 1
    assert abs(other.estimator.bank.k_mean - gauge.estimator.bank.k_mean) < 0.01
    long = Gauge(Snap())
    long.load(Settings())
    assert long.restore(buf, 3600 * 24 * 365)
    assert long.snap.soc_conf_pm > other.snap.soc_conf_pm


def test_power_cuts_alone_make_nobody_surer():
    gauge = ready()
    gauge.set_soc(500)
    first = gauge.snap.soc_conf_pm
    buf = bytearray(SAVED_BYTES)
    for _ in range(10):
        gauge.save(buf)
        assert gauge.restore(buf)
    assert 0.97 * first < gauge.snap.soc_conf_pm < 1.2 * first
    assert abs(gauge.estimator.soc - 0.5) < 0.01


def test_the_boards_own_consumption_goes_on_while_it_is_off():
    gauge = ready()
    buf = bytearray(SAVED_BYTES)
    gauge.save(buf)
    other = Gauge(Snap(), own_ma=10)
    other.load(Settings())
    assert other.restore(buf, 3600 * 1000)
    assert abs(gauge.estimator.soc - other.estimator.soc - 0.1) < 0.02
    assert abs(other.shown.soc - 0.5) < 0.01


def test_a_short_record_and_one_of_another_version_are_refused():
    gauge = ready()
    buf = bytearray(SAVED_BYTES)
    gauge.save(buf)
    assert not gauge.restore(buf[:-1], 0)
    buf[0] += 1
    assert not gauge.restore(buf, 0)
    buf[0] -= 1
    assert gauge.restore(buf, 0)


def test_another_chemistrys_record_is_refused():
    buf = bytearray(SAVED_BYTES)
    ready(2).save(buf)
    assert not ready(1).restore(buf, 0)


def test_a_full_charge_is_shown_and_counted():
    gauge = ready(pm=950)
    snap = gauge.snap
    for n in range(snap.cell_count):
        snap.cell_mv[n] = 3580
    run(gauge, 3000, 1800)
    assert snap.soc_pm == 1000
    assert snap.charge_count == 1


def test_the_boards_own_consumption_is_counted_while_it_runs():
    plain, thirsty = ready(), ready()
    thirsty.own_ma = 10_000
    for gauge in (plain, thirsty):
        gauge.snap.cells_age_ms = 10_000
        run(gauge, 0, 360)
    assert abs(plain.estimator.soc - thirsty.estimator.soc - 0.01) < 0.002


def test_the_step_allocates_nothing():
    try:
        import micropython

        lock, unlock = micropython.heap_lock, micropython.heap_unlock
    except (ImportError, AttributeError):
        return  # CPython has no heap to lock
    gauge = ready()
    gauge.snap.current_ma = -350_000
    lock()
    try:
        for _ in range(1000):
            gauge.integrate(50)
        gauge.integrate(1000)
        gauge.snap.current_ma = 350_000
        gauge.integrate(1000)
        gauge.snap.current_age_ms = 9000
        gauge.integrate(50)
    finally:
        unlock()


def test_the_owners_table_is_known_and_goes_with_its_chemistry():
    gauge = Gauge(Snap())
    settings = Settings(LFP, cell_table=owner_table(LFP))
    gauge.load(settings)
    assert gauge.estimator.cell.p.is_known
    settings.capacity_mah = 90_000
    gauge.load(settings)
    assert gauge.estimator.cell.p.is_known
    settings.chemistry, settings.cell_table = LI_ION, 0
    gauge.load(settings)
    assert not gauge.estimator.cell.p.is_known
