from __future__ import annotations

from edge_agent.acquisition.malformed import KEPT_OF_EACH, MOST_SOURCES, MalformedSamples


def test_invented_topics_count_as_one_source_and_take_nothing_from_those_known() -> None:
    samples = MalformedSamples()
    known = [f"known/{number}" for number in range(MOST_SOURCES)]
    assert [samples.take(source) for source in known] == [1] * MOST_SOURCES
    invented = [samples.take(f"invented/{number}") for number in range(1_000)]
    assert [count for count in invented if count] == list(range(1, KEPT_OF_EACH + 1))
    assert [samples.take(source) for source in known] == [2] * MOST_SOURCES
