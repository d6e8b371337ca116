{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
SPDX-FileCopyrightText: 2026 milvus.cluster contributors
*/ -}}

{{- /* What the chart's version decides, whatever the values say: a generation is a range of versions. */ -}}
{{- define "milvus.features" -}}
namespaced: {{ semverCompare ">=4.2.1" .Chart.Version }}
etcdMembers: {{ semverCompare ">=4.2.3" .Chart.Version }}
streaming: {{ semverCompare ">=4.2.8" .Chart.Version }}
tcpLiveness: {{ semverCompare ">=4.2.38" .Chart.Version }}
autoscaling: {{ semverCompare ">=4.2.42" .Chart.Version }}
retired: {{ semverCompare ">=5.0.0" .Chart.Version }}
woodpecker: {{ semverCompare ">=5.0.8" .Chart.Version }}
resourceGroups: {{ semverCompare ">=5.0.17" .Chart.Version }}
{{- end -}}

{{- /* The table's rows that this release renders. */ -}}
{{- define "milvus.rendered" -}}
{{- $features := include "milvus.features" . | fromYaml -}}
{{- $rendered := dict -}}
{{- range $key, $row := .Files.Get "components.yaml" | fromYaml -}}
{{- $switch := $row.switch | default $key -}}
{{- $known := or (ne $switch "streaming") $features.streaming -}}
{{- $on := and $known (index $.Values $switch) (index $.Values $switch).enabled -}}
{{- if ternary (and $on (not $row.standalone)) $row.standalone $.Values.cluster.enabled -}}
{{- $_ := set $rendered $key $row -}}
{{- end -}}
{{- end -}}
{{- toYaml $rendered -}}
{{- end -}}

{{- /* The resource groups in force, as a JSON array. */ -}}
{{- define "milvus.resourceGroups" -}}
{{- $features := include "milvus.features" . | fromYaml -}}
{{- $inForce := and $features.resourceGroups .Values.cluster.enabled -}}
{{- ternary (.Values.replicaResourceGroups | default list) list $inForce | toJson -}}
{{- end -}}

{{- define "milvus.objectLabels" -}}
{{ include "milvus.labels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end -}}

{{- /* (list context name): name and namespace of an object; older charts leave the namespace to Helm. */ -}}
{{- define "milvus.identity" -}}
name: {{ index . 1 }}
{{- with index . 0 }}
{{- if (include "milvus.features" . | fromYaml).namespaced }}
namespace: {{ .Release.Namespace }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* (list context values): pod fields that a component takes from its own values, else from the global ones. */ -}}
{{- define "milvus.placement" -}}
{{- $context := index . 0 -}}
{{- $values := index . 1 -}}
{{- range $field := list "nodeSelector" "affinity" "tolerations" "topologySpreadConstraints" "securityContext" }}
{{- with index $values $field | default (index $context.Values $field) }}
{{ $field }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- with $context.Values.image.all.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "milvus.probes" -}}
{{- $features := include "milvus.features" . | fromYaml -}}
{{- range $probe := list "livenessProbe" "readinessProbe" }}
{{- with index $.Values $probe }}
{{- if .enabled }}
{{ $probe }}:
  {{- if and $features.tcpLiveness (eq $probe "livenessProbe") }}
  tcpSocket: {port: metrics}
  {{- else }}
  httpGet: {path: /healthz, port: metrics}
  {{- end }}
  {{- omit . "enabled" | toYaml | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
