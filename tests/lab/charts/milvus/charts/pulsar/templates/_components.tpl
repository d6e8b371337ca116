{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
SPDX-FileCopyrightText: 2026 milvus.cluster contributors
*/ -}}

{{- /*
Component name -> where it is set up:
  values   key of its values and in `components`
  image    key in `images`
  ports    container and headless Service ports; `http` answers the probes
  volumes  keys in its values' `volumes`, with their mount paths
*/ -}}
{{- define "pulsar.components" -}}
zookeeper:
  values: zookeeper
  image: zookeeper
  ports: {http: 8000, client: 2181, follower: 2888, leader-election: 3888}
  volumes: {data: /pulsar/data}
bookie:
  values: bookkeeper
  image: bookie
  ports: {http: 8000, bookie: 3181}
  volumes: {journal: /pulsar/data/bookkeeper/journal, ledgers: /pulsar/data/bookkeeper/ledgers}
recovery:
  values: autorecovery
  image: autorecovery
  ports: {http: 8000}
broker:
  values: broker
  image: broker
  account: broker-acct
  ports: {http: 8080, pulsar: 6650}
proxy:
  values: proxy
  image: proxy
  ports: {http: 8080, pulsar: 6650}
{{- end -}}

{{- define "pulsar.selector" -}}
app: {{ include "milvus.name" . }}
release: {{ .Release.Name }}
{{- end -}}

{{- define "pulsar.podLabels" -}}
{{ include "pulsar.selector" . }}
cluster: {{ include "milvus.fullname" . }}
{{- end -}}

{{- define "pulsar.labels" -}}
{{ include "pulsar.podLabels" . }}
chart: {{ include "milvus.chartLabel" . }}
heritage: {{ .Release.Service }}
{{- end -}}
