"""Trains the pooled prior of the forecasts and writes its table.

The shipped table was made from the archive named below, without the four buildings that the simulators replay, so
that a demonstration is forecast by what other buildings taught:

    python -m benchmarks.support.train_prior cambridge_electricity_2017_2019.csv.gz \
        --without cam_b5 cam_b27 cam_b31 cam_b112 --out cloud/energy/forecasting/prior.json

Without a file it learns from the four buildings in the repository and only says how far both tables are apart.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np

from benchmarks.support.meters import SHIPPED, read_meters
from cloud.energy.forecasting.prior import dump_prior, learn, load_prior

SOURCE = (
    "Langtry, M. and Choudhary, R. (2024), Cambridge University Estates building energy usage archive, v2.1, "
    "doi 10.5281/zenodo.10955332"
)
LICENCE = "MIT"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, default=SHIPPED, help="wide hourly table, csv.gz")
    parser.add_argument("--without", nargs="*", default=[], metavar="METER")
    parser.add_argument("--out", type=Path, help="write the table here")
    given = parser.parse_args()
    recorded = read_meters(given.file)
    names = sorted(set(recorded.meters) - set(given.without))
    prior = learn([recorded.meters[name] for name in names], recorded.is_workday)
    shipped = load_prior()
    apart = float(np.sqrt(np.mean((prior.weights - shipped.weights) ** 2)))
    print(f"{len(names)} meters; weights {apart:.4f} (root mean square) from the shipped table")
    if given.out is not None:
        digest = hashlib.sha256(given.file.read_bytes()).hexdigest()
        dump_prior(prior, {"source": SOURCE, "licence": LICENCE, "sha256": digest, "meters": names}, given.out)
        load_prior.cache_clear()


if __name__ == "__main__":
    main()
