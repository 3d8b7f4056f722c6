"""`make bench`: ratios measured side by side in one run."""

import argparse

from bench import batches, cold_start, images, laptop
from local import deployment
from local.stack import DIRECTORY


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("what", nargs="*", help="writer, publisher, init, images, laptop")
    parser.add_argument("--rounds", type=int, default=5, help="runs of everything; medians count")
    asked = parser.parse_args()
    what = asked.what or [*batches.RACES, "init", "images", "laptop"]
    if not deployment.is_built(DIRECTORY):
        deployment.build(DIRECTORY)
    for name in batches.RACES:
        if name in what:
            batches.report(name, asked.rounds)
    if "init" in what:
        cold_start.report(asked.rounds)
    if "images" in what:
        images.report(asked.rounds)
    if "laptop" in what:
        laptop.report()


main()
