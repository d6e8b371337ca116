# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line of the lab."""

from __future__ import annotations

import argparse
import json
import typing as t
from pathlib import Path

from . import charts, images, labs, strengths, toolchain
from .errors import LabError
from .layout import Layout
from .toolchain import say_plainly


def main(arguments: t.Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 1 where it could not be done."""
    options = _parser().parse_args(arguments)
    try:
        answer: dict[str, t.Any] = options.command(options)
    except LabError as exc:
        say_plainly(f"error: {exc}")
        return 1
    print(json.dumps(answer, indent=2) if options.json else _plain(answer), flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lab", description="A Kubernetes control plane on this machine, for tests.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    table: tuple[tuple[str, t.Callable[[argparse.Namespace], dict[str, t.Any]], str], ...] = (
        ("up", _up, "build what is missing, start the lab and wait until it can be used"),
        ("down", _down, "end the lab and remove its files"),
        ("status", _status, "tell which labs there are and how they are"),
        ("kubeconfig", _kubeconfig, "print the path of the lab's kubeconfig"),
        ("build", _build, "build what is missing, start nothing"),
        ("images", _images, "build the container images that are missing and tell where their archives are"),
    )
    for name, command, text in table:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=command)
        sub.add_argument("--json", action="store_true", help="print the answer as JSON")
        if name not in ("build", "images"):
            sub.add_argument("--name", default="default", help="the lab's name (default: %(default)s)")
        if name in ("up", "build"):
            kinds = tuple(strengths.STRENGTHS)
            sub.add_argument("--nodes", choices=kinds, default="sim", help="kind of nodes (default: %(default)s)")
        if name == "up":
            words = "archive of an image for a real node, as often as you like"
            sub.add_argument("--image", action="append", type=Path, default=[], metavar="ARCHIVE", help=words)
        if name == "images":
            sub.add_argument("image", nargs="*", help=f"of {', '.join(images.names())} (default: all)")
        if name == "down":
            sub.add_argument("--all", action="store_true", help="end every lab")
    return parser


def _facts(layout: Layout) -> dict[str, t.Any]:
    state = layout.read_state()
    return {
        "name": layout.name,
        "nodes": layout.strength,
        "phase": state["phase"],
        "detail": state["detail"],
        "kubeconfig": str(layout.kubeconfig),
        "api": layout.api_url,
        "chart_repository": charts.repository_url(layout.ports["charts"]),
        "programs": str(layout.programs),
        "logs": str(layout.logs),
        "components": state["components"],
    }


def _up(options: argparse.Namespace) -> dict[str, t.Any]:
    return _facts(labs.up(options.name, strength=options.nodes, archives=options.image, say=say_plainly))


def _down(options: argparse.Namespace) -> dict[str, t.Any]:
    labs.sweep(say_plainly)
    ended = [name for name in (labs.names() if options.all else [options.name]) if labs.down(name)]
    return {"ended": ended}


def _status(_options: argparse.Namespace) -> dict[str, t.Any]:
    return {"labs": [_facts_or_dead(name) for name in labs.names()], "versions": toolchain.versions()}


def _facts_or_dead(name: str) -> dict[str, t.Any]:
    try:
        return _facts(labs.running(name))
    except LabError:
        return {"name": name, "phase": "killed", "detail": "the next up or down cleans up after it"}


def _kubeconfig(options: argparse.Namespace) -> dict[str, t.Any]:
    return {"kubeconfig": str(labs.running(options.name).kubeconfig)}


def _build(options: argparse.Namespace) -> dict[str, t.Any]:
    programs = toolchain.ensure_programs(say_plainly)
    own = strengths.STRENGTHS[options.nodes].ensure_programs(say_plainly)
    return {"programs": str(programs), **({"node_programs": str(own)} if own else {})}


def _images(options: argparse.Namespace) -> dict[str, t.Any]:
    archives = images.ensure_images(options.image or images.names(), say_plainly)
    return {"images": [_image_facts(archive) for archive in archives]}


def _image_facts(archive: images.Archive) -> dict[str, t.Any]:
    return {
        "name": archive.image.name,
        "reference": archive.image.reference,
        "archive": str(archive.path),
        "mebibytes": round(archive.path.stat().st_size / 2**20, 1),
        "digest": archive.digest,
    }


def _plain(answer: dict[str, t.Any]) -> str:
    if set(answer) == {"kubeconfig"}:
        return str(answer["kubeconfig"])
    return "\n".join(_rows(answer))


def _rows(value: t.Any, indent: str = "") -> t.Iterator[str]:
    entries = value.items() if isinstance(value, dict) else ((entry.pop("name", "-"), entry) for entry in value)
    for key, entry in entries:
        if isinstance(entry, dict) or (isinstance(entry, list) and entry and isinstance(entry[0], dict)):
            yield f"{indent}{key}:"
            yield from _rows(entry, indent + "  ")
        elif entry != "":
            yield f"{indent}{key}: {', '.join(entry) if isinstance(entry, list) else entry}"
