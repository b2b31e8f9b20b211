"""How far one unit on a shared line is trusted, so that a dead one costs the others almost nothing.

ok -> suspect (one failed request) -> quarantined (two in a row): asked again only at probe times, 1 to 300 s apart.
"""

from __future__ import annotations

from enum import StrEnum

from foundation.errors import DeviceError

FIRST_BACK_OFF_S = 1.0
LONGEST_BACK_OFF_S = 300.0


class UnitState(StrEnum):
    OK = "ok"
    SUSPECT = "suspect"
    QUARANTINED = "quarantined"


class UnitQuarantined(DeviceError):
    """The unit was not asked: it is silent and its next probe is due in `for_s` seconds."""

    def __init__(self, device: str, for_s: float) -> None:
        self.device, self.for_s = device, for_s
        super().__init__(f"{device}: silent, asked again in {for_s:.1f} s")


class UnitHealth:
    """State machine of one unit; times are monotonic seconds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state = UnitState.OK
        self._back_off_s = 0.0
        self._probe_at_s = 0.0

    def require_turn(self, now_s: float) -> None:
        """Raise UnitQuarantined unless the unit may be asked now."""
        if self.state is UnitState.QUARANTINED and now_s < self._probe_at_s:
            raise UnitQuarantined(self.name, self._probe_at_s - now_s)

    def answered(self) -> None:
        """A proper reply, a refusal included."""
        self.state, self._back_off_s = UnitState.OK, 0.0

    def forgive(self, now_s: float) -> None:
        """The line itself was down: the silence says nothing about this unit, which may be asked now."""
        self._back_off_s, self._probe_at_s = 0.0, now_s

    def failed(self, now_s: float) -> None:
        """No reply, or a wrong one."""
        if self.state is UnitState.OK:
            self.state = UnitState.SUSPECT
            return
        self.state = UnitState.QUARANTINED
        self._back_off_s = min(max(FIRST_BACK_OFF_S, self._back_off_s * 2), LONGEST_BACK_OFF_S)
        self._probe_at_s = now_s + self._back_off_s
