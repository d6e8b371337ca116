# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The playbooks `scale` and `site` and the role, with variables as a survey sends them, and two labs at a time."""

from __future__ import annotations

import json
import os
import re
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml

from installer import BARE, BY_HAND, Installer
from milvus_lab import labs, toolchain
from milvus_lab.client import HELMS, Client
from playbook_runner import PROGRAM, Run, environment
from playbooks import Playbooks, fast
from release_states import NAME, Cluster

Json = dict[str, t.Any]

SCALE, SITE = "milvus.cluster.scale", "milvus.cluster.site"
# Answers of a survey that nobody has filled in, and of its lists of choices.
BLANKS = {
    "milvus_context": "",
    "milvus_chart_ref": "",
    "milvus_scale_replicas": "",
    "milvus_scale_query_node": "",
    "milvus_scale_data_node": "",
    "milvus_scale_index_node": "",
    "milvus_scale_streaming_node": "",
    "milvus_scale_proxy": "",
    "milvus_scale_autoscaling": "",
    "milvus_scale_strategy": "",
    "milvus_scale_scale_in_step": "",
    "milvus_scale_allow_zero": "no",
    "milvus_scale_drift": "",
    "milvus_scale_on_failure": "",
    "milvus_scale_wait": "yes",
    "milvus_install_create_namespace": "",
    "milvus_install_values_files": "",
    "milvus_install_sensitive_values": "",
}
LAST = "what is left, and every pod"
# The worker type of each generation of charts that the other one has not.
OF_ITS_OWN = {"5.0.19": "streaming_node", "4.1.28": "index_node"}
# The chart's generations, each with one helm.
GENERATIONS = pytest.mark.parametrize(
    ("version", "installer"), [("5.0.19", "helm4"), ("4.1.28", "helm3")], indirect=["installer"]
)


class ScalePlaybooks(Playbooks):
    """Those that scale."""

    def fail(self, playbook: str, *words: str, **variables: t.Any) -> str:
        """Run it, which must fail and touch nothing, and return what it says."""
        before = self.installer.look()
        run = self.attempt(playbook, *words, **variables)
        assert run.failed, run.output
        assert self.installer.look() == before
        return run.output

    def dance(self, playbook: str, **variables: t.Any) -> Run:
        """Check, do, check, do: what is foretold comes about, once. Returns the run that has done it."""
        installer = self.installer
        before = installer.look()
        foretold = self.run(playbook, "--check", "--diff", **variables)
        assert foretold.changed > 0
        assert installer.look() == before
        done = self.run(playbook, **variables)
        assert done.changed > 0
        plan = [row for row in foretold.rows if not row.startswith("Nothing is verified")]
        assert done.rows[: len(plan)] == plan
        installer.check_all_ready()
        after = installer.look(), installer.helm.count
        for words in (["--check", "--diff"], []):
            again = self.run(playbook, *words, **variables)
            assert (again.changed, list_steps(again), LAST in again.output) == (0, [], False), again.output
        assert (installer.look(), installer.helm.count) == after
        return done


@pytest.fixture
def playbooks(installer: Installer) -> ScalePlaybooks:
    return ScalePlaybooks(installer, {**BLANKS, **fast("install"), **fast("scale")})


def list_steps(run: Run) -> list[str]:
    """What the tasks that scale are called."""
    return re.findall(r"^TASK \[.*Scale \S+: (\S+ \S+ → .*?)\]", run.output, re.MULTILINE)


def read_result(run: Run) -> Json:
    """What the playbook hands to the job."""
    stats, _end = json.JSONDecoder().raw_decode(run.output.partition("RUN: ")[2])
    return t.cast(Json, stats["milvus_result"])


def read_counts(run: Run) -> dict[str, tuple[int, int]]:
    return {row["type"]: (row["before"], row["after"]) for row in read_result(run)["counts"]}


@pytest.mark.one_will_do
@GENERATIONS
def test_scale(version: str, playbooks: ScalePlaybooks) -> None:
    installer, own = playbooks.installer, OF_ITS_OWN[version]
    installer.cluster.install(BY_HAND, version=version)
    wanted = {
        "milvus_scale_replicas": json.dumps({"proxy": "2", "query_node": "7", own: ""}),
        "milvus_scale_query_node": "3",
        "milvus_scale_data_node": " 2",
    }
    done = playbooks.dance(SCALE, **wanted)
    assert list_steps(done) == ["query_node 1 → 3", "data_node 1 → 2", "proxy 1 → 2"]
    assert done.changed == 3
    assert read_counts(done) == {"query_node": (1, 3), "data_node": (1, 2), own: (1, 1), "proxy": (1, 2)}
    assert set(read_result(done)) == {"changed", "release", "counts"}

    fewer = {"milvus_scale_query_node": "1", "milvus_scale_replicas": {"proxy": 3}, f"milvus_scale_{own}": 2}
    mixed = playbooks.dance(SCALE, **fewer)
    assert list_steps(mixed) == [f"{own} 1 → 2", "proxy 2 → 3", "query_node 3 → 1"]
    assert installer.values["queryNode"] == {"replicas": 1}
    assert installer.find_count_owners() == {"helm"} or installer.cluster.which == "helm3"


@pytest.mark.one_will_do
@GENERATIONS
def test_site(version: str, playbooks: ScalePlaybooks) -> None:
    installer, own = playbooks.installer, OF_ITS_OWN[version]
    values = {**BARE, "queryNode": {"resources": {"requests": {"cpu": "100m"}}}}
    wanted = {
        "milvus_install_release_values": json.dumps(values),
        "milvus_install_chart_version": version,
        "milvus_scale_query_node": "2",
        f"milvus_scale_{own}": "2",
        "milvus_scale_data_node": "1",
    }
    foretold = playbooks.run(SITE, "--check", "--diff", **wanted)
    assert foretold.changed == 2
    assert "outside of check mode it would have to be installed before" in foretold.output
    assert {"scale query_node: 2", f"scale {own}: 2"} <= set(foretold.rows)
    assert "Nothing is verified, because in check mode" in foretold.output

    done = playbooks.run(SITE, **wanted)
    installer.check_all_ready()
    assert list_steps(done) == ["query_node 1 → 2", f"{own} 1 → 2"]
    assert read_counts(done) == {"query_node": (1, 2), "data_node": (1, 1), own: (1, 2), "proxy": (1, 1)}
    result = read_result(done)
    assert set(result) == {"changed", "release", "endpoints", "before", "after", "counts", "checks"}
    assert {result["checks"][name] for name in ("release", "counts", "pods", "images", "endpoints")} == {"passed"}
    assert (result["changed"], result["release"]["revision"]) == (True, 3)
    rows = [row.split(": ")[0].split() for row in done.rows[-len(result["checks"]) :]]
    assert {name: outcome for outcome, name in rows} == result["checks"]
    assert "failed" not in result["checks"].values()
    assert "query_node 2 (asked for)" in done.output

    starts = installer.helm.count
    for words in (["--check", "--diff"], []):
        again = playbooks.run(SITE, *words, **wanted)
        assert (again.changed, installer.helm.count, list_steps(again)) == (0, starts, []), again.output
        assert not read_result(again)["changed"]

    mixed = playbooks.dance(SITE, **{**wanted, "milvus_scale_query_node": "1", "milvus_scale_proxy": "2"})
    assert list_steps(mixed) == ["proxy 1 → 2", "query_node 2 → 1"]


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_tags(playbooks: ScalePlaybooks, tmp_path: Path) -> None:
    wanted = {"milvus_install_release_values": BARE, "milvus_scale_query_node": "2"}
    refused = playbooks.fail(SITE, "--tags", "verify", **wanted)
    assert "Install it by milvus_install" in refused
    assert '"checks": {' in refused.partition("RUN: ")[2]
    installed = playbooks.run(SITE, "--tags", "install", **wanted)
    assert (playbooks.installer.query_nodes, read_result(installed)["counts"]) == (1, [])
    scaled = playbooks.run(SITE, "--tags", "scale", **wanted)
    assert (scaled.changed, playbooks.installer.query_nodes) == (1, 2)
    assert "milvus_install : Plan" not in scaled.output
    for tag in ("install", "scale", "verify"):
        again = playbooks.run(SITE, "--tags", tag, milvus_report_path=str(tmp_path / tag), **wanted)
        assert again.changed == 0, again.output
        assert {file.suffix for file in (tmp_path / tag).iterdir()} == {".html", ".md"}
        assert ("passed counts: " in again.output) == (tag == "verify")
    # What was scaled by a way of its own is verified by the same.
    way = {"milvus_kubeconfig": "/dev/null", "milvus_scale_kubeconfig": str(playbooks.installer.cluster.lab.kubeconfig)}
    assert "passed counts: " in playbooks.run(SITE, "--tags", "verify", **wanted, **way).output


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_contradictions(playbooks: ScalePlaybooks, tmp_path: Path) -> None:
    file = tmp_path / "values.yml"
    file.write_text("queryNode: {replicas: 3}", encoding="utf-8")
    values, wanted = '{"queryNode": {"replicas": 3}}', {"milvus_scale_query_node": "2"}
    words = "gives queryNode.replicas 3, and milvus_scale_query_node wants 2"
    assert words in playbooks.fail(SITE, milvus_install_release_values=values, **wanted)
    assert words in playbooks.fail(SITE, "--check", milvus_install_values_files=str(file), **wanted)
    # The later one is what the install would set.
    later = {"milvus_install_values_files": str(file), "milvus_install_release_values": {**BARE, "queryNode": None}}
    playbooks.run(SITE, "--check", **later, **wanted)


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_refusals(playbooks: ScalePlaybooks) -> None:
    assert "there is no such release" in playbooks.fail(SCALE, milvus_scale_proxy="2")
    assert playbooks.run(SCALE, "--check", "--diff", milvus_scale_proxy="2").rows == ["scale proxy: 2"]
    assert "did you mean milvus_scale_query_node?" in playbooks.fail(SCALE, milvus_scale_query_nodes="2")
    playbooks.installer.cluster.install(BY_HAND)
    # Those of all types come before anything is touched.
    several = {"milvus_scale_query_node": "2", "milvus_scale_index_node": "2"}
    assert "Index nodes are merged into data nodes" in playbooks.fail(SCALE, **several)


@pytest.mark.one_will_do
@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
@pytest.mark.parametrize("policy", ["keep", "restore"])
def test_a_type_that_fails(policy: str, playbooks: ScalePlaybooks) -> None:
    """No two data nodes find a node of the cluster."""
    affinity = (
        "--set-json=dataNode.affinity="
        '{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":['
        '{"topologyKey":"kubernetes.io/os","labelSelector":{"matchLabels":{"component":"datanode"}}}]}}'
    )
    installer = playbooks.installer
    installer.cluster.install(BY_HAND, affinity)
    installer.look()
    wanted = {"milvus_scale_replicas": {"query_node": 2, "data_node": 2, "proxy": 2}}
    options = {"milvus_scale_on_failure": policy, "milvus_scale_unschedulable_timeout": "1"}
    run = playbooks.attempt(SCALE, **wanted, **options)
    assert run.failed
    assert list_steps(run) == ["query_node 1 → 2", "data_node 1 → 2"]
    counts = "query_node 2, data_node 2" if policy == "keep" else "query_node 1, data_node 1"
    assert f"The counts are now: {counts}, streaming_node 1, proxy 1." in run.output
    assert installer.query_nodes == (2 if policy == "keep" else 1)
    after = {"milvus_scale_query_node": "2", "milvus_scale_data_node": "1"}
    assert playbooks.run(SCALE, **after).changed == 1
    installer.check_all_ready()


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_what_is_as_it_shall_be_but_not_for_long_is_waited_for(playbooks: ScalePlaybooks) -> None:
    playbooks.installer.cluster.install(BY_HAND)
    playbooks.installer.look()
    wanted = {"milvus_scale_query_node": "1", "milvus_scale_stable_seconds": "3600", "milvus_scale_wait_timeout": "1"}
    said = playbooks.fail(SCALE, **wanted)
    assert LAST in said
    assert "not done within 1 s" in said


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_drift_and_strategy(playbooks: ScalePlaybooks) -> None:
    installer = playbooks.installer
    installer.cluster.install(BY_HAND)
    installer.cluster.kubectl("scale", "deployment", f"{NAME}-milvus-datanode", "--replicas=3")
    wanted = {"milvus_scale_query_node": "2", "milvus_scale_proxy": "2", "milvus_scale_strategy": "together"}
    assert "Leaving data_node alone is blocked" in playbooks.fail(SCALE, milvus_scale_drift="fail", **wanted)
    # What is named is no drift, in none of the tasks.
    done = playbooks.run(SCALE, milvus_scale_drift="fail", milvus_scale_data_node="2", **wanted)
    assert list_steps(done) == ["query_node 1 → 2, proxy 1 → 2", "data_node 3 → 2"]
    assert done.changed == 2

    installer.cluster.kubectl("scale", "deployment", f"{NAME}-milvus-proxy", "--replicas=1")
    restored = playbooks.dance(SCALE, milvus_scale_query_node="3", milvus_scale_drift="restore_release")
    assert list_steps(restored) == ["query_node 2 → 3", "proxy 1 → 2"]


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_autoscalers(playbooks: ScalePlaybooks) -> None:
    installer = playbooks.installer
    installer.cluster.install(BY_HAND, "--set=queryNode.replicas=3")
    scaler = {"query_node": {"min_replicas": "2", "max_replicas": "6", "cpu": "70"}}
    done = playbooks.dance(SCALE, milvus_scale_autoscaling=json.dumps(scaler), milvus_scale_proxy="2")
    assert list_steps(done) == ["proxy 1 → 2"]
    assert f"autoscaler of query_node, {LAST}" in done.output
    assert installer.find_uids("hpa").keys() == {f"{NAME}-milvus-querynode-hpa"}
    off = {"milvus_scale_autoscaling": {"queryNode": {"enabled": "no"}}, "milvus_scale_query_node": "4"}
    assert "query_node 3 → 4, autoscaler of query_node" in playbooks.run(SCALE, **off).output
    assert (installer.find_uids("hpa"), installer.query_nodes) == ({}, 4)


GROUPS = "--set=replicaResourceGroups={east,west}"


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_resource_groups_that_differ(playbooks: ScalePlaybooks) -> None:
    installer = playbooks.installer
    installer.cluster.install(BY_HAND, GROUPS)
    for worker in ("querynode", "streamingnode"):
        installer.cluster.kubectl("scale", "deployment", f"{NAME}-milvus-{worker}-west", "--replicas=3")
    installer.look()
    wanted = {"milvus_scale_query_node": "2", "milvus_scale_streaming_node": "2", "milvus_scale_proxy": "2"}
    done = playbooks.run(SCALE, **wanted)
    installer.check_all_ready()
    assert list_steps(done) == ["query_node 1/3 → 2, streaming_node 1/3 → 2", "proxy 1 → 2"]


# A site's own playbook, which has other things to do too.
OWN_SITE = """
- name: Do something else
  hosts: all
  connection: local
  gather_facts: false
  tasks:
    - name: Name the place
      ansible.builtin.set_fact:
        place: "{{ inventory_hostname }}"

- name: Have Milvus clusters
  hosts: "{{ milvus_hosts }}"
  connection: local
  gather_facts: false
  tasks:
    - name: Have it there
      ansible.builtin.include_role:
        name: milvus.cluster.milvus_install
    - name: Have as many workers as it takes
      ansible.builtin.include_role:
        name: milvus.cluster.milvus_scale
    - name: Tell
      ansible.builtin.debug:
        msg: "{{ place }}: {{ milvus_scale_result.release.status }}, {{ milvus_scale_result.changed }}"
"""


class Place(t.NamedTuple):
    """Where a release is to be, of which chart, and how many workers of one type it shall have."""

    cluster: Cluster
    chart_version: str
    worker: str
    replicas: int

    def as_variables(self) -> Json:
        """The variables of its host in an inventory."""
        lab = self.cluster.lab
        return {
            "milvus_kubeconfig": str(lab.kubeconfig),
            "milvus_chart_repo_url": lab.chart_repo_url,
            "milvus_helm_binary": str(lab.program(HELMS[self.cluster.which])),
            "milvus_install_chart_version": self.chart_version,
            f"milvus_scale_{self.worker}": self.replicas,
        }


@pytest.fixture
def second_lab() -> t.Iterator[Client]:
    name = f"second-{os.getpid()}"
    yield Client(labs.up(name, say=toolchain.say_plainly))
    labs.down(name)


def test_two_releases_on_two_labs(lab: Client, second_lab: Client, namespace: str, tmp_path: Path) -> None:
    second_lab.kubectl("create", "namespace", namespace)
    places = {
        "east": Place(Cluster(lab, namespace, "helm4"), "~5.0", "query_node", 3),
        "west": Place(Cluster(second_lab, namespace, "helm3"), "4.1.28", "index_node", 2),
    }
    hosts = {name: place.as_variables() for name, place in places.items()}
    shared = {"milvus_namespace": namespace, "milvus_release": NAME, "milvus_install_release_values": BARE}
    groups = {"children": {"milvus": {"hosts": hosts, "vars": {**shared, **fast("install"), **fast("scale")}}}}
    inventory, playbook = tmp_path / "inventory.yml", tmp_path / "own-site.yml"
    inventory.write_text(yaml.safe_dump({"all": groups}), encoding="utf-8")
    playbook.write_text(OWN_SITE, encoding="utf-8")

    done = run_on(inventory, playbook)
    assert done.count("changed=2 ") == 2, done
    assert {"east: deployed, True", "west: deployed, True"} <= set(Run(done, failed=False).rows)
    for place in places.values():
        workload = f"{NAME}-milvus-{place.worker.replace('_', '')}"
        found = place.cluster.lab.get("deployment", workload, namespace=namespace)
        assert (found["spec"]["replicas"], found["status"]["readyReplicas"]) == (place.replicas, place.replicas)
    for again in (run_on(inventory, playbook), run_on(inventory, SITE), run_on(inventory, SITE, "--check", "--diff")):
        assert again.count("changed=0 ") == 2, again


def run_on(inventory: Path, playbook: str | Path, *words: str) -> str:
    """Run a playbook on all hosts with a release, and return what it has printed; it must not fail."""
    command = [PROGRAM, "--inventory", inventory, playbook, "--extra-vars", "milvus_hosts=milvus", *words]
    process = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout
