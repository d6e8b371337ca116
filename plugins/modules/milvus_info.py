#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: milvus_info
short_description: Read the state of a Milvus cluster
version_added: 1.0.0
description:
  - Returns what a Helm release of the Milvus chart consists of and how its parts are, in one reading of the cluster.
  - Runs no helm process. The release is read from the record that Helm keeps in the cluster, and so is right in every
    status that a release can have; its parts are read from that record's manifest and from the live objects.
  - A release that does not exist is an answer, not a failure.
extends_documentation_fragment:
  - milvus.cluster._attributes
  - milvus.cluster._attributes.info_module
  - milvus.cluster._release
  - milvus.cluster._connection
  - milvus.cluster._chart
  - milvus.cluster._helm
notes:
  - The account needs to get and list Secrets and ConfigMaps, to get Services, and to list Deployments, StatefulSets,
    HorizontalPodAutoscalers, Pods and PersistentVolumeClaims, all in O(release_namespace) only. The collection has a
    manifest with just that in C(docs/examples/rbac/reader.yaml).
seealso:
  - name: Scale Milvus
    link: https://milvus.io/docs/scaleout.md
    description: What Milvus says about its worker nodes.
  - module: kubernetes.core.helm_info
author:
  - milvus.cluster contributors (@milvus-cluster)
"""

EXAMPLES = r"""
- name: Read the Milvus cluster
  milvus.cluster.milvus_info:
    release_name: my-release
    release_namespace: milvus
  register: milvus

- name: Say how many query nodes serve
  ansible.builtin.debug:
    msg: "{{ item.ready }} of {{ item.count }} query nodes are ready"
  loop: "{{ milvus.scalable | selectattr('type', 'equalto', 'query_node') }}"
  loop_control:
    label: "{{ item.type }}"

- name: Stop when something has changed behind Helm's back
  ansible.builtin.assert:
    that: milvus.drift | length == 0
    fail_msg: "{{ milvus.summary | select('match', 'drift') | join('; ') }}"
"""

RETURN = r"""
exists:
  description:
    - Whether the release is there. One that is uninstalled but has kept its history is not.
    - V(null) when the task failed before it knew.
  returned: always
  type: bool
  sample: true
managed_by:
  description:
    - V(helm), V(milvus-operator) when there is no release but a Milvus custom resource's Deployments of that name, else
      empty.
  returned: always
  type: str
  sample: helm
mode:
  description: V(cluster), V(standalone), or V(none) where the release has no Milvus workload.
  returned: always
  type: str
  sample: cluster
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
    description:
      description: Helm's remark on the revision.
      type: str
      returned: always
      sample: Upgrade complete
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
      description: The version of Milvus that the chart is made for. What runs is in RV(components[].image).
      type: str
      returned: always
      sample: 2.6.15
    first_deployed:
      description: When the release was installed.
      type: str
      returned: always
      sample: "2026-11-24T03:25:41.052708672Z"
    last_deployed:
      description: When the revision was made.
      type: str
      returned: always
      sample: "2026-11-24T04:11:05.194022511Z"
    apply_method:
      description: V(ssa) for server-side apply, V(csa) for client-side apply.
      type: str
      returned: always
      sample: ssa
    storage:
      description: The kind of object that Helm keeps the record in, V(Secret) or V(ConfigMap).
      type: str
      returned: always
      sample: Secret
    running_revision:
      description:
        - The revision whose manifest the other return values are about. It is the newest deployed one, or the
          newest where none is deployed, and V(null) where nothing runs.
      type: int
      returned: always
      sample: 3
    reused_defaults:
      description:
        - Whether the record shows that C(helm upgrade --reuse-values) has overwritten the defaults of the chart, so
          that an upgrade without that flag changes more than its values say.
      type: bool
      returned: always
      sample: false
components:
  description: The Milvus workloads of the release, worker types first. With resource groups a type has several.
  returned: always
  type: list
  elements: dict
  contains:
    type:
      description:
        - The worker type, as in the options of the other modules, that is V(query_node), V(data_node), V(index_node),
          V(streaming_node) or V(proxy). Or a coordinator, V(standalone), V(cdc) or V(attu).
      type: str
      returned: always
      sample: query_node
    role:
      description: V(worker), V(coordinator), V(standalone) or V(tool).
      type: str
      returned: always
      sample: worker
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
      description: How many pods are being stopped.
      type: int
      returned: always
      sample: 0
    settled:
      description: Whether all of this is as it shall be.
      type: bool
      returned: always
      sample: true
    lag:
      description: What is lacking, empty when it is settled.
      type: str
      returned: always
      sample: ""
    restarts:
      description: How often the containers of its pods have been restarted, in total.
      type: int
      returned: always
      sample: 0
    pods:
      description: How many pods are in which state, in the words of C(kubectl get pods).
      type: dict
      returned: always
      sample: {"Running": 3}
    image:
      description: The image that it runs, empty when the Deployment is missing.
      type: str
      returned: always
      sample: milvusdb/milvus:v2.6.15
    autoscaled:
      description: Whether a HorizontalPodAutoscaler owns the count.
      type: bool
      returned: always
      sample: false
    autoscaler:
      description: That autoscaler, V(null) without.
      type: dict
      returned: always
      contains:
        name:
          description: Its name.
          type: str
          returned: always
          sample: my-release-milvus-querynode-hpa
        min_replicas:
          description: The least number of pods.
          type: int
          returned: always
          sample: 2
        max_replicas:
          description: The largest number of pods.
          type: int
          returned: always
          sample: 5
    count_owners:
      description:
        - The field managers that own the number of pods. Empty where nobody does.
      type: list
      elements: dict
      returned: always
      contains:
        manager:
          description: Its name, for example V(helm), V(kubectl) or V(kube-controller-manager).
          type: str
          returned: always
          sample: helm
        operation:
          description: V(Apply) or V(Update).
          type: str
          returned: always
          sample: Apply
        subresource:
          description: V(scale) after C(kubectl scale) or an autoscaler, else empty.
          type: str
          returned: always
          sample: ""
        time:
          description: When it set a field last, V(null) where the API server has not noted it.
          type: str
          returned: always
          sample: "2026-11-24T03:25:41Z"
scalable:
  description: The worker types that can be scaled. Empty for a standalone Milvus.
  returned: always
  type: list
  elements: dict
  contains:
    type:
      description: The worker type.
      type: str
      returned: always
      sample: query_node
    values_key:
      description: The key of the chart's values for it.
      type: str
      returned: always
      sample: queryNode
    count:
      description: How many pods it shall have, over all resource groups.
      type: int
      returned: always
      sample: 3
    ready:
      description: How many of them are ready.
      type: int
      returned: always
      sample: 3
    groups:
      description: Its resource groups. The chart's count is per group.
      type: list
      elements: str
      returned: always
      sample: []
    autoscaled:
      description: Whether a HorizontalPodAutoscaler owns the count.
      type: bool
      returned: always
      sample: false
    count_owners:
      description: The names of the field managers that own the count.
      type: list
      elements: str
      returned: always
      sample: [helm]
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
      description: Its workloads. Empty when it is external, or embedded in Milvus.
      type: list
      elements: dict
      returned: always
      contains:
        kind:
          description: The kind of the workload.
          type: str
          returned: always
          sample: StatefulSet
        workload:
          description: Its name.
          type: str
          returned: always
          sample: my-release-minio
        desired:
          description: As for components.
          type: int
          returned: always
          sample: 4
        ready:
          description: As for components.
          type: int
          returned: always
          sample: 4
        updated:
          description: As for components.
          type: int
          returned: always
          sample: 4
        available:
          description: As for components.
          type: int
          returned: always
          sample: 4
        terminating:
          description: As for components, V(null) where the API server does not count them.
          type: int
          returned: always
          sample: null
        settled:
          description: As for components.
          type: bool
          returned: always
          sample: true
        lag:
          description: As for components.
          type: str
          returned: always
          sample: ""
        image:
          description: As for components.
          type: str
          returned: always
          sample: minio/minio:RELEASE.2024-12-18T13-15-44Z
endpoints:
  description: Where clients reach Milvus, one entry for each port and way.
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
      description: The type of the Service.
      type: str
      returned: always
      sample: ClusterIP
    port_name:
      description: The name of the port.
      type: str
      returned: always
      sample: milvus
    scope:
      description: V(cluster) from inside of it, V(node) at the address of any node, V(external) from outside.
      type: str
      returned: always
      sample: cluster
    host:
      description: The host name or address, empty for scope V(node).
      type: str
      returned: always
      sample: my-release-milvus.milvus.svc
    port:
      description: The port number.
      type: int
      returned: always
      sample: 19530
volumes:
  description: The PersistentVolumeClaims of the release, also those that an uninstalled release has left.
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
      description: V(Bound), V(Pending) or V(Lost).
      type: str
      returned: always
      sample: Bound
    size:
      description: The size of the volume.
      type: str
      returned: always
      sample: 10Gi
    storage_class:
      description: Its storage class.
      type: str
      returned: always
      sample: standard
    volume:
      description: The name of the PersistentVolume, empty while there is none.
      type: str
      returned: always
      sample: pvc-9f2f2a9e-4a07-4f2a-8a39-0d9d0b3cf1ce
lock:
  description: The operation that the release is in the middle of. Until it is over, Helm refuses to begin another one.
  returned: always
  type: dict
  contains:
    locked:
      description: Whether there is such an operation.
      type: bool
      returned: always
      sample: false
    revision:
      description: The revision that it makes.
      type: int
      returned: always
      sample: null
    status:
      description: V(pending-install), V(pending-upgrade), V(pending-rollback), V(uninstalling), or empty.
      type: str
      returned: always
      sample: ""
    age:
      description: Seconds since Helm last wrote the record, by the API server's clock.
      type: int
      returned: always
      sample: null
    holder:
      description: Who began it, where this collection did, else empty.
      type: str
      returned: always
      sample: ""
    deadline:
      description: Until when the holder meant to be done, where this collection began it.
      type: str
      returned: always
      sample: null
    stale:
      description: Whether that deadline is over.
      type: bool
      returned: always
      sample: false
drift:
  description: Where live workloads differ from the running revision. Counts that an autoscaler owns are left out.
  returned: always
  type: list
  elements: dict
  contains:
    kind:
      description: The kind of the workload.
      type: str
      returned: always
      sample: Deployment
    workload:
      description: The name of the workload.
      type: str
      returned: always
      sample: my-release-milvus-querynode
    field:
      description: V(replicas), V(image), or V(workload) for one that is missing or does not belong to the release.
      type: str
      returned: always
      sample: replicas
    released:
      description: What the release says, V(null) for a workload that it does not know.
      type: raw
      returned: always
      sample: 3
    live:
      description: What the cluster has, V(null) for a workload that is missing.
      type: raw
      returned: always
      sample: 5
    owners:
      description: Who has set the live count, as in RV(components[].count_owners).
      type: list
      elements: dict
      returned: always
      sample:
        - manager: kubectl
          operation: Update
          subresource: scale
          time: null
capabilities:
  description: What the chart of the running revision can do.
  returned: always
  type: dict
  contains:
    chart_line:
      description: Major and minor version of the chart.
      type: str
      returned: always
      sample: "5.0"
    milvus_line:
      description: Major and minor version of Milvus that the chart is made for.
      type: str
      returned: always
      sample: "2.6"
    autoscaling:
      description: The worker types for which it can make a HorizontalPodAutoscaler.
      type: list
      elements: str
      returned: always
      sample: [query_node, data_node, proxy]
    resource_groups:
      description: Whether it knows resource groups.
      type: bool
      returned: always
      sample: true
    open_count:
      description: Whether C(replicas -1) leaves the count to others.
      type: bool
      returned: always
      sample: true
    missing:
      description: The worker types that it cannot run, with the reason for each.
      type: dict
      returned: always
      sample: {"index_node": "Index nodes are merged into data nodes since Milvus 2.6: scale data_node."}
summary:
  description: The same in a few short lines for people.
  returned: always
  type: list
  elements: str
  sample:
    - "milvus/my-release: revision 3 deployed, chart milvus 5.0.19 (Milvus 2.6.15), cluster"
    - "query_node: 3/3 ready, count owned by helm"
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
      sample: ForbiddenError
    rbac_rule:
      description: The rule that a Role lacks.
      type: dict
      returned: when the account lacks a right
      sample: {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}
"""

from ansible_collections.milvus.cluster.plugins.module_utils._module import Task, run
from ansible_collections.milvus.cluster.plugins.module_utils._observe import observe
from ansible_collections.milvus.cluster.plugins.module_utils._report import empty_report, report


def read(task: Task) -> dict[str, object]:
    """Read the release and report it."""
    return report(observe(task.client, task.release, surroundings=True))


def main() -> None:
    """Run the module."""
    run(read, empty=empty_report)


if __name__ == "__main__":
    main()
