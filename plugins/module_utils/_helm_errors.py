# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What helm says when it fails, and the next step for it. Pure. PRIVATE to this collection.

helm ends with 1 whatever has happened: its words, in part worded differently by Helm 3 and 4, are all there is.
"""

from __future__ import annotations

import re
import typing as t

from ._redaction import mask

LONGEST = 2000  # characters of helm's words that a message takes
AFTER_STOP = "Run it again: it goes on from what helm has left."

_ERROR = re.compile(r"^Error: ", re.MULTILINE)
_UNFETCHED = re.compile(r'Unable to get an update from the "[^"]*" chart repository \(.*\):\s*(.*)')
_FIELDS = "Delete the object, or keep what the message names as it is: the API server does not let it be changed."
_LOCKED = "Wait until the other operation is over. If it was killed, milvus_info tells which one holds the release."
# Somebody else has begun a revision: helm says so before it touches anything.
_HELD, _TAKEN = r"another operation .* in progress|release: already exists", r"re-?use a name that is still in use"
# Pattern in helm's words → the next step; the first that is found counts.
_REMEDIES = {
    r"cluster unreachable": "Check that the API server can be reached and takes these credentials.",
    # the chart
    r'^chart ".*" version ".*" not found': "Correct chart_version: the repository has the chart, not that version.",
    r'^chart ".*" not found': "Correct chart_ref, the chart's name, or chart_repo_url, the repository.",
    r"^chart .* matching .* not found|no chart version found|no cached repo|^repo .* not found": (
        "Add or update the repository with `helm repo add` and `helm repo update` as the user that runs the module, "
        "or set chart_repo_url and give the bare name as chart_ref."
    ),
    r"protocol handler": "Plugins of helm are not used: download the chart, and set chart_ref to the archive.",
    r"\b401\b|unauthorized|credential not found|\b403 Forbidden": (
        "Set chart_repo_username and chart_repo_password, or correct them."
    ),
    r"x509|failed to verify certificate": "Set chart_repo_ca_cert to the CA certificate of the repository.",
    r"valid chart repository|FetchReference|/v2/|index\.yaml|\.tgz": (
        "Check that the repository can be reached from the host that runs the module, maybe by a proxy (HTTPS_PROXY), "
        "or download the chart and set chart_ref to its path."
    ),
    # the values
    r"don't meet the specifications of the schema": "Correct the values that helm names.",
    r"nil pointer|^template: |executing \"|^execution error|parse error on": (
        "The chart cannot be rendered with these values: correct those that the template reads."
    ),
    # the cluster
    r"being terminated": "Wait until the namespace is gone, or take another one.",
    r"namespaces .* not found": "Create the namespace, or set create_namespace.",
    r"is forbidden: User": "Add the right that the message names to a Role that is bound to the account.",
    r"no matches for kind": "The cluster lacks an API that the chart needs: install it, or switch off what uses it.",
    # the release
    _HELD: _LOCKED,
    _TAKEN: "Run it again: the release has come into being meanwhile.",
    r"release: not found|has no deployed releases": "Run it again: the release has gone meanwhile.",
    r"connection (refused|reset)|i/o timeout|TLS handshake timeout|unexpected EOF|too many requests": (
        "Run it again when the API server can be reached: it goes on from what helm has left."
    ),
    # its objects
    r"invalid ownership metadata": (
        "An object of that name is there and belongs to another release or to none: delete or rename it, or choose "
        "another release_name."
    ),
    r"conflict occurred|Apply failed with": (
        "Another manager owns the field: give it up there, or set the same value here."
    ),
    r"is immutable|updates to statefulset|Forbidden: (spec|field|updates)": _FIELDS,
    r"admission webhook|exceeded quota|is forbidden": "Follow what the cluster's rule says, or have it changed.",
    r"hook.* failed|deadline exceeded": "Look at the Job that the chart runs as a hook, and at its pod's log.",
}
_OTHERWISE = "Correct what helm names, then run it again."


def read_words(stderr: str, secrets: t.Iterable[str] = ()) -> str:
    """Return helm's error in one line, without the *secrets* and without what it has logged on the way."""
    found = _ERROR.search(stderr)
    words = " ".join(mask(stderr[found.end() :] if found else stderr, secrets).split()).rstrip(".")
    return words if len(words) <= LONGEST else f"{words[:LONGEST]} ..."


def read_fetch_failure(stdout: str) -> str:
    """Return why `helm repo update` has not got an index, "" when it has: Helm 3 calls that a success."""
    found = _UNFETCHED.search(stdout)
    return found[1].strip() if found else ""


def is_overtaken(words: str) -> bool:
    """Whether helm has done nothing because of another operation on the release."""
    return re.search(f"{_HELD}|{_TAKEN}", words, re.IGNORECASE) is not None


def find_remedy(words: str) -> str:
    """Return the next step for helm's *words*."""
    found = (remedy for pattern, remedy in _REMEDIES.items() if re.search(pattern, words, re.IGNORECASE))
    return next(found, _OTHERWISE)
