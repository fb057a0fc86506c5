"""AIOBLE=folder: the package, or the folder above it."""

import pytest

from tests import deploy
from tests.aioble_folder import FILES, package


@pytest.fixture
def above(tmp_path):
    """A folder with a package `aioble` in it."""
    folder = tmp_path / "library"
    (folder / "aioble").mkdir(parents=True)
    for name in FILES:
        (folder / "aioble" / name).write_text("")
    return folder


def test_the_package_and_the_folder_above_are_the_same(above):
    assert package(above) == package(above / "aioble") == above / "aioble"


def test_the_package_is_found_from_within_it(above, monkeypatch):
    monkeypatch.chdir(above / "aioble")
    assert package(".") == above / "aioble"


def test_above_the_package_may_lie_a_folder_of_the_same_name(above):
    outer = above.rename(above.parent / "aioble")
    assert package(outer) == package(outer / "aioble") == outer / "aioble"


@pytest.mark.parametrize("name", FILES)
def test_a_package_without_one_of_its_parts_is_refused(above, name):
    (above / "aioble" / name).unlink()
    for folder in (above, above / "aioble"):
        with pytest.raises(ValueError, match="AIOBLE: %s holds no aioble" % folder):
            package(folder)


def test_a_package_of_another_name_is_refused(above):
    other = (above / "aioble").rename(above / "mine")
    with pytest.raises(ValueError, match="holds no aioble"):
        package(other)


@pytest.mark.parametrize("inner", ("", "aioble"))
def test_either_folder_brings_aioble_onto_the_device(above, tmp_path, inner):
    target = tmp_path / "device"
    assert deploy.main(["deploy", "DEST=%s" % target, "AIOBLE=%s" % (above / inner)]) == 0
    there = sorted(path.stem + ".py" for path in (target / "aioble").iterdir())
    assert there == sorted(FILES)
    assert (target / "radio.mpy").is_file()
