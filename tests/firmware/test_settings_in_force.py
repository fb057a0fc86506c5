"""Settings in force: what board, chemistry and capacity make of them."""

from boards.jk8s import board as jk8s
from firmware.settings import LFP, LI_ION, LTO, Limits, Settings
from tests.each import each
from tests.firmware.ranges import refusal
from tests.rig import commission

# chemistry, cells, changes -> UVP, UVPR, power-off in force (D6; supply 10 V, margin 0.3 V)
EFFECTIVE = (
    (LFP, 8, {}, 2600, 3000, 2500),
    (LFP, 8, {"cell_uvpr_mv": 2650}, 2600, 2700, 2500),  # as a real unit came: a gap of 50 mV
    (LFP, 4, {}, 2600, 3000, 2500),
    (LFP, 4, {"power_off_mv": 2400}, 2600, 3000, 2500),
    (LFP, 4, {"power_off_mv": 2400, "cell_uvp_mv": 2574}, 2575, 3000, 2500),
    (LFP, 4, {"power_off_mv": 2400, "cell_uvp_mv": 2575}, 2575, 3000, 2500),
    (LFP, 4, {"power_off_mv": 2400, "cell_uvp_mv": 2500, "cell_uvpr_mv": 2600}, 2575, 2675, 2500),
    (LFP, 4, {"power_off_mv": 2501}, 2600, 3000, 2501),
    (LI_ION, 3, {}, 3434, 3534, 3334),
    (LI_ION, 4, {}, 2900, 3200, 2800),
    (LTO, 6, {}, 1800, 2000, 1700),
    (LTO, 6, {"power_off_mv": 1600, "cell_uvp_mv": 1700}, 1717, 2000, 1667),
    (LTO, 8, {"power_off_mv": 1200}, 1800, 2000, 1250),
)


@each(EFFECTIVE)
def test_limits_in_force_keep_the_board_supplied(row):
    chemistry, cells, changes, uvp_mv, uvpr_mv, off_mv = row
    wanted = {"cell_count": cells}
    wanted.update(changes)
    settings = commission(wanted, chemistry)
    limits = Limits(settings, jk8s)
    assert limits.get("cell_uvp_mv") == uvp_mv
    assert limits.get("cell_uvpr_mv") == uvpr_mv
    assert limits.get("power_off_mv") == off_mv
    assert uvp_mv * cells >= 10_300 and off_mv * cells >= 10_000
    for key, value in changes.items():
        assert settings.get(key) == value  # the setting itself is shown as it was set


def test_an_order_that_only_fails_in_force_is_refused():
    # 3S Li-ion: UVPR acts at 3534, so OVPR must lie 50 above that, not above 3200.
    settings = commission({"cell_count": 3}, LI_ION)
    settings.changed({"cell_ovpr_mv": 3584}, jk8s)
    refused = refusal(settings, {"cell_ovpr_mv": 3583})
    assert refused.key == "cell_ovpr_mv"
    assert refused.reason == "3583 must be at least 50 above cell_uvpr_mv, which is 3534"
    # And a start of balancing below what acts as UVP.
    assert refusal(settings, {"balance_start_mv": 3433}).key == "balance_start_mv"
    settings.changed({"balance_start_mv": 3434}, jk8s)


# setting, capacity, board -> in force (D16: 0.1 C)
@each([(2000, 100_000, 2000), (2000, 19_999, 1999), (2000, 20_000, 2000), (500, 4000, 400)])
def test_balance_current_is_at_most_a_tenth_of_the_capacity(row):
    setting_ma, capacity_mah, due_ma = row
    settings = commission({"balance_max_ma": setting_ma, "capacity_mah": capacity_mah})
    limits = Limits(settings, jk8s)
    assert limits.get("balance_max_ma") == due_ma
    assert settings.get("balance_max_ma") == setting_ma


def test_balance_current_is_at_most_the_boards():
    class Weak:
        SUPPLY_MIN_MV = 10_000
        FULL_SCALE_MA = 200_000
        PEAK_MA = 350_000
        BALANCE_MAX_MA = 1000
        CELL = None

    assert Limits(commission(), Weak).get("balance_max_ma") == 1000


def test_the_short_circuit_delay_in_force_is_what_the_hardware_has():
    settings = commission({"scp_delay_us": 1234})
    assert Limits(settings, jk8s).get("scp_delay_us") == 1234
    assert Limits(settings, jk8s, 1300).get("scp_delay_us") == 1300
    assert Limits(settings, jk8s, 0).get("scp_delay_us") == 0


@each([(0, 0), (LI_ION, 2000), (LFP, 1800), (LTO, 1200)])
def test_the_deep_discharge_floor_of_each_chemistry(row):
    chemistry, floor_mv = row
    settings = commission({}, chemistry) if chemistry else Settings()
    limits = Limits(settings, jk8s)
    assert limits.get("floor_mv") == floor_mv
    assert limits.get("floor_release_mv") == floor_mv + 100


def test_what_board_and_chemistry_add():
    limits = Limits(commission(), jk8s)
    assert limits.get("peak_ma") == 350_000  # D37
    assert limits.get("weld_ma") == 3000  # D36: 1.5 % of 200 A
    assert limits.get("chg_limit_ma") == 25_000


@each([(LFP, True), (LI_ION, False), (0, False)])
def test_the_owners_cell_table_is_for_its_own_chemistry(row):
    chemistry, is_his = row

    class Calibrated:
        SUPPLY_MIN_MV = 10_000
        FULL_SCALE_MA = 200_000
        PEAK_MA = 350_000
        BALANCE_MAX_MA = 1000
        CELL = {"chemistry": LFP}

    settings = commission({}, chemistry) if chemistry else Settings()
    found = Limits(settings, Calibrated).get("cell_table")
    assert found is Calibrated.CELL if is_his else found == 0
    assert Limits(settings, jk8s).get("cell_table") == 0


@each([(LI_ION, -1, 1), (LFP, -1, 1), (LTO, -1, 0), (LI_ION, 0, 0), (LFP, 0, 0)])
def test_plating_is_warned_of_below_freezing_except_on_lto(row):
    chemistry, utp_dc, due = row
    settings = commission({"chg_utp_dc": utp_dc, "chg_utpr_dc": 50}, chemistry)
    assert Limits(settings, jk8s).get("plates_lithium") == due
