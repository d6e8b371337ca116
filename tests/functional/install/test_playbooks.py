# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The playbooks and the role, with variables as a survey sends them: texts, blanks, JSON in a text."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml

from installer import BARE, FEW, Installer
from playbook_runner import Run
from playbooks import Playbooks, fast
from release_states import NAME

Json = dict[str, t.Any]

# Answers of a survey that nobody has filled in, and of its lists of choices.
BLANKS = {
    "milvus_context": "",
    "milvus_chart_ref": "",
    "milvus_http_proxy": "",
    "milvus_install_create_namespace": "",
    "milvus_install_sensitive_values": "",
    "milvus_install_values_files": "",
    "milvus_install_allow_scale_in": "",
    "milvus_install_delete_volumes": "false",
    "milvus_install_confirm": "",
    "milvus_install_wait": "yes",
    "milvus_install_unschedulable_timeout": "",
}
ROLE = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - name: Change the cluster
      ansible.builtin.include_role:
        name: milvus.cluster.milvus_install
"""


APPLY = "Apply the plan"


def read_lines(run: Run, task: str) -> str:
    """What is printed of a task, below its heading."""
    return run.output.partition(f": {task}")[2].partition("\nTASK [")[0]


@pytest.fixture
def playbooks(installer: Installer) -> Playbooks:
    return Playbooks(installer, {**BLANKS, **fast("install")})


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_install_and_uninstall(playbooks: Playbooks) -> None:
    installer, wanted = playbooks.installer, {"milvus_install_release_values": json.dumps(FEW)}
    before = installer.look()
    foretold = playbooks.run("milvus.cluster.install", "--check", "--diff", **wanted)
    assert (foretold.changed, installer.look()) == (1, before)
    assert "+chart: milvus 5.0.19" in foretold.output
    row = f"install release {installer.cluster.namespace}/{NAME}: chart milvus 5.0.19 (Milvus 2.6.15)"
    assert foretold.rows[0] == row

    done = playbooks.run("milvus.cluster.install", **wanted)
    assert (done.changed, done.rows[0]) == (1, row)
    installer.check_all_ready()
    stats, _end = json.JSONDecoder().raw_decode(done.output.partition("RUN: ")[2])
    result = stats["milvus_result"]
    assert set(result) == {"changed", "release", "endpoints"}
    assert (result["changed"], result["release"]["status"]) == (True, "deployed")

    starts = installer.helm.count
    again = playbooks.run("milvus.cluster.install", "--diff", **wanted)
    assert (again.changed, again.rows, installer.helm.count) == (0, [], starts)

    claims = installer.find_uids("pvc")
    assert playbooks.run("milvus.cluster.uninstall", "--check", "--diff").changed == 1
    installer.check_all_ready()
    gone = playbooks.run("milvus.cluster.uninstall")
    assert gone.changed == 1
    assert {row.partition(":")[0] for row in gone.rows} >= set(claims)
    assert playbooks.run("milvus.cluster.uninstall").changed == 0
    assert installer.find_uids("pvc") == claims
    end = {"milvus_install_delete_volumes": "true", "milvus_install_confirm": NAME}
    foretold = playbooks.run("milvus.cluster.uninstall", "--check", "--diff", **end)
    assert {claim for claim in claims if f"\n-  {claim}: " in foretold.output} == set(claims)
    assert playbooks.run("milvus.cluster.uninstall", **end).changed == 1
    assert installer.find_uids("pvc") == {}


@pytest.mark.parametrize("installer", ["helm3"], indirect=True)
def test_the_role(playbooks: Playbooks, tmp_path: Path) -> None:
    installer, role, values = playbooks.installer, tmp_path / "role.yml", tmp_path / "values.yml"
    role.write_text(ROLE, encoding="utf-8")
    values.write_text(yaml.safe_dump(BARE), encoding="utf-8")
    wanted = {
        "milvus_install_values_files": str(values),
        "milvus_install_release_values": '{"queryNode": {"replicas": 2}}',
        "milvus_install_chart_version": "~5.0",
    }
    assert playbooks.run(role, **wanted).changed == 1
    installer.check_all_ready()
    assert installer.values == {**BARE, "queryNode": {"replicas": 2}, "cluster": {"enabled": True}}
    again = playbooks.run(role, **wanted)
    assert again.changed == 0
    assert "skipping: " in read_lines(again, APPLY)
    young = playbooks.attempt(role, milvus_install_stable_seconds=3600, milvus_install_wait_timeout=1, **wanted)
    assert "not done within 1 s" in read_lines(young, APPLY).partition("fatal: ")[2]

    fewer = {**wanted, "milvus_install_release_values": '{"queryNode": {"replicas": 1}}'}
    assert "set allow_scale_in" in playbooks.attempt(role, **fewer).output
    shown = playbooks.run(role, milvus_install_allow_scale_in="yes", **fewer)
    assert any(row.startswith("scale Deployment/") for row in shown.rows)
    assert (shown.changed, installer.query_nodes) == (1, 1)


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_a_misspelled_variable(playbooks: Playbooks) -> None:
    run = playbooks.attempt("milvus.cluster.install", milvus_install_release_value={"a": 1})
    assert run.failed
    assert "milvus_install_release_value is no variable of this role" in run.output
    assert "did you mean milvus_install_release_values?" in run.output
    assert not playbooks.installer.find_uids("pods")


@pytest.mark.parametrize("installer", ["helm4"], indirect=True)
def test_upgrade(playbooks: Playbooks, tmp_path: Path) -> None:
    installer, backups = playbooks.installer, tmp_path / "backups"
    backups.mkdir()
    installer.run(release_values=BARE, chart_version="5.0.17")
    wanted = {"milvus_upgrade_to": "5.0.19", "milvus_upgrade_backup_dir": str(backups)}
    mistakes = {
        "milvus_upgrade_backup_dir": "",
        "milvus_install_chart_version": "",
        "milvus_install_release_values": "{}",
    }
    for name, value in mistakes.items():
        refused = playbooks.attempt("milvus.cluster.upgrade", **{**wanted, name: value})
        assert refused.failed
        assert f"{name} " in refused.output.partition("fatal: ")[2]
    assert playbooks.run("milvus.cluster.upgrade", "--check", "--diff", **wanted).changed == 1
    assert (installer.record["revision"], list(backups.iterdir())) == (1, [])

    assert playbooks.run("milvus.cluster.upgrade", **wanted).changed == 1
    installer.check_all_ready()
    assert installer.record["chart"] == "milvus-5.0.19"
    (backup,) = backups.iterdir()
    assert backup.stat().st_mode & 0o777 == 0o600
    assert yaml.safe_load(backup.read_text(encoding="utf-8")) == {**BARE, "cluster": {"enabled": True}}
    assert playbooks.run("milvus.cluster.upgrade", **wanted).changed == 0
