{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
SPDX-FileCopyrightText: 2026 milvus.cluster contributors
*/ -}}
{{- $fullname := include "milvus.fullname" . -}}
{{- $features := include "milvus.features" . | fromYaml -}}
{{- range $key, $row := include "milvus.rendered" . | fromYaml -}}
{{- $public := eq $row.service "public" -}}
{{- $name := $public | ternary $fullname (printf "%s-%s" $fullname $row.name) -}}
{{- $ports := list -}}
{{- if $public -}}
{{- $ports = append $ports (dict "name" $.Values.service.portName "port" $.Values.service.port "targetPort" "milvus") -}}
{{- else if eq $row.service "rpc" -}}
{{- $ports = append $ports (dict "name" $row.name "port" (index $.Values $key).service.port "targetPort" $row.name) -}}
{{- end -}}
{{- if $.Values.metrics.enabled -}}
{{- $ports = append $ports (dict "name" "metrics" "port" 9091 "targetPort" "metrics") -}}
{{- end -}}
{{- if and $ports (not (and $row.retired $features.retired)) }}
---
apiVersion: v1
kind: Service
metadata:
  {{- include "milvus.identity" (list $ $name) | nindent 2 }}
  labels:
    component: {{ $row.name }}
    {{- include "milvus.objectLabels" $ | nindent 4 }}
    {{- with and $public $.Values.service.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with and $public $.Values.service.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ $public | ternary $.Values.service.type "ClusterIP" }}
  {{- if eq $row.service "headless" }}
  clusterIP: None
  {{- end }}
  ports:
    {{- range $ports }}
    - {{ toJson . }}
    {{- end }}
  selector:
    component: {{ $row.name }}
    {{- include "milvus.selector" $ | nindent 4 }}
{{- end }}
{{- end }}
