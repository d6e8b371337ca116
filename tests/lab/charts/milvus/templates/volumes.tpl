{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
SPDX-FileCopyrightText: 2026 milvus.cluster contributors

The volume of standalone Milvus, and the one that all Milvus pods share for their logs.
*/ -}}
{{- $fullname := include "milvus.fullname" . | trunc 58 -}}
{{- $volumes := dict (printf "%s-logs" $fullname) .Values.log.persistence -}}
{{- if not .Values.cluster.enabled -}}
{{- $_ := set $volumes $fullname .Values.standalone.persistence -}}
{{- end -}}
{{- range $name, $volume := $volumes -}}
{{- with $volume.persistentVolumeClaim -}}
{{- if and $volume.enabled (not .existingClaim) }}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  {{- include "milvus.identity" (list $ $name) | nindent 2 }}
  labels:
    {{- include "milvus.objectLabels" $ | nindent 4 }}
  {{- with $volume.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  accessModes: [{{ .accessModes }}]
  {{- with .storageClass }}
  storageClassName: {{ . }}
  {{- end }}
  resources:
    requests:
      storage: {{ .size }}
{{- end }}
{{- end }}
{{- end }}
