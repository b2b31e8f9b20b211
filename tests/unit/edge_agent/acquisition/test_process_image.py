from edge_agent.acquisition.process_image import ProcessImage
from gateway.messages import Quality, Reading


def test_the_newest_reading_of_each_point_is_held() -> None:
    image = ProcessImage()
    image.update("meter", [Reading("Power", 1.0, 1_000), Reading("Energy", 5, 1_000)])
    image.update("meter", [Reading("Power", 2.0, 2_000)])
    assert image.device("meter") == {"Power": Reading("Power", 2.0, 2_000), "Energy": Reading("Energy", 5, 1_000)}


def test_an_older_reading_changes_nothing() -> None:
    image = ProcessImage()
    image.update("car", [Reading("Speed", 50.0, 2_000)])
    image.update("car", [Reading("Speed", 10.0, 1_000)])
    assert image.last("car", "Speed") == Reading("Speed", 50.0, 2_000)


def test_age_counts_from_when_a_value_came_in() -> None:
    image = ProcessImage()
    image.update("meter", [Reading("Power", 1.0, 1_000)], 40.0)
    assert image.unseen_s("meter", "Power", 42.5) == 2.5
    assert image.unseen_s("meter", "Voltage", 42.5) is None
    assert image.last("unknown", "Power") is None


def test_a_lost_device_keeps_its_values_as_stale_until_it_is_read_again() -> None:
    image = ProcessImage()
    image.update("meter", [Reading("Power", 1.0, 1_000)])
    image.mark_stale("meter")
    assert image.last("meter", "Power") == Reading("Power", 1.0, 1_000, Quality.STALE)
    image.update("meter", [Reading("Power", 1.0, 9_000)])
    assert image.last("meter", "Power") == Reading("Power", 1.0, 9_000)


def test_the_returned_image_is_a_copy() -> None:
    image = ProcessImage()
    image.update("meter", [Reading("Power", 1.0, 1_000)])
    before = image.device("meter")
    image.update("meter", [Reading("Power", 2.0, 2_000)])
    assert before["Power"].value == 1.0
