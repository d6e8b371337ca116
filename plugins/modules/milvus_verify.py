#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

from __future__ import annotations

DOCUMENTATION = r"""
module: milvus_verify
short_description: Check that a Milvus cluster is as it should be
version_added: 1.0.0
description:
  - Checks a Helm release of the Milvus chart, from Helm's record over pods, volumes and endpoints to what Milvus says
    of itself. Each check ends as passed with its evidence, failed with the next step, or skipped with the reason.
  - The task fails when a check fails. Nothing of the release is changed, and no helm process is started.
  - A check that cannot be done, for instance for lack of a right, is skipped; O(required_checks) makes that a failure.
  - Data are written with O(smoke_test) alone, and searched with that and O(probe). What the checks prove, and what they
    do not, is in the guide to verification.
extends_documentation_fragment:
  - milvus.cluster._attributes
  - milvus.cluster._attributes.info_module
  - milvus.cluster._attributes.progress
  - milvus.cluster._release
  - milvus.cluster._connection
  - milvus.cluster._chart
  - milvus.cluster._helm
options:
  replicas:
    description:
      - How many pods worker types shall have, for the check V(counts). The types are C(query_node), C(data_node),
        C(index_node), C(streaming_node) and C(proxy). Types that are not named shall have the count of the release.
      - In a release with resource groups it is the count of each group.
      - Texts that are numbers are taken as such, and blank ones as not given.
    type: dict
    default: {}
  checks:
    description:
      - Which checks to do. Without any, all are done but V(resource_groups), V(smoke_test) and V(probe), which are done
        where they are named here or in O(required_checks), or O(smoke_test) and O(probe) ask for the latter two.
      - V(release) means that the newest revision is deployed, and no operation of Helm is going on.
      - V(components) means that every workload of the release's manifest is there, and each coordinator has a pod that
        is ready.
      - V(counts) means that each type has the count of O(replicas), and what that does not name the count of the
        release.
      - V(pods) means that every pod is ready and of the latest revision, none is terminating, and none was restarted
        just now.
      - V(images) means that pods run the image of their workload, workloads have that of the release, and Milvus has
        one. Another registry, or a digest beside the tag, is no other image where admission has rewritten the name.
      - V(volumes) means that every volume claim of the release is bound.
      - V(endpoints) means that the Service that clients use has a ready endpoint for each proxy.
      - V(autoscalers) means that no count has two owners, and no autoscaler is unable to scale.
      - V(disruption_budgets) means that each PodDisruptionBudget leaves room for one pod at least, and no pod has two
        of them.
      - V(registration) means that Milvus itself lists as many workers of each type as there are pods, by the gauges of
        its coordinators, and just these pods where its management API has a list. That is so for query nodes from
        Milvus 2.3.14 on, and for streaming nodes, which have no gauge, from 2.6.2 on.
      - V(health) means that each process of Milvus says that it is well, at C(/healthz) of its port 9091.
      - V(settled) means that no segment is being moved, and no query node waits for its share, by the gauges of the
        query coordinator and of 32 query nodes at most. A node without segments beside one that has some counts where
        C(queryCoord.autoBalance) is on by the values of the release.
      - V(resource_groups) means that each resource group of Milvus has as many query nodes as it requests, each pod of
        a query node that is ready is in one group, and each node in a group is a pod. A proxy is asked for it, which
        Milvus 2.5.3 and later can tell; it is skipped with older ones.
      - V(smoke_test) means that Milvus takes rows and finds them again, through each proxy; see O(smoke_test).
      - V(probe) means that a search of your own finds what it shall, through each proxy; see O(probe).
    type: list
    elements: str
    choices:
      - release
      - components
      - counts
      - pods
      - images
      - volumes
      - endpoints
      - autoscalers
      - disruption_budgets
      - registration
      - health
      - settled
      - resource_groups
      - smoke_test
      - probe
    default: []
  required_checks:
    description:
      - Checks that must not be skipped. They are done also when O(checks) does not name them.
      - What C(check_mode) itself does not do, which is V(smoke_test), may be skipped there.
    type: list
    elements: str
    choices:
      - release
      - components
      - counts
      - pods
      - images
      - volumes
      - endpoints
      - autoscalers
      - disruption_budgets
      - registration
      - health
      - settled
      - resource_groups
      - smoke_test
      - probe
    default: []
  wait_timeout:
    description:
      - For how many seconds Milvus may list other workers than there are, in the check V(registration). It lists a
        worker that has gone for as long as its session lives, 20 to 30 seconds in most versions.
      - So long, too, V(settled) waits until segments have moved.
      - For so long, and for 10 seconds at least, V(resource_groups), V(smoke_test) and V(probe) ask again until answers
        are right, each of them.
      - The other checks do not wait.
    type: int
    default: 60
  restart_window:
    description:
      - For how many seconds a restart of a container counts against its pod, in the check V(pods); with V(0) none does.
      - Restarts until half a minute after the pods of all that a workload depends on have become ready do not count.
        Milvus exits while it waits for etcd, storage and message queue.
    type: int
    default: 600
  smoke_test:
    description:
      - Whether to do the check V(smoke_test). It creates a collection in the database C(default), with 64 rows of 8
        numbers, an index and a name that begins with C(milvus_cluster_smoke_), loads it, searches 5 of the rows through
        each proxy that is ready, eight at most, and drops it in every case.
      - It takes 3 to 10 seconds, and a query node some kilobytes for that time. What it has written stays in object
        storage and message queue until Milvus collects its garbage.
      - The collection of a run that was killed is dropped by the first one that comes an hour or more after.
      - Skipped in C(check_mode).
    type: bool
    default: false
  probe:
    description:
      - A search that finds something known, for the check V(probe). It is asked again until it is right, or for
        O(wait_timeout). It writes nothing.
    type: dict
    suboptions:
      collection:
        description:
          - The name of the collection, which has to be loaded.
        type: str
        required: true
      vector:
        description:
          - What is searched for.
        type: list
        elements: float
        required: true
      ids:
        description:
          - The primary keys of the nearest rows, in whatever order. As many are searched for.
        type: list
        elements: str
        required: true
      database:
        description:
          - The database of the collection. Without it, Milvus takes its default.
        type: str
      vector_field:
        description:
          - The field of the vectors. Milvus before 2.4 finds it by itself.
        type: str
        default: vector
      id_field:
        description:
          - The field of the primary key.
        type: str
        default: id
  milvus_uri:
    description:
      - An address of Milvus that the host which runs the module reaches, for V(resource_groups), V(smoke_test) and
        V(probe), such as V(https://milvus.example.com:19530).
      - Without it each proxy is asked by way of the API server. That passes no credentials on, so that a Milvus that
        wants some has to be asked by its address.
    type: str
  milvus_user:
    description:
      - The user of Milvus to ask as, together with O(milvus_password) and O(milvus_uri).
    type: str
  milvus_password:
    description:
      - The password of O(milvus_user).
    type: str
  milvus_token:
    description:
      - A token of Milvus, in place of O(milvus_user) and O(milvus_password).
    type: str
  milvus_ca_cert:
    description:
      - A file with the certificate of the authority that has signed that of an O(milvus_uri) with V(https). Without it
        those of the system count.
    type: path
  milvus_tls:
    description:
      - Whether the proxies want HTTPS, when they are asked by way of the API server. That does not check their
        certificates.
    type: bool
    default: false
attributes:
  check_mode:
    details:
      - This module does not modify the release. The checks are done in C(check_mode), too, but for V(smoke_test).
      - Where there is no release, all checks are skipped in C(check_mode), and otherwise the task fails.
notes:
  - The account needs what M(milvus.cluster.milvus_info) needs, and to list EndpointSlices and PodDisruptionBudgets, and
    to get C(pods/proxy); V(resource_groups), V(smoke_test) and V(probe) need to create C(pods/proxy), unless
    O(milvus_uri) is set. The collection has a manifest with just that in C(docs/examples/rbac/verifier.yaml).
  - Where it may also list nodes, which takes a ClusterRole, RV(placement) tells their zones.
  - C(health) asks eight pods at a time, for 30 seconds at most.
seealso:
  - module: milvus.cluster.milvus_info
  - module: milvus.cluster.milvus_scale
author:
  - milvus.cluster contributors (@milvus-cluster)
"""

EXAMPLES = r"""
- name: Verify the Milvus cluster
  milvus.cluster.milvus_verify:
    release_name: my-release
    release_namespace: milvus

- name: Verify that there are three query nodes, and that Milvus lists them
  milvus.cluster.milvus_verify:
    release_name: my-release
    release_namespace: milvus
    replicas:
      query_node: 3
    required_checks:
      - registration

- name: Write rows and find them again, besides all else
  milvus.cluster.milvus_verify:
    release_name: my-release
    release_namespace: milvus
    smoke_test: true
    required_checks:
      - smoke_test

- name: Wait until a search finds what it found before a scale
  milvus.cluster.milvus_verify:
    release_name: my-release
    release_namespace: milvus
    checks:
      - registration
    probe:
      collection: products
      vector: [0.12, 0.57, 0.33, 0.98]
      ids: [42, 17]
    milvus_uri: https://milvus.example.com:19530
    milvus_token: "{{ milvus_reader_token }}"
    wait_timeout: 120

- name: Verify that each resource group of Milvus has the query nodes that it requests
  milvus.cluster.milvus_verify:
    release_name: my-release
    release_namespace: milvus
    checks:
      - registration
      - resource_groups

- name: Look at pods and images alone
  milvus.cluster.milvus_verify:
    release_name: my-release
    release_namespace: milvus
    checks:
      - pods
      - images
"""

RETURN = r"""
checks:
  description: The checks in their order.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name of the check, as in O(checks).
      type: str
      returned: always
      sample: registration
    outcome:
      description: V(passed), V(failed) or V(skipped).
      type: str
      returned: always
      sample: passed
    evidence:
      description: What the outcome rests on.
      type: str
      returned: always
      sample: query_node 3 (milvus_querycoord_querynode_num of pod my-release-milvus-mixcoord-6d9f7c5b8-x2x7k)
    reason:
      description: Why it was skipped, or a part of it not checked.
      type: str
      returned: always
      sample: "streaming_node: no coordinator of this Milvus has their count"
    remedy:
      description: The next step after a failure.
      type: str
      returned: always
      sample: ""
placement:
  description:
    - On which nodes the pods of the release are, a row for each workload on each node. Empty where pods are not read.
  returned: always
  type: list
  elements: dict
  contains:
    type:
      description: The type of the workload, as in RV(components[].type), or the role of the dependency it belongs to.
      type: str
      returned: always
      sample: query_node
    group:
      description: The resource group, empty without.
      type: str
      returned: always
      sample: ""
    workload:
      description: The name of the workload.
      type: str
      returned: always
      sample: my-release-milvus-querynode
    node:
      description: The name of the node, empty for pods that have none yet.
      type: str
      returned: always
      sample: node-1
    zone:
      description:
        - The zone of the node by its label C(topology.kubernetes.io/zone), empty without that label.
        - V(null) where it is not known. Nodes are read for the check V(pods) and if the account may list them.
      type: str
      returned: always
      sample: eu-1a
    pods:
      description: How many pods of the workload are there.
      type: int
      returned: always
      sample: 2
    ready:
      description: How many of these are ready.
      type: int
      returned: always
      sample: 2
registration:
  description:
    - What Milvus says of each worker type, for the check V(registration). Empty without it.
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
      description: V(registered), V(different) or V(not_checked).
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
summary:
  description: A short row for each check.
  returned: always
  type: list
  elements: str
  sample:
    - "passed release: revision 3 is deployed, of chart milvus 5.0.19"
waited:
  description: How many seconds it was waited until Milvus lists its workers, V(null) when it was not asked.
  returned: always
  type: float
  sample: 0.1
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
      sample: VerificationError
    failed_checks:
      description: The names of the checks that have failed, or were required and skipped.
      type: list
      elements: str
      returned: when a check has failed
      sample: [counts]
    rbac_rule:
      description: The rule that a Role lacks.
      type: dict
      returned: when the account may not read the release itself
      sample: {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}
"""

from ansible_collections.milvus.cluster.plugins.module_utils._argspec import VERIFY
from ansible_collections.milvus.cluster.plugins.module_utils._module import run
from ansible_collections.milvus.cluster.plugins.module_utils._verify import verify
from ansible_collections.milvus.cluster.plugins.module_utils._verify_report import empty_verify_report


def main() -> None:
    """Run the module."""
    run(verify, empty=empty_verify_report, options=VERIFY)


if __name__ == "__main__":
    main()
