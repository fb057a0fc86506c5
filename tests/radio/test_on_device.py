"""What is refused before the real aioble is tried; the trial itself: `python -m tests.radio`."""

import pytest

from tests.radio import __main__ as rig


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("AIOBLE", str(tmp_path))
    return tmp_path


def test_a_folder_without_aioble_is_refused_in_one_line(folder, capfd):
    assert rig.main() == 2
    said, refused = capfd.readouterr()
    assert said == ""
    assert refused.startswith("AIOBLE: %s holds no aioble" % folder)
    assert refused.count("\n") == 1
