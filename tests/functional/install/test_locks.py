# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""Operations that were killed, still run, or come in between: nothing is lost, and what was done is said."""

from __future__ import annotations

import random
import signal
import subprocess
import time
import typing as t
from pathlib import Path

import pytest

from disturbed_helm import CHANGE, KILL_BOTH, KILL_HELM, KILL_MODULE, disturb
from installer import BARE, Installer
from milvus_lab.client import HELMS, wait_for
from release_states import NAME, NEW_CHART, Cluster

Json = dict[str, t.Any]

THREE: Json = {**BARE, "queryNode": {"replicas": 3}}
REUSE = "--reset-then-reuse-values"
STAMP = "milvus.cluster/operation"
LATE = "proxy.annotations.sim\\.milvus\\.cluster/ready-after=6s"  # helm waits for it, and is killed meanwhile

one_helm = pytest.mark.parametrize("installer", ["helm4"], indirect=True)


def lock(cluster: Cluster, stamp: str = "") -> None:
    """Kill an upgrade by hand while it waits for pods."""
    labels = ["--labels", f"{STAMP}={stamp}"] if stamp else []
    words: list[str | Path] = ["upgrade", NAME, cluster.chart(NEW_CHART), REUSE, "--wait", "--set", LATE, *labels]
    cluster.kill(*words, status="pending-upgrade")


def run_killed(installer: Installer, helm: Path, **options: t.Any) -> None:
    """Run the module, which shall not come to its end."""
    started = installer.start(helm_binary=str(helm), **options)
    started.process.communicate(timeout=60)
    assert started.process.returncode == -signal.SIGKILL


def statuses(installer: Installer) -> list[str]:
    """The status of each revision, from the first on."""
    records = installer.cluster.records(f"name={NAME}")
    labels = sorted((int(one["metadata"]["labels"]["version"]), one["metadata"]["labels"]["status"]) for one in records)
    return [status for _number, status in labels]


@pytest.mark.one_will_do
@pytest.mark.parametrize("operation", ["install", "upgrade"])
def test_what_a_killed_helm_has_left_is_settled_at_once(installer: Installer, tmp_path: Path, operation: str) -> None:
    if operation == "upgrade":
        installer.run(release_values=BARE)
    helm = disturb(tmp_path / "helm.sh", installer.cluster, upgrade=KILL_HELM.format(operation))
    message = installer.fail("HelmError", helm_binary=str(helm), release_values=THREE)
    assert f"which helm left pending-{operation}, was marked failed" in message
    assert statuses(installer)[-1] == "failed"
    installer.cluster.upgrade(REUSE)  # nothing keeps helm from going on by itself
    pods = installer.find_uids("pods", f"{NAME}-milvus")  # that upgrade by hand replaces etcd's
    done = installer.run(release_values=THREE)
    installer.check_all_ready()
    assert installer.query_nodes == 3
    assert pods.items() <= installer.find_uids("pods").items()
    assert done["warnings"] == []


@pytest.mark.one_will_do
@pytest.mark.parametrize("operation", ["install", "upgrade"])
def test_what_a_killed_run_has_left_is_repaired_by_the_next(
    installer: Installer, tmp_path: Path, operation: str
) -> None:
    if operation == "upgrade":
        installer.run(release_values=BARE)
    helm = disturb(tmp_path / "helm.sh", installer.cluster, upgrade=KILL_BOTH.format(operation))
    run_killed(installer, helm, release_values=THREE)
    assert statuses(installer)[-1] == f"pending-{operation}"
    pods, before = installer.find_uids("pods"), statuses(installer)
    foretold = installer.run(check=True, release_values=THREE)
    assert (foretold["changed"], statuses(installer)) == (True, before)
    assert foretold["plan"]["summary"][0].startswith("unlock revision")
    done = installer.run(release_values=THREE)
    (warning,) = done["warnings"]
    assert "the run on this host that began it, and its helm, have ended without it" in warning
    installer.check_all_ready()
    assert installer.query_nodes == 3
    assert pods.items() <= installer.find_uids("pods").items()
    assert statuses(installer) == [
        *(["superseded"] if operation == "install" else ["superseded", "failed"]),
        "deployed",
    ]
    installer.keep(release_values=THREE)


def test_a_helm_that_outlives_its_module_is_waited_for(installer: Installer, tmp_path: Path) -> None:
    installer.run(release_values=BARE)
    helm = disturb(tmp_path / "helm.sh", installer.cluster, upgrade=KILL_MODULE)
    run_killed(installer, helm, release_values=THREE)
    done = installer.run(release_values={**THREE, "log": {"level": "warn"}})
    assert done["warnings"] == []
    assert statuses(installer) == ["superseded", "superseded", "deployed"]
    assert installer.values["log"]["level"] == "warn"
    installer.check_all_ready()


@pytest.mark.parametrize("unlock", ["stale", "never"])
@one_helm
def test_a_lock_of_others_is_named_and_left_alone(installer: Installer, unlock: str) -> None:
    installer.run(release_values=BARE)
    lock(installer.cluster)
    before = statuses(installer)
    message = installer.fail("LockedError", release_values=THREE, unlock=unlock, lock_timeout=3)
    assert "revision 2 is pending-upgrade for " in message
    assert "by another client of Helm; it has not ended within lock_timeout (3 s)" in message
    assert "set unlock to always and lock_timeout to 0" in message
    assert statuses(installer) == before


def test_a_lock_of_others_is_ended_on_demand(installer: Installer) -> None:
    installer.run(release_values=BARE)
    pods = installer.find_uids("pods", f"{NAME}-milvus-querynode")
    lock(installer.cluster)
    done = installer.run(release_values=BARE, unlock="always", lock_timeout=0)
    assert done["plan"]["summary"][0].startswith("unlock revision 2 of release")
    assert "unlock is 'always'" in done["warnings"][0]
    assert statuses(installer) == ["superseded", "failed", "deployed"]
    assert installer.find_uids("pods", f"{NAME}-milvus-querynode") == pods
    installer.check_all_ready()


def test_a_live_operation_of_others_is_waited_for(installer: Installer) -> None:
    installer.run(release_values=BARE)
    cluster = installer.cluster
    words = ("upgrade", NAME, cluster.chart(NEW_CHART), REUSE, "--wait", "--set", LATE, "--set", "proxy.replicas=2")
    argv = [str(word) for word in (cluster.lab.program(HELMS[cluster.which]), *words, "-n", cluster.namespace)]
    with subprocess.Popen(argv, env=cluster.lab.env, stdout=subprocess.DEVNULL) as helm:
        wait_for("the lock", lambda: "pending-upgrade" in statuses(installer))
        done = installer.run(release_values=THREE)
        assert helm.wait() == 0
    assert not any("lock" in warning for warning in done["warnings"])
    assert statuses(installer) == ["superseded", "superseded", "deployed"]
    assert installer.values["proxy"]["replicas"] == 2
    assert installer.values["queryNode"]["replicas"] == 3


class Stamped(t.NamedTuple):
    """A stamp on the revision in the making, 2, and whether it makes the lock stale."""

    revision: int
    seconds: int  # from now to the deadline
    stale: bool


@pytest.mark.one_will_do
@pytest.mark.parametrize(
    "stamp", [Stamped(2, -5, stale=True), Stamped(2, 600, stale=False), Stamped(1, -5, stale=False)], ids=str
)
@one_helm
def test_only_the_stamp_of_that_very_revision_counts(installer: Installer, stamp: Stamped) -> None:
    """Helm hands labels on to every later revision."""
    installer.run(release_values=BARE)
    lock(installer.cluster, f"{stamp.revision}.{int(time.time()) + stamp.seconds}.elsewhere-7")
    if stamp.stale:
        done = installer.run(release_values=BARE)
        assert ", by elsewhere-7; its time was up at " in done["warnings"][0]
        return
    message = installer.fail("LockedError", release_values=BARE, lock_timeout=2)
    assert (", by elsewhere-7" in message) == (stamp.revision == 2)
    assert ("counts as killed, and is repaired" in message) == (stamp.revision == 2)


@one_helm
def test_it_is_repaired_as_soon_as_its_time_is_up(installer: Installer) -> None:
    installer.run(release_values=BARE)
    lock(installer.cluster, f"2.{int(time.time()) + 8}.elsewhere-7")
    done = installer.run(release_values=BARE, lock_timeout=60)
    assert ", by elsewhere-7; its time was up at " in done["warnings"][0]
    installer.check_all_ready()


@pytest.mark.one_will_do
@pytest.mark.parametrize("moment", ["render", "upgrade"])
def test_a_change_that_comes_in_between_is_not_lost(installer: Installer, tmp_path: Path, moment: str) -> None:
    """At the render, the plan is found to be outdated; after that, helm cannot be kept from going over it."""
    installer.run(release_values=BARE)
    helm = disturb(tmp_path / "helm.sh", installer.cluster, **{moment: CHANGE})
    done = installer.run(helm_binary=str(helm), release_values=THREE)
    assert done["changed"]
    assert installer.values["proxy"]["replicas"] == 2
    assert installer.values["queryNode"]["replicas"] == 3
    installer.check_all_ready()


@one_helm
def test_a_plan_that_is_overtaken_is_not_made_anew_without_time(installer: Installer, tmp_path: Path) -> None:
    installer.run(release_values=BARE)
    helm = disturb(tmp_path / "helm.sh", installer.cluster, render=CHANGE)
    message = installer.fail("OvertakenError", helm_binary=str(helm), release_values=THREE, lock_timeout=0)
    assert "revision 2 (deployed) has come since it was read. Run it again." in message
    assert "queryNode" not in installer.values or installer.values["queryNode"].get("replicas") != 3


@one_helm
def test_an_uninstall_goes_on_after_one_that_was_killed(installer: Installer) -> None:
    installer.run(release_values=BARE)
    lock(installer.cluster)
    assert "Uninstalling" in installer.fail("LockedError", state="absent", lock_timeout=1)
    done = installer.run(state="absent", unlock="always", lock_timeout=1)
    assert done["plan"]["summary"][0].startswith("unlock revision 2")
    assert statuses(installer) == []


def test_a_cancelled_run_settles_its_revision(installer: Installer, tmp_path: Path) -> None:
    installer.run(release_values=BARE)
    cancel = 'once cancel && start pending-upgrade "$@" && kill -TERM $PPID && kill -CONT $pid; '
    helm = disturb(tmp_path / "helm.sh", installer.cluster, upgrade=f"trap '' TERM; {cancel} wait $pid; exit")
    message = installer.fail("CancelledError", helm_binary=str(helm), release_values=THREE)
    assert "SIGTERM" in message
    assert statuses(installer)[-1] in ("failed", "deployed")  # helm may just have come to its end
    installer.run(release_values=THREE)
    installer.check_all_ready()


def race(installer: Installer, number: int, *, folders: t.Sequence[Path]) -> str:
    """Let two runs that want different things begin at once; *folders* are for their temporary files."""
    wishes: list[Json] = [
        {"queryNode": {"replicas": 2 + number % 4}, "log": {"level": f"one-{number}"}},
        {"dataNode": {"replicas": 2 + number % 3}, "extraConfigFiles": {"user.yaml": f"two: {number}"}},
    ]
    started = []
    for wish, folder in zip(wishes, folders, strict=True):
        folder.mkdir(exist_ok=True)
        options: Json = {"release_values": wish, "allow_scale_in": True, "wait": False}
        started.append(installer.start(environ={"TMPDIR": str(folder)}, **options))
        time.sleep(random.uniform(0, 0.5))
    failures = [str(result["msg"]) for result in (each.finish() for each in started) if "failed" in result]
    assert failures == []
    assert wishes[0].items() <= installer.values.items()
    assert wishes[1].items() <= installer.values.items()
    assert statuses(installer)[-1] == "deployed"
    return f"race {number}: {len(statuses(installer))} revisions"


def race_often(installer: Installer, tmp_path: Path, *, times: int) -> None:
    """Every other race as on one host, and as on two, which cannot see each other's turn."""
    installer.run(release_values=BARE)
    one, two = tmp_path / "one", tmp_path / "two"
    for number in range(times):
        print(race(installer, number, folders=(one, one) if number % 2 else (one, two)))


def test_races(installer: Installer, tmp_path: Path) -> None:
    race_often(installer, tmp_path, times=2)


@pytest.mark.soak
def test_many_races(installer: Installer, tmp_path: Path) -> None:
    """Fifty of two runs with both helms together."""
    race_often(installer, tmp_path, times=25)
