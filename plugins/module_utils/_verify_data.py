# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The checks of milvus_verify that ask Milvus' REST API: what the options say of them, how they are judged. PRIVATE.

They are done where the task asks for them. Data are asked for through each proxy: an outage of one shows in no other.
"""

from __future__ import annotations

import re
import typing as t

from ._data_plane import MOST_DOORS, Finding, Probe
from ._errors import OptionError
from ._kube import PodPort
from ._milvus_rest import PORT, AddressDoor, Door, PodDoor, Query
from ._resource_groups import TYPES
from ._sightings import Place
from ._topology import STANDALONE
from ._verify_outcome import Outcome, judge, skip

if t.TYPE_CHECKING:
    from ._module import Task
    from ._verify_scene import Scene

Json = dict[str, t.Any]

RESOURCE_GROUPS, SMOKE_TEST, PROBE = "resource_groups", "smoke_test", "probe"
_SHORTEST_SECRET = 8  # masking a shorter one, such as Milvus' own default, would mask harmless output too
_SERVING = ("proxy", "standalone")


def find_wanted(options: Json) -> tuple[str, ...]:
    """Return the checks that options turn on. Raises OptionError where these make no sense."""
    named = {*options["checks"], *options["required_checks"]}
    probe = read_probe(options)
    if PROBE in named and probe is None:
        raise _complain("probe", reason="the check probe has nothing to ask for", remedy="Say it with probe.")
    _check_uri(options["milvus_uri"] or "")
    find_credentials(options)
    return (*((SMOKE_TEST,) if options[SMOKE_TEST] else ()), *((PROBE,) if probe else ()))


def _check_uri(uri: str) -> None:
    if uri and not re.match(r"https?://[^@/\s]+/?\Z", uri):
        reason = "it is not http:// or https:// with host and port alone"
        raise _complain("milvus_uri", reason=reason, remedy="Give such as https://milvus.example.com:19530.")


def read_probe(options: Json) -> Probe | None:
    """Return the search that shall find what is known. Raises OptionError where that is nothing."""
    given = options[PROBE]
    if not given:
        return None
    for part in ("vector", "ids"):
        if not given[part]:
            raise _complain(f"probe.{part}", reason="it is empty", remedy="Give what is searched, and what is found.")
    ids = tuple(map(str, given["ids"]))
    fields = {"output": given["id_field"], "field": given["vector_field"], "database": given["database"] or ""}
    return Probe(Query(given["collection"], given["vector"], len(ids), **fields), ids)


def find_credentials(options: Json) -> str:
    """Return what is shown to Milvus, "" for nothing. Raises OptionError where it is incomplete, or cannot be shown."""
    user, password, token = (options[f"milvus_{name}"] or "" for name in ("user", "password", "token"))
    if bool(user) != bool(password):
        missing = "milvus_password" if user else "milvus_user"
        raise _complain(missing, reason="it is missing", remedy="Set both, or neither.")
    if user and token:
        raise _complain("milvus_token", reason="milvus_user is set, too", remedy="Set one of them.")
    if (user or token) and not options["milvus_uri"]:
        # The API server takes the header Authorization for its own, and passes it on to nobody.
        reason = "without it Milvus is asked by way of the API server, which passes no credentials on"
        raise _complain("milvus_uri", reason=reason, remedy="Set it to an address of Milvus that this host reaches.")
    return token or (f"{user}:{password}" if user else "")


def find_secrets(options: Json) -> set[str]:
    """Return what must show up nowhere."""
    secrets = (options["milvus_password"] or "", options["milvus_token"] or "")
    return {secret for secret in secrets if len(secret) >= _SHORTEST_SECRET}


def _complain(option: str, *, reason: str, remedy: str) -> OptionError:
    return OptionError(f"Reading the option {option}", reason=reason, remedy=remedy)


def find_doors(task: Task, scene: Scene) -> list[Door]:
    """Return the ways to Milvus: the address that is given, else the first of its proxies that are ready."""
    options = task.options
    if options["milvus_uri"]:
        credentials, ca_cert = find_credentials(options), options["milvus_ca_cert"] or ""
        return [AddressDoor(options["milvus_uri"], credentials=credentials, ca_cert=ca_cert)]
    serving = {part.workload.key for part in scene.topology.components if part.type.key in _SERVING}
    pods = sorted(pod for pod in scene.pods if pod.workload in serving and pod.is_ready)
    ports = (PodPort(pod.name, pod.port or PORT, options["milvus_tls"]) for pod in pods[:MOST_DOORS])
    return [PodDoor(task.client, port) for port in ports]


def find_places(scene: Scene) -> dict[str, Place]:
    """Return address → pod, of all that may be in a resource group."""
    types = {part.workload.key: part.type.key for part in scene.topology.components if part.type.key in TYPES}
    return {
        pod.address: Place(pod.name, types[pod.workload], pod.is_ready)
        for pod in scene.pods
        if pod.workload in types and pod.address
    }


NO_PROXY = Finding(("no proxy is ready to be asked",))
IN_CHECK_MODE = Finding(reason="it would write into Milvus, which check mode does not do")
FORGONE = skip(IN_CHECK_MODE.reason)


def check_resource_groups(scene: Scene) -> Outcome:
    """Each resource group has as many query nodes as it requests, and these are the pods."""
    if scene.topology.mode == STANDALONE:
        return skip("a standalone Milvus has no query nodes to group")
    remedy = "Scale query_node, or have the groups request less; one that was killed stays listed for up to 60 s."
    return _judge(scene.groups, remedy)


def check_smoke_test(scene: Scene) -> Outcome:
    """Milvus takes rows and finds them again, through each proxy."""
    return _judge(scene.smoke, "Milvus does not serve, whatever its pods say: read the logs of what is named.")


def check_probe(scene: Scene) -> Outcome:
    """A search finds what the task says, through each proxy."""
    return _judge(scene.probe, "Until it is right, searches of users are not: see whether segments are still moving.")


def _judge(finding: Finding | None, remedy: str) -> Outcome:
    if finding is None:
        return skip("it was not asked for")
    if finding.reason:
        return skip(finding.reason)
    return judge(finding.problems, finding.evidence, remedy=remedy)
