# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""What is refused before anything is touched, and what to do instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer import BY_HAND, Installer, Json
from milvus_lab import charts
from milvus_lab.client import CommandFailedError, wait_for
from release_states import NAME, SCENARIOS
from scaling import DATA_NODE, QUERY_NODE, check_helm_alone, count

BUILDS = {scenario.name: scenario.build for scenario in SCENARIOS}

helm4 = pytest.mark.parametrize("installer", ["helm4"], indirect=True)


REFUSALS = (
    ("5.0.19", {"index_node": 3}, "Index nodes are merged into data nodes since Milvus 2.6", "BlockedError"),
    ("5.0.19", {"mix_coordinator": 2}, "does not support scaling out the coordinators", "OptionError"),
    ("5.0.19", {"query_nod": 2}, "Did you mean query_node?", "OptionError"),
    ("5.0.19", {"proxy": 0}, "or set allow_zero", "OptionError"),
    ("4.1.28", {"streaming_node": 2}, "Streaming nodes come with Milvus 2.6", "BlockedError"),
)


@helm4
@pytest.mark.parametrize("version", ["5.0.19", "4.1.28"])
def test_what_is_refused(version: str, scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND, version=version)
    before = scaler.look()
    for _version, replicas, words, kind in (each for each in REFUSALS if each[0] == version):
        assert words in scaler.fail(kind, replicas=replicas)
        assert words in scaler.fail(kind, replicas=replicas, check=True)
    words = "is chart milvus 5.0.17, and the release is of chart milvus"
    assert words in scaler.fail("OptionError", replicas={"proxy": 2}, chart_ref=str(scaler.cluster.chart("5.0.17")))
    assert scaler.look() == before


@helm4
def test_streaming_that_is_off(scaler: Installer) -> None:
    scaler.cluster.install(BY_HAND, "--set=streaming.enabled=false")
    message = scaler.fail("BlockedError", replicas={"streaming_node": 2})
    assert "Switch it on by milvus_install, with streaming.enabled: true in its release_values." in message


@helm4
def test_releases_that_have_no_workers_of_helms(scaler: Installer) -> None:
    assert "there is no such release" in scaler.fail("BlockedError", replicas={"proxy": 2})
    foretold = scaler.run(check=True, replicas={"proxy": 2})
    assert (foretold["changed"], foretold["counts"][0]["after"]) == (True, 2)
    assert any("would have to be installed before" in warning for warning in foretold["warnings"])
    scaler.cluster.install(BY_HAND, "--set=cluster.enabled=false")
    assert "it is a standalone Milvus" in scaler.fail("BlockedError", replicas={"proxy": 2})
    scaler.cluster.helm("uninstall", NAME)
    BUILDS["operator"](scaler.cluster)
    for check in (True, False):
        message = scaler.fail("BlockedError", replicas={"query_node": 2}, check=check)
        assert "a Milvus of that name is there, managed by milvus-operator" in message
        assert "Set the counts in spec.components of its Milvus resource" in message


def test_a_chart_that_the_repository_has_no_more(scaler: Installer, tmp_path: Path) -> None:
    scaler.cluster.helm("package", charts.CHARTS / "milvus", "--version=5.0.13", "--destination", tmp_path)
    archive = tmp_path / "milvus-5.0.13.tgz"
    scaler.cluster.helm("install", NAME, archive, BY_HAND)
    before = scaler.look()
    message = scaler.fail("HelmError", replicas={"query_node": 2})
    assert "The release runs milvus 5.0.13, and a scale does not change that" in message
    assert "Set chart_ref to its folder or archive, or chart_repo_url to a repository that has it" in message
    assert scaler.look() == before
    scaler.dance(replicas={"query_node": 2}, chart_ref=str(archive))


@pytest.mark.one_will_do
@pytest.mark.parametrize("workload", [DATA_NODE, QUERY_NODE])
def test_a_hotfix_survives(workload: str, scaler: Installer) -> None:
    """Helm 3 would set the image back, Helm 4 end half-way; on the very workload that is scaled, too."""
    scaler.cluster.install(BY_HAND)
    image = "milvusdb/milvus:hotfix"
    scaler.cluster.kubectl("set", "image", f"deployment/{workload}", f"*={image}")
    before = scaler.look()
    for check in (True, False):
        message = scaler.fail("BlockedError", replicas={"query_node": 2}, check=check)
        assert f"Deployment/{workload} has image {image}, the release image milvusdb/milvus:v2.6.15" in message
        assert "helm would set it back, or with server-side apply stop at it half-way" in message
        assert f"give Deployment/{workload} the release's image again by `kubectl set image`" in message
    assert scaler.look() == before
    scaler.cluster.kubectl("set", "image", f"deployment/{workload}", "*=milvusdb/milvus:v2.6.15")
    scaler.look()
    scaler.dance(replicas={"query_node": 2})
    assert count(scaler)["querynode"] == 2
    assert scaler.find_count_owners() == {"helm"}


def make_rule(namespace: str) -> tuple[Json, Json]:
    """A rule of the cluster that lets no Deployment of the namespace have more than three pods."""
    kind, version, metadata = "ValidatingAdmissionPolicy", "admissionregistration.k8s.io/v1", {"name": namespace}
    deployments = {
        "apiGroups": ["apps"],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": ["deployments"],
    }
    rule = {"expression": "object.spec.replicas <= 3", "message": "three pods are enough"}
    spec = {"matchConstraints": {"resourceRules": [deployments]}, "validations": [rule]}
    here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    binding = {"policyName": namespace, "validationActions": ["Deny"], "matchResources": here}
    return (
        {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec},
        {"apiVersion": version, "kind": f"{kind}Binding", "metadata": metadata, "spec": binding},
    )


@helm4
def test_a_rule_of_the_cluster(scaler: Installer) -> None:
    """Helm's dry run lets it pass."""
    scaler.cluster.install(BY_HAND)
    rule = make_rule(scaler.cluster.namespace)
    scaler.cluster.lab.apply(*rule, namespace=scaler.cluster.namespace)

    def is_in_force() -> bool:
        patch = ("patch", "deployment", QUERY_NODE, "--dry-run=server", '--patch={"spec":{"replicas":4}}')
        try:
            scaler.cluster.kubectl(*patch)
        except CommandFailedError:
            return True
        return False

    wait_for("a rule in force", is_in_force)
    before = scaler.look()
    for check in (True, False):
        message = scaler.fail("BlockedError", replicas={"query_node": 4, "proxy": 2}, check=check)
        assert "Scaling query_node to 4 is blocked" in message
        assert "three pods are enough" in message
    assert scaler.look() == before
    scaler.dance(replicas={"query_node": 3})
    check_helm_alone(scaler)
