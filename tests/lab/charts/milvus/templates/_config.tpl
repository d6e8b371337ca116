{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
SPDX-FileCopyrightText: 2026 milvus.cluster contributors

Milvus' own configuration, milvus.yaml, in the sections that follow from the values.
*/ -}}

{{- define "milvus.etcdEndpoints" -}}
{{- $etcd := .Values.etcd -}}
{{- $name := include "milvus.scopedName" (list . $etcd.name) -}}
{{- $domain := printf "%s-headless.%s.svc.%s" $name .Release.Namespace ($etcd.clusterDomain | default "cluster.local") -}}
{{- if .Values.externalEtcd.enabled -}}
{{- toYaml .Values.externalEtcd.endpoints -}}
{{- else if (include "milvus.features" . | fromYaml).etcdMembers -}}
{{- range $member := until (int $etcd.replicaCount) }}
- {{ $name }}-{{ $member }}.{{ $domain }}:{{ $etcd.service.port }}
{{- end -}}
{{- else -}}
- {{ $name }}:{{ $etcd.service.port }}
{{- end -}}
{{- end -}}

{{- define "milvus.storageConfig" -}}
{{- if .Values.externalS3.enabled -}}
{{- with .Values.externalS3 -}}
address: {{ .host }}
accessKeyID: {{ .accessKey }}
secretAccessKey: {{ .secretKey }}
{{ omit . "enabled" "host" "accessKey" "secretKey" | toYaml }}
{{- end -}}
{{- else -}}
address: {{ include "milvus.scopedName" (list . .Values.minio.name) }}
port: {{ .Values.minio.service.port }}
accessKeyID: {{ .Values.minio.accessKey }}
secretAccessKey: {{ .Values.minio.secretKey }}
useSSL: {{ .Values.minio.tls.enabled }}
bucketName: {{ .Values.minio.bucketName }}
rootPath: {{ .Values.minio.rootPath }}
useIAM: {{ .Values.minio.useIAM }}
useVirtualHost: {{ .Values.minio.useVirtualHost }}
{{- end -}}
{{- end -}}

{{- /* The message queue's sections; the first that is on wins. */ -}}
{{- define "milvus.queueConfig" -}}
{{- $values := .Values -}}
{{- $woodpecker := $values.woodpecker | default dict -}}
{{- $pulsarv3 := $values.pulsarv3 | default dict -}}
{{- if and (not $values.cluster.enabled) (has $values.standalone.messageQueue (list "rocksmq" "natsmq" "woodpecker")) -}}
mq: {type: {{ $values.standalone.messageQueue }}}
messageQueue: {{ $values.standalone.messageQueue }}
{{- else if $values.externalKafka.enabled -}}
mq: {type: kafka}
messageQueue: kafka
kafka:
  {{- with $values.externalKafka }}
  brokerList: {{ .brokerList }}
  securityProtocol: {{ .securityProtocol }}
  saslMechanisms: {{ .sasl.mechanisms }}
  {{- with .sasl.username }}
  saslUsername: {{ . }}
  {{- end }}
  {{- with .sasl.password }}
  saslPassword: {{ . }}
  {{- end }}
  {{- end }}
{{- else if $values.kafka.enabled -}}
mq: {type: kafka}
messageQueue: kafka
kafka:
  brokerList: {{ include "milvus.scopedName" (list . $values.kafka.name) }}:{{ $values.kafka.service.ports.client }}
{{- else if $values.externalPulsar.enabled -}}
mq: {type: pulsar}
messageQueue: pulsar
pulsar:
  address: {{ $values.externalPulsar.host }}
  {{- omit $values.externalPulsar "enabled" "host" | toYaml | nindent 2 }}
{{- else if and $woodpecker.enabled (not $values.pulsar.enabled) -}}
mq: {type: woodpecker}
messageQueue: woodpecker
{{- else if or $values.pulsar.enabled $pulsarv3.enabled -}}
{{- $pulsar := $values.pulsar.enabled | ternary $values.pulsar $pulsarv3 -}}
mq: {type: pulsar}
messageQueue: pulsar
pulsar:
  address: {{ include "milvus.scopedName" (list . $pulsar.name) }}-proxy
  port: {{ $pulsar.proxy.ports.pulsar }}
  maxMessageSize: {{ $pulsar.maxMessageSize | default $pulsar.broker.configData.maxMessageSize }}
{{- end -}}
{{- end -}}

{{- define "milvus.woodpeckerSeeds" -}}
{{- $name := printf "%s-woodpecker" (include "milvus.fullname" .) -}}
{{- $seeds := list -}}
{{- range $pod := until (int .Values.woodpecker.replicaCount) -}}
{{- $seeds = append $seeds (printf "%s-%d.%s-headless:%v" $name $pod $name $.Values.woodpecker.ports.service) -}}
{{- end -}}
{{- join "," $seeds -}}
{{- end -}}

{{- /* "true" where Woodpecker runs as a service of its own. */ -}}
{{- define "milvus.woodpeckerService" -}}
{{- if and (include "milvus.features" . | fromYaml).woodpecker .Values.woodpecker.enabled -}}
{{- .Values.streaming.woodpecker.embedded | ternary "" "true" -}}
{{- end -}}
{{- end -}}

{{- define "milvus.woodpeckerConfig" -}}
{{- $service := eq "true" (include "milvus.woodpeckerService" .) -}}
{{- if $service -}}
client:
  quorum:
    quorumBufferPools:
      - {name: default, seeds: [{{ include "milvus.woodpeckerSeeds" . }}]}
{{ end -}}
storage:
  type: {{ $service | ternary "service" .Values.streaming.woodpecker.storage.type }}
  rootPath: {{ .Values.cluster.enabled | ternary "/woodpecker/data" "/var/lib/milvus/wp" }}
{{- end -}}

{{- define "milvus.config" -}}
{{- $cluster := .Values.cluster.enabled -}}
{{- $features := include "milvus.features" . | fromYaml -}}
{{- $groups := include "milvus.resourceGroups" . | fromJsonArray -}}
{{- $logs := .Values.log.persistence -}}
etcd:
  endpoints:
    {{- include "milvus.etcdEndpoints" . | trim | nindent 4 }}
metastore:
  type: etcd
minio:
  {{- include "milvus.storageConfig" . | nindent 2 }}
{{ include "milvus.queueConfig" . }}
proxy:
  port: 19530
  internalPort: 19529
{{- range $role := list "root" "query" "index" "data" }}
{{- $values := index $.Values (printf "%sCoordinator" $role) }}
{{- $mixed := and $.Values.mixCoordinator.enabled $.Values.mixCoordinator.activeStandby.enabled }}
{{ $role }}Coord:
  address: {{ $cluster | ternary (printf "%s-%scoord" (include "milvus.fullname" $) $role) "localhost" }}
  port: {{ $values.service.port }}
  enableActiveStandby: {{ or $values.activeStandby.enabled $mixed }}
  {{- if and (eq $role "query") $groups }}
  clusterLevelLoadReplicaNumber: {{ len $groups }}
  clusterLevelLoadResourceGroups: {{ join "," $groups }}
  {{- end }}
{{- end }}
queryNode:
  port: 21123
  enableDisk: {{ ($cluster | ternary .Values.queryNode .Values.standalone).disk.enabled }}
indexNode:
  port: 21121
  enableDisk: {{ ($cluster | ternary .Values.indexNode .Values.standalone).disk.enabled }}
dataNode:
  port: 21124
log:
  {{- $file := dict "rootPath" ($logs.enabled | ternary $logs.mountPath "") | merge .Values.log.file }}
  {{- omit .Values.log "persistence" | merge (dict "file" $file) | toYaml | nindent 2 }}
{{- if $features.woodpecker }}
woodpecker:
  {{- include "milvus.woodpeckerConfig" . | nindent 2 }}
{{- end }}
{{- if $groups }}
streaming:
  primaryResourceGroup: {{ first $groups }}
  strictResourceGroupIsolation:
    enabled: true
{{- end }}
{{- end -}}
