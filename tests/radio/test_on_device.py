"""What is refused before the real aioble is tried; the trial itself: `python -m tests.radio`."""

from tests.radio import __main__ as rig


def test_a_folder_without_aioble_is_refused_in_one_line(monkeypatch, capfd, tmp_path):
    monkeypatch.setenv("AIOBLE", str(tmp_path))
    assert rig.main() == 2
    said, refused = capfd.readouterr()
    assert said == ""
    assert refused.startswith("AIOBLE: %s holds no aioble" % tmp_path)
    assert refused.count("\n") == 1
