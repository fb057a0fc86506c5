"""On CI nothing may be skipped for want of a tool; such a skip says what there is none of."""

import os

import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if not report.skipped or not os.environ.get("CI") or hasattr(report, "wasxfail"):
        return
    reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    if "no " in reason and "MicroPython" in reason:
        report.outcome = "failed"
        report.longrepr = "skipped, which CI does not allow: " + reason
