# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What ``make demo`` shows: Milvus on a lab, by the playbooks of the collection; on a real node where one can be."""

from __future__ import annotations

import argparse
import sys

import real_demo
import simulated_demo
from milvus_lab.errors import LabError


def run(nodes: str) -> None:
    """Run the demo on *nodes* of that kind, "" for the best that this machine allows."""
    lack = "" if nodes == "sim" else real_demo.find_lack()
    if nodes == "real" and lack:
        raise LabError(f"no real node: {lack}")
    if nodes == "sim" or lack:
        print(f"Nodes and pods are simulated{f': {lack}' if lack else ', as asked for'}.", flush=True)
        simulated_demo.run()
    else:
        print("The node and its pods are real, and Milvus runs in them; NODES=sim takes simulated ones.", flush=True)
        real_demo.run()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", choices=["", "sim", "real"], default="", help="kind of nodes, the best there is")
    try:
        run(parser.parse_args().nodes)
    except LabError as exc:
        sys.exit(f"demo: error: {exc}")
