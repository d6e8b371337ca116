# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""The lab's chart keeps the real chart's contract.

``MILVUS_CHART=<folder or .tgz>`` puts a real chart of either generation under the same checks.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import threading
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from milvus_lab import charts

pytestmark = pytest.mark.both_helms

Manifest: t.TypeAlias = dict[str, t.Any]
Objects: t.TypeAlias = dict[str, Manifest]

FACTS: dict[str, Manifest] = json.loads((charts.CHARTS / "facts.json").read_text(encoding="utf-8"))
REAL_CHART = os.environ.get("MILVUS_CHART", "")
LEFT_OUT = {"attu", "cdc"}  # of the real chart's components
RELEASE = "my-release"
ALL_COMPONENTS = "every Milvus Deployment"
ETCD = f"StatefulSet/{RELEASE}-etcd"
CONFIG = f"ConfigMap/{RELEASE}-milvus"
QUERY_NODE = f"Deployment/{RELEASE}-milvus-querynode"
COMPONENT_SUFFIXES = {
    "proxy": "proxy",
    "queryNode": "querynode",
    "dataNode": "datanode",
    "indexNode": "indexnode",
    "streamingNode": "streamingnode",
    "mixCoordinator": "mixcoord",
}
DEPENDENCY_KINDS = ("StatefulSet", "Job")


@dataclass(frozen=True)
class Chart:
    """A chart under test and the helm that renders it."""

    helm: Path
    reference: str
    version: str
    ours: bool

    @property
    def five(self) -> bool:
        """Whether it is of the 5.0 generation."""
        return self.version.startswith("5.")

    @property
    def pulsar(self) -> str:
        return "pulsarv3" if self.five else "pulsar"

    @property
    def facts(self) -> Manifest:
        if self.version not in FACTS:
            pytest.skip(f"no figures are recorded for chart {self.version}")
        return FACTS[self.version]

    def values(self) -> Manifest:
        return t.cast(Manifest, yaml.safe_load(_helm(self.helm, "show", "values", self.reference)))

    def render(self, *settings: str, release: str = RELEASE, upgrade: bool = False) -> Objects:
        """The objects by ``Kind/name``, with ``--set`` for each setting."""
        return _render(self.helm, self.reference, release, upgrade, settings)

    def components(self, objects: Objects) -> set[str]:
        """The Deployments and the like of Milvus itself."""
        return {
            key
            for key, manifest in objects.items()
            if key.startswith("Deployment/") and _pod_labels(manifest).get("app.kubernetes.io/name") == "milvus"
        }


def _helm(helm: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HELM_")}
    result = subprocess.run([str(helm), *arguments], env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


@functools.cache
def _render(helm: Path, reference: str, release: str, upgrade: bool, settings: tuple[str, ...]) -> Objects:
    """The rendered objects by ``Kind/name``; shared between tests, so to be read only."""
    flags = [flag for setting in settings for flag in ("--set", setting)]
    mode = ["--is-upgrade"] if upgrade else []
    return _objects(_helm(helm, "template", release, reference, "--namespace", "milvus", *mode, *flags))


def _objects(documents: str) -> Objects:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    manifests = [manifest for manifest in yaml.load_all(documents, loader) if manifest]
    objects = {f"{manifest['kind']}/{manifest['metadata']['name']}": manifest for manifest in manifests}
    assert len(objects) == len(manifests)
    return objects


def _differences(before: Objects, after: Objects) -> set[str]:
    """Keys of the objects that were added, removed or changed."""
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def _changed_fields(before: t.Any, after: t.Any) -> set[str]:
    """Dotted paths of the fields that differ; lists count as one field."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return {""} if before != after else set()
    return {
        f"{key}.{path}".rstrip(".")
        for key in before.keys() | after.keys()
        for path in _changed_fields(before.get(key, {}), after.get(key, {}))
    }


def _pod(manifest: Manifest) -> Manifest:
    return t.cast(Manifest, manifest["spec"]["template"]["spec"])


def _pod_labels(manifest: Manifest) -> Manifest:
    return t.cast(Manifest, manifest["spec"]["template"].get("metadata", {}).get("labels", {}))


def _annotations(manifest: Manifest) -> Manifest:
    return t.cast(Manifest, manifest["spec"]["template"]["metadata"]["annotations"])


def _ports(manifest: Manifest) -> dict[str, int]:
    return {port["name"]: port["port"] for port in manifest["spec"]["ports"]}


def _config(objects: Objects) -> Manifest:
    text = objects[f"ConfigMap/{RELEASE}-milvus"]["data"]["default.yaml"]
    return t.cast(Manifest, yaml.safe_load(text))


def _claims(objects: Objects) -> dict[str, dict[str, str]]:
    return {
        manifest["metadata"]["name"]: {
            claim["metadata"]["name"]: claim["spec"]["resources"]["requests"]["storage"]
            for claim in manifest["spec"]["volumeClaimTemplates"]
        }
        for key, manifest in objects.items()
        if key.startswith("StatefulSet/") and manifest["spec"].get("volumeClaimTemplates")
    }


@pytest.fixture(scope="module")
def repository(helm4: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lab's chart repository."""
    folder = tmp_path_factory.mktemp("charts")
    charts.package_all(helm4, folder)
    return folder


@pytest.fixture(params=["helm4", "helm3"])
def helm(request: pytest.FixtureRequest) -> Path:
    return t.cast(Path, request.getfixturevalue(request.param))


@pytest.fixture(params=["4.1.28", "5.0.19", *([REAL_CHART] if REAL_CHART else [])])
def chart(request: pytest.FixtureRequest, helm4: Path, repository: Path) -> Chart:
    """Both generations of the lab's chart, and the real chart where a path to it is given."""
    ours = request.param in FACTS
    reference = str(repository / f"milvus-{request.param}.tgz") if ours else request.param
    version = yaml.safe_load(_helm(helm4, "show", "chart", reference))["version"]
    if not version.startswith("4.1.") and tuple(map(int, version.split("."))) < (5, 0, 17):
        pytest.skip(f"chart {version} is of neither generation")
    return Chart(helm4, reference, version, ours)


# What an installation consists of


def test_chart_is_lint_free(helm: Path, repository: Path) -> None:
    for archive in [charts.CHARTS / "milvus", *sorted(repository.glob("*.tgz"))]:
        assert "0 chart(s) failed" in _helm(helm, "lint", "--strict", str(archive))


@pytest.mark.parametrize(
    "settings",
    [
        (),
        ("queryNode.replicas=-1", "queryNode.hpa.enabled=true", "replicaResourceGroups={a,b}"),
        ("cluster.enabled=false", "minio.mode=standalone"),
        ("kafka.enabled=true", "externalEtcd.enabled=true", "externalS3.enabled=true"),
    ],
)
@pytest.mark.parametrize("upgrade", [False, True])
def test_helm_3_and_4_render_the_same(chart: Chart, helm3: Path, settings: tuple[str, ...], upgrade: bool) -> None:
    assert chart.render(*settings, upgrade=upgrade) == _render(helm3, chart.reference, RELEASE, upgrade, settings)


def test_objects(chart: Chart) -> None:
    assert sorted(chart.render()) == chart.facts["objects"]


def test_components(chart: Chart) -> None:
    objects = chart.render()
    found = []
    for key in sorted(chart.components(objects)):
        manifest = objects[key]
        container = _pod(manifest)["containers"][0]
        readiness = container["readinessProbe"]
        found.append(
            {
                "kind": manifest["kind"],
                "name": manifest["metadata"]["name"],
                "replicas": manifest["spec"]["replicas"],
                "image": container["image"],
                "args": container["args"],
                "ports": {port["name"]: port["containerPort"] for port in container["ports"]},
                "pod_labels": _pod_labels(manifest),
                "selector": manifest["spec"]["selector"]["matchLabels"],
                "readiness": {
                    field: readiness[field]
                    for field in ("httpGet", "initialDelaySeconds", "periodSeconds", "failureThreshold")
                },
                "strategy": manifest["spec"].get("strategy", {}).get("type"),
            }
        )
    assert found == chart.facts["components"]


def test_dependencies(chart: Chart) -> None:
    found = {
        manifest["metadata"]["name"]: {
            "kind": manifest["kind"],
            "name": manifest["metadata"]["name"],
            "replicas": manifest["spec"].get("replicas"),
            "image": _pod(manifest)["containers"][0]["image"],
            "pod_labels": _pod_labels(manifest),
        }
        for manifest in chart.render().values()
        if manifest["kind"] in DEPENDENCY_KINDS
    }
    assert found == {dependency["name"]: dependency for dependency in chart.facts["dependencies"]}


def test_volume_claims(chart: Chart) -> None:
    objects = chart.render()
    claims = _claims(objects)
    assert claims == chart.facts["claims"]
    gibibytes = sum(
        objects[f"StatefulSet/{name}"]["spec"]["replicas"] * int(size.removesuffix("Gi"))
        for name, templates in claims.items()
        for size in templates.values()
    )
    assert gibibytes == 2990


def test_pods_and_requests(chart: Chart) -> None:
    pods, cpu, memory = 0, 0.0, 0
    units = {"Gi": 1024, "Mi": 1}
    for manifest in chart.render().values():
        if manifest["kind"] in ("Deployment", "StatefulSet"):
            count = manifest["spec"]["replicas"]
            requests = (_pod(manifest)["containers"][0].get("resources") or {}).get("requests") or {}
            pods += count
            cpu += count * float(requests.get("cpu", 0))
            size = requests.get("memory", "0Mi")
            memory += count * int(size[:-2]) * units[size[-2:]]
    assert {"pods": pods, "cpu": round(cpu, 3), "memory_mib": memory} == chart.facts["totals"]


def test_services(chart: Chart) -> None:
    found = {
        manifest["metadata"]["name"]: {
            "name": manifest["metadata"]["name"],
            "ports": _ports(manifest),
            "type": manifest["spec"]["type"],
            "cluster_ip": manifest["spec"].get("clusterIP"),
        }
        for key, manifest in chart.render().items()
        if key.startswith(f"Service/{RELEASE}-milvus")
    }
    assert found == {service["name"]: service for service in chart.facts["services"]}


def test_services_select_their_pods(chart: Chart) -> None:
    objects = chart.render()
    pods = [_pod_labels(manifest) for manifest in objects.values() if manifest["kind"] in ("Deployment", "StatefulSet")]
    for key, manifest in objects.items():
        if key.startswith("Service/"):
            selected = [labels for labels in pods if manifest["spec"]["selector"].items() <= labels.items()]
            assert len(selected) == 1, key


def test_component_proxy_is_not_milvus_alone(chart: Chart) -> None:
    """Pulsar's proxies carry ``component: proxy`` too, but no ``app.kubernetes.io`` label."""
    proxies = [
        _pod_labels(manifest)
        for manifest in chart.render().values()
        if manifest["kind"] in ("Deployment", "StatefulSet") and _pod_labels(manifest).get("component") == "proxy"
    ]
    assert len(proxies) == 2
    assert [labels.get("app") for labels in proxies if "app.kubernetes.io/instance" not in labels] == [chart.pulsar]


def test_pods_mount_the_configuration_and_carry_its_checksum(chart: Chart) -> None:
    objects = chart.render()
    checksums = set()
    for key in chart.components(objects):
        mounts = {mount["mountPath"]: mount["name"] for mount in _pod(objects[key])["containers"][0]["volumeMounts"]}
        assert mounts["/milvus/configs/default.yaml"] == mounts["/milvus/configs/user.yaml"] == "milvus-config"
        checksums.add(_annotations(objects[key])["checksum/config"])
    assert len(checksums) == 1


def test_object_metadata(chart: Chart) -> None:
    objects = chart.render()
    for key in chart.components(objects):
        metadata, container = objects[key]["metadata"], _pod(objects[key])["containers"][0]
        assert metadata.get("namespace") == ("milvus" if chart.five else None)
        assert metadata["labels"] == {
            **_pod_labels(objects[key]),
            "helm.sh/chart": f"milvus-{chart.version}",
            "app.kubernetes.io/version": chart.facts["app_version"],
            "app.kubernetes.io/managed-by": "Helm",
        }
        assert container["name"] == _pod_labels(objects[key])["component"]


def test_init_container_prepares_the_merge_in_the_older_generation(chart: Chart) -> None:
    names = [container["name"] for container in _pod(chart.render()[QUERY_NODE]).get("initContainers") or []]
    assert names == ([] if chart.five else ["config"])
    if chart.ours:  # for images that merge by themselves
        pod = _pod(chart.render("image.tools=null")[QUERY_NODE])
        assert "initContainers" not in pod
        assert pod["containers"][0]["args"] == ["milvus", "run", "querynode"]


def test_liveness_probe(chart: Chart) -> None:
    objects = chart.render()
    for key in chart.components(objects):
        probe = _pod(objects[key])["containers"][0]["livenessProbe"]
        assert ("tcpSocket" in probe) == chart.five
        assert ("httpGet" in probe) != chart.five


def test_flags(chart: Chart) -> None:
    values = chart.values()
    found: dict[str, t.Any] = {"replicaResourceGroups": "replicaResourceGroups" in values}
    for flag in chart.facts["flags"].keys() - found.keys():
        section, key = flag.split(".")
        found[flag] = values.get(section, {}).get(key)
    assert found == chart.facts["flags"]


# Names


@pytest.mark.parametrize(
    ("release", "settings", "fullname"),
    [
        ("my-release", [], "my-release-milvus"),
        ("milvus", [], "milvus"),
        ("my-milvus-prod", [], "my-milvus-prod"),
        ("x", ["nameOverride=vec"], "x-vec"),
        ("my-release", ["fullnameOverride=foo"], "foo"),
    ],
)
def test_fullname(chart: Chart, release: str, settings: list[str], fullname: str) -> None:
    objects = chart.render(*settings, release=release)
    querynode = objects[f"Deployment/{fullname}-querynode"]
    name = "vec" if settings == ["nameOverride=vec"] else "milvus"
    assert _pod_labels(querynode) == {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/instance": release,
        "component": "querynode",
    }
    assert {f"StatefulSet/{release}-{dependency}" for dependency in ("etcd", "minio")} <= objects.keys()
    assert f"Service/{fullname}" in objects


@pytest.mark.parametrize("dependency", ["etcd", "minio"])
def test_dependency_takes_the_name_of_a_release_that_contains_its_own(chart: Chart, dependency: str) -> None:
    release = f"{dependency}-a"
    objects = chart.render(release=release)
    assert f"StatefulSet/{release}" in objects
    config = yaml.safe_load(objects[f"ConfigMap/{release}-milvus"]["data"]["default.yaml"])
    address = config["minio"]["address"] if dependency == "minio" else config["etcd"]["endpoints"][0].split(".")[0]
    assert address.startswith(release)
    assert not address.startswith(f"{release}-{dependency}")


# Replica counts


def test_replica_keys(chart: Chart) -> None:
    values, before = chart.values(), chart.render()
    for key, fact in chart.facts["replica_keys"].items():
        after = chart.render(f"{key}.replicas=3")
        assert sorted(_differences(before, after)) == fact["replicas_3_changes"], key
        for changed in fact["replicas_3_changes"]:
            assert _changed_fields(before[changed], after[changed]) == {"spec.replicas"}
        if key not in LEFT_OUT:
            defaults = {name: values[key][name] for name in ("enabled", "replicas") if name in values[key]}
            assert (defaults, "hpa" in values[key]) == (fact["default"], fact["hpa"]), key


@pytest.mark.parametrize(("count", "rendered"), [("-1", False), ("0", True), ("7", True)])
def test_negative_replicas_leave_the_field_out(chart: Chart, count: str, rendered: bool) -> None:
    spec = chart.render(f"queryNode.replicas={count}")[f"Deployment/{RELEASE}-milvus-querynode"]["spec"]
    assert spec.get("replicas") == (int(count) if rendered else None)
    assert ("replicas" in spec) == rendered


def test_coordinators_are_recreated_unless_one_stands_by(chart: Chart) -> None:
    key, name = ("mixCoordinator", "mixcoord") if chart.five else ("rootCoordinator", "rootcoord")
    deployment = f"Deployment/{RELEASE}-milvus-{name}"
    assert chart.render()[deployment]["spec"]["strategy"] == {"type": "Recreate"}
    active = chart.render(f"{key}.activeStandby.enabled=true", f"{key}.replicas=2")
    assert "strategy" not in active[deployment]["spec"]
    assert _config(active)["rootCoord"]["enableActiveStandby"] is True


@pytest.mark.parametrize(("key", "name"), [("indexNode", "indexnode"), ("rootCoordinator", "rootcoord")])
def test_only_the_deployment_is_left_of_a_retired_component(chart: Chart, key: str, name: str) -> None:
    off, on = (chart.render(f"{key}.enabled={state}", f"{key}.hpa.enabled=true") for state in ("false", "true"))
    kinds = ("Deployment",) if chart.five else ("Deployment", "Service")
    assert _differences(off, on) == {f"{kind}/{RELEASE}-milvus-{name}" for kind in kinds}


# Autoscalers


@pytest.mark.parametrize("key", ["proxy", "queryNode", "dataNode", "indexNode", "streamingNode", "mixCoordinator"])
def test_autoscaler(chart: Chart, key: str) -> None:
    before = chart.render()
    after = chart.render(f"{key}.hpa.enabled=true", f"{key}.hpa.maxReplicas=4")
    if not chart.five or key in ("indexNode", "streamingNode", "mixCoordinator"):
        assert before == after
        return
    target = f"{RELEASE}-milvus-{COMPONENT_SUFFIXES[key]}"
    assert _differences(before, after) == {f"HorizontalPodAutoscaler/{target}-hpa"}
    autoscaler = after[f"HorizontalPodAutoscaler/{target}-hpa"]
    assert autoscaler["apiVersion"] == "autoscaling/v2"
    assert autoscaler["metadata"]["labels"] == {"component": COMPONENT_SUFFIXES[key]}
    spec = autoscaler["spec"]
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}
    assert (spec["minReplicas"], spec["maxReplicas"]) == (1, 4)
    utilization = {
        metric["resource"]["name"]: metric["resource"]["target"]["averageUtilization"] for metric in spec["metrics"]
    }
    assert utilization == ({"cpu": 40, "memory": 60} if key == "queryNode" else {"cpu": 40})


def test_autoscaler_ignores_cluster_mode(chart: Chart) -> None:
    objects = chart.render("queryNode.hpa.enabled=true", "cluster.enabled=false")
    assert (f"HorizontalPodAutoscaler/{RELEASE}-milvus-querynode-hpa" in objects) == chart.five


# Resource groups


def test_resource_groups(chart: Chart) -> None:
    before = chart.render()
    after = chart.render("replicaResourceGroups={a,b}", "queryNode.replicas=2", "queryNode.hpa.enabled=true")
    if not chart.five:
        assert _differences(before, after) == {f"Deployment/{RELEASE}-milvus-querynode"}
        return
    for component in ("querynode", "streamingnode"):
        name = f"{RELEASE}-milvus-{component}"
        assert f"Deployment/{name}" not in after
        for group in ("a", "b"):
            manifest = after[f"Deployment/{name}-{group}"]
            label = {"milvus.io/resource-group": group}.items()
            for labels in (manifest["metadata"]["labels"], _pod_labels(manifest)):
                assert label <= labels.items()
            assert label <= manifest["spec"]["selector"]["matchLabels"].items()
            assert manifest["spec"]["replicas"] == (2 if component == "querynode" else 1)
            variables = {variable["name"]: variable["value"] for variable in _pod(manifest)["containers"][0]["env"]}
            assert variables == {"MILVUS_SERVER_LABEL_RESOURCE_GROUP": group}
    autoscaler = after[f"HorizontalPodAutoscaler/{RELEASE}-milvus-querynode-hpa"]
    assert autoscaler["spec"]["scaleTargetRef"]["name"] == f"{RELEASE}-milvus-querynode"  # which is no longer there
    config = _config(after)
    assert config["queryCoord"]["clusterLevelLoadReplicaNumber"] == 2
    assert config["queryCoord"]["clusterLevelLoadResourceGroups"] == "a,b"
    assert config["streaming"]["primaryResourceGroup"] == "a"


# What a change touches


def test_first_upgrade_replaces_etcd_and_drops_the_init_jobs(chart: Chart) -> None:
    installed, upgraded = chart.render(), chart.render(upgrade=True)
    etcd = f"StatefulSet/{RELEASE}-etcd"
    jobs = {f"Job/{RELEASE}-{chart.pulsar}-{job}" for job in ("bookie-init", "pulsar-init")}
    assert _differences(installed, upgraded) == {etcd, *jobs}
    assert not jobs & upgraded.keys()
    states = [
        variable["value"]
        for objects in (installed, upgraded)
        for variable in _pod(objects[etcd])["containers"][0]["env"]
        if variable["name"] == "ETCD_INITIAL_CLUSTER_STATE"
    ]
    assert states == ["new", "existing"]


def test_pinned_initial_cluster_state_keeps_etcd(chart: Chart) -> None:
    pin = "etcd.initialClusterState=new"
    etcd = f"StatefulSet/{RELEASE}-etcd"
    assert chart.render()[etcd] == chart.render(pin)[etcd] == chart.render(pin, upgrade=True)[etcd]


def _expected(chart: Chart, objects: Objects, *, names: t.Collection[str]) -> set[str]:
    touched = {name.format(pulsar=chart.pulsar) for name in names if name != ALL_COMPONENTS}
    return touched | (chart.components(objects) if ALL_COMPONENTS in names else set())


@pytest.mark.parametrize(
    ("setting", "touched"),
    [
        ("log.level=debug", [CONFIG, ALL_COMPONENTS]),
        ("extraConfigFiles.user\\.yaml=common: {}", [CONFIG, ALL_COMPONENTS]),
        ("externalEtcd.enabled=true", [CONFIG, ALL_COMPONENTS]),
        ("externalS3.enabled=true", [CONFIG, ALL_COMPONENTS]),
        ("externalKafka.enabled=true", [CONFIG, ALL_COMPONENTS]),
        ("mixCoordinator.activeStandby.enabled=true", [CONFIG, ALL_COMPONENTS]),
        ("image.all.tag=v0", [ALL_COMPONENTS]),
        ("readinessProbe.initialDelaySeconds=1", [ALL_COMPONENTS]),
        ("annotations.a=b", [ALL_COMPONENTS]),
        ("nodeSelector.a=b", [ALL_COMPONENTS]),
        ("queryNode.resources.requests.cpu=1", [QUERY_NODE]),
        ("queryNode.nodeSelector.a=b", [QUERY_NODE]),
        ("queryNode.strategy.type=Recreate", [QUERY_NODE]),
        ("queryNode.disk.enabled=false", [QUERY_NODE, CONFIG, ALL_COMPONENTS]),
        ("minio.zones=2", ["StatefulSet/my-release-minio"]),
        ("minio.replicas=6", ["StatefulSet/my-release-minio"]),
        ("etcd.extraEnvVars[0].name=X", [ETCD]),
        ("streamingNode.enabled=false", []),
    ],
)
def test_blast_radius(chart: Chart, setting: str, touched: list[str]) -> None:
    if setting.startswith("mixCoordinator") and not chart.five:
        touched = []  # switched off there
    before, after = chart.render(upgrade=True), chart.render(setting, upgrade=True)
    assert _differences(before, after) == _expected(chart, before, names=touched)


def test_etcd_member_count_reaches_milvus_where_its_configuration_lists_members(chart: Chart) -> None:
    before, after = chart.render(upgrade=True), chart.render("etcd.replicaCount=5", upgrade=True)
    names = [ETCD, CONFIG, ALL_COMPONENTS] if chart.five else [ETCD]
    assert _differences(before, after) == _expected(chart, before, names=names)
    assert "spec.template.spec.containers" in _changed_fields(before[ETCD], after[ETCD])


@pytest.mark.parametrize("component", ["broker", "bookkeeper", "proxy"])
def test_pulsar_scales_alone(chart: Chart, component: str) -> None:
    name = f"StatefulSet/{RELEASE}-{chart.pulsar}-{'bookie' if component == 'bookkeeper' else component}"
    before = chart.render(upgrade=True)
    after = chart.render(f"{chart.pulsar}.{component}.replicaCount=4", upgrade=True)
    assert _differences(before, after) == {name}
    assert _changed_fields(before[name], after[name]) == {"spec.replicas"}


# Annotations choose the faults of simulated pods


def test_global_annotations_reach_every_component(chart: Chart) -> None:
    objects = chart.render("annotations.example=yes")
    for key in chart.components(objects):
        assert _annotations(objects[key])["example"] == "yes"


@pytest.mark.parametrize("key", list(COMPONENT_SUFFIXES))
def test_component_annotations(chart: Chart, key: str) -> None:
    """The real chart has them since 4.2.18 and not on streaming nodes; the lab's chart has them everywhere."""
    changed = _differences(chart.render(), chart.render(f"{key}.annotations.example=yes"))
    name = f"Deployment/{RELEASE}-milvus-{COMPONENT_SUFFIXES[key]}"
    honoured = chart.ours or (chart.five and key != "streamingNode")
    assert changed == ({name} if honoured and name in chart.render() else set())


# Other shapes


def test_standalone(chart: Chart) -> None:
    objects = chart.render("cluster.enabled=false", "standalone.replicas=3", f"{chart.pulsar}.enabled=false")
    assert chart.components(objects) == {f"Deployment/{RELEASE}-milvus-standalone"}
    spec = objects[f"Deployment/{RELEASE}-milvus-standalone"]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    assert spec["template"]["spec"]["containers"][0]["args"][-3:] == ["milvus", "run", "standalone"]
    claim = objects[f"PersistentVolumeClaim/{RELEASE}-milvus"]
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert objects[f"Service/{RELEASE}-milvus"]["spec"]["selector"]["component"] == "standalone"
    assert _config(objects)["mq"]["type"] == ("woodpecker" if chart.five else "rocksmq")


def test_minio_standalone_keeps_its_claim(chart: Chart) -> None:
    objects = chart.render("minio.mode=standalone")
    assert f"Deployment/{RELEASE}-minio" in objects
    assert f"StatefulSet/{RELEASE}-minio" not in objects
    claim = objects[f"PersistentVolumeClaim/{RELEASE}-minio"]
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_kafka(chart: Chart) -> None:
    objects = chart.render("kafka.enabled=true", f"{chart.pulsar}.enabled=false")
    assert not [key for key in objects if "pulsar" in key]
    for name in ("kafka", "zookeeper"):
        stateful_set = objects[f"StatefulSet/{RELEASE}-{name}"]
        assert stateful_set["spec"]["replicas"] == 3
        assert _pod_labels(stateful_set)["app.kubernetes.io/name"] == name
        assert _pod_labels(stateful_set)["app.kubernetes.io/instance"] == RELEASE
    claims = _claims(objects)
    assert (claims[f"{RELEASE}-kafka"], claims[f"{RELEASE}-zookeeper"]) == ({"data": "300Gi"}, {"data": "8Gi"})
    assert _config(objects)["kafka"]["brokerList"] == f"{RELEASE}-kafka:9092"


def test_woodpecker(chart: Chart) -> None:
    embedded = chart.render("woodpecker.enabled=true")
    if not chart.five:
        assert embedded == chart.render()
        return
    assert f"StatefulSet/{RELEASE}-{chart.pulsar}-broker" in embedded  # nobody uses it, yet it stays
    assert _config(embedded)["mq"]["type"] == "woodpecker"
    service = chart.render("woodpecker.enabled=true", "streaming.woodpecker.embedded=false")
    added = {f"StatefulSet/{RELEASE}-milvus-woodpecker", f"Service/{RELEASE}-milvus-woodpecker-headless"}
    assert _differences(embedded, service) == {*added, CONFIG, *chart.components(embedded)}
    stateful_set = service[f"StatefulSet/{RELEASE}-milvus-woodpecker"]
    assert stateful_set["spec"]["replicas"] == 4
    assert _pod_labels(stateful_set)["component"] == "woodpecker"
    assert _claims(service)[f"{RELEASE}-milvus-woodpecker"] == {"woodpecker-storage": "30Gi"}


def test_external_services_fill_the_configuration(chart: Chart) -> None:
    dependencies = ("etcd", "minio", chart.pulsar)
    objects = chart.render(
        *(f"{dependency}.enabled=false" for dependency in dependencies),
        "externalEtcd.enabled=true",
        "externalEtcd.endpoints={e:1}",
        "externalS3.enabled=true",
        "externalS3.host=s",
        "externalS3.port=2",
        "externalS3.bucketName=b",
        "externalKafka.enabled=true",
        "externalKafka.brokerList=k:3",
        "extraConfigFiles.user\\.yaml=common: {sessionTTL: 5}",
    )
    assert not [manifest for manifest in objects.values() if manifest["kind"] in DEPENDENCY_KINDS]
    config = _config(objects)
    assert config["etcd"]["endpoints"] == ["e:1"]
    assert [config["minio"][field] for field in ("address", "port", "bucketName")] == ["s", 2, "b"]
    assert (config["mq"]["type"], config["kafka"]["brokerList"]) == ("kafka", "k:3")
    assert yaml.safe_load(objects[CONFIG]["data"]["user.yaml"]) == {"common": {"sessionTTL": 5}}


def test_log_volume_is_shared_by_all_milvus_pods(chart: Chart) -> None:
    before, objects = chart.render(), chart.render("log.persistence.enabled=true")
    claim = objects[f"PersistentVolumeClaim/{RELEASE}-milvus-logs"]
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    assert claim["spec"]["resources"] == {"requests": {"storage": "10Gi"}}
    assert objects.keys() - before.keys() == {f"PersistentVolumeClaim/{RELEASE}-milvus-logs"}
    assert [_config(rendered)["log"]["file"]["rootPath"] for rendered in (before, objects)] == ["", "/milvus/logs"]
    for key in chart.components(objects):
        pod = _pod(objects[key])
        mounts = {mount["name"]: mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
        claims = [volume["persistentVolumeClaim"] for volume in pod["volumes"] if volume["name"] == "milvus-logs-disk"]
        assert (mounts["milvus-logs-disk"], claims) == ("/milvus/logs", [{"claimName": f"{RELEASE}-milvus-logs"}])


def test_metrics_off_closes_port_9091_of_the_services(chart: Chart) -> None:
    objects = chart.render("metrics.enabled=false")
    services = {key: _ports(objects[key]) for key in objects if key.startswith(f"Service/{RELEASE}-milvus")}
    assert services[f"Service/{RELEASE}-milvus"] == {"milvus": 19530}
    assert not [key for key, ports in services.items() if "metrics" in ports or not ports]
    assert len(services) == (1 if chart.five else 5)


@pytest.mark.parametrize("kind", ["ClusterIP", "NodePort", "LoadBalancer"])
def test_service_type(chart: Chart, kind: str) -> None:
    assert chart.render(f"service.type={kind}")[f"Service/{RELEASE}-milvus"]["spec"]["type"] == kind


# The lab's repository


def test_archives_are_reproducible(helm: Path, repository: Path, tmp_path: Path) -> None:
    archives = charts.package_all(helm, tmp_path)
    assert len(archives) == len(charts.chart_versions())
    for archive in archives:
        assert archive.read_bytes() == (repository / archive.name).read_bytes()


def test_source_folder_is_the_newest_version(helm: Path, repository: Path) -> None:
    newest = _render(helm, str(repository / "milvus-5.0.19.tgz"), RELEASE, False, ())
    assert _render(helm, str(charts.CHARTS / "milvus"), RELEASE, False, ()) == newest


def test_served_repository_offers_every_version(helm: Path, repository: Path, tmp_path: Path) -> None:
    server = charts.serve(repository, 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = charts.repository_url(server.server_port)
        for version in charts.chart_versions():
            pinned = ["--repo", url, "--version", version.version, "--repository-cache", str(tmp_path)]
            metadata = yaml.safe_load(_helm(helm, "show", "chart", "milvus", *pinned))
            assert (metadata["version"], metadata["appVersion"]) == (version.version, version.app_version)
        newest = _helm(helm, "show", "chart", "milvus", "--repo", url, "--repository-cache", str(tmp_path))
        assert yaml.safe_load(newest)["version"] == "5.0.19"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_old_values_keep_old_images_under_a_newer_chart(helm: Path, repository: Path, tmp_path: Path) -> None:
    """What ``--reuse-values`` does: the release says 5.0.19 while nothing in its pods has changed."""
    old, new = (str(repository / f"milvus-{version}.tgz") for version in ("5.0.8", "5.0.19"))
    values = tmp_path / "values.yaml"
    values.write_text(_helm(helm, "show", "values", old), encoding="utf-8")
    before = _render(helm, old, RELEASE, True, ())
    after = _objects(
        _helm(helm, "template", RELEASE, new, "--namespace", "milvus", "--is-upgrade", "--values", str(values))
    )
    assert before.keys() == after.keys()
    for key, manifest in before.items():
        assert manifest.get("spec") == after[key].get("spec"), key
