"""The console: the pages of staff, on the same application as the API. A door: it takes ports, never adapters."""

from cloud.console.mount import mount_console

__all__ = ["mount_console"]
