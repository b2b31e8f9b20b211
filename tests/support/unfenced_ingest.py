"""The cloud with a planted bug: writes are not tied to the lease."""

from __future__ import annotations

import cloud.app
import xietong

if __name__ == "__main__":
    cloud.app.fenced = lambda engine, lease: engine
    xietong.main()
