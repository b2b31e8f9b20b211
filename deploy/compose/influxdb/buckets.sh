#!/bin/sh
# Runs once, when the database is set up: the two other buckets, and an account for Grafana that can only read.
set -eu
influx bucket create --name iot_15m --retention 0
influx bucket create --name iot_event --retention 1095d
set --
for bucket in iot_raw iot_15m iot_event; do
    id=$(influx bucket list --name "$bucket" --hide-headers | cut -f1)
    set -- "$@" --read-bucket "$id"
done
influx v1 auth create --username "$XIETONG_INFLUX_READER" --password "$XIETONG_INFLUX_READER_PASSWORD" "$@"
