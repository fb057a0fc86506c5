"""The cases of layer 2 that hang on no machine's speed; the others: `python -m tests.radio`."""

import asyncio

import pytest

from tests.radio import layer2

STEADY = (
    layer2.advertises_as_home_assistant_wants_it,
    layer2.offers_the_two_services,
    layer2.a_write_inside_the_window_is_done_outside_not,
    layer2.a_login_allows_a_change,
)


@pytest.mark.parametrize("case", STEADY)
def test_a_bumble_central_finds_what_it_should(case):
    assert asyncio.run(layer2.run_case(case))


@pytest.mark.parametrize("name", ["tcp-client:127.0.0.1:9", "nonsense:1"])
def test_a_transport_that_does_not_open_ends_with_status_2(name, capsys):
    rig_bms = layer2.FakeBms()
    radio = layer2.Radio(name, layer2.make_hub)
    with pytest.raises(SystemExit) as ended:
        asyncio.run(radio.guest(rig_bms))
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("radio: %s: " % name)
