# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Where the chart comes from, and how helm is told. Starts no process. PRIVATE to this collection."""

from __future__ import annotations

import base64
import dataclasses
import functools
import hashlib
import json
import os
import re
import typing as t
import urllib.parse

from ._errors import OptionError
from ._local_chart import ChartMetadata, compute_digest, read_metadata

Options = t.Mapping[str, t.Any]

DEFAULT_REF = "milvus"
DEFAULT_REPO_URL = "https://zilliztech.github.io/milvus-helm"
# Neither a flag for helm nor a path: a chart, or the user's name for a repository and a chart in it.
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)*", re.ASCII)


class ChartArguments(t.NamedTuple):
    """How helm is told: *reference* and *flags* on its command line, the rest beside it, for it holds a password.

    *files* has the text of a file for each environment variable that shall name one. *repository* is the name of the
    repository in them whose index helm has to fetch first, empty when there is none.
    """

    reference: str
    flags: tuple[str, ...] = ()
    files: t.Mapping[str, str] = {}
    repository: str = ""


@dataclasses.dataclass(frozen=True)
class Credentials:
    """Who asks the repository or registry, and the path of the CA certificate that proves it; empty where not given."""

    username: str = ""
    password: str = dataclasses.field(default="", repr=False)
    ca_cert: str = ""


@dataclasses.dataclass(frozen=True)
class ChartSource:
    """A chart as the options name it.

    *kind* is "repository" (a bare name, to be found in *repo_url*), "alias" (`<repository>/<name>` of the user's own
    helm repositories), "oci", "folder" or "archive"; *reference* of the last two is an absolute path.
    """

    kind: str
    reference: str
    repo_url: str = ""
    credentials: Credentials = Credentials()

    @property
    def is_local(self) -> bool:
        """Whether it is a folder or an archive, whose content can be read without helm."""
        return self.kind in ("folder", "archive")

    @property
    def title(self) -> str:
        """What to call it in messages."""
        return f"{self.reference} of {self.repo_url}" if self.repo_url else self.reference

    def arguments(self, version: str = "") -> ChartArguments:
        """Say how helm is told. *version* may be a constraint, empty for the newest; a local chart has but one."""
        own = self.credentials
        flags = ("--version", version) if version and not self.is_local else ()
        if self.kind == "repository" and own.username:
            # Of our own making, for helm keeps the index of a repository under its name, in the user's cache.
            name = f"milvus-cluster-{hashlib.sha256(self.repo_url.encode()).hexdigest()[:12]}"
            files = {"HELM_REPOSITORY_CONFIG": _write_repositories(name, self.repo_url, credentials=own)}
            return ChartArguments(f"{name}/{self.reference}", flags, files, name)
        if own.ca_cert:
            flags = (*flags, "--ca-file", own.ca_cert)
        if self.kind == "repository":
            return ChartArguments(self.reference, ("--repo", self.repo_url, *flags))
        if own.username:
            return ChartArguments(self.reference, flags, {"HELM_REGISTRY_CONFIG": _write_login(self.reference, own)})
        return ChartArguments(self.reference, flags)

    @functools.cached_property
    def metadata(self) -> ChartMetadata:
        """What a local chart says of itself. Raises OptionError."""
        return read_metadata(self.reference)

    @functools.cached_property
    def digest(self) -> str:
        """The SHA-256 of a local chart's content. Raises OptionError."""
        return compute_digest(self.reference)


def interpret(options: Options) -> ChartSource:
    """Read the options of the chart group. Raises OptionError; sends nothing."""
    reference = os.path.expanduser(options.get("chart_ref") or DEFAULT_REF)
    if reference.startswith(("/", ".")) or (reference.endswith(".tgz") and "://" not in reference):
        return _find_local(reference)
    if reference.startswith("oci://"):
        return ChartSource("oci", reference, credentials=_read_credentials(options))
    if "://" in reference:
        remedy = "Give the repository as chart_repo_url and the chart's name as chart_ref, or download the archive."
        raise _unusable("chart_ref", f"'{reference}' is a URL of another kind than oci://", remedy=remedy)
    if not _NAME.fullmatch(reference):
        raise _unusable("chart_ref", f"'{reference}' is no name of a chart", remedy="Correct it.")
    if "/" in reference:
        return ChartSource("alias", reference)
    repo_url = (options.get("chart_repo_url") or DEFAULT_REPO_URL).rstrip("/")
    _check_url(repo_url)
    return ChartSource("repository", reference, repo_url, _read_credentials(options))


def _find_local(reference: str) -> ChartSource:
    path = os.path.abspath(reference)
    if not os.path.exists(path):
        remedy = "Correct the path; a chart of a repository is given by its bare name or as <repository>/<name>."
        raise _unusable("chart_ref", f"there is no {path} on the host that runs the module", remedy=remedy)
    source = ChartSource("folder" if os.path.isdir(path) else "archive", path)
    source.metadata  # noqa: B018  # so that another path is found out before anything else is done
    return source


def _read_credentials(options: Options) -> Credentials:
    username, password = options.get("chart_repo_username") or "", options.get("chart_repo_password") or ""
    ca_cert = options.get("chart_repo_ca_cert") or ""
    if bool(username) != bool(password):
        missing = "chart_repo_password" if username else "chart_repo_username"
        raise _unusable(missing, "it is not set, but its counterpart is", remedy="Set both or none.")
    if ca_cert and not os.path.isfile(ca_cert):
        reason = f"there is no file {ca_cert} on the host that runs the module"
        raise _unusable("chart_repo_ca_cert", reason, remedy="Correct the path.")
    return Credentials(username, password, os.path.abspath(ca_cert) if ca_cert else "")


def _check_url(url: str) -> None:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "oci":
        remedy = f"Set chart_ref to {url}/{DEFAULT_REF} or the like."
        raise _unusable("chart_repo_url", "a registry is no repository of this kind", remedy=remedy)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _unusable("chart_repo_url", f"'{url}' is no http or https URL", remedy="Correct it.")
    if parts.username is not None or parts.password is not None:
        # It would be seen in the list of processes, and in every message about the repository.
        remedy = "Take it out, and set chart_repo_username and chart_repo_password."
        raise _unusable("chart_repo_url", "it has a user name or a password in it", remedy=remedy)


def _unusable(option: str, reason: str, *, remedy: str) -> OptionError:
    return OptionError(f"Reading the option {option}", reason=reason.rstrip("."), remedy=remedy)


def _write_repositories(name: str, url: str, *, credentials: Credentials) -> str:
    """Return a repositories.yaml with one repository."""
    who = {"username": credentials.username, "password": credentials.password, "caFile": credentials.ca_cert}
    return json.dumps({"apiVersion": "v1", "repositories": [{"name": name, "url": url, **who}]})


def _write_login(reference: str, credentials: Credentials) -> str:
    """Return a registry configuration with the login to the registry of an `oci://` reference."""
    pair = f"{credentials.username}:{credentials.password}".encode()
    return json.dumps({"auths": {urllib.parse.urlsplit(reference).netloc: {"auth": base64.b64encode(pair).decode()}}})
