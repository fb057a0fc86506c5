"""The live table of `make run`: drawn in place on a terminal, one line per change when piped."""

from firmware.settings import CHEMISTRIES
from firmware.snapshot import ABSENT_DC
from hal.virtual.timeline import clock_text, held
from protection.rule import CHG, DSG
from protection.table import STARTING

_BLUE, _RED, _YELLOW, _BOLD, _PLAIN = "\x1b[34;1m", "\x1b[31;1m", "\x1b[33;1m", "\x1b[1m", "\x1b[0m"


class Display:
    """Draws `bms`; `write` takes text, `terminal` says whether it can be redrawn in place."""

    def __init__(self, write, terminal):
        self._write = write
        self._terminal = terminal
        self._height = 0
        self._before = None
        self._log = []

    def event(self, line):
        """One line of the timeline."""
        text = "%s  %s%s" % (clock_text(line[0]), line[1], "  (%s)" % line[2] if line[2] else "")
        if self._terminal:
            self._log = (self._log + [text])[-8:]
        else:
            self._write(text + "\n")

    def show(self, bms, board):
        """Draw the table, or one line if something that matters changed."""
        if not self._terminal:
            self._line(bms, board)
            return
        lines = table(bms, board) + [""] + self._log
        if self._height:
            self._write("\x1b[%dA" % self._height)
        self._write("".join(["\x1b[2K" + line + "\n" for line in lines]) + "\x1b[0J")
        self._height = len(lines)

    def _line(self, bms, board):
        snap = bms.snap
        gates = board.gates.line()
        key = (gates, snap.fault_word, snap.own_word, snap.soc_pm // 10, snap.bal_state)
        if key == self._before or not snap.seq:
            return
        self._before = key
        self._write(
            "%s  %.2f V  %+.1f A  SOC %d %%  cells %d..%d mV  T1 %s T2 %s MOS %s  "
            "charge %s discharge %s  %s\n"
            % (
                clock_text(board.clock.now_ms),
                snap.pack_mv / 1000,
                snap.current_ma / 1000,
                snap.soc_pm // 10,
                snap.cell_min_mv,
                snap.cell_max_mv,
                celsius(snap.t1_dc),
                celsius(snap.t2_dc),
                celsius(snap.mos_dc),
                "on" if gates & CHG else "off",
                "on" if gates & DSG else "off",
                alarms(bms),
            )
        )


def table(bms, board):
    """The lines of the table."""
    snap = bms.snap
    gates = board.gates.line()
    name = CHEMISTRIES.get(bms.settings.get("chemistry"), ("unconfigured",))[-1]
    lines = [
        "%s%s%s  %dS %s  %d Ah  run time %s"
        % (
            _BOLD,
            board.facts.MODEL,
            _PLAIN,
            snap.cell_count,
            name,
            snap.full_mah // 1000,
            clock_text(snap.run_s * 1000)[:-4],
        ),
        "",
    ]
    cells = list(snap.cell_mv)[: snap.cell_count]
    for i in range(snap.cell_count):
        mark = ""
        if i == cells.index(max(cells)):
            mark = _BLUE + "  highest" + _PLAIN
        elif i == cells.index(min(cells)):
            mark = _RED + "  lowest" + _PLAIN
        bar = "#" * max(0, min(40, (snap.cell_mv[i] - 2000) // 50))
        lines.append("  cell %d  %5.3f V  %-40s%s" % (i + 1, snap.cell_mv[i] / 1000, bar, mark))
    lines += [
        "",
        "  voltage  %7.3f V    current  %+8.3f A    power  %+9.1f W    SOC %5.1f %%"
        % (snap.pack_mv / 1000, snap.current_ma / 1000, snap.power_mw / 1000, snap.soc_pm / 10),
        "  average  %7.3f V    delta    %8.3f V    remain %8.1f Ah"
        % (snap.cell_avg_mv / 1000, snap.cell_delta_mv / 1000, snap.remain_mah / 1000),
        "  T1 %s    T2 %s    MOS %s"
        % (celsius(snap.t1_dc), celsius(snap.t2_dc), celsius(snap.mos_dc)),
        "  charge     wanted %-3s  MOSFET %s"
        % ("on" if snap.wanted & CHG else "off", _state(gates & CHG, snap.assist & CHG)),
        "  discharge  wanted %-3s  MOSFET %s"
        % ("on" if snap.wanted & DSG else "off", _state(gates & DSG, snap.assist & DSG)),
        "  balancing  %s" % balancing(bms),
        "  alarms     %s%s%s" % (_YELLOW if held(bms) else "", alarms(bms), _PLAIN),
    ]
    return lines


def celsius(dc):
    """A temperature for people: '23.4 °C', or 'NA' (manual 5.3.2 q, r)."""
    return "NA" if dc == ABSENT_DC else "%.1f °C" % (dc / 10)


def alarms(bms):
    """Names of the rules that hold, or 'none'."""
    if bms.snap.own_word & STARTING:
        return "starting"
    return ", ".join(held(bms)) or "none"


def balancing(bms):
    """The balancer in words."""
    snap = bms.snap
    if not bms.settings.get("balance_switch_on"):
        return "off"
    if not snap.bal_state:
        return "on, idle" if snap.balance_ok else "on, inhibited"
    verb = "takes from" if snap.bal_state == 2 else "gives to"
    cell = snap.bal_from if snap.bal_state == 2 else snap.bal_to
    return "%s cell %d, %+.2f A" % (verb, cell + 1, snap.bal_ma / 1000)


def _state(on, assist):
    return ("on (assist)" if assist else "on") if on else "off"
