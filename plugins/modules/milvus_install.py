#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: milvus_install
short_description: Install, upgrade or remove a Milvus cluster
version_added: 1.0.0
description:
  - Brings a Helm release of the Milvus chart to the state that the task declares, and returns when every pod of it is
    ready, or fails with the cause that keeps them from it.
  - Compares the declared values and chart with the record that Helm keeps in the cluster. When they agree, nothing is
    changed and no helm process is started.
  - Otherwise a plan is made from helm's dry run. It lists which values, workloads, pods and volumes change, and it
    refuses what would lose data or pods that nobody wanted to lose. Check mode ends there.
  - Replica counts of worker nodes belong to whoever has scaled them. A task that does not name a count leaves it alone.
extends_documentation_fragment:
  - milvus.cluster._attributes
  - milvus.cluster._attributes.change_module
  - milvus.cluster._attributes.progress
  - milvus.cluster._release
  - milvus.cluster._connection
  - milvus.cluster._chart
  - milvus.cluster._helm
  - milvus.cluster._wait
  - milvus.cluster._lock
options:
  state:
    description:
      - V(present) installs or upgrades the release.
      - V(absent) uninstalls it, waits until its pods are gone, and keeps its volumes unless O(delete_volumes) is set.
    type: str
    choices: [present, absent]
    default: present
  create_namespace:
    description: Whether to create O(release_namespace) where it does not exist.
    type: bool
    default: false
  chart_version:
    description:
      - The version of the chart, exact or as a constraint such as V(~5.0) or V(>=5.0.17 <6).
      - An installed release keeps its version until this excludes it. The first install takes the newest version
        without it, or, over volumes that an earlier release has left, the version of that release.
    type: str
  release_values:
    description:
      - Values for the chart. Maps are merged with what is there, lists are replaced, and V(null) takes away the
        chart's default, all of it as Helm does.
      - For secrets use O(sensitive_values).
    type: dict
    default: {}
    aliases: [values]
  values_files:
    description:
      - YAML files with values, on the host that runs the module. A later file wins over an earlier one, and
        O(release_values) over all of them.
    type: list
    elements: path
    default: []
  sensitive_values:
    description:
      - Values like O(release_values), merged last, that are never shown, neither in a diff nor in an error, nor on a
        command line.
    type: dict
    default: {}
  values_policy:
    description:
      - With V(merge) the values of the release stay where the task does not name them. They are returned as
        RV(values_not_in_task). This is safe for a release that was made by hand.
      - With V(replace) the task's values are all that there is, but for replica counts and autoscalers of worker
        nodes, C(cluster.enabled) and C(etcd.initialClusterState), which stay where the task does not name them.
    type: str
    choices: [merge, replace]
    default: merge
  allow_scale_in:
    description: Whether values may lower the count of a workload below what it has in the cluster.
    type: bool
    default: false
  allow_unsafe_upgrade:
    description:
      - Whether to do what upstream documents as unsafe, that is to go back to an older chart, to go from a chart before
        4.2.58 to 5.0 or later, to change the message queue, or to turn a standalone Milvus into a cluster or back.
    type: bool
    default: false
  require_capacity:
    description:
      - Whether nothing is done when the nodes have no room for what the pods that are added request.
      - Without it there is a warning, for nodes may come by themselves.
      - Where nodes or the pods of all namespaces may not be read, this is not checked.
    type: bool
    default: false
  on_failure:
    description:
      - What to do with a release that could not be upgraded, or did not become ready.
      - V(keep) leaves it as it is, for the next run to repair.
      - V(rollback) goes back to the revision that was deployed before. It is refused together with a move to another
        chart version, whose data an older Milvus cannot read.
    type: str
    choices: [keep, rollback]
    default: keep
  backup_dir:
    description:
      - A folder on the host that runs the module. Before a release that is there is changed or removed, its values are
        written to a file in it that only the owner can read. The values are those of the user, secrets included.
    type: path
  delete_volumes:
    description:
      - With O(state=absent), whether to delete the release's persistent volume claims, and with them all data.
      - Needs O(confirm).
    type: bool
    default: false
  confirm:
    description: The name of the release once more, to confirm O(delete_volumes).
    type: str
notes:
  - The account needs the rights that Helm needs for what is in the chart, and to list and watch the release's
    workloads, pods and events. Those that are missing are named before anything is touched.
  - Secrets are neither on helm's command line nor in files that this module writes. Ansible itself hands the options of
    a module over in a temporary file that only its user can read, unless pipelining is on.
seealso:
  - name: Install Milvus with Helm
    link: https://milvus.io/docs/install_cluster-helm.md
    description: What Milvus says about its chart.
  - module: milvus.cluster.milvus_info
  - module: kubernetes.core.helm
author:
  - milvus.cluster contributors (@milvus-cluster)
"""

EXAMPLES = r"""
- name: Install a Milvus cluster
  milvus.cluster.milvus_install:
    release_name: my-release
    release_namespace: milvus
    create_namespace: true
    chart_version: ~5.0
    release_values:
      queryNode:
        resources:
          requests:
            cpu: "2"
            memory: 8Gi

- name: Install it from a chart on this host, with the secret from a vault
  milvus.cluster.milvus_install:
    release_name: my-release
    release_namespace: milvus
    chart_ref: /srv/charts/milvus-5.0.19.tgz
    values_files:
      - /srv/milvus/values.yaml
    sensitive_values:
      minio:
        secretKey: "{{ vault_minio_secret_key }}"
    values_policy: replace

- name: Show what an upgrade would change
  milvus.cluster.milvus_install:
    release_name: my-release
    release_namespace: milvus
    chart_version: 5.0.19
  check_mode: true
  diff: true
  register: upgrade

- name: Print it in short rows
  ansible.builtin.debug:
    msg: "{{ item }}"
  loop: "{{ upgrade.plan.summary }}"

- name: Remove the cluster and keep its volumes
  milvus.cluster.milvus_install:
    release_name: my-release
    release_namespace: milvus
    state: absent

- name: Remove the cluster and all its data
  milvus.cluster.milvus_install:
    release_name: my-release
    release_namespace: milvus
    state: absent
    delete_volumes: true
    confirm: my-release
"""

RETURN = r"""
counts:
  description:
    - The Deployments of worker nodes, with their counts before and after; in check mode after is foretold.
    - Empty in check mode where nothing is installed yet.
  returned: always
  type: list
  elements: dict
  contains:
    type:
      description: The worker type.
      type: str
      returned: always
      sample: query_node
    group:
      description: The resource group, empty without.
      type: str
      returned: always
      sample: ""
    workload:
      description: The name of the Deployment.
      type: str
      returned: always
      sample: my-release-milvus-querynode
    before:
      description: How many pods it had, V(null) where it was not there.
      type: int
      returned: always
      sample: null
    after:
      description: How many pods it has, V(null) where it is not there any more.
      type: int
      returned: always
      sample: 1
release:
  description: The newest revision of the release.
  returned: always
  type: dict
  contains:
    name:
      description: The name of the release.
      type: str
      returned: always
      sample: my-release
    namespace:
      description: The namespace of the release.
      type: str
      returned: always
      sample: milvus
    revision:
      description: The number of the revision, V(null) without one.
      type: int
      returned: always
      sample: 3
    status:
      description:
        - Helm's status of the revision, V(absent) when there is none.
        - V(unknown) when the task failed before it knew.
      type: str
      returned: always
      sample: deployed
    chart:
      description: The name of the chart.
      type: str
      returned: always
      sample: milvus
    chart_version:
      description: The version of the chart.
      type: str
      returned: always
      sample: 5.0.19
    app_version:
      description: The version of Milvus that the chart is made for.
      type: str
      returned: always
      sample: 2.6.15
components:
  description: The Milvus workloads of the release, worker types first.
  returned: always
  type: list
  elements: dict
  contains:
    type:
      description: The worker type, such as V(query_node), or a coordinator, V(standalone), V(cdc) or V(attu).
      type: str
      returned: always
      sample: query_node
    component:
      description: The value of the label C(component) on its pods.
      type: str
      returned: always
      sample: querynode
    group:
      description: The resource group, empty without.
      type: str
      returned: always
      sample: ""
    workload:
      description: The name of the Deployment.
      type: str
      returned: always
      sample: my-release-milvus-querynode
    desired:
      description: How many pods it shall have.
      type: int
      returned: always
      sample: 3
    ready:
      description: How many pods are ready.
      type: int
      returned: always
      sample: 3
    updated:
      description: How many pods are of its latest revision.
      type: int
      returned: always
      sample: 3
    available:
      description: How many pods are available.
      type: int
      returned: always
      sample: 3
    terminating:
      description: How many pods are being stopped, V(null) where nobody has counted them.
      type: int
      returned: always
      sample: 0
    autoscaled:
      description: Whether a HorizontalPodAutoscaler owns the count.
      type: bool
      returned: always
      sample: false
    image:
      description: The image that it runs.
      type: str
      returned: always
      sample: milvusdb/milvus:v2.6.15
dependencies:
  description: What Milvus leans on.
  returned: always
  type: list
  elements: dict
  contains:
    role:
      description: V(etcd), V(object_storage), V(message_queue) or V(embedding).
      type: str
      returned: always
      sample: object_storage
    product:
      description: What fills the role.
      type: str
      returned: always
      sample: minio
    external:
      description: Whether it is outside of the release.
      type: bool
      returned: always
      sample: false
    workloads:
      description:
        - Its workloads, as for M(milvus.cluster.milvus_info). Empty when it is external, or embedded in Milvus.
      type: list
      elements: dict
      returned: always
      sample: []
endpoints:
  description: The ways to reach Milvus.
  returned: always
  type: list
  elements: dict
  contains:
    service:
      description: The name of the Service.
      type: str
      returned: always
      sample: my-release-milvus
    service_type:
      description: Its type.
      type: str
      returned: always
      sample: ClusterIP
    port_name:
      description: The name of the port.
      type: str
      returned: always
      sample: milvus
    scope:
      description: From where, V(cluster), V(node) or V(external).
      type: str
      returned: always
      sample: cluster
    host:
      description: The name or address, empty for any node's.
      type: str
      returned: always
      sample: my-release-milvus.milvus.svc
    port:
      description: The number of the port.
      type: int
      returned: always
      sample: 19530
volumes:
  description: The persistent volume claims of the release. They stay when it is removed without O(delete_volumes).
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name of the claim.
      type: str
      returned: always
      sample: data-my-release-etcd-0
    status:
      description: Its phase.
      type: str
      returned: always
      sample: Bound
    size:
      description: Its size.
      type: str
      returned: always
      sample: 10Gi
    storage_class:
      description: Its storage class.
      type: str
      returned: always
      sample: standard
    volume:
      description: The volume it is bound to.
      type: str
      returned: always
      sample: pvc-7a2e
drift:
  description: Where live workloads differ from the release, as for M(milvus.cluster.milvus_info).
  returned: always
  type: list
  elements: dict
  sample: []
plan:
  description: What was done, or in check mode would be. Empty when nothing was to be done.
  returned: always
  type: dict
  contains:
    actions:
      description: Each action with the object it is about, and from what to what. Secrets are left out.
      type: list
      elements: dict
      returned: always
      sample: [{"action": "set value", "object": "queryNode.replicas", "before": 1, "after": 3}]
    restarts:
      description: The workloads whose pods are replaced, with their number.
      type: list
      elements: dict
      returned: always
      sample: [{"kind": "Deployment", "name": "my-release-milvus-proxy", "pods": 1}]
    blockers:
      description: Why the plan was not carried out.
      type: list
      elements: str
      returned: always
      sample: []
    preflight:
      description:
        - What was looked at before anything is touched. Empty when there is nothing to do.
        - The outcome is V(passed), V(warned) for what is among the warnings too, V(failed) for what is among the
          blockers too, or V(not checked) for what the account may not read.
      type: list
      elements: dict
      returned: always
      sample: [{"check": "quota", "outcome": "passed", "evidence": "there is no quota"}]
    summary:
      description: The plan in short rows for people.
      type: list
      elements: str
      returned: always
      sample: ["set value queryNode.replicas: 1 -> 3", "scale Deployment/my-release-milvus-querynode: 1 -> 3"]
values_not_in_task:
  description: The paths of values that the release has and the task does not name. Empty with O(values_policy=replace).
  returned: always
  type: list
  elements: str
  sample: [minio.persistence.size]
backup_file:
  description: Where the values from before the change are, V(null) without O(backup_dir) or without a change.
  returned: always
  type: str
  sample: /var/backups/milvus-my-release-revision-3.yaml
waited:
  description:
    - How many seconds it was waited until all was ready, V(null) when it was not waited.
    - In check mode V(0.0) when nothing is to be done and nothing to be waited for, else V(null).
  returned: always
  type: float
  sample: 42.3
started_at:
  description: When the module began, by the clock of its host, in UTC.
  returned: always
  type: str
  sample: "2026-11-29T06:12:04.120+00:00"
ended_at:
  description: When it ended.
  returned: always
  type: str
  sample: "2026-11-29T06:12:46.391+00:00"
error:
  description: What is known about a failure, V(null) without one.
  returned: always
  type: dict
  contains:
    kind:
      description: The kind of error.
      type: str
      returned: on failure
      sample: WaitError
    diagnosis:
      description:
        - Each workload that was not ready, with the cause, its latest log lines and events. The root cause is first.
      type: list
      elements: dict
      returned: when the release did not become ready
      sample:
        - workload: my-release-milvus-querynode
          ready: 0
          desired: 1
    rolled_back_to:
      description: The revision that O(on_failure=rollback) went back to.
      type: int
      returned: when the release was rolled back
      sample: 3
"""

from ansible_collections.milvus.cluster.plugins.module_utils._argspec import INSTALL, LOCK, WAIT
from ansible_collections.milvus.cluster.plugins.module_utils._install import install
from ansible_collections.milvus.cluster.plugins.module_utils._install_report import empty_install_report
from ansible_collections.milvus.cluster.plugins.module_utils._module import Task, run


def change(task: Task) -> dict[str, object]:
    """Bring the release to the wanted state."""
    if task.options["state"] == "present":
        return install(task)
    from ansible_collections.milvus.cluster.plugins.module_utils._uninstall import uninstall

    return uninstall(task)


def main() -> None:
    """Run the module."""
    run(change, empty=empty_install_report, options={**WAIT, **LOCK, **INSTALL})


if __name__ == "__main__":
    main()
