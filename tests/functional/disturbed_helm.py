# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A helm that something happens to on its way."""

from __future__ import annotations

import os
from pathlib import Path

from milvus_lab.client import HELMS
from release_states import NAME, Cluster

# The files that the module lends to helm have low descriptors: the own ones are beyond.
# once: only at the first start. start: helm, until a record has that status; then it is stopped.
_SCRIPT = """#!/bin/bash
export HELM_NAMESPACE={namespace} PATH={path}
helm={helm} kubeconfig={kubeconfig} chart={chart} release={release}
once() {{ mkdir "$0.$1" 2> /dev/null; }}
start() {{
  local status=$1; shift
  exec 41< <(exec kubectl --kubeconfig "$kubeconfig" --namespace {namespace} get secret --watch --output name \\
    --selector "owner=helm,status=$status")
  local watch=$!
  sleep 1
  "$helm" "$@" <&40 &
  pid=$!
  read -r _ <&41
  kill -STOP $pid
  kill $watch
}}
elsewhere() {{ KUBECONFIG="$kubeconfig" "$helm" "$@" < /dev/null > /dev/null; }}
exec 40<&0
case " $* " in
  *" --dry-run"*) {render} ;;
  *" upgrade "*) {upgrade} ;;
esac
exec "$helm" "$@" <&40
"""
# What can happen; to be formatted with `install` or `upgrade`.
KILL_HELM = 'once kill && start pending-{0} "$@" && kill -9 $pid && wait $pid; test "$pid" && exit 137'
KILL_BOTH = 'once kill && start pending-{0} "$@" && kill -9 $pid $PPID; test "$pid" && exit 137'
KILL_MODULE = "once kill && kill -9 $PPID && sleep 3"
CHANGE = 'once change && elsewhere upgrade "$release" "$chart" --reset-then-reuse-values --set proxy.replicas=2'


def disturb(path: Path, cluster: Cluster, *, render: str = ":", upgrade: str = ":") -> Path:
    """Write a helm to *path* that runs these shell commands first, when it renders or changes a release."""
    programs = cluster.lab.program("kubectl").parent
    script = _SCRIPT.format(
        namespace=cluster.namespace,
        path=f"{programs}{os.pathsep}{os.environ['PATH']}",
        helm=cluster.lab.program(HELMS[cluster.which]),
        kubeconfig=cluster.lab.kubeconfig,
        chart=cluster.chart("5.0.19"),
        release=NAME,
        render=render,
        upgrade=upgrade,
    )
    path.write_text(script, encoding="utf-8")
    path.chmod(0o700)
    return path
