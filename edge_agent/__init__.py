"""The process in the building: polls devices, keeps readings until the cloud has stored them, carries out commands."""
