{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
SPDX-FileCopyrightText: 2026 milvus.cluster contributors

As in the real chart an autoscaler depends on neither cluster mode nor resource groups, and the Deployment keeps its
`replicas` unless the values say -1.
*/ -}}
{{- $features := include "milvus.features" . | fromYaml -}}
{{- range $key, $row := .Files.Get "components.yaml" | fromYaml -}}
{{- $target := printf "%s-%s" (include "milvus.fullname" $) $row.name -}}
{{- $values := index $.Values $key | default dict -}}
{{- $hpa := $values.hpa | default dict -}}
{{- $live := and $features.autoscaling (not (and $row.retired $features.retired)) -}}
{{- if and $live $row.autoscaling $values.enabled $hpa.enabled }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "milvus.identity" (list $ (printf "%s-hpa" $target)) | nindent 2 }}
  labels:
    component: {{ $row.name }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ $target }}
  minReplicas: {{ $hpa.minReplicas | default 1 }}
  maxReplicas: {{ $hpa.maxReplicas | default 10 }}
  metrics:
    {{- range $resource := $row.autoscaling }}
    - type: Resource
      resource:
        name: {{ $resource }}
        target:
          type: Utilization
          averageUtilization: {{ index $hpa (printf "%sUtilization" $resource) | default 40 }}
    {{- end }}
{{- end }}
{{- end }}
