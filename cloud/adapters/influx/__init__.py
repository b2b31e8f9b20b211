"""TimeSeriesStore on InfluxDB 2.x and 1.x: points in InfluxDB, the ledger of rows beside them in SQL."""
