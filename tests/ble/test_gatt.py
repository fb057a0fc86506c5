"""What is advertised: what Home Assistant and the JK app look for, within 31 bytes."""

from ble import gatt

MAC = b"\xc8\x47\x80\x14\x88\xb7"


def test_the_advertisement_is_that_of_a_real_unit():
    assert gatt.advertisement(MAC) == (
        b"\x02\x01\x06\x03\x03\xe0\xff\x0b\xff\x65\x0b\x88\xa0\xc8\x47\x80\x14\x88\xb7"
    )
    assert len(gatt.advertisement(MAC)) <= 31


def test_the_longest_name_fits_the_scan_response():
    assert gatt.scan_response("Boat") == b"\x05\x09Boat"
    assert len(gatt.scan_response("x" * 13)) <= 31
