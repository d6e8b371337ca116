#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: milvus_scale
short_description: Give each worker type of a Milvus cluster its count
version_added: 1.0.0
description:
  - Brings the worker types of a Helm release of the Milvus chart, such as query nodes and proxies, to the counts that
    the task names, and returns when every pod is ready, or fails with the cause that keeps them from it.
  - Nothing else is touched. The chart stays the one that is deployed, and what helm's dry run shows is compared object
    by object with what is there. A task that would replace a pod is refused, with the list.
  - The counts are kept in Helm's record of the release, so that a later C(helm upgrade --reset-then-reuse-values)
    leaves them alone. When the record and the cluster agree with the task, no helm process is started.
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
  replicas:
    description:
      - How many pods each worker type shall have. The types are C(query_node), C(data_node), C(index_node),
        C(streaming_node) and C(proxy). Types that are not named stay as they are; see O(drift).
      - In a release with resource groups it is the count of each group.
      - Texts that are numbers are taken as such, and blank ones as not given.
    type: dict
    default: {}
  autoscaling:
    description:
      - For each worker type what becomes of the chart's HorizontalPodAutoscaler, as a dictionary of C(enabled), which
        is true unless it is given, C(min_replicas), C(max_replicas), and C(cpu) and C(memory), the targets of
        utilization in percent.
      - An autoscaler that is switched on takes over the count that there is, and one that is switched off leaves it.
      - Charts from 4.2.42 on have autoscalers. Under Helm 3 one can be switched on only while there is one pod.
    type: dict
    default: {}
  strategy:
    description:
      - With V(together) all types that grow do so at once, in one revision.
      - With V(one_by_one) one type after the other, each when the one before is ready.
      - Types that shrink always do so one after the other, after those that grow.
    type: str
    choices: [together, one_by_one]
    default: together
  scale_in_step:
    description:
      - How many pods of a type are stopped at a time. The next ones are stopped when those have ended, also without
        O(wait).
      - Query nodes that are stopped together wait for each other to take over what they serve, and searches fail for
        half a minute.
    type: int
    default: 1
  allow_zero:
    description: Whether a count may be 0, with which Milvus does not work.
    type: bool
    default: false
  allow_restarts:
    description:
      - Whether the task may change more than counts and autoscalers, where helm, or a rule of the cluster that rewrites
        images, would do that beside them, and replace pods with it.
    type: bool
    default: false
  drift:
    description:
      - What to do about a worker type that the task does not name, and that has another count in the cluster than in
        the release, for instance after C(kubectl scale).
      - V(keep_live) takes the count in the cluster over into the release. No pod comes or goes.
      - V(restore_release) brings the count of the release back.
      - V(fail) refuses to do anything, and says who has set the count.
      - Counts that an autoscaler has set are left to it.
    type: str
    choices: [keep_live, restore_release, fail]
    default: keep_live
  require_capacity:
    description:
      - Whether nothing is done when the nodes have no room for what the pods that are added request.
      - Without it there is a warning, for nodes may come by themselves.
      - Where nodes or the pods of all namespaces may not be read, this is not checked.
    type: bool
    default: false
  wait_registered:
    description:
      - Whether to wait, when the pods are ready, until Milvus itself lists as many workers of the types that the task
        names. While a type shrinks, the next pods are stopped only when Milvus no longer lists the last ones, which
        takes up to a minute.
      - Milvus is asked for the gauges of its coordinators, through the API server, for which the account needs the
        right to C(get) C(pods/proxy). There is none for streaming nodes.
      - With V(auto) what cannot be found out is not waited for, and RV(registration) says why.
      - With V(require) the task fails then.
      - With V(skip) Milvus is not asked.
    type: str
    choices: [auto, require, skip]
    default: auto
  on_failure:
    description:
      - What to do when the pods do not become ready, or helm fails.
      - V(keep) leaves the counts as they are then, for the next run to go on.
      - V(restore) goes back to the counts from before. The task fails nevertheless.
    type: str
    choices: [keep, restore]
    default: keep
notes:
  - A count of the release is kept by Helm. While a task scales step by step, or where others have set a count, the
    field manager C(milvus.cluster) owns C(.spec.replicas) of the Deployment, and leaves it to Helm afterwards.
  - Coordinators have no counts here, because Milvus does not support scaling them out.
  - The account needs the rights that Helm needs for what is in the chart, and to list and watch the release's
    workloads, pods and events. Those that are missing are named before anything is touched.
seealso:
  - name: Scale a Milvus cluster
    link: https://milvus.io/docs/scaleout.md
    description: What Milvus says about it.
  - module: milvus.cluster.milvus_install
  - module: milvus.cluster.milvus_info
author:
  - milvus.cluster contributors (@milvus-cluster)
"""

EXAMPLES = r"""
- name: Scale query nodes and proxies
  milvus.cluster.milvus_scale:
    release_name: my-release
    release_namespace: milvus
    replicas:
      query_node: 3
      proxy: 2

- name: Show what would happen
  milvus.cluster.milvus_scale:
    release_name: my-release
    release_namespace: milvus
    replicas:
      query_node: 5
  check_mode: true
  diff: true

- name: Leave the count of data nodes to an autoscaler
  milvus.cluster.milvus_scale:
    release_name: my-release
    release_namespace: milvus
    autoscaling:
      data_node:
        min_replicas: 2
        max_replicas: 6
        cpu: 60

- name: Add nodes, or go back to what there was if they find no room
  milvus.cluster.milvus_scale:
    release_name: my-release
    release_namespace: milvus
    replicas:
      streaming_node: 4
    on_failure: restore
"""

RETURN = r"""
counts:
  description: The Deployments of worker nodes, with their counts before and after; in check mode after is foretold.
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
      description: The name of the Deployment, empty where there is no release.
      type: str
      returned: always
      sample: my-release-milvus-querynode
    before:
      description: How many pods it had, V(null) where it was not there.
      type: int
      returned: always
      sample: 1
    after:
      description: How many pods it has.
      type: int
      returned: always
      sample: 3
registration:
  description:
    - What Milvus says of the worker types that the task names.
    - Empty without O(wait), with O(wait_registered=skip), and in check mode if there is something to do or to wait for.
  returned: always
  type: list
  elements: dict
  contains:
    type:
      description: The worker type.
      type: str
      returned: always
      sample: query_node
    outcome:
      description: V(registered) or V(not_checked), or V(different) in RV(error.registration).
      type: str
      returned: always
      sample: registered
    expected:
      description:
        - How many workers Milvus should list. A streaming node runs a query node in itself, which counts as one.
      type: int
      returned: always
      sample: 3
    listed:
      description: How many Milvus lists, V(null) where that could not be found out.
      type: int
      returned: always
      sample: 3
    source:
      description: The gauge, or the list of Milvus' management API, that says so, and whose it is.
      type: str
      returned: always
      sample: milvus_querycoord_querynode_num of pod my-release-milvus-mixcoord-6d9f7c5b8-x2x7k
    reason:
      description: Why it could not be found out.
      type: str
      returned: always
      sample: ""
    detail:
      description:
        - Which pods a list lacks, and which of its workers have no pod, are there twice, or are stopping. Empty without
          any, and where there is no list but a gauge alone.
      type: str
      returned: always
      sample: "10.0.0.9:21123 (node 5) is listed and no pod of these"
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
  description: The persistent volume claims of the release.
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
waited:
  description:
    - How many seconds it was waited at the end until all was ready, V(null) when it was not waited.
    - In check mode V(0.0) when nothing is to be done and nothing to be waited for, else V(null).
  returned: always
  type: float
  sample: 12.8
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
          ready: 1
          desired: 3
    registration:
      description: As RV(registration), of the types that Milvus does not list as they are.
      type: list
      elements: dict
      returned: when Milvus did not list the workers
      sample:
        - type: proxy
          outcome: different
          expected: 2
          listed: 3
    restored:
      description: The counts that O(on_failure=restore) went back to, by Deployment.
      type: dict
      returned: when they were restored
      sample: {"my-release-milvus-querynode": 1}
    reached:
      description: The counts that were reached, by Deployment, and that the release has now.
      type: dict
      returned: when a scale-in, or a scale one by one, was not finished
      sample: {"my-release-milvus-querynode": 4}
"""

from ansible_collections.milvus.cluster.plugins.module_utils._argspec import LOCK, SCALE, WAIT
from ansible_collections.milvus.cluster.plugins.module_utils._module import run
from ansible_collections.milvus.cluster.plugins.module_utils._scale import scale
from ansible_collections.milvus.cluster.plugins.module_utils._scale_report import empty_scale_report


def main() -> None:
    """Run the module."""
    run(scale, empty=empty_scale_report, options={**WAIT, **LOCK, **SCALE})


if __name__ == "__main__":
    main()
